"""One piece of work that is done over and over, as a single call on a GPU.

A step of a small network, or of a fit, is hundreds of short kernels, and starting them takes a processor longer than
running them takes the GPU. Recorded once as a CUDA graph, they are started together.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TypeVar

import torch
from torch import Tensor

_LADDER = 1024  # rows: up to here sizes are powers of two and the halves between …
_STEP = 256  # … and then multiples of this
_KEPT = 8  # recordings of one function
_REHEARSALS = 3  # before recording: what torch makes at first use, such as workspaces, must not be part of it

Result = TypeVar("Result")
Tensors = tuple[Tensor, ...]


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


@dataclass(frozen=True, eq=False)
class Rowwise:
    """A function of tensors (B, ...) that treats rows one by one, called by one thread; on a GPU it is recorded once
    for each of few sizes. The work must not wait for the GPU, as in `recorded`."""

    work: Callable[..., Tensors]
    _held: OrderedDict[Hashable, tuple[Tensors, Callable[[], Tensors]]] = field(default_factory=OrderedDict)

    def __call__(self, *parts: Tensor) -> Tensors:
        rows, device = len(parts[0]), parts[0].device
        if device.type != "cuda":
            return self.work(*parts)
        size = rounded(rows)
        key = (device, size, *((part.shape[1:], part.dtype) for part in parts))
        if key not in self._held:
            self._held[key] = self._record(parts, size)
        self._held.move_to_end(key)
        held, again = self._held[key]
        while len(self._held) > _KEPT:
            self._held.popitem(last=False)
        for place, part in zip(held, parts, strict=True):
            place[:rows].copy_(part)
        return tuple(part[:rows].clone() for part in again())

    def _record(self, parts: Tensors, size: int) -> tuple[Tensors, Callable[[], Tensors]]:
        held = tuple(filled(part, size) for part in parts)
        return held, recorded(lambda: self.work(*held), parts[0].device)


def rounded(rows: int) -> int:
    """The next size of few, so that few recordings serve: at most a third of the rows are nobody's."""
    if rows > _LADDER:
        return -(-rows // _STEP) * _STEP
    power = 1 << (rows - 1).bit_length()
    return power * 3 // 4 if power >= 4 and rows <= power * 3 // 4 else power


def filled(part: Tensor, size: int) -> Tensor:
    """Rows (B, ...), then the first of them again and again, (size, ...)."""
    return torch.cat([part, part[:1].expand(size - len(part), *part.shape[1:])])
