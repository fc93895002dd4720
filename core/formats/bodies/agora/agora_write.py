"""Writes AGORA predictions: a pickle a person, in a folder, or in the .zip that AGORA's server takes.

Each has joints (24, 2) [px of 3840 × 2160] and params of SMPL's neutral body in the camera's frame; with an SMPL file,
also its 24 joints and its vertices. The official format check passes: arrays of numpy, the shapes of its list, eleven
betas with kid_flag for a child (and `age`, which the documents name). The files load with any numpy since 1.0.
"""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch

from core.body.mean_skeleton import pelvis_of
from core.body.model import SMPL_NEUTRAL, Body, BodyParams
from core.files.whole_file import whole_file
from core.formats.bodies.agora.agora_folder import FULL_SIZE
from core.formats.bodies.agora.agora_store import MEMBERS
from core.formats.bodies.spin_write import with_truth
from core.formats.shared.crop_frame import placing_body
from core.formats.shared.report import Export, LeftOut
from core.geometry.camera import project
from core.records import Fit, Guess, Person, Photo

_PROTOCOL = 3  # of Python 3.0 on; AGORA's server runs 3.7
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # of a zip, so that equal people make equal files
_OTHER_SHAPE = "its betas are of another body: it has SMPL's mean shape"


def write(path: Path, photos: Iterable[Photo], body: Body | None = None) -> Export:
    """Write all people whose fit was not rejected, and the guesses of people without a fit.

    path: a .zip, else a folder. body: SMPL's, for its joints and vertices; else the open body places the joints. Raises
    BodyFileError without any body, and OSError.
    """
    left_out: list[LeftOut] = []
    placer = placing_body(body)
    files = dict(_files(photos, placer, left_out))
    if path.suffix == ".zip":
        with whole_file(path) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(zipfile.ZipInfo(f"{MEMBERS}/{name}", _EARLIEST), data, zipfile.ZIP_DEFLATED)
    else:
        path.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            with whole_file(path / name, lasting=False) as stream:
                stream.write(data)
    return Export(len(files), tuple(left_out))


def _files(photos: Iterable[Photo], body: Body, left_out: list[LeftOut]) -> Iterator[tuple[str, bytes]]:
    used: dict[str, str] = {}
    for photo in photos:
        stem = PurePosixPath(photo.path).stem
        people = list(_bodies(photo, left_out))
        reason = ""
        if abs(photo.width * FULL_SIZE[1] - photo.height * FULL_SIZE[0]) > FULL_SIZE[0]:
            reason = "it does not have the shape of AGORA's 3840 × 2160"
        elif used.setdefault(stem, photo.path) != photo.path:
            reason = f"{used[stem]} has this name too, and predictions tell no folders"
        if reason:
            left_out += [LeftOut(f"{photo.path}, {len(people)} people", reason)] if people else []
            continue
        for person, known in people:
            record = f"{photo.path}, person {person.id}"
            data = prediction_of(known, body, FULL_SIZE[0] / photo.width, record, left_out)
            yield f"{stem}_personId_{person.id}.pkl", pickled(data)


def _bodies(photo: Photo, left_out: list[LeftOut]) -> Iterator[tuple[Person, Fit | Guess]]:
    """People with their fit, or else their guess."""
    fitted = {person.id for _, person in with_truth([(photo, one) for one in photo.people], left_out)}
    for person in photo.people:
        if person.fit is not None and person.id in fitted:
            yield person, person.fit
        elif person.fit is None and person.guess is not None:
            yield person, person.guess


def prediction_of(
    known: Fit | Guess, body: Body, scale: float, record: str, left_out: list[LeftOut]
) -> dict[str, Any]:
    """The dictionary of one file. scale: px of the full photo in one of the photo at hand."""
    own = body.shares_betas(known.body) or not known.body
    shared = own and body.is_smpl
    is_child = known.kid != 0
    of_smpl = shared or known.body == SMPL_NEUTRAL
    if not of_smpl:
        left_out.append(LeftOut(f"{record}, shape", _OTHER_SHAPE))
    betas = known.betas if of_smpl else np.zeros(10, np.float32)
    vertices, joints = _posed(known, body, own)
    focal, center = torch.tensor([known.focal_length]), torch.tensor(known.camera_center)[None]
    xy = project(torch.from_numpy(joints)[None], focal, center)[0].numpy() * scale
    data: dict[str, Any] = {
        "joints": xy.astype(np.float32),
        "params": {
            "global_orient": known.pose[:3].reshape(1, 1, 3).astype(np.float32),
            "body_pose": known.pose[3:].reshape(1, 23, 3).astype(np.float32),
            "betas": np.array([[*betas, known.kid] if is_child else betas], np.float32),
            "transl": (known.cam_t + _shift_to_smpl(known.body, body))[None].astype(np.float32),
        },
        "pose2rot": True,
        "gender": "neutral",
        "num_betas": 11 if is_child else 10,
        "kid_flag": is_child,
        "age": "kid" if is_child else "adult",
    }
    return data | ({"allSmplJoints3d": joints, "verts": vertices} if shared else {})


def _shift_to_smpl(own: str, body: Body) -> np.ndarray:
    """(3,) [m] to add to cam_t of a body of this fingerprint, so that SMPL's pelvis is where that body's is."""
    if body.is_smpl:
        return body.pelvis_shift(own).cpu().numpy()
    return np.asarray(pelvis_of(own or body.fingerprint)) - np.asarray(pelvis_of(SMPL_NEUTRAL))


def _posed(known: Fit | Guess, body: Body, own: bool) -> tuple[np.ndarray, np.ndarray]:
    """Vertices (V, 3) and joints (24, 3) [m, camera frame] of the body; its mean where the betas are another's."""
    place = known.cam_t + (0 if own else body.pelvis_shift(known.body).numpy())
    betas, kid = (known.betas, known.kid * body.has_kid) if own else (np.zeros(10), 0.0)
    pose, shape, cam_t, age = (
        torch.from_numpy(np.array(part, np.float32))[None] for part in (known.pose, betas, place, kid)
    )
    vertices, joints = body.to("cpu", torch.float32).pose(BodyParams.from_pose(pose, shape, cam_t, age))
    return vertices[0].numpy(), joints[0].numpy()


def pickled(data: dict[str, Any]) -> bytes:
    """A pickle that names numpy's arrays as numpy 1 did: numpy 2 reads that too, but not the other way round."""
    stream = io.BytesIO()
    pickle.dump(data, stream, _PROTOCOL)
    return stream.getvalue().replace(b"cnumpy._core.", b"cnumpy.core.")
