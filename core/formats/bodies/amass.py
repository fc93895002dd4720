"""Writes one person's sequence as an AMASS-style .npz.

poses (T, 156) [rad], trans (T, 3) [m], betas (16,), gender, mocap_framerate [1/s]. The world frame is AMASS's, z up:
x is the camera's right, y points into the photo, the camera is at the origin. poses are SMPL-H's 52 joints: SMPL's
first 22, and straight hands (SMPL's rotations of joints 22 and 23, the whole hands, are lost). betas are the
sequence's mean of SMPL's ten, and zeros for SMPL-H's other six; all are zero for shapes of another body model. gender
is that of the SMPL body of all fits, else neutral. SMPL turns about the pelvis, so the writer needs the body.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from core.body.model import SMPL_NEUTRAL, Body, BodyParams
from core.errors import FitsError
from core.files.whole_file import whole_file
from core.formats.shared.crop_frame import betas_for_smpl
from core.formats.shared.genders import BODIES, is_gendered
from core.formats.shared.report import Export, LeftOut
from core.geometry.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from core.records import Fit

_NEUTRAL = "neutral"
_GENDERS = {BODIES["m"]: "male", BODIES["f"]: "female"}
SMPLH_POSE, SHARED_POSE, BETAS = 156, 66, 16
CAMERA_TO_WORLD = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])


def write(path: Path, fits: Sequence[Fit], body: Body, frame_rate: float = 30.0) -> Export:
    """Write one person's fits, in the order of the photos. frame_rate [1/s].

    Raises FitsError if there are no fits, and OSError.
    """
    if not fits:
        raise FitsError(f"{path.name}: there is no fit to write. Fit the person first.")
    pose = torch.from_numpy(np.stack([fit.pose for fit in fits]).astype(np.float64))
    smpl, others = betas_for_smpl(list(fits))
    gender = _gender(fits)
    strange = [place for place, fit in enumerate(fits) if gender == _NEUTRAL and is_gendered(fit.body)]
    smpl[strange] = 0
    betas = smpl.astype(np.float64).mean(axis=0)
    world = torch.from_numpy(CAMERA_TO_WORLD)
    turned = matrix_to_axis_angle(world @ axis_angle_to_matrix(pose[:, :3])).numpy()
    own = np.stack([fit.betas for fit in fits]).astype(np.float64).mean(axis=0)
    kid = float(np.mean([fit.kid for fit in fits])) if body.has_kid else 0.0
    shifts = np.stack([_shift(body, fit.body) for fit in fits])
    cam_t = np.stack([fit.cam_t for fit in fits]) + shifts
    poses = np.zeros((len(fits), SMPLH_POSE))
    poses[:, :3], poses[:, 3:SHARED_POSE] = turned, pose[:, 3:SHARED_POSE]
    arrays = {
        "poses": poses,
        "trans": (_pelvis(body, own, kid) + cam_t) @ CAMERA_TO_WORLD.T - _pelvis_of_smpl(body, betas),
        "betas": np.pad(betas, (0, BETAS - len(betas))),
        "gender": np.array(gender),
        "mocap_framerate": np.array(float(frame_rate)),
    }
    with whole_file(path) as stream:
        np.savez(stream, allow_pickle=False, **arrays)
    return Export(len(fits), tuple(_left_out(fits, len(others), len(strange))), "photo")


def _gender(fits: Sequence[Fit]) -> str:
    """The gender of the SMPL body that all fits share, else neutral."""
    bodies = {fit.body for fit in fits}
    return _GENDERS.get(bodies.pop(), _NEUTRAL) if len(bodies) == 1 else _NEUTRAL


def _left_out(fits: Sequence[Fit], others: int, strange: int) -> Iterator[LeftOut]:
    """Values that the file cannot hold, with the number of photos each.

    others: the number of fits with betas of another body model. strange: the number with betas of SMPL's male or
    female body, where the sequence mixes genders.
    """
    for count, part, reason in (
        (others, "betas", "their shape is of the open body, not of SMPL: written as SMPL's mean shape"),
        (
            strange,
            "betas",
            "the sequence mixes SMPL's genders: written as SMPL's mean shape",
        ),
        (sum(fit.kid != 0 for fit in fits), "kid", "SMPL-H has no child shape"),
        (
            sum(bool(fit.pose[SHARED_POSE:].any()) for fit in fits),
            "hands",
            "SMPL-H's hands are written straight",
        ),
    ):
        if count:
            yield LeftOut(f"{part} of {count} photo{'s' * (count != 1)}", reason)


def _pelvis_of_smpl(body: Body, betas: np.ndarray) -> np.ndarray:
    """The pelvis (3,) [m] of SMPL at rest; SMPL's mean adult where `body` is another model."""
    return _pelvis(body, betas, 0.0) + _shift(body, SMPL_NEUTRAL)


def _shift(body: Body, other: str) -> np.ndarray:
    return body.to("cpu", torch.float64).pelvis_shift(other).numpy()


def _pelvis(body: Body, betas: np.ndarray, kid: float) -> np.ndarray:
    """The pelvis (3,) [m] of the shaped body at rest. betas (10,)."""
    params = BodyParams.zeros(1, torch.zeros(0, dtype=torch.float64))
    shaped = BodyParams.from_pose(
        params.pose, torch.from_numpy(betas)[None], params.cam_t, torch.tensor([kid], dtype=torch.float64)
    )
    return body.to("cpu", torch.float64).rest_pelvis(shaped)[0].numpy()
