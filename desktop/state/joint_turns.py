"""Rotations of one joint of a fit about its own axes."""

import numpy as np

from core.body.kinematics import world_transforms
from core.body.tree import JOINT_NAMES, joint_index
from core.records import Fit
from core.wishes import Turn, Wish
from desktop.state.person_edits import joint_of, with_joint


def turned(fit: Fit, name: str, axis: int, angle: float) -> Fit:
    """A fit with one joint turned by an angle [rad] about its own axis 0, 1 or 2, by hand."""
    import torch

    from core.geometry.rotation import compose_axis_angle

    turn = np.zeros(3)
    turn[axis] = angle
    before = joint_of(fit, name).astype(np.float64)
    return with_joint(fit, name, compose_axis_angle(torch.from_numpy(before), torch.from_numpy(turn)).numpy())


def turned_as(wishes: tuple[Wish, ...], fit: Fit) -> tuple[Wish, ...]:
    """The wishes, with each turned joint held at the rotation of this fit."""
    return tuple(turn_of(fit, wish.name) if isinstance(wish, Turn) else wish for wish in wishes)


def turn_of(fit: Fit, name: str) -> Turn:
    """The wish that a joint keeps its rotation of this fit."""
    x, y, z = joint_of(fit, name).tolist()
    return Turn(name, (x, y, z))


def axes_of(fit: Fit, name: str) -> np.ndarray:
    """A joint's own axes in the camera frame, one a row (3, 3)."""
    import torch

    from core.geometry.rotation import axis_angle_to_matrix

    matrices = axis_angle_to_matrix(torch.from_numpy(fit.pose.reshape(-1, 3).copy())).numpy()
    turns, _ = world_transforms(matrices[None], np.zeros((1, len(JOINT_NAMES), 3), np.float32))
    return turns[0, joint_index(name)].T
