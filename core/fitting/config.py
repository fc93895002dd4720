"""Settings of a fit: weights, the unknowns that may move, and the curator's wishes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path

from core.errors import FitInputError
from core.wishes import Wish

REFERENCE_SIZE = 200.0  # [px] the person size at which pixels are compared
_COUNTS = ("iterations", "placing_iterations", "starts_kept", "search_iterations", "soft_iterations")
_PIXELS = ("keypoint_px", "robust_px")
_WEIGHTS = (
    *("softness", "tolerance", "damping", "pose_prior", "hinges", "limits", "upright", "betas", "kid"),
    *("stay_near", "lost_px"),
)


@dataclass(frozen=True)
class FitConfig:
    """Weights multiply residuals (their squares multiply losses); pixels are those of a person 200 px tall.

    keypoint_px: keypoint tolerance (σ), one residual unit; robust_px: outlier threshold of a keypoint.
    normalise: scale each person to 200 px first; if False, residuals are in pixels of the photo, as in SPIN. Raises
    FitInputError for an invalid setting.
    """

    iterations: int = 20
    placing_iterations: int = 4  # without a guess: steps of the camera alone; 0 keeps a guess's cam_t
    starts_kept: int = 12  # without a guess: the number of headings that go on to a fit of the whole body …
    search_iterations: int = 6  # … and its steps, before the best heading goes on alone
    soft_iterations: int = 6  # steps of those that blend the prior's components, to move between them …
    softness: float = 10.0  # … and the width of the blend (in the prior's log likelihood)
    tolerance: float = 1e-3
    damping: float = 1e-3
    keypoint_px: float = 2.0
    robust_px: float = 60.0
    normalise: bool = True
    pose_prior: float = 1.0
    hinges: float = 0.0
    limits: float = 10.0
    upright: float = 5.0
    betas: float = 1.0
    kid: float = 5.0
    stay_near: float = 0.0
    # A fit from a guess that ends with a score [px] above this is refitted from scratch; 0: never.
    lost_px: float = 0.0
    free_orientation: bool = True
    free_pose: bool = True
    free_betas: bool = True
    free_kid: bool = False
    free_translation: bool = True
    wishes: tuple[Wish, ...] = ()
    prior: Path | None = None

    def __post_init__(self) -> None:
        for name in _COUNTS:
            least = 1 if name == "starts_kept" else 0
            value = getattr(self, name)
            if not (isinstance(value, Integral) and int(value) >= least):
                raise FitInputError(f"FitConfig: {name} is {value}. Give a whole number of at least {least}.")
        for name in _PIXELS:
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise FitInputError(f"FitConfig: {name} is {value}. Give pixels, more than 0.")
        for name in _WEIGHTS:
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise FitInputError(f"FitConfig: {name} is {value}. Give a number of at least 0.")


SPIN_WEIGHTS = FitConfig(
    keypoint_px=1.0,
    robust_px=100.0,
    normalise=False,
    pose_prior=4.78,
    hinges=15.2,
    limits=0.0,
    upright=0.0,
    betas=5.0,
)

# For guesses of a network that resolves depth: pose that the keypoints leave open stays within about 5 degrees a joint
# of the guess. Some guesses face the wrong way; their fits end far off, and a fit from scratch is better.
TRUSTING = FitConfig(stay_near=12.0, soft_iterations=0, lost_px=4.0)
