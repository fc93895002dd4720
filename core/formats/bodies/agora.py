"""Reads AGORA's prediction folders: one .pkl per person, `<photo>_personId_<k>.pkl`, as for AGORA's evaluation.

joints (24, 2) are px of the 3840 x 2160 photo, layout smpl24. params are SMPL's in the camera's frame. The file
holds no focal length: it is computed such that the body's joints project onto the 2D joints. verts are not read.
Of SMPL-X predictions the joints are read and the pose is left out.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.body.model import SMPL_NEUTRAL, Body, BodyParams
from core.errors import ReadError
from core.files.untrusted import finite, read_pickle
from core.files.unusable import Unusable
from core.formats.bodies.spin import MAX_POSE
from core.formats.shared import people
from core.formats.shared.crop_frame import UNSCORED, seen_by, stand_in
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PEOPLE, Import, Report
from core.geometry.rotation import matrix_to_axis_angle
from core.records import Fit, Person, Photo

FORMAT = "AGORA predictions"
LAYOUT = "smpl24"
FULL_SIZE = (3840, 2160)  # px that the joints refer to, also where the photo at hand is smaller
NAME = re.compile(r"(.+)_personId_(\d{1,6})")
_MAX_PARAMETERS = 2**20


def recognise(seen: Glimpse) -> int:
    """By the names of its files."""
    named = seen.kind == "pickle" and NAME.fullmatch(seen.path.stem)
    return SURE if named or seen.has_file("*_personId_*.pkl") else NO


def read(path: Path, photos: Path | None = None, body: Body | None = None) -> Import:
    """Read a folder of predictions, or one file. A missing photo counts as 3840 x 2160 px.

    photos: the photos' folder, by default that of the predictions. body: an SMPL body, else the open one is used.
    Raises ReadError.
    """
    report = Report(path, FORMAT)
    files = sorted(path.glob("*_personId_*.pkl")) if path.is_dir() else [path]
    if not files:
        raise report.error("no files <photo>_personId_<k>.pkl", "Choose the folder of predictions.")
    if len(files) > MAX_PEOPLE:
        raise report.error(f"more than {MAX_PEOPLE} files", "Split the folder.")
    folder = PhotoFolder(photos or (path if path.is_dir() else path.parent), report)
    placer = body or stand_in()
    found: dict[str, Photo] = {}
    for file in files:
        with report.record(file.name):
            try:
                data = read_pickle(file)
            except ReadError as error:
                if file == path:
                    raise
                raise Unusable(str(error)) from error
            photo, scale, number = _photo_of(file, folder, found)
            person = _read_person(data, file.name, number, scale, photo, (placer, body), report)
            if person.fit is not None and all(other.fit is None for other in photo.people):
                photo = seen_by(photo, person.fit.focal_length, person.fit.camera_center)
            found[photo.path] = photo.with_(people=(*photo.people, person))
    return report.done(found.values())


def _photo_of(file: Path, folder: PhotoFolder, found: dict[str, Photo]) -> tuple[Photo, float, int]:
    """The photo of a file, its scale relative to FULL_SIZE, and the person's number."""
    name = NAME.fullmatch(file.stem)
    if name is None:
        raise Unusable("it is not named <photo>_personId_<k>.pkl")
    relative = folder.relative(f"{name[1]}.png")
    width, height = folder.size(relative) or FULL_SIZE
    if abs(width * FULL_SIZE[1] - height * FULL_SIZE[0]) > FULL_SIZE[0]:  # a pixel of height
        raise Unusable("its photo does not have the shape of AGORA's 3840 x 2160")
    photo = found.get(relative) or Photo(relative, width, height)
    if any(person.id == int(name[2]) for person in photo.people):
        raise Unusable("its person number was used before in this photo")
    return photo, width / FULL_SIZE[0], int(name[2])


def _read_person(
    data: Any,
    record: str,
    number: int,
    scale: float,
    photo: Photo,
    bodies: tuple[Body | None, Body | None],
    report: Report,
) -> Person:
    if not isinstance(data, dict):
        raise Unusable("it is not a dictionary of a prediction")
    joints = finite(data.get("joints"), 24, 2) * scale
    keypoints = people.make_keypoints(LAYOUT, np.column_stack([joints, np.ones(24)]), report, record)
    person = people.person(number, people.box_round(keypoints), keypoints)
    params = data.get("params")
    if params is None:
        report.note("predictions without params (vertices and joints) come without a pose")
        return person
    with report.record(f"{record}, pose"):
        pose, betas, kid, cam_t = _read_params(params, data)
        placer, given = bodies
        if placer is None:
            raise Unusable("no body is installed to find the focal length with; choose an SMPL file")
        points = _joints(data, pose, betas, cam_t, placer)
        center = np.array(photo.middle)
        focal_length = _focal_length(points, joints - center)
        adult = given.fingerprint if given is not None and given.is_smpl else SMPL_NEUTRAL
        name = "smpl-kid" if kid else adult
        return person.with_(fit=Fit(pose, betas, kid, cam_t, focal_length, center, UNSCORED, name, "fit"))
    return person


def _read_params(params: Any, data: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, float, np.ndarray]:
    """pose (72,), betas (10,), kid, cam_t (3,)."""
    if not isinstance(params, dict):
        raise Unusable("its params are not a dictionary")
    parts = [_flat(params.get(key)) for key in ("global_orient", "body_pose", "betas", "transl")]
    orient, body_pose, betas, cam_t = parts
    if len(body_pose) in (63, 21 * 9):
        raise Unusable("its pose is one of SMPL-X, whose shape space differs from SMPL's")
    if len(orient) == 9 and len(body_pose) == 23 * 9:
        matrices = torch.from_numpy(np.concatenate([orient, body_pose]).reshape(24, 3, 3))
        if (matrices @ matrices.transpose(1, 2) - torch.eye(3)).abs().max() > 1e-2 or (
            torch.linalg.det(matrices) < 0
        ).any():
            raise Unusable("its pose are not rotations")
        pose = matrix_to_axis_angle(matrices).reshape(72).numpy()
    elif len(orient) == 3 and len(body_pose) == 69:
        pose = np.concatenate([orient, body_pose])
    else:
        raise Unusable("its pose is not SMPL's 24 rotations")
    kid = data.get("age") == "kid"
    if len(betas) != 10 + kid or len(cam_t) != 3 or not (np.abs([*pose, *betas]) <= MAX_POSE).all():
        raise Unusable("its betas are not 10 (11 for a child), or its numbers are too large for a body")
    return pose, betas[:10], float(betas[10]) if kid else 0.0, cam_t


def _flat(value: Any) -> np.ndarray:
    if not isinstance(value, np.ndarray) or value.size > _MAX_PARAMETERS:
        raise Unusable("a part of its params is missing or no array")
    return finite(value.reshape(-1))


def _joints(
    data: dict[str, Any], pose: np.ndarray, betas: np.ndarray, cam_t: np.ndarray, placer: Body
) -> np.ndarray:
    """(24, 3) [m, camera frame]: the file's own, or the body's."""
    own = data.get("allSmplJoints3d")
    if isinstance(own, np.ndarray) and own.shape == (24, 3):
        return finite(own, 24, 3)
    shape = betas if placer.is_smpl else np.zeros(10)
    place = cam_t + placer.pelvis_shift(SMPL_NEUTRAL).cpu().numpy()
    rows = [torch.from_numpy(np.asarray(values, dtype=np.float64))[None] for values in (pose, shape, place)]
    return placer.to("cpu", torch.float64).pose(BodyParams.from_pose(*rows))[1][0].numpy()


def _focal_length(points: np.ndarray, pixels: np.ndarray) -> float:
    """Focal length f [px] of pixels = f X / Z, by least squares.

    points (24, 3) [m, camera frame]; pixels (24, 2) [px from the camera's centre].
    """
    if points[:, 2].min() <= 0:
        raise Unusable("its body is behind the camera")
    across = points[:, :2] / points[:, 2:]
    focal_length = float((across * pixels).sum() / max((across * across).sum(), 1e-12))
    if not 0 < focal_length < 1e6:
        raise Unusable("its joints and its pose do not belong together")
    return focal_length
