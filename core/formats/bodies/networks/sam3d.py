"""Reads SAM 3D Body's answers, as users save the list that it returns: .npz of each person, .pkl, .npy or .json of all.

Its body is MHR. SMPL is fitted to MHR's joints in 3D: hips, knees, shoulders and wrists are the same joints, elbows and
ankles lie some millimetres off and count less. The pelvis' orientation is that of MHR's root. The 2D points are kept as
keypoints. The file's name is the photo's, without _subj00 and such. Camera and size of the photo follow from 2D and 3D
points by least squares, also where the focal length is not told. ComfyUI's names are read too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch

from core.body.keypoints import layout
from core.body.model import Body
from core.errors import ReadError
from core.files.pickles.containers import read_values
from core.files.untrusted import finite, number, read_json
from core.files.unusable import Unusable
from core.fitting import fit_to_joints
from core.formats.bodies.networks.network_people import NetworkCamera, NetworkPeople, row
from core.formats.keypoints.detectors.detected import from_mhr70
from core.formats.photos.photo_names import PHOTO_SUFFIXES
from core.formats.shared import people
from core.formats.shared.crop_frame import placing_body
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PEOPLE, MAX_PHOTOS, Import, Report
from core.geometry.rotation import matrix_to_axis_angle
from core.records import BBox, Keypoints

FORMAT = "SAM 3D Body"
POINTS = 70
WORST_PX = 1.0  # between the 2D points and the 3D ones, as the recovered camera shows them
_KEYS = {"pred_keypoints_3d", "pred_cam_t"}
_COMFY = {"joints": "pred_keypoints_3d", "camera": "pred_cam_t", "vertices": "pred_vertices"}
_WANTED = ("pred_keypoints_3d", "pred_keypoints_2d", "pred_cam_t", "focal_length", "bbox", "global_rot")
_PERSON = re.compile(r"_(?:subj|person|p)_?\d{1,6}$")
_SUFFIXES = (".npz", ".pkl", ".npy", ".json")
_FLIP = np.diag([1.0, -1.0, -1.0])  # from MHR's axes, y up, to the camera's
# SMPL's joints: the place in mhr70 and how much it counts.
MHR_JOINTS = {
    "hip": ((9, 10), 1.0), "knee": ((11, 12), 1.0), "shoulder": ((5, 6), 1.0), "wrist": ((62, 41), 1.0),
    "elbow": ((7, 8), 0.1), "ankle": ((13, 14), 0.1),
}  # fmt: skip
_MOST_M = 1e3
_PREDICTED = (
    "2D points are the network's own prediction, of hidden joints too, and are kept as keypoints of confidence 1: mark "
    "those as absent that the photo does not show"
)


@dataclass(frozen=True, eq=False)
class _Answer:
    """One person. points (70, 3) [m] and seen (70, 2) [px] or None; orientation (3,) axis-angle [rad] or nan."""

    record: str
    photo: str
    points: np.ndarray
    seen: np.ndarray | None
    camera: NetworkCamera
    orientation: np.ndarray
    box: BBox | None


def recognise(seen: Glimpse) -> int:
    """By its keys; a folder by its first .npz."""
    if seen.kind == "folder":
        first = min(seen.path.glob("*.npz"), default=None)
        return NO if first is None or first.is_dir() else recognise(Glimpse(first))
    if seen.kind == "npz":
        return SURE if seen.arrays >= _KEYS or seen.arrays >= {*_COMFY, "focal_length"} else NO
    if seen.kind == "json":
        return SURE if seen.has_keys(*_KEYS) else NO
    values = seen.values if seen.kind in ("pickle", "npy") else None
    first_one = values[0] if isinstance(values, list) and values else values
    return SURE if isinstance(first_one, dict) and _named(first_one).keys() >= _KEYS else NO


def read(path: Path, photos: Path | None = None, body: Body | None = None) -> Import:
    """Read a file, or a folder of them. body: the one that is fitted, else the open one.

    Raises ReadError, and FitsError where no body is installed.
    """
    report = Report(path, FORMAT)
    files = sorted(f for f in path.iterdir() if f.suffix in _SUFFIXES) if path.is_dir() else [path]
    if not files or len(files) > MAX_PHOTOS:
        raise report.error("no files in it, or too many", "Choose the folder of SAM 3D Body's answers.")
    placer = placing_body(body).to("cpu", torch.float32)
    folder = PhotoFolder(photos or (path if path.is_dir() else path.parent), report)
    found = NetworkPeople(report, folder, FORMAT, placer.fingerprint)
    answers: list[_Answer] = []
    for file in files:
        with report.record(file.name):
            persons = _persons(file, path)
            relative = _photo_of(file.stem, folder)
            report.count_people(len(persons))
            for index, person in enumerate(persons):
                record = f"{file.name}, person {index}"
                with report.record(record):
                    answers.append(_answer(person, record, relative, found))
    _add(found, answers, placer)
    return found.done()


def _photo_of(stem: str, folder: PhotoFolder) -> str:
    """The photo that a file is named after, with a person's number behind the photo's name or without. Raises
    Unusable."""
    own = stem[: -len(suffix)] if (suffix := PurePosixPath(stem).suffix).lower() in PHOTO_SUFFIXES else stem
    try:
        return folder.named(own)
    except Unusable:
        return folder.named(_PERSON.sub("", own))


def _persons(file: Path, path: Path) -> list[Any]:
    """The people of a file. Raises Unusable, and ReadError for the file that was asked for."""
    try:
        values = read_json(file) if file.suffix == ".json" else read_values(file)
    except ReadError as error:
        if file == path:
            raise
        raise Unusable(str(error)) from error
    persons = values if isinstance(values, list) else [values]
    if len(persons) > MAX_PEOPLE:
        raise Unusable("it lists more people than any photo has")
    return persons


def _named(person: dict[Any, Any]) -> dict[Any, Any]:
    """With SAM 3D Body's names in place of ComfyUI's."""
    return {
        _COMFY.get(key, key) if "pred_cam_t" not in person else key: value for key, value in person.items()
    }


def _answer(person: Any, record: str, photo: str, found: NetworkPeople) -> _Answer:
    """Raises Unusable for one that is no person, or whose camera fits its points badly."""
    if not isinstance(person, dict):
        raise Unusable("it is not a person")
    person = {name: value for name, value in _named(person).items() if name in _WANTED}
    points = row(person, "pred_keypoints_3d", POINTS, 3) + row(person, "pred_cam_t", 3)
    if not (np.abs(points) <= _MOST_M).all() or not (points[:, 2] > 0).all():
        raise Unusable("a point of it is not finite, or behind the camera")
    told = None
    if person.get("focal_length") is not None:
        told = number(np.asarray(person["focal_length"]))
    if person.get("pred_keypoints_2d") is not None:
        seen = finite(row(person, "pred_keypoints_2d", POINTS, 2), POINTS, 2)
        focal, center = recovered_camera(points, seen, told)
        camera = NetworkCamera.about(center, focal, found.size(photo))
    elif told is not None:
        seen, camera = None, NetworkCamera.of_photo(found.size(photo), told)
    else:
        raise Unusable("it has neither 2D points nor a focal length, so that its camera is unknown")
    orientation = np.full(3, np.nan)
    if person.get("global_rot") is not None:
        orientation = _orientation(finite(row(person, "global_rot", 3), 3))
    return _Answer(record, photo, points, seen, camera, orientation, _box(person))


def recovered_camera(
    points: np.ndarray, seen: np.ndarray, told: float | None = None
) -> tuple[float, np.ndarray]:
    """Focal length [px] and centre (2,) [px] of the camera that shows points (N, 3) [m] at seen (N, 2) [px].

    told: the focal length of the file, which is taken where it shows the points as well: of a flat body the points tell
    it badly. Raises Unusable over WORST_PX.
    """
    rays = points[:, :2] / points[:, 2:]
    if told is not None and told > 0:
        center = (seen - told * rays).mean(axis=0)
        if _worst_px(rays, seen, told, center) <= WORST_PX:
            return told, center
    count = len(points)
    left = np.zeros((2 * count, 3))
    left[:count, 0], left[count:, 0] = rays[:, 0], rays[:, 1]
    left[:count, 1], left[count:, 2] = 1, 1
    solved, *_ = np.linalg.lstsq(left, seen.T.reshape(-1), rcond=None)
    focal, center = float(solved[0]), solved[1:]
    worst = _worst_px(rays, seen, focal, center)
    if not worst <= WORST_PX or not focal > 0:
        raise Unusable(f"its 2D points are {worst:.1f} px from where any camera shows the 3D ones")
    return focal, center


def _worst_px(rays: np.ndarray, seen: np.ndarray, focal: float, center: np.ndarray) -> float:
    return float(np.linalg.norm(focal * rays + center - seen, axis=1).max())


def _orientation(angles: np.ndarray) -> np.ndarray:
    """The pelvis in the camera's frame, axis-angle (3,) [rad], of MHR's angles about x, y and z."""
    (cx, cy, cz), (sx, sy, sz) = np.cos(angles), np.sin(angles)
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    turn = _FLIP @ about_z @ about_y @ about_x
    return matrix_to_axis_angle(torch.from_numpy(turn)).numpy()


def _box(person: dict[str, Any]) -> BBox | None:
    """Of left, top, right, bottom [px]; None where it is unusable."""
    try:
        left, top, right, bottom = row(person, "bbox", 4).tolist()
        return people.box_from_xywh(np.array([left, top, right - left, bottom - top]))
    except Unusable:
        return None


def _add(found: NetworkPeople, answers: list[_Answer], body: Body) -> None:
    """Fit the body to all answers at once, and add them."""
    if not answers:
        return
    names = layout("smpl24").keypoints
    points, confidence = np.zeros((len(answers), len(names), 3)), np.zeros((len(answers), len(names)))
    for joint, (places, weight) in MHR_JOINTS.items():
        for side, place in zip(("left", "right"), places, strict=True):
            index = names.index(f"{side}_{joint}")
            points[:, index] = [one.points[place] for one in answers]
            confidence[:, index] = weight
    turns = np.stack([one.orientation for one in answers])
    fitted = fit_to_joints(
        body,
        *(torch.from_numpy(part).float() for part in (points, confidence)),
        "smpl24",
        torch.from_numpy(turns),
    )
    params = fitted.params
    if any(one.seen is not None for one in answers):
        found.report.note(_PREDICTED)
    median_mm = 1000 * float(fitted.distance.median())
    found.report.note(f"bodies are fitted to MHR's joints, {median_mm:.0f} mm off in the median")
    for index, one in enumerate(answers):
        with found.report.record(one.record):
            keypoints = None
            if one.seen is not None:
                array = from_mhr70(np.column_stack([one.seen, np.ones(POINTS)]), "openpose25")
                keypoints = Keypoints.from_array("openpose25", array)
            pose, betas, cam_t = (
                part[index].double().numpy() for part in (params.pose, params.betas, params.cam_t)
            )
            found.add(one.photo, pose, betas, cam_t, one.camera, box=one.box, keypoints=keypoints)
