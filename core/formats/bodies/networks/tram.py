"""Reads TRAM's hps/hps_track_<person>.npy, one or all of a folder, with the camera.npy beside or above them.

`pred_trans` is the translation of SMPL in the camera; frames count from 0. The number in a file's name is the person.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import ReadError
from core.files.pickles.containers import read_values
from core.files.untrusted import finite, number
from core.files.unusable import Unusable
from core.formats.bodies.networks.network_people import (
    NetworkCamera,
    NetworkPeople,
    axis_angles,
    frames_of,
    row,
)
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.numbered_photos import NumberedPhotos
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import Import, Report

FORMAT = "TRAM"
MOST_TRACKS = 1000
_KEYS = {"pred_rotmat", "pred_shape", "pred_trans", "frame"}
_TRACKS = ("*hps_track_*.npy", "hps/*hps_track_*.npy")
_CAMERA = "*camera.npy"
_NUMBER = re.compile(r"_(\d{1,9})$")


@dataclass(frozen=True, eq=False)
class _Camera:
    """focal [px] and center (2,) [px] of camera.npy."""

    focal: float
    center: np.ndarray


def recognise(seen: Glimpse) -> int:
    """By the names in a folder, or the keys of a file."""
    if seen.kind == "folder":
        return SURE if any(map(seen.has_file, _TRACKS)) else NO
    values = seen.values if seen.kind == "npy" else None
    return SURE if isinstance(values, dict) and values.keys() >= _KEYS else NO


def read(path: Path, photos: Path | None = None, first_frame: int | None = None) -> Import:
    """Read photos and people with their guesses. photos: the folder of the video's frames. Raises ReadError."""
    report = Report(path, FORMAT)
    files = [path]
    if path.is_dir():
        files = sorted(file for pattern in _TRACKS for file in path.glob(pattern))[:MOST_TRACKS]
    if not files:
        raise report.error("no hps/hps_track_0.npy", "Choose the results of TRAM, or one of its tracks.")
    camera = _camera(files[0], report)
    folder = PhotoFolder(photos or (path if path.is_dir() else path.parent), report)
    found = NetworkPeople(report, folder, FORMAT)
    tracks: list[tuple[Path, dict[str, Any], list[int]]] = []
    for file in files:
        with report.record(file.name):
            track = _track(file, path)
            tracks.append(
                (file, track, frames_of(track.get("frame"), len(row(track, "pred_rotmat", -1, 24, 3, 3))))
            )
    numbered = NumberedPhotos(folder, first_frame=first_frame)
    numbered.align({frame for _, _, frames in tracks for frame in frames}, 0, report)
    for file, track, frames in tracks:
        with report.record(file.name):
            _add(found, file, track, frames, numbered, camera)
    return found.done()


def _track(file: Path, path: Path) -> dict[str, Any]:
    """Raises Unusable; ReadError for the file that was asked for."""
    try:
        track = read_values(file)
    except ReadError as error:
        if file == path:
            raise
        raise Unusable(str(error)) from error
    if not isinstance(track, dict):
        raise Unusable("it is no track of TRAM")
    return track


def _add(
    found: NetworkPeople,
    file: Path,
    track: dict[str, Any],
    frames: list[int],
    numbered: NumberedPhotos,
    camera: _Camera,
) -> None:
    count = len(frames)
    found.report.count_people(count)
    pose = axis_angles(row(track, "pred_rotmat", count, 24, 3, 3))
    betas, places = row(track, "pred_shape", count, 10), row(track, "pred_trans", count, 1, 3)[:, 0]
    name = _NUMBER.search(file.stem)
    identity = int(name[1]) if name else None
    for index, frame in enumerate(frames):
        with found.report.record(f"{file.name}, frame {frame}"):
            relative = numbered.frame(frame)
            seen_by = NetworkCamera.about(camera.center, camera.focal, found.size(relative))
            found.add(relative, pose[index], betas[index], places[index], seen_by, identity)


def _camera(file: Path, report: Report) -> _Camera:
    """Of camera.npy. Raises ReadError without one."""
    found = next(
        (one for folder in (file.parent, file.parent.parent) for one in sorted(folder.glob(_CAMERA))), None
    )
    if found is None:
        raise report.error("no camera.npy beside it", "Put TRAM's camera.npy beside the tracks.")
    try:
        data = read_values(found)
        if not isinstance(data, dict):
            raise Unusable("it is no dictionary")
        return _Camera(number(data.get("img_focal")), finite(data.get("img_center"), 2))
    except Unusable as reason:
        raise report.error(f"{found.name}: {reason}", "Choose the camera.npy that TRAM wrote.") from reason
