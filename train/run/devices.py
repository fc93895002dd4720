"""The device of a command."""

from __future__ import annotations

import os

import torch

from core.errors import FitloopError


def device_of(name: str) -> torch.device:
    """The device of this name; 'cuda' is this process's own GPU. Raises FitloopError where torch cannot use it."""
    if name == "cuda":
        name = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
    try:
        device = torch.device(name)
        torch.ones(1, device=device).item()  # torch tells only at the first number whether it is there
    except (RuntimeError, AssertionError) as error:  # torch without CUDA asserts that it has it
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise FitloopError(f"--device {name} cannot be used ({reason}). Choose --device cpu.") from None
    return device
