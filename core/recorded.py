"""One piece of work that is done over and over, as a single call on a GPU.

A step of a small network, or of a fit, is hundreds of short kernels, and starting them takes a processor longer than
running them takes the GPU. Recorded once as a CUDA graph, they are started together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch

_REHEARSALS = 3  # before recording: what torch makes at first use, such as workspaces, must not be part of it

Result = TypeVar("Result")


def recorded(work: Callable[[], Result], device: torch.device) -> Callable[[], Result]:
    """The same work; on a GPU it fills the same tensors at every call, those of its one recorded result.

    The work must not wait for the GPU: no `.item()`, no list as an index, nothing copied from the CPU. Numbers drawn
    from torch's generator are new at each call.
    """
    if device.type != "cuda":
        return work
    with torch.cuda.device(device):
        aside, graph = torch.cuda.Stream(), torch.cuda.CUDAGraph()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(_REHEARSALS):
                work()
        torch.cuda.current_stream().wait_stream(aside)
        # Other threads go on using the GPU meanwhile, a loader's for one.
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            result = work()

    def again() -> Result:
        graph.replay()
        return result

    return again
