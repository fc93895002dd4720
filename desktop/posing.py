"""The body on show, as a record, and its surface for the viewport."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.body.tree import JOINT_NAMES, joint_index

if TYPE_CHECKING:
    from core.body.model import Body

BETAS = 10


@dataclass(frozen=True, eq=False)
class PosedBody:
    """pose (72,) axis-angle [rad], betas (10,) [standard deviations], kid: 0 an adult, 1 a child.

    In SMPL's own axes: at rest the body stands upright, y up, facing +z, its left at +x.
    """

    pose: np.ndarray
    betas: np.ndarray
    kid: float = 0.0

    def __post_init__(self) -> None:
        for name, shape in (("pose", (3 * len(JOINT_NAMES),)), ("betas", (BETAS,))):
            array = np.array(getattr(self, name), dtype=np.float32).reshape(shape)
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    @classmethod
    def at_rest(cls) -> "PosedBody":
        """The mean shape in the T-pose."""
        return cls(np.zeros(3 * len(JOINT_NAMES)), np.zeros(BETAS))

    def joint(self, name: str) -> np.ndarray:
        """One joint's rotation (3,) axis-angle [rad]."""
        return self.pose.reshape(-1, 3)[joint_index(name)]

    def equals(self, other: "PosedBody") -> bool:
        """Whether every value is the same."""
        return (
            np.array_equal(self.pose, other.pose)
            and np.array_equal(self.betas, other.betas)
            and self.kid == other.kid
        )

    def with_joint(self, name: str, axis_angle: np.ndarray) -> "PosedBody":
        """Another rotation (3,) axis-angle [rad] of one joint."""
        pose = self.pose.copy().reshape(-1, 3)
        pose[joint_index(name)] = axis_angle
        return replace(self, pose=pose)

    def with_beta(self, index: int, value: float) -> "PosedBody":
        """Another value [standard deviations] of one shape coefficient."""
        betas = self.betas.copy()
        betas[index] = value
        return replace(self, betas=betas)

    def with_rest_pose(self) -> "PosedBody":
        """The same shape in the T-pose."""
        return replace(self, pose=np.zeros_like(self.pose))

    def with_rest_shape(self) -> "PosedBody":
        """The same pose in the mean adult shape."""
        return replace(self, betas=np.zeros_like(self.betas), kid=0.0)


@dataclass(frozen=True, eq=False)
class Surface:
    """vertices (V, 3) [m] and joints (24, 3) [m], upright: y up, the lowest vertex at y = 0."""

    vertices: np.ndarray
    joints: np.ndarray


def surface(body: "Body", posed: PosedBody) -> Surface:
    """Where the body's vertices and joints are, standing on the floor."""
    import torch

    from core.body.model import BodyParams

    params = BodyParams.from_pose(
        torch.from_numpy(posed.pose.copy())[None],
        torch.from_numpy(posed.betas.copy())[None],
        torch.zeros(1, 3),
        torch.tensor([posed.kid if body.has_kid else 0.0]),
    )
    with torch.no_grad():
        vertices, joints = (points[0].numpy() for points in body.pose(params))
    floor = np.array([0.0, vertices[:, 1].min(), 0.0], dtype=np.float32)
    return Surface(vertices - floor, joints - floor)
