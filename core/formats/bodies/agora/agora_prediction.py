"""One person of AGORA's prediction folder, as its evaluation takes it: a dictionary, checked.

Names of files are `<photo's stem>_personId_<k>.pkl`. The photo of a file is its name without the last two parts
between underscores, with .png. Arrays may have axes of length one more than they need. Of joints the first 24 count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from core.files.untrusted import finite
from core.files.unusable import Unusable
from core.formats.bodies.spin import MAX_POSE
from core.geometry.rotation import matrix_to_axis_angle

JOINTS = 24  # that are matched and measured, of SMPL and of SMPL-X
SMPLX_VERTICES = 10475
_MOST_NUMBERS = 2**20
_SMPLX_POSES = (63, 21 * 9)
_ROTATION_ERROR = 1e-2


@dataclass(frozen=True, eq=False)
class AgoraPose:
    """SMPL's parameters in the camera's frame: pose (72,) [rad], betas (10,), kid, transl (3,) [m]."""

    pose: np.ndarray
    betas: np.ndarray
    kid: float
    transl: np.ndarray


@dataclass(frozen=True, eq=False)
class AgoraPrediction:
    """joints (N, 2) [px of 3840 × 2160], N at least 24. joints_3d (N, 3) and vertices (V, 3) [m, camera frame] where
    the file has them. kid_flag: what the official evaluation reads; is_child also heeds `age`, which only the documents
    name."""

    joints: np.ndarray
    joints_3d: np.ndarray | None
    vertices: np.ndarray | None
    params: dict[str, Any] | None
    kid_flag: bool
    is_child: bool

    @property
    def is_smplx(self) -> bool:
        """True for the body with hands and face, whose joints 22 to 24 are jaw and eyes, not hands."""
        if self.params is not None:
            return np.size(self.params.get("body_pose", 0)) in _SMPLX_POSES
        return self.vertices is not None and len(self.vertices) == SMPLX_VERTICES

    def pose(self, is_child: bool) -> AgoraPose:
        """The parameters, of the child's body with eleven betas or of the adult's. Raises Unusable."""
        if self.params is None:
            raise Unusable("it has no params")
        if self.is_smplx:
            raise Unusable("its pose is one of SMPL-X, whose shape space differs from SMPL's")
        return pose_from(self.params, is_child)


def pose_from(params: dict[Any, Any], is_child: bool) -> AgoraPose:
    """SMPL's parameters in a file's dictionary, of the child's body with eleven betas or of the adult's. Raises
    Unusable."""
    pose = _pose(_flat(params, "global_orient"), _flat(params, "body_pose"))
    betas, transl = _flat(params, "betas"), _flat(params, "transl")
    if len(betas) < 10 + is_child or not (np.abs([*pose, *betas]) <= MAX_POSE).all():
        raise Unusable("its betas are not 10 (11 for a child), or its numbers are too large for a body")
    if len(transl) != 3:
        raise Unusable("its transl is not 3 numbers")
    return AgoraPose(pose, betas[:10], float(betas[10]) if is_child else 0.0, transl)


def photo_of(stem: str) -> tuple[str, str] | None:
    """The photo's file name and the person's number, of a file's name without .pkl; None where it names none."""
    photo, _, number = stem.rpartition("_")
    photo, _, word = photo.rpartition("_")
    return (f"{photo}.png", number) if photo and word else None


def prediction_from(data: Any) -> AgoraPrediction:
    """The person of a file's dictionary. Raises Unusable with what is wrong."""
    if not isinstance(data, dict):
        raise Unusable("it is not a dictionary of a prediction")
    params = data.get("params")
    if params is not None and not isinstance(params, dict):
        raise Unusable("its params are not a dictionary")
    joints = _points(data, "joints", JOINTS, 2)
    if joints is None:
        raise Unusable("it has no joints")
    kid_flag = _truth_value(data.get("kid_flag", False))
    return AgoraPrediction(
        joints[:, :2],
        _points(data, "allSmplJoints3d", JOINTS, 3),
        _points(data, "verts", 1, 3),
        params,
        kid_flag,
        kid_flag or data.get("age") == "kid",
    )


def _points(data: dict[Any, Any], key: str, fewest: int, columns: int) -> np.ndarray | None:
    """Points (N, columns or more) of the file, with its own precision. Raises Unusable."""
    value = data.get(key)
    if value is None:
        return None
    points = value.squeeze() if isinstance(value, np.ndarray) else np.asarray(value)
    if (
        points.ndim != 2
        or len(points) < fewest
        or points.shape[1] < columns
        or points.dtype.kind not in "iuf"
    ):
        raise Unusable(f"its {key} are not at least {fewest} × {columns} numbers")
    finite(points)
    return points if points.dtype.kind == "f" else points.astype(np.float64)


def _pose(orient: np.ndarray, body_pose: np.ndarray) -> np.ndarray:
    """(72,) axis-angle of 3 and 69 angles, or of 9 and 207 numbers of matrices."""
    if len(orient) == 3 and len(body_pose) == 69:
        return np.concatenate([orient, body_pose])
    if len(orient) != 9 or len(body_pose) != 23 * 9:
        raise Unusable("its pose is not SMPL's 24 rotations")
    matrices = torch.from_numpy(np.concatenate([orient, body_pose]).reshape(24, 3, 3))
    away = (matrices @ matrices.transpose(1, 2) - torch.eye(3)).abs().max()
    if away > _ROTATION_ERROR or (torch.linalg.det(matrices) < 0).any():
        raise Unusable("its pose are not rotations")
    return np.asarray(matrix_to_axis_angle(matrices).reshape(72).numpy())


def _flat(params: dict[Any, Any], key: str) -> np.ndarray:
    value = params.get(key)
    if not isinstance(value, np.ndarray) or value.size > _MOST_NUMBERS:
        raise Unusable("a part of its params is missing or no array")
    return finite(value.reshape(-1))


def _truth_value(value: Any) -> bool:
    """A flag as Python, numpy or torch have it."""
    if isinstance(value, bool | int | float | np.generic) or (
        isinstance(value, np.ndarray) and value.size == 1
    ):
        return bool(value)
    raise Unusable("its kid_flag is neither True nor False")
