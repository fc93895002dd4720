"""Reads 3DPW's sequences (.pkl): poses in the world's frame with a moving camera become poses in the photo's frame.

Each person has poses (T, 72), trans (T, 3), betas, poses2d (T, 3, 18) in COCO 18, genders and campose_valid (T,). The
file has cam_poses (T, 4, 4) world to camera, cam_intrinsics (3, 3) and sequence. Photos are
imageFiles/<sequence>/image_00000.jpg. The pose is exact. The translation depends on the body's pelvis: it is exact
with SMPL of the person's gender, and within a few cm otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.body.model import Body, BodyParams
from core.files.untrusted import numbers, read_pickle
from core.files.unusable import Unusable
from core.formats.bodies.spin import MAX_POSE
from core.formats.shared import people
from core.formats.shared.crop_frame import UNSCORED, stand_in
from core.formats.shared.genders import BODIES, GENDERS, gender_of
from core.formats.shared.glimpse import LIKELY, NO, Glimpse
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PEOPLE, Import, Report
from core.geometry.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from core.records import Fit, Person, Photo

FORMAT = "3DPW sequence"
LAYOUT = "coco18"
KEYS = (
    "poses",
    "betas",
    "trans",
    "poses2d",
    "cam_poses",
    "cam_intrinsics",
    "genders",
    "campose_valid",
    "sequence",
)
_PERSON_SHAPES = {"poses": (-1, 72), "trans": (-1, 3), "poses2d": (-1, 3, 18), "campose_valid": (-1,)}
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_MAX_CAMERA = 1e5


@dataclass(frozen=True, eq=False)
class _Track:
    """One person of the sequence. arrays (T, ...): shapes as `_PERSON_SHAPES`; betas (10,); body: its fingerprint."""

    arrays: dict[str, np.ndarray]
    betas: np.ndarray
    body: str


def recognise(seen: Glimpse) -> int:
    """By the keys of a sequence."""
    return LIKELY if seen.keys >= set(KEYS) else NO


def read(path: Path, photos: Path | None = None, body: Body | None = None) -> Import:
    """Read photos, people and fits. The fits are locked as truth. body: an SMPL body, for exact translations.

    Raises ReadError.
    """
    report = Report(path, FORMAT)
    data = read_pickle(path)
    missing = [key for key in KEYS if not isinstance(data, dict) or key not in data]
    if missing:
        raise report.error(f"no {', '.join(missing)}", "Choose a .pkl of 3DPW's sequenceFiles.")
    try:
        cameras = numbers(data["cam_poses"], -1, 4, 4)
        intrinsics = numbers(data["cam_intrinsics"], 3, 3)
        focal_length, center = _intrinsics(intrinsics)
    except Unusable as problem:
        raise report.error(f"its camera: {problem}", "Take the file from its publisher again.") from problem
    sequence = data["sequence"]
    if not isinstance(sequence, str) or not _NAME.fullmatch(sequence) or ".." in sequence:
        raise report.error("its sequence has no usable name", "Take the file from its publisher again.")
    tracks = _read_tracks(data, len(cameras), report)
    placer = body or stand_in()
    if placer is None:
        report.leave_out("all poses", "no body is installed to place them with; choose an SMPL file")
    elif not placer.is_smpl:
        report.note("translations are approximate; choose SMPL of each person's gender for exact ones")
    persons: dict[int, list[Person]] = {}
    for index, track in tracks.items():
        for frame, person in _people_of(track, index, cameras, (focal_length, center), placer, report):
            persons.setdefault(frame, []).append(person)
    folder = PhotoFolder(photos or path.parent, report)
    return report.done(
        _photo(sequence, frame, focal_length, center, folder).with_(people=tuple(persons[frame]))
        for frame in sorted(persons)
    )


def _read_tracks(data: dict[str, Any], frames: int, report: Report) -> dict[int, _Track]:
    columns = {key: data[key] for key in (*_PERSON_SHAPES, "betas", "genders")}
    counts = {len(column) if isinstance(column, (list, tuple)) else -1 for column in columns.values()}
    if len(counts) != 1 or -1 in counts or max(counts) * max(frames, 1) > MAX_PEOPLE:
        raise report.error(
            "its columns do not have the same people", "Take the file from its publisher again."
        )
    tracks = {}
    for index in range(counts.pop()):
        with report.record(f"person {index}"):
            arrays = {
                key: numbers(_plain(columns[key][index]), *shape) for key, shape in _PERSON_SHAPES.items()
            }
            if any(len(array) != frames for array in arrays.values()):
                raise Unusable("it does not have one row for each photo")
            betas = numbers(_plain(columns["betas"][index]), -1)[:10]
            gender = columns["genders"][index]
            if len(betas) != 10 or not (np.abs(betas) <= MAX_POSE).all() or not isinstance(gender, str):
                raise Unusable("its shape or gender is missing")
            known = gender_of(gender)
            if known not in GENDERS:
                raise Unusable("its gender is not one that SMPL has")
            tracks[index] = _Track(arrays, betas, BODIES[known])
    return tracks


def _people_of(
    track: _Track,
    index: int,
    cameras: np.ndarray,
    lens: tuple[float, np.ndarray],
    placer: Body | None,
    report: Report,
) -> list[tuple[int, Person]]:
    """(frame, person) for the frames with a valid camera and enough visible keypoints."""
    found = []
    valid = np.flatnonzero(track.arrays["campose_valid"] > 0)
    fits = _fits(track, valid, cameras, lens, placer)
    for frame, fit in zip(valid.tolist(), fits, strict=True):
        record = f"person {index}, photo {frame}"
        with report.record(record):
            keypoints = people.make_keypoints(LAYOUT, track.arrays["poses2d"][frame].T, report, record)
            person = Person(index, people.box_round(keypoints), keypoints)
            if fit is None and placer is not None:
                report.leave_out(f"{record}, pose", "its numbers are not finite, or too large for a body")
            found.append((frame, person if fit is None else person.with_(fit=fit, locked=True)))
    report.count_people(len(found))
    return found


def _fits(
    track: _Track,
    frames: np.ndarray,
    cameras: np.ndarray,
    lens: tuple[float, np.ndarray],
    placer: Body | None,
) -> list[Fit | None]:
    """Fits in the camera's frame: R' = R_c R, and t' = R_c (p + t) + t_c - p, as SMPL turns about the pelvis p."""
    if placer is None or not len(frames):
        return [None] * len(frames)
    pose, trans, camera = track.arrays["poses"][frames], track.arrays["trans"][frames], cameras[frames]
    usable = (np.abs(pose) <= MAX_POSE).all(1) & (np.abs(trans) <= _MAX_CAMERA).all(1)
    usable &= (np.abs(camera) <= _MAX_CAMERA).all((1, 2))
    pose, trans = np.where(usable[:, None], pose, 0), np.where(usable[:, None], trans, 0)
    camera = np.where(usable[:, None, None], camera, np.eye(4))
    usable &= np.abs(camera[:, :3, :3] @ camera[:, :3, :3].transpose(0, 2, 1) - np.eye(3)).max((1, 2)) < 1e-2
    betas = torch.from_numpy(track.betas if placer.is_smpl else np.zeros(10))[None]
    zeros = torch.zeros(1, 72, dtype=torch.float64), torch.zeros(1, 3, dtype=torch.float64)
    wide = placer.to("cpu", torch.float64)
    pelvis = wide.rest_pelvis(BodyParams.from_pose(zeros[0], betas, zeros[1])).numpy()
    pelvis = pelvis + wide.pelvis_shift(track.body).numpy()
    turned = torch.from_numpy(camera[:, :3, :3]) @ axis_angle_to_matrix(torch.from_numpy(pose[:, :3]))
    pose = np.concatenate([matrix_to_axis_angle(turned).numpy(), pose[:, 3:]], axis=1)
    cam_t = np.einsum("fij,fj->fi", camera[:, :3, :3], pelvis + trans) + camera[:, :3, 3] - pelvis
    return [
        Fit(pose[i], track.betas, 0.0, cam_t[i], lens[0], lens[1], UNSCORED, track.body, "curated")
        if usable[i] and np.isfinite(pose[i]).all() else None
        for i in range(len(frames))
    ]  # fmt: skip


def _photo(sequence: str, frame: int, focal_length: float, center: np.ndarray, folder: PhotoFolder) -> Photo:
    """A photo of the sequence with its camera. A missing photo's size is twice the camera's centre."""
    relative = f"imageFiles/{sequence}/image_{frame:05d}.jpg"
    width, height = folder.size(relative) or (round(2 * float(center[0])), round(2 * float(center[1])))
    return Photo(relative, width, height, (), focal_length, (float(center[0]), float(center[1])))


def _intrinsics(matrix: np.ndarray) -> tuple[float, np.ndarray]:
    focal_length, center = float((matrix[0, 0] + matrix[1, 1]) / 2), matrix[:2, 2]
    if not (0 < focal_length < _MAX_CAMERA and (np.abs(center) < _MAX_CAMERA).all() and (center > 0.5).all()):
        raise Unusable("its intrinsics are not those of a camera")
    return focal_length, center


def _plain(value: Any) -> Any:
    """A sequence unchanged, None for a single number: numbers() takes sequences only."""
    return value if isinstance(value, (list, tuple, np.ndarray)) else None
