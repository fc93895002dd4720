"""Tensors that never change, made once for each dtype and device."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import torch

Made = TypeVar("Made")


def held(
    make: Callable[[torch.dtype, torch.device], Made],
) -> Callable[[torch.dtype, torch.device], Made]:
    """Make it at the first call: a hot loop must not copy from the CPU to a GPU each time.

    A dict in place of functools.cache, whose functions torch's compiler (core/compute/cuda_graphs.py) calls anew.
    """
    made: dict[tuple[torch.dtype, torch.device], Made] = {}

    @wraps(make)
    def constant(dtype: torch.dtype, device: torch.device) -> Made:
        key = (dtype, device)
        if key not in made:
            made[key] = make(dtype, device)
        return made[key]

    return constant
