"""The frame of the 3D view: it stands on the floor, below one person, whatever way the photo's camera looks down."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.body.camera_pitch import up_at
from core.body.tree import JOINT_NAMES, joint_index
from core.wishes import GroundContact, Wish

SOLE_M = 0.025  # height of a foot's joint above its sole
LEVEL = 0.3  # least length of a direction's part along the floor that says where it points


@dataclass(frozen=True, eq=False)
class FloorFrame:
    """Axes: x right as in the photo, y up, z along the floor to the photo's camera.

    pitch_deg: the camera looks down by it. origin (3,) [m, camera frame]: on the floor, below the person's pelvis.
    """

    pitch_deg: float
    origin: np.ndarray

    @classmethod
    def below(
        cls, pitch_deg: float, vertices: np.ndarray, joints: np.ndarray, wishes: Sequence[Wish] = ()
    ) -> "FloorFrame":
        """The frame below a body with vertices (V, 3) and joints (24, 3) [m, camera frame].

        A foot that is held on the floor says how high that is, else the lowest vertex does.
        """
        down = (-up_at(pitch_deg)).astype(np.float32)
        held = [wish for wish in wishes if isinstance(wish, GroundContact) and wish.name in JOINT_NAMES]
        depth = float((vertices @ down).max())
        if held:
            foot = joints[joint_index(held[0].name)]
            normal = np.array(held[0].normal)
            depth = float((foot + (held[0].offset - normal @ foot) * normal) @ down) + SOLE_M
        return cls(pitch_deg, joints[0] + (depth - joints[0] @ down) * down)

    @cached_property
    def down(self) -> np.ndarray:
        """The direction down (3,), camera frame."""
        return -up_at(self.pitch_deg)

    @property
    def depth(self) -> float:
        """How far down the floor is from the photo's camera [m]."""
        return float(self.origin @ self.down)

    @cached_property
    def turn(self) -> np.ndarray:
        """The rotation (3, 3) from the camera frame to this one."""
        up = -self.down
        right = np.array([1.0, 0.0, 0.0])
        return np.stack([right, up, np.cross(right, up)]).astype(np.float32)

    def to_floor(self, points: np.ndarray) -> np.ndarray:
        """Points (N, 3) from the camera frame to this one."""
        return (points - self.origin.astype(np.float32)) @ self.turn.T

    def from_floor(self, point: np.ndarray) -> np.ndarray:
        """A point (3,) from this frame to the camera frame."""
        return point @ self.turn + self.origin


def heading_deg(joints: np.ndarray) -> float:
    """Which way a body faces: the azimuth from which its front is seen; 0 is the photo's camera.

    joints (24, 3) [m] in a FloorFrame. 0 for a body that faces straight up or down.
    """
    left = joints[joint_index("left_hip")] - joints[joint_index("right_hip")]
    trunk = joints[joint_index("neck")] - joints[joint_index("pelvis")]
    front = np.cross(left, trunk)
    front = front / max(float(np.linalg.norm(front)), 1e-9)
    if np.hypot(front[0], front[2]) < LEVEL:
        return 0.0
    return float(np.degrees(np.arctan2(front[0], front[2])))
