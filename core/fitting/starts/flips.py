"""Other poses that look nearly the same in the photo: limbs and trunk turned toward or away from the camera.

To first order, a bone keeps its projection when its depth along the ray through its root is
reversed. Each flip reverses one bone's depth and leaves the world orientation of all others.
"""

from __future__ import annotations

from itertools import combinations

import torch
from torch import Tensor

from core.body.keypoint_body import POSE_COLUMNS, KeypointBody
from core.body.kinematics import relative_rotations
from core.body.tree import joint_index
from core.geometry.rotation import matrix_to_axis_angle, rotation_between

TRUNK = tuple(joint_index(name) for name in ("pelvis", "spine1", "spine2", "spine3", "neck", "head"))
COLLARS = (joint_index("left_collar"), joint_index("right_collar"))
# Name of a flip -> (joints that turn, root of the flipped direction, its tip).
FLIPS: dict[str, tuple[tuple[int, ...], int, int]] = {
    f"{side}_{upper}": (
        (joint_index(f"{side}_{upper}"),),
        joint_index(f"{side}_{upper}"),
        joint_index(f"{side}_{tip}"),
    )
    for side in ("left", "right")
    for upper, tip in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
}
FLIPS["lean"] = ((*TRUNK, *COLLARS), joint_index("pelvis"), joint_index("neck"))
FLIPS["heading"] = ((*TRUNK, *COLLARS), joint_index("right_hip"), joint_index("left_hip"))


def flip_sets(count: int) -> list[tuple[str, ...]]:
    """The `count` likeliest sets of flips, smallest first: none, one, then whole limbs and pairs, then all."""
    singles = [(name,) for name in FLIPS]
    limbs = [
        (f"{side}_{upper}", f"{side}_{lower}")
        for side in ("left", "right")
        for upper, lower in (("shoulder", "elbow"), ("hip", "knee"))
    ]
    both_sides = [(f"left_{part}", f"right_{part}") for part in ("shoulder", "elbow", "hip", "knee")]
    everything = [
        tuple(FLIPS),
        ("lean", "heading"),
        tuple(name for name in FLIPS if name not in ("lean", "heading")),
    ]
    ordered = [(), *singles, *limbs, *both_sides, *everything]
    ordered += [pair for pair in combinations(FLIPS, 2) if pair not in ordered]
    return ordered[:count]


def flipped(body: KeypointBody, unknowns: Tensor, sets: list[tuple[str, ...]]) -> Tensor:
    """One body (86,) with every set of flips applied: (N, 86). Translation and shape stay."""
    repeated = unknowns.repeat(len(sets), 1)
    turns, places = body.joints(unknowns[None])
    world = turns.repeat(len(sets), 1, 1, 1)
    for name, (moved, root, tip) in FLIPS.items():
        chosen = [row for row, names in enumerate(sets) if name in names]
        if chosen:
            ray = torch.nn.functional.normalize(places[0, root], dim=0)
            bone = places[0, tip] - places[0, root]
            turn = rotation_between(bone, bone - 2 * (bone @ ray) * ray)
            rows = torch.tensor(chosen, device=world.device)[:, None]
            joints = torch.tensor(moved, device=world.device)
            world[rows, joints] = turn @ world[rows, joints]
    repeated[:, POSE_COLUMNS] = pose_of(world)
    return repeated


def pose_of(world: Tensor) -> Tensor:
    """Axis-angle (N, 72) [rad] of every joint in its parent's frame, from rotations (N, 24, 3, 3) in the camera's."""
    return matrix_to_axis_angle(relative_rotations(world)).flatten(1)
