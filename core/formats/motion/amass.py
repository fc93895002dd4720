"""Writes one person's sequence as an AMASS-style .npz, of SMPL-H or SMPL-X.

poses (T, 156) [rad], trans (T, 3) [m], betas (16,), gender, mocap_framerate [1/s]. The world frame is AMASS's, z up:
x is the camera's right, y points into the photo, the rest as in core.formats.motion.track. poses are SMPL-H's 52
joints: SMPL's first 22, and straight hands (SMPL's rotations of joints 22 and 23, the whole hands, are lost). betas
are the sequence's mean of SMPL's ten, and zeros for SMPL-H's other six; all are zero for shapes of another body
model. gender is that of the SMPL body of all fits, else neutral. SMPL turns about the pelvis, so the writer needs the
body.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from scipy.spatial.transform import Rotation

from core.body.mean_skeleton import SMPLX_NEUTRAL, pelvis_of
from core.body.model import SMPL_NEUTRAL, Body, BodyParams
from core.files.whole_file import whole_file
from core.formats.motion.motion_options import BEFORE_THE_CAMERA, MotionOptions
from core.formats.motion.track import MotionTrack, motion_notes, motion_of
from core.formats.shared.crop_frame import betas_for_smpl
from core.formats.shared.genders import BODIES, is_gendered
from core.formats.shared.report import Export, LeftOut
from core.records import Fit

_NEUTRAL = "neutral"
_GENDERS = {BODIES["m"]: "male", BODIES["f"]: "female"}
SMPLH_POSE, SMPLX_POSE, SHARED_POSE, BETAS = 156, 165, 66, 16
Y_UP_TO_Z_UP = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])


def write(path: Path, fits: Sequence[Fit], body: Body, motion: MotionOptions = BEFORE_THE_CAMERA) -> Export:
    """Write one person's fits, in the order of the photos, as SMPL-H.

    Raises FitsError if there are no fits, and OSError.
    """
    track = motion_of(fits, body, motion)
    smpl, others = betas_for_smpl(list(fits))
    gender = _gender(fits)
    strange = [place for place, fit in enumerate(fits) if gender == _NEUTRAL and is_gendered(fit.body)]
    smpl[strange] = 0
    betas = smpl.astype(np.float64).mean(axis=0)
    arrays = {
        "poses": _poses(track, SMPLH_POSE),
        "trans": _in_world(track.pelvis) - _pelvis_of_smpl(body, betas),
        "betas": np.pad(betas, (0, BETAS - len(betas))),
        "gender": np.array(gender),
        "mocap_framerate": np.array(motion.frame_rate),
    }
    _save(path, arrays)
    left_out = tuple(_left_out(fits, len(others), len(strange), "SMPL-H"))
    return Export(len(fits), left_out, "photo", motion_notes(motion))


def write_smplx(
    path: Path, fits: Sequence[Fit], body: Body, motion: MotionOptions = BEFORE_THE_CAMERA
) -> Export:
    """The same for SMPL-X: poses (T, 165), face and hands at rest. Its shape space is another one, so betas are zeros.

    Raises FitsError if there are no fits, and OSError.
    """
    track = motion_of(fits, body, motion)
    arrays = {
        "poses": _poses(track, SMPLX_POSE),
        "trans": _in_world(track.pelvis) - pelvis_of(SMPLX_NEUTRAL),
        "betas": np.zeros(BETAS),
        "gender": np.array(_NEUTRAL),
        "surface_model_type": np.array("smplx"),
        "mocap_framerate": np.array(motion.frame_rate),
        "mocap_frame_rate": np.array(motion.frame_rate),
    }
    _save(path, arrays)
    shaped = sum(fit.body != SMPLX_NEUTRAL and bool(fit.betas.any()) for fit in fits)
    lost = (LeftOut(_photos("betas", shaped), "SMPL-X's shapes are of another space: written as its mean"),)
    left_out = (*(lost if shaped else ()), *_left_out(fits, 0, 0, "SMPL-X"))
    return Export(len(fits), left_out, "photo", motion_notes(motion))


def _poses(track: MotionTrack, numbers: int) -> np.ndarray:
    """(T, numbers) axis-angle [rad]: the root in the z-up world, SMPL's next 21 joints, and zeros."""
    turns = track.rotations[:, : SHARED_POSE // 3].copy()
    turns[:, 0] = Y_UP_TO_Z_UP @ turns[:, 0]
    poses = np.zeros((len(track), numbers))
    poses[:, :SHARED_POSE] = Rotation.from_matrix(turns.reshape(-1, 3, 3)).as_rotvec().reshape(len(track), -1)
    return poses


def _in_world(points: np.ndarray) -> np.ndarray:
    """Points (T, 3) [m], y up, in the world whose z is up."""
    return np.asarray(points @ Y_UP_TO_Z_UP.T)


def _save(path: Path, arrays: dict[str, np.ndarray]) -> None:
    with whole_file(path) as stream:
        np.savez(stream, allow_pickle=False, **arrays)


def _gender(fits: Sequence[Fit]) -> str:
    """The gender of the SMPL body that all fits share, else neutral."""
    bodies = {fit.body for fit in fits}
    return _GENDERS.get(bodies.pop(), _NEUTRAL) if len(bodies) == 1 else _NEUTRAL


def _photos(part: str, count: int) -> str:
    return f"{part} of {count} photo{'s' * (count != 1)}"


def _left_out(fits: Sequence[Fit], others: int, strange: int, model: str) -> Iterator[LeftOut]:
    """Values that the file of a body model cannot hold, with the number of photos each.

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
        (sum(fit.kid != 0 for fit in fits), "kid", f"{model} has no child shape"),
        (
            sum(bool(fit.pose[SHARED_POSE:].any()) for fit in fits),
            "hands",
            f"{model}'s hands are written straight",
        ),
    ):
        if count:
            yield LeftOut(_photos(part, count), reason)


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
