"""How far a photo's camera looks down, from the bodies fitted in it: people stand upright, and on one floor.

A camera that looks down sees upright people lean towards it, the more the farther it looks down, and far feet higher up
in space than near ones. Each person votes with the lean of legs and trunk, each pair of standing people with the slope
of the floor between their feet. People who bend, sit or lie vote less or not at all.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.body.tree import joint_index

STEP_DEG = 0.5
STEEPEST_DEG = 80.0
USUAL_DEG, SPREAD_DEG = 4.0, 18.0  # most photos are taken from eye level, a little down
UPRIGHT_DEG, BENT_DEG = 4.0, 14.0  # how far a straight person leans, and one who bends or sits
STRAIGHT, BENT = 0.97, 0.86  # distance from feet to neck, as a share of the way along the bones between
STANDS, FOLDED = 0.9, 0.7  # the same from feet to pelvis
TOES = 0.35  # where the weight rests on a foot: the share of the way from its ankle to its ball
FOOT_M = 0.3  # error of the floor's height at a person's feet, whose depth is known from their size alone
APART_M = 1.0  # least distance in depth of two people who say how the floor slopes between them
LYING_DEG = 35.0  # a lean to the side from which on somebody lies and has no vote
OUTLIER = 2.5  # residuals [spreads] beyond which a vote counts no more
NECK, PELVIS = joint_index("neck"), joint_index("pelvis")
HIPS, KNEES, ANKLES, FEET = (
    [joint_index(f"left_{part}"), joint_index(f"right_{part}")] for part in ("hip", "knee", "ankle", "foot")
)
Floats = NDArray[np.floating]


class PitchVotes(NamedTuple):
    """up (N, 3): directions in the camera frame, seen from bodies or from the floor between two people; their spreads
    (N,) [deg]."""

    up: Floats
    spread_deg: Floats


def camera_pitch(joints: Floats) -> float:
    """The angle [deg] by which the camera looks down; negative for one that looks up.

    joints (P, 24, 3) [m], camera frame: those of all people with a fit. Without people it is 0. The maximum of the
    posterior by a search over all angles, with a truncated loss, so that people who lean or lie do not count.
    """
    joints = np.asarray(joints, float).reshape(-1, 24, 3)
    joints = joints[np.isfinite(joints).all(axis=(1, 2))]
    if not len(joints):
        return 0.0
    leans, slopes = _leans(joints), _slopes(joints)
    up, spread_deg = (np.concatenate(both) for both in zip(leans, slopes, strict=True))
    angles = np.arange(-STEEPEST_DEG, STEEPEST_DEG + STEP_DEG, STEP_DEG)
    off_deg = np.degrees(np.arccos(np.clip(up_at(angles) @ up.T, -1, 1)))
    aside_deg = off_deg.min(axis=0)  # a lean to the side, which no pitch explains, counts less
    residuals = (off_deg / np.hypot(spread_deg, aside_deg / 2))[:, aside_deg < LYING_DEG]
    votes = np.minimum(residuals**2, OUTLIER**2).sum(axis=1)
    return float(angles[int((votes + ((angles - USUAL_DEG) / SPREAD_DEG) ** 2).argmin())])


def up_at(pitch_deg: float | Floats) -> Floats:
    """The direction up (..., 3) in the frame of a camera that looks down by an angle (...)."""
    angle = np.radians(pitch_deg)
    return np.stack([np.zeros_like(angle), -np.cos(angle), -np.sin(angle)], axis=-1)


def _leans(joints: Floats) -> PitchVotes:
    """The vote of each person (P, 24, 3). The middle of the body is above the feet; where the legs are folded, the
    neck is above the pelvis. The straighter somebody stands, the surer the vote.
    """
    neck, pelvis = joints[:, NECK], joints[:, PELVIS]
    feet = (1 - TOES) * joints[:, ANKLES].mean(axis=1) + TOES * joints[:, FEET].mean(axis=1)
    legs = _lengths(joints[:, HIPS] - joints[:, KNEES]) + _lengths(joints[:, KNEES] - joints[:, ANKLES])
    legs_m, trunk_m = legs.mean(axis=1), _lengths(neck - pelvis)
    straight = _share(_lengths(neck - feet) / (trunk_m + legs_m + 1e-6), BENT, STRAIGHT)
    stands = _share(_lengths(pelvis - feet) / (legs_m + 1e-6), FOLDED, STANDS)
    over_feet, along_trunk = _units((neck + pelvis) / 2 - feet), _units(neck - pelvis)
    up = _units(stands[:, None] * over_feet + (1 - stands[:, None]) * along_trunk)
    return PitchVotes(up, UPRIGHT_DEG + (1 - straight * stands) * (BENT_DEG - UPRIGHT_DEG))


def _slopes(joints: Floats) -> PitchVotes:
    """The votes of pairs of people (P, 24, 3): the floor runs through the lower feet of both."""
    ankles = joints[:, ANKLES]
    lower = ankles[np.arange(len(ankles)), ankles[:, :, 1].argmax(axis=1)]
    one, other = np.triu_indices(len(lower), k=1)
    between = lower[other] - lower[one]
    between *= np.where(between[:, 2:] < 0, -1.0, 1.0)  # from the nearer to the farther one
    between = between[between[:, 2] >= APART_M]
    _, down, apart = between.T
    spread_deg = np.degrees(FOOT_M / apart) * np.sqrt(len(lower) - 1)
    return PitchVotes(up_at(np.degrees(np.arctan2(-down, apart))), spread_deg)


def _lengths(vectors: Floats) -> Floats:
    return np.asarray(np.linalg.norm(vectors, axis=-1))


def _share(value: Floats, low: float, high: float) -> Floats:
    return np.clip((value - low) / (high - low), 0, 1)


def _units(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.maximum(_lengths(vectors)[..., None], 1e-9))
