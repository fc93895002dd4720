"""Poses that motion capture rarely has: sitting, kneeling, crouching, on all fours, lying, upside down.

Legs are drawn within the joints' limits, arms and spine come from captured poses, and the body is then tipped until
what should carry it rests on one level with nothing below it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.body.kinematics import world_transforms
from core.body.tree import joint_index
from core.geometry.rotation import axis_angle_to_matrix, matrix_to_axis_angle

TIPS = 72  # directions tried, one each five degrees
UNDER_FLOOR = 6.0  # how much worse a metre below the floor is than a metre of unequal support
LEG = ("hip", "knee", "ankle")


@dataclass(frozen=True)
class Kind:
    """share of all; ranges [rad]: hip (flexion, spread, turn), knee flexion, ankle flexion, arms' forward lift (None:
    as captured); rest: joints that carry the body, at `levels` [m] above the ground (None: not tipped by contact);
    tip: (mean, spread) of the pitch when not by contact; alike: how much both legs agree."""

    share: float
    hip: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
    knee: tuple[float, float]
    ankle: tuple[float, float] = (-0.3, 0.3)
    arms: tuple[float, float] | None = None
    rest: tuple[tuple[str, float], ...] | None = None
    tip: tuple[float, float] = (0.0, 0.0)
    roll: float = 0.0
    alike: float = 0.7


KINDS = {
    "chair": Kind(0.25, ((0.9, 1.9), (-0.4, 0.1), (-0.2, 0.6)), (0.7, 2.0), tip=(0.0, 0.25)),
    "floor": Kind(
        0.10,
        ((1.0, 2.2), (-0.9, 0.1), (-0.1, 0.6)),
        (0.0, 1.8),
        rest=(("pelvis", 0.1), ("ankle", 0.06)),
    ),
    "cross_legged": Kind(
        0.06, ((1.2, 1.8), (-1.2, -0.5), (0.4, 1.0)), (1.7, 2.4), rest=(("pelvis", 0.1), ("ankle", 0.08))
    ),
    "kneeling": Kind(
        0.10,
        ((0.0, 1.4), (-0.1, 0.4), (-0.2, 0.2)),
        (1.2, 2.5),
        (0.0, 0.8),
        rest=(("knee", 0.06), ("ankle", 0.08)),
    ),
    "one_knee": Kind(0.05, ((0.2, 1.6), (-0.1, 0.4), (-0.2, 0.2)), (1.3, 2.2), tip=(0.1, 0.2), alike=0.0),
    "crouching": Kind(
        0.09,
        ((1.3, 2.2), (-0.5, 0.1), (-0.1, 0.7)),
        (1.4, 2.5),
        (-0.6, 0.0),
        rest=(("foot", 0.02), ("ankle", 0.07)),
    ),
    "all_fours": Kind(
        0.09,
        ((1.0, 1.9), (-0.1, 0.4), (-0.2, 0.2)),
        (0.9, 2.0),
        (0.0, 0.8),
        arms=(1.0, 2.2),
        rest=(("knee", 0.06), ("wrist", 0.05)),
    ),
    "on_back": Kind(0.08, ((-0.1, 1.5), (-0.1, 0.6), (-0.4, 0.5)), (0.0, 2.0), tip=(-1.57, 0.2), alike=0.4),
    "on_belly": Kind(
        0.06, ((-0.2, 0.4), (-0.1, 0.6), (-0.4, 0.5)), (0.0, 1.2), (0.0, 0.8), tip=(1.57, 0.2), alike=0.4
    ),
    "on_side": Kind(
        0.08, ((-0.1, 1.6), (-0.1, 0.4), (-0.3, 0.3)), (0.0, 2.0), tip=(-1.57, 0.2), roll=1.57, alike=0.5
    ),
    "upside_down": Kind(
        0.04, ((-0.3, 0.9), (-0.1, 0.8), (-0.3, 0.3)), (0.0, 1.0), arms=(2.5, 3.1), tip=(3.14, 0.3), alike=0.4
    ),
}


def rare_poses(
    captured: NDArray[np.float32], offsets: Tensor, rng: np.random.Generator
) -> NDArray[np.float32]:
    """One rare pose for each captured one, whose arms, spine and head it keeps.

    captured (N, 72) axis-angle; offsets (24, 3) [m] of the body at rest. Returns (N, 72), y-up world.
    """
    names = list(KINDS)
    kind = rng.choice(len(names), len(captured), p=[KINDS[name].share for name in names])
    made = captured.copy()
    for number, name in enumerate(names):
        rows = np.flatnonzero(kind == number)
        if len(rows):
            made[rows] = _make(KINDS[name], captured[rows], offsets, rng)
    return made


def _make(
    kind: Kind, captured: NDArray[np.float32], offsets: Tensor, rng: np.random.Generator
) -> NDArray[np.float32]:
    pose = captured.reshape(-1, 24, 3).copy()
    count = len(pose)
    both = rng.random((count, 5))
    for sign, side in ((1, "left"), (-1, "right")):
        own = kind.alike * both + (1 - kind.alike) * rng.random((count, 5))
        ranges = np.array([*kind.hip, kind.knee, kind.ankle])
        flex, spread, turn, knee, ankle = (ranges[:, 0] + own * (ranges[:, 1] - ranges[:, 0])).T
        # SMPL's axes: x to the left, y up, z ahead; a thigh comes forward by turning about -x, and once it is there
        # a negative spread brings the shin inwards and a positive turn the knee outwards.
        pose[:, joint_index(f"{side}_hip")] = np.stack([-flex, sign * turn, sign * spread], axis=1)
        pose[:, joint_index(f"{side}_knee")] = np.stack([knee, 0 * knee, 0 * knee], axis=1)
        pose[:, joint_index(f"{side}_ankle")] = np.stack([ankle, 0 * ankle, 0 * ankle], axis=1)
        if kind.arms is not None:
            lift = rng.uniform(*kind.arms, count)
            pose[:, joint_index(f"{side}_shoulder")] = _arm(lift, sign, rng)
            pose[:, joint_index(f"{side}_elbow")] *= rng.random((count, 1))
            pose[:, joint_index(f"{side}_collar")] *= 0.3
    tip = rng.normal(kind.tip[0], max(kind.tip[1], 1e-6), count).astype(np.float32)
    if kind.rest is not None:
        tip = _tip(torch.from_numpy(pose), offsets, kind.rest).numpy() + rng.normal(0, 0.08, count)
    lean = rng.normal(0, 0.12, count)
    roll = kind.roll * rng.choice([-1.0, 1.0], count) + rng.normal(0, 0.25 if kind.roll else 0.05, count)
    # The body turns about its own length, is tipped, and leans a little to one side.
    length, tipped, leaning = (
        axis_angle_to_matrix(torch.tensor(np.stack(parts, axis=1), dtype=torch.float32))
        for parts in ((0 * roll, roll, 0 * roll), (tip, 0 * tip, 0 * tip), (0 * lean, 0 * lean, lean))
    )
    pose[:, 0] = matrix_to_axis_angle(leaning @ tipped @ length).numpy()
    return pose.reshape(count, 72)


def _arm(lift: NDArray[np.float64], sign: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """A shoulder (N, 3) that brings the arm from the T-pose down and then forward and up by `lift`."""
    spread = rng.uniform(-0.1, 0.5, len(lift))
    zero = np.zeros_like(lift)
    down = np.stack([zero, zero, -sign * (np.pi / 2 - spread)], axis=1)
    forward = np.stack([-lift, zero, zero], axis=1)
    turns = [axis_angle_to_matrix(torch.from_numpy(part)) for part in (forward, down)]
    return matrix_to_axis_angle(turns[0] @ turns[1]).numpy()


def _tip(pose: Tensor, offsets: Tensor, rest: tuple[tuple[str, float], ...]) -> Tensor:
    """The pitch (N,) [rad] at which the carrying joints come to their levels and no joint lies under the ground."""
    rotations = axis_angle_to_matrix(pose)
    rotations[:, 0] = torch.eye(3)
    joints = world_transforms(rotations, offsets.expand(len(pose), 24, 3))[1]
    angle = torch.linspace(-np.pi, np.pi, TIPS + 1)[:-1]
    height = joints[:, None, :, 1] * angle.cos()[:, None] - joints[:, None, :, 2] * angle.sin()[:, None]
    carrying = []
    for name, level in rest:
        both = [name] if name == "pelvis" else [f"left_{name}", f"right_{name}"]
        carrying.append(height[..., [joint_index(one) for one in both]].mean(dim=-1) - level)
    ground = torch.stack(carrying).mean(dim=0)
    uneven = (carrying[0] - carrying[1]).abs()
    below = (ground[..., None] - height).clamp_min(0).amax(dim=-1)
    return angle[(uneven + UNDER_FLOOR * below).argmin(dim=1)]
