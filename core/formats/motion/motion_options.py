"""How a motion is exported: where it takes place, and how fast."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MotionOptions:
    """frame_rate [photos a second]; floor: the lowest point of all frames is at height 0; start_at_origin: the first
    pelvis is at x = z = 0; in_place: x and z of the pelvis stay those of the first frame; t_pose: one more frame before
    the first shows the body at rest."""

    frame_rate: float = 30.0
    floor: bool = False
    start_at_origin: bool = False
    in_place: bool = False
    t_pose: bool = False


BEFORE_THE_CAMERA = MotionOptions()
