"""Reads AGORA's prediction folders: one .pkl per person, `<photo>_personId_<k>.pkl`, as for AGORA's evaluation.

joints are px of the 3840 x 2160 photo, or of the small one of 1280 x 720, as their places show; the first 24 are read,
layout smpl24. params are SMPL's in the camera's frame.
The file holds no focal length: it is computed such that the body's joints project onto the 2D joints. Where transl is
zero, as in the official sample, the lens that the photo's name tells decides. verts are not read. Of SMPL-X
predictions the body's joints are read and the pose is left out.
"""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch

from core.body.mean_skeleton import pelvis_of
from core.body.model import SMPL_NEUTRAL, Body, BodyParams
from core.errors import FitloopError, ReadError
from core.files.untrusted import read_pickle
from core.files.unusable import Unusable
from core.formats.bodies.agora.agora_beside import compared, frames_beside
from core.formats.bodies.agora.agora_cameras import camera_of
from core.formats.bodies.agora.agora_pixels import FULL_SIZE, SMALL_SIZE, joints_size
from core.formats.bodies.agora.agora_prediction import JOINTS, AgoraPose, AgoraPrediction, prediction_from
from core.formats.shared import people
from core.formats.shared.crop_frame import UNSCORED, seen_by, stand_in
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PEOPLE, Import, Report
from core.formats.shared.translation import cam_t_by_keypoints
from core.records import Fit, Person, Photo

FORMAT = "AGORA predictions"
LAYOUT = "smpl24"
_MOST_LOOKED_AT = 50  # predictions that tell the size that joints refer to
NAME = re.compile(r"(.+)_personId_(\d{1,6})")
_SMPLX_FACE = slice(22, JOINTS)  # jaw and an eye, where SMPL has its hands


def recognise(seen: Glimpse) -> int:
    """By the names of its files."""
    named = seen.kind == "pickle" and NAME.fullmatch(seen.path.stem)
    return SURE if named or seen.has_file("*_personId_*.pkl") else NO


def read(path: Path, photos: Path | None = None, body: Body | None = None) -> Import:
    """Read a folder of predictions, or one file. A missing photo counts as 3840 x 2160 px.

    photos: the photos' folder, by default that of the predictions. body: an SMPL body, else the open one is used. With
    AGORA's truth beside the folder, people are tagged found or false positive, and missed ones are added.
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
    size = _size_of(files)
    if size == SMALL_SIZE:
        report.note(
            "joints are px of the photos of 1280 × 720, as their places show; AGORA's server wants 3840 × 2160"
        )
    found: dict[str, Photo] = {}
    joints: dict[str, list[tuple[int, np.ndarray]]] = defaultdict(list)
    for file in files:
        with report.record(file.name):
            try:
                data = read_pickle(file)
            except ReadError as error:
                if file == path:
                    raise
                raise Unusable(str(error)) from error
            prediction = prediction_from(data)
            photo, number = _photo_of(file, folder, found)
            scale = photo.width / size[0]
            person = _read_person(prediction, file.name, number, scale, photo, (placer, body), report)
            if person.fit is not None and all(other.fit is None for other in photo.people):
                photo = seen_by(photo, person.fit.focal_length, person.fit.camera_center)
            found[photo.path] = photo.with_(people=(*photo.people, person))
            joints[photo.path].append((number, prediction.joints * (FULL_SIZE[0] / size[0])))
    if path.is_dir() and (frames := frames_beside(path)):
        found = compared(found, joints, FULL_SIZE[0], LAYOUT, frames, report)
    return report.done(found.values())


def _size_of(files: list[Path]) -> tuple[int, int]:
    """The size [px] of the photos that joints are of, by some of the files that can be read."""
    looked_at = []
    for file in files[:_MOST_LOOKED_AT]:
        with contextlib.suppress(FitloopError):
            looked_at.append((file.name, prediction_from(read_pickle(file))))
    return joints_size(looked_at)


def _photo_of(file: Path, folder: PhotoFolder, found: dict[str, Photo]) -> tuple[Photo, int]:
    """The photo of a file, and the person's number."""
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
    return photo, int(name[2])


def _read_person(
    prediction: AgoraPrediction,
    record: str,
    number: int,
    scale: float,
    photo: Photo,
    bodies: tuple[Body | None, Body | None],
    report: Report,
) -> Person:
    if len(prediction.joints) > JOINTS:
        report.note(
            f"of {len(prediction.joints)} joints the first {JOINTS} are read, as in AGORA's evaluation"
        )
    joints = np.asarray(prediction.joints[:JOINTS], np.float64) * scale
    seen = np.ones(JOINTS)
    if prediction.is_smplx:
        seen[_SMPLX_FACE] = 0
    keypoints = people.make_keypoints(LAYOUT, np.column_stack([joints, seen]), report, record)
    person = people.person(number, people.box_round(keypoints), keypoints)
    if prediction.params is None:
        report.note("predictions without params (vertices and joints) come without a pose")
        return person
    with report.record(f"{record}, pose"):
        told = prediction.pose(prediction.is_child)
        placer, given = bodies
        if placer is None:
            raise Unusable("no body is installed to find the focal length with; choose an SMPL file")
        cam_t, focal_length = _placed(
            prediction, told, placer, joints - np.array(photo.middle), photo, report
        )
        adult = given.fingerprint if given is not None and given.is_smpl else SMPL_NEUTRAL
        has_child = given is None or not given.is_smpl or not given.has_kid
        name = "smpl-kid" if prediction.is_child and has_child else adult
        center = np.array(photo.middle)
        fit = Fit(told.pose, told.betas, told.kid, cam_t, focal_length, center, UNSCORED, name, "fit")
        return person.with_(fit=fit)
    return person


def _placed(
    prediction: AgoraPrediction,
    told: AgoraPose,
    placer: Body,
    pixels: np.ndarray,
    photo: Photo,
    report: Report,
) -> tuple[np.ndarray, float]:
    """cam_t (3,) [m] and focal length [px]. pixels (24, 2) from the camera's centre."""
    own, cam_t = prediction.joints_3d, told.transl
    if not cam_t.any() and own is not None and own[:JOINTS, 2].min() > 0:
        cam_t = own[0] - np.asarray(pelvis_of(SMPL_NEUTRAL))
    points = _joints(told, cam_t, placer) if own is None or own[:JOINTS, 2].min() <= 0 else own[:JOINTS]
    if cam_t.any():
        return cam_t, _focal_length(points, pixels)
    report.note("predictions whose transl is zero are placed by their joints, with the lens of AGORA's scene")
    focal_length = camera_of(photo.path).focal_length(photo.width)
    lens = torch.tensor([focal_length], dtype=torch.float64)
    body_points, seen, sure = _rows(points, pixels, np.ones(JOINTS))
    found = cam_t_by_keypoints(body_points, seen, sure, lens)[0].numpy()
    if (points + found)[:, 2].min() <= 0:
        raise Unusable("its joints and its pose do not belong together")
    return found, focal_length


def _joints(told: AgoraPose, cam_t: np.ndarray, placer: Body) -> np.ndarray:
    """(24, 3) [m, camera frame] of the body; its own shape where it is SMPL's."""
    shape = told.betas if placer.is_smpl else np.zeros(10)
    kid = told.kid if placer.is_smpl and placer.has_kid else 0.0
    place = cam_t + placer.pelvis_shift(SMPL_NEUTRAL).cpu().numpy()
    pose, betas, cam = _rows(told.pose, shape, place)
    params = BodyParams.from_pose(pose, betas, cam, torch.tensor([kid], dtype=torch.float64))
    return np.asarray(placer.to("cpu", torch.float64).pose(params)[1][0].numpy())


def _rows(*arrays: np.ndarray) -> list[torch.Tensor]:
    """Each as a batch of one, float64."""
    return [torch.from_numpy(np.asarray(array, np.float64))[None] for array in arrays]


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
