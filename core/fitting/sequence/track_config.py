"""Settings of a fit over time: those of a frame's fit, and those between frames."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from core.errors import FitInputError
from core.fitting.config import FitConfig

# Neighbours show which keypoint is an outlier: one farther off than 10 px counts little, the others count fully.
FRAME = FitConfig(soft_iterations=0, iterations=10, keypoint_px=1.0, robust_px=10.0)


@dataclass(frozen=True)
class TrackConfig:
    """frame: the settings of each frame's own terms; its stay_near and starts are not used.

    acceleration [m/s²]: one standard deviation of a joint's; foot_speed [m/s]: of a standing foot's. jerky, stepping:
    an acceleration or a foot's speed beyond so many of them counts little. anchor: weight of a radian between a frame
    and its guess; strange [rad]: a frame farther from its guess in all counts little. shape: weight of the shape prior,
    once a track; a small person near the camera accelerates less, so a weak prior makes all people too small.

    The defaults were chosen on validation runs of tests.benchmarks.sequences.
    """

    frame: FitConfig = field(default_factory=lambda: FRAME)
    acceleration: float = 9.0
    foot_speed: float = 0.3
    jerky: float = 100.0
    stepping: float = 3.0
    anchor: float = 16.0
    strange: float = 0.5
    shape: float = 10.0
    iterations: int = 12
    damping: float = 1e-3
    tolerance: float = 3e-3

    def __post_init__(self) -> None:
        for name in ("acceleration", "foot_speed", "jerky", "stepping", "strange", "damping"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise FitInputError(f"TrackConfig: {name} is {getattr(self, name)}. Give a number above 0.")
        for name in ("anchor", "shape", "tolerance"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise FitInputError(
                    f"TrackConfig: {name} is {getattr(self, name)}. Give a number of at least 0."
                )
