"""SMPL's tree of 24 joints: names, parents, children, and the mirror image of a pose.

The order is SMPL's own; every pose (72,) and every joints array (24, 3) of the project follows it.
"""

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from core.compute.per_device import held
from core.errors import LayoutError

if TYPE_CHECKING:
    import torch

JOINT_NAMES: tuple[str, ...] = (
    "pelvis",
    "left_hip",
    "right_hip",
    "spine1",
    "left_knee",
    "right_knee",
    "spine2",
    "left_ankle",
    "right_ankle",
    "spine3",
    "left_foot",
    "right_foot",
    "neck",
    "left_collar",
    "right_collar",
    "head",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hand",
    "right_hand",
)
# fmt: off
PARENTS: tuple[int, ...] = (
    -1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8,  # pelvis to feet
    9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21,  # neck to hands
)
# fmt: on
CHILDREN: tuple[tuple[int, ...], ...] = tuple(
    tuple(child for child, parent in enumerate(PARENTS) if parent == joint) for joint in range(len(PARENTS))
)

_OTHER_SIDE = {"left": "right", "right": "left"}


def mirror_name(name: str) -> str:
    """The name of the same point on the other side: left_knee gives right_knee, neck gives neck."""
    return "_".join(_OTHER_SIDE.get(word, word) for word in name.split("_"))


FLIP: tuple[int, ...] = tuple(JOINT_NAMES.index(mirror_name(name)) for name in JOINT_NAMES)

_MIRROR = (1.0, -1.0, -1.0)

Array = TypeVar("Array", "npt.NDArray[Any]", "torch.Tensor")


def joint_index(name: str) -> int:
    """Place of a joint in SMPL's order. Raises LayoutError, listing the names, if there is none."""
    if name not in JOINT_NAMES:
        raise LayoutError(f"SMPL has no joint {name!r}. Choose one of: {', '.join(JOINT_NAMES)}.")
    return JOINT_NAMES.index(name)


# Both arms, both legs, left first: all joints that move with a shoulder or hip.
LIMBS = tuple(
    tuple(joint_index(f"{side}_{part}") for part in parts)
    for parts in (("collar", "shoulder", "elbow", "wrist", "hand"), ("hip", "knee", "ankle", "foot"))
    for side in ("left", "right")
)
# The twelve that the field's protocols share, the person's left first.
LIMB_JOINTS = tuple(
    joint_index(f"{side}_{part}")
    for side in ("left", "right")
    for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
)


def flip_pose(pose: Array) -> Array:
    """The mirror image of a pose (left and right exchanged).

    pose (..., 72) axis-angle, numpy or torch, in SMPL's axes or a camera's. Returns (..., 72). Joints change
    places, and a rotation vector mirrored in the plane x = 0 keeps x and turns y and z round, as in SPIN.
    """
    joints = pose.reshape(*pose.shape[:-1], len(FLIP), 3)
    if isinstance(joints, np.ndarray):
        return (joints[..., list(FLIP), :] * np.array(_MIRROR, joints.dtype)).reshape(pose.shape)
    flip, mirror = _as_tensors(joints.dtype, joints.device)
    return (joints[..., flip, :] * mirror).reshape(pose.shape)


@held
def _as_tensors(dtype: "torch.dtype", device: "torch.device") -> "tuple[torch.Tensor, torch.Tensor]":
    """FLIP and _MIRROR on their device: a list would be copied to a GPU at each use, and the copy waits for the GPU."""
    import torch

    with torch.inference_mode(False):
        return torch.tensor(FLIP, device=device), torch.tensor(_MIRROR, dtype=dtype, device=device)
