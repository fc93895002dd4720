"""How random people, cameras and faults of detectors are drawn."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SceneConfig:
    """How much of everything. Lengths in metres, angles in radians, noise in sides of the person's bbox."""

    mirrored: float = 0.5
    halves_swapped: float = 0.3
    between: float = 0.15
    limbs_swapped: float = 0.3
    joint_noise: float = 0.13
    pitch: tuple[float, float] = (0.05, 0.22)
    high_camera: float = 0.3
    high_pitch: tuple[float, float] = (-0.4, 1.2)
    roll: float = 0.12
    any_roll: float = 0.05
    distance: tuple[float, float] = (1.5, 15.0)
    off_axis: float = 0.12
    child: float = 0.05
    wrong_focal: float = 0.35
    clean: float = 0.25
    noise: tuple[float, float] = (0.002, 0.025)
    tail: float = 0.05
    dropped: float = 0.6
    most_dropped: float = 0.4
    person_swapped: float = 0.04
    limb_swapped: float = 0.08
    limb_hidden: float = 0.2
    cut: float = 0.15
    certain: float = 0.5
    fewest: int = 5
