"""Poses bodies from anny's resting pose (arms hanging, legs apart) into SMPL's T-pose.

An SMPL pose then means the same on this body as on SMPL. Arms are along +-x; thighs and shins get the directions of
SMPL's rest skeleton; feet keep their tilt and get SMPL's heading.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from core.body.kinematics import offsets_between, relative_rotations, world_transforms
from core.body.tree import JOINT_NAMES, PARENTS, joint_index
from core.geometry.rotation import axis_angle_to_matrix, matrix_to_axis_angle, rotation_between

# Directions of the left side's bones in SMPL's rest skeleton; the right side's are mirrored.
THIGH = (0.092, -0.996, -0.013)
SHIN = (-0.037, -0.993, -0.112)
ARM = (1.0, 0.0, 0.0)
FOOT_HEADING = (0.18, 0.0, 0.90)
COLLAR_SHARE = 0.25  # share of an arm's swing that the collar bone makes, as in the poses' `girdle`


def to_tpose(
    vertices: NDArray[np.float64], joints: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns vertices and joints in T-pose, pelvis at the origin.

    vertices (N, V, 3), joints (N, 24, 3) [m] in anny's resting pose; skinning weights (V, 24).
    """
    turns = _turns(torch.from_numpy(joints)).numpy()
    _, placed = world_transforms(relative_rotations(turns), offsets_between(joints - joints[:, :1]))
    shift = placed - np.einsum("njab,njb->nja", turns, joints)
    turned = np.empty_like(vertices)
    for n in range(len(vertices)):  # one body at a time: the blended transforms of all need too much memory
        blended = np.einsum("vj,jab->vab", weights, turns[n])
        turned[n] = np.einsum("vab,vb->va", blended, vertices[n]) + weights @ shift[n]
    return turned, placed


def rest_turns(joints: NDArray[np.float64]) -> NDArray[np.float64]:
    """World rotation (N, 24, 3, 3) of each joint from anny's resting pose into T-pose. joints (N, 24, 3) [m]."""
    return np.asarray(_turns(torch.from_numpy(joints)).numpy())


def _turns(joints: torch.Tensor) -> torch.Tensor:
    """World rotation of each joint (N, 24, 3, 3): the parent's, plus the shortest rotation onto the bone's target."""
    turns = torch.eye(3, dtype=joints.dtype).repeat(len(joints), len(JOINT_NAMES), 1, 1)
    for side, x in (("left", 1.0), ("right", -1.0)):
        mirror = torch.tensor([x, 1.0, 1.0], dtype=joints.dtype)
        at = {part: joint_index(f"{side}_{part}") for part in _PARTS}
        _swing(turns, joints, at["hip"], at["knee"], mirror * torch.tensor(THIGH))
        _swing(turns, joints, at["knee"], at["ankle"], mirror * torch.tensor(SHIN))
        heading = (joints[:, at["foot"]] - joints[:, at["ankle"]]) * torch.tensor([1.0, 0.0, 1.0])
        turns[:, at["ankle"]] = turns[:, at["foot"]] = rotation_between(
            heading, mirror * torch.tensor(FOOT_HEADING)
        )
        arm = mirror * torch.tensor(ARM)
        raised = rotation_between(joints[:, at["elbow"]] - joints[:, at["shoulder"]], arm)
        turns[:, at["collar"]] = axis_angle_to_matrix(COLLAR_SHARE * matrix_to_axis_angle(raised))
        _swing(turns, joints, at["shoulder"], at["elbow"], arm)
        _swing(turns, joints, at["elbow"], at["wrist"], arm)
        _swing(turns, joints, at["wrist"], at["hand"], arm)
        turns[:, at["hand"]] = turns[:, at["wrist"]]
    return turns


_PARTS = ("hip", "knee", "ankle", "foot", "collar", "shoulder", "elbow", "wrist", "hand")


def _swing(turns: torch.Tensor, joints: torch.Tensor, joint: int, child: int, target: torch.Tensor) -> None:
    """Set a joint's rotation: its parent's, plus the shortest rotation that points the bone along `target` (3,)."""
    carried = turns[:, PARENTS[joint]]
    bone = (carried @ (joints[:, child] - joints[:, joint])[..., None])[..., 0]
    turns[:, joint] = rotation_between(bone, target.to(bone).expand_as(bone)) @ carried
