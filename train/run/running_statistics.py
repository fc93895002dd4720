"""What a network remembers of the batches it has seen, which a step that is not taken must leave alone."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import torch
from torch import nn


@contextlib.contextmanager
def running_statistics(network: nn.Module) -> Iterator[Callable[[], None]]:
    """Inside, a call puts a network's buffers back; so does an error that goes through."""
    before = [buffer.clone() for buffer in network.buffers()]

    @torch.no_grad()
    def put_back() -> None:
        for buffer, value in zip(network.buffers(), before, strict=True):
            buffer.copy_(value)

    try:
        yield put_back
    except BaseException:
        put_back()
        raise
