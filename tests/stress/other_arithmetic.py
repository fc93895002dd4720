"""Run the suite as another processor would compute it: a pytest plugin.

    FITLOOP_ARITHMETIC=tensors python -m pytest -p tests.stress.other_arithmetic -n 2

tensors: fits run in torch instead of machine code. noise: every fitted keypoint moves by 1e-6 of its coordinates.
One thread needs no plugin: OMP_NUM_THREADS=1 NUMBA_NUM_THREADS=1 python -m pytest
A test that turns over depends on rounding.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
import torch

NOISE = 1e-6  # relative
CHOICES = ("tensors", "noise")


def pytest_configure(config: pytest.Config) -> None:
    choice = os.environ.get("FITLOOP_ARITHMETIC", "")
    if choice not in CHOICES:
        raise pytest.UsageError(f"FITLOOP_ARITHMETIC is '{choice}'. Set it to one of: {', '.join(CHOICES)}.")
    if choice == "tensors":
        _fit_in_tensors()
    else:
        _shake_keypoints()


def _fit_in_tensors() -> None:
    from core.fitting import problem

    problem.by_machine_code = lambda start: False


def _shake_keypoints() -> None:
    from core.fitting import other_bodies, smplify

    for module in (other_bodies, smplify):
        vars(module)["observe"] = _shaken(vars(module)["observe"])


def _shaken(observe: Callable[..., Any]) -> Callable[..., Any]:
    """`observe` of keypoints whose coordinates have noise. The same keypoints get the same noise."""

    def shaken(keypoints: torch.Tensor, *rest: Any, **named: Any) -> Any:
        if keypoints.ndim != 3 or keypoints.shape[-1] != 3:
            return observe(keypoints, *rest, **named)  # it refuses them
        noise = torch.randn(keypoints.shape[1:], generator=torch.Generator().manual_seed(0)) * NOISE
        noise[:, 2] = 0
        return observe(keypoints * (1 + noise.to(keypoints.device)), *rest, **named)

    return shaken
