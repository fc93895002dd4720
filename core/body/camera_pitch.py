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
Floats = NDArray[np.floating]


class PitchVote(NamedTuple):
    """up (3,): a direction in the camera frame, told by a body or by the floor between two people; its spread [deg]."""

    up: Floats
    spread_deg: float


def camera_pitch(joints: Floats) -> float:
    """The angle [deg] by which the camera looks down; negative for one that looks up.

    joints (P, 24, 3) [m], camera frame: those of all people with a fit. Without people it is 0. The maximum of the
    posterior by a search over all angles, with a truncated loss, so that people who lean or lie do not count.
    """
    joints = np.asarray(joints, float).reshape(-1, 24, 3)
    joints = joints[np.isfinite(joints).all(axis=(1, 2))]
    if not len(joints):
        return 0.0
    votes = [_lean(person) for person in joints] + _slopes(joints)
    angles = np.arange(-STEEPEST_DEG, STEEPEST_DEG + STEP_DEG, STEP_DEG)
    ups = np.stack([up_at(angle) for angle in angles])
    loss = ((angles - USUAL_DEG) / SPREAD_DEG) ** 2
    for vote in votes:
        off_deg = np.degrees(np.arccos(np.clip(ups @ vote.up, -1, 1)))
        aside_deg = off_deg.min()  # a lean to the side, which no pitch explains, says less
        if aside_deg < LYING_DEG:
            spread_deg = np.hypot(vote.spread_deg, aside_deg / 2)
            loss += np.minimum((off_deg / spread_deg) ** 2, OUTLIER**2)
    return float(angles[int(loss.argmin())])


def up_at(pitch_deg: float) -> Floats:
    """The direction up (3,) in the frame of a camera that looks down by this angle."""
    angle = np.radians(pitch_deg)
    return np.array([0.0, -np.cos(angle), -np.sin(angle)])


def _lean(joints: Floats) -> PitchVote:
    """The vote of one person's joints (24, 3). The middle of the body is above the feet; where the legs are folded, the
    neck is above the pelvis. The straighter somebody stands, the surer the vote.
    """
    neck, pelvis = joints[joint_index("neck")], joints[joint_index("pelvis")]
    feet = (1 - TOES) * _middle(joints, "ankle") + TOES * _middle(joints, "foot")
    thighs = _bones(joints, "hip", "knee")
    shins = _bones(joints, "knee", "ankle")
    trunk = float(np.linalg.norm(neck - pelvis))
    straight = _share(float(np.linalg.norm(neck - feet)) / (trunk + thighs + shins + 1e-6), BENT, STRAIGHT)
    stands = _share(float(np.linalg.norm(pelvis - feet)) / (thighs + shins + 1e-6), FOLDED, STANDS)
    over_feet = _unit((neck + pelvis) / 2 - feet)
    up = _unit(stands * over_feet + (1 - stands) * _unit(neck - pelvis))
    return PitchVote(up, UPRIGHT_DEG + (1 - straight * stands) * (BENT_DEG - UPRIGHT_DEG))


def _middle(joints: Floats, part: str) -> Floats:
    """The middle between a joint of both sides (3,)."""
    return joints[[joint_index(f"left_{part}"), joint_index(f"right_{part}")]].mean(axis=0)


def _bones(joints: Floats, start: str, end: str) -> float:
    """The mean length of a bone of both sides [m]."""
    lengths = [
        np.linalg.norm(joints[joint_index(f"{side}_{end}")] - joints[joint_index(f"{side}_{start}")])
        for side in ("left", "right")
    ]
    return float(np.mean(lengths))


def _share(value: float, low: float, high: float) -> float:
    return float(np.clip((value - low) / (high - low), 0, 1))


def _slopes(joints: Floats) -> list[PitchVote]:
    """The votes of pairs of people: the floor runs through the lower feet of both."""
    ankles = joints[:, [joint_index("left_ankle"), joint_index("right_ankle")]]
    lower = ankles[np.arange(len(ankles)), ankles[:, :, 1].argmax(axis=1)]
    votes = []
    for one in range(len(lower)):
        for other in range(one):
            near, far = sorted((lower[one], lower[other]), key=lambda foot: float(foot[2]))
            _, down, apart = far - near
            if apart >= APART_M:
                angle_deg = float(np.degrees(np.arctan2(-down, apart)))
                spread_deg = float(np.degrees(FOOT_M / apart) * np.sqrt(len(lower) - 1))
                votes.append(PitchVote(up_at(angle_deg), spread_deg))
    return votes


def _unit(vector: Floats) -> Floats:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)
