"""Restores a network's running statistics after a step that is not taken."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import torch
from torch import nn


@contextlib.contextmanager
def running_statistics(network: nn.Module) -> Iterator[Callable[[], None]]:
    """Yield a function that restores the network's buffers as they were at the start. An error restores them too."""
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
