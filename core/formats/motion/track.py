"""One person's fits as a motion that animation programs understand: a skeleton at rest, its turns, and its way.

World frame: x is the camera's right, y up, z towards the camera; metres. The camera is at the origin unless options
move the person. The shape is the sequence's mean, so the bones keep their lengths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from core.body.model import Body, BodyParams
from core.errors import FitsError
from core.formats.meshes.mesh import CAMERA_TO_Y_UP
from core.formats.motion.motion_options import BEFORE_THE_CAMERA, MotionOptions
from core.formats.shared.genders import is_gendered
from core.geometry.rotation import axis_angle_to_matrix
from core.records import Fit

AT_ONCE = 64  # bodies that are posed together
UP = 1  # axis of height


@dataclass(frozen=True, eq=False)
class MotionTrack:
    """T frames of one person. rest_joints (24, 3), rest_vertices (V, 3) [m] of the shaped body at rest, y up, pelvis
    where the body has it; pelvis (T, 3) [m]; rotations (T, 24, 3, 3), of each joint relative to its parent, the first
    relative to the world."""

    rest_vertices: np.ndarray
    rest_joints: np.ndarray
    pelvis: np.ndarray
    rotations: np.ndarray

    def __len__(self) -> int:
        return len(self.pelvis)


def motion_of(fits: Sequence[Fit], body: Body, options: MotionOptions = BEFORE_THE_CAMERA) -> MotionTrack:
    """The motion of one person's fits, in the order of the photos. A fit of another body keeps the place of its pelvis.

    Raises FitsError where there are no fits.
    """
    if not fits:
        raise FitsError("there is no fit to write. Fit the person first.")
    exact = body.to("cpu", torch.float64)
    params = _params(fits, exact)
    at_rest = BodyParams.from_pose(
        torch.zeros(1, 72).to(params.betas),
        params.betas[:1],
        torch.zeros(1, 3).to(params.betas),
        params.kid[:1],
    )
    vertices, joints = (each[0].numpy() for each in exact.pose(at_rest))
    pelvis = (joints[0] + params.cam_t.numpy()) * CAMERA_TO_Y_UP
    rotations = axis_angle_to_matrix(params.pose.reshape(len(fits), -1, 3)).numpy()
    rotations[:, 0] = np.diag(CAMERA_TO_Y_UP) @ rotations[:, 0]
    lowest = _lowest(params, exact) if options.floor else 0.0
    pelvis = _moved(pelvis, lowest, options)
    if options.t_pose:
        pelvis = np.concatenate([_standing(pelvis[0], vertices, joints, options)[None], pelvis])
        rotations = np.concatenate([np.eye(3)[None, None].repeat(rotations.shape[1], 1), rotations])
    return MotionTrack(vertices, joints, pelvis, rotations)


def motion_notes(options: MotionOptions) -> tuple[str, ...]:
    """What the user of any written motion should know."""
    return ("its first frame is the body at rest, a T-pose",) if options.t_pose else ()


def shape_notes(fits: Sequence[Fit], body: Body) -> tuple[str, ...]:
    """What the user should know of a motion of the body itself: shapes of other bodies mean something else on it."""
    of_smpl = {fit.body for fit in fits if body.is_smpl and is_gendered(fit.body)}
    others = {fit.body for fit in fits if not body.shares_betas(fit.body)} - of_smpl
    return tuple(
        f"its shape is of the body '{other}', and '{body.name}' is written: give that body for the true shape"
        for other in sorted(others)
    )


def _params(fits: Sequence[Fit], body: Body) -> BodyParams:
    """Fits (T,) of one shape, in the camera's frame, as the body's own unknowns."""
    count = len(fits)
    pose = torch.from_numpy(np.stack([fit.pose for fit in fits]).astype(np.float64))
    betas = torch.from_numpy(np.stack([fit.betas for fit in fits]).astype(np.float64)).mean(0)
    shifts = torch.stack([body.pelvis_shift(fit.body) for fit in fits])
    cam_t = torch.from_numpy(np.stack([fit.cam_t for fit in fits]).astype(np.float64)) + shifts
    kid = float(np.mean([fit.kid for fit in fits])) if body.has_kid else 0.0
    return BodyParams.from_pose(pose, betas.expand(count, -1), cam_t, torch.full((count,), kid).to(pose))


def _lowest(params: BodyParams, body: Body) -> float:
    """Height [m] of the lowest vertex of all frames."""
    heights = [
        float((body.pose(params[at : at + AT_ONCE])[0].numpy() * CAMERA_TO_Y_UP)[..., UP].min())
        for at in range(0, len(params.cam_t), AT_ONCE)
    ]
    return min(heights)


def _moved(pelvis: np.ndarray, lowest: float, options: MotionOptions) -> np.ndarray:
    """pelvis (T, 3) as the options want it. lowest [m]: of all frames."""
    moved = pelvis.copy()
    if options.in_place:
        moved[:, [0, 2]] = pelvis[0, [0, 2]]
    if options.start_at_origin:
        moved[:, [0, 2]] -= pelvis[0, [0, 2]]
    moved[:, UP] -= lowest
    return moved


def _standing(
    first: np.ndarray, vertices: np.ndarray, joints: np.ndarray, options: MotionOptions
) -> np.ndarray:
    """The pelvis (3,) of the body at rest where the motion begins: on the floor where there is one."""
    height = joints[0, UP] - vertices[:, UP].min() if options.floor else first[UP]
    return np.array([first[0], height, first[2]])
