"""Reads WHAM's wham_output.pkl and VIBE's vibe_output.pkl: by person the frames, counted from 0, with their bodies.

WHAM's `trans` is the translation of SMPL in a camera whose focal length is the photo's diagonal; its world poses are
not read. VIBE's camera is weak perspective, orig_cam = sx, sy, tx, ty in shares of the photo: at any focal length f
the body is at (tx, ty, 2 f / (sx W)), and the diagonal is taken.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from core.files.pickles.containers import read_values
from core.files.unusable import Unusable
from core.formats.bodies.networks.network_people import (
    NetworkCamera,
    NetworkPeople,
    frames_of,
    row,
    video_frames,
)
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import Import, Report

_WHAM, _VIBE = {"pose", "betas", "trans", "frame_ids"}, {"pose", "betas", "orig_cam", "frame_ids"}


def recognise(seen: Glimpse) -> int:
    """By the keys of its first person."""
    first = seen.first_value
    return SURE if isinstance(first, dict) and (first.keys() >= _WHAM or first.keys() >= _VIBE) else NO


def read(path: Path, photos: Path | None = None, first_frame: int | None = None) -> Import:
    """Read photos and people with their guesses. photos: the folder of the video's frames. Raises ReadError."""
    people = read_values(path)
    first = next(iter(people.values()), None) if isinstance(people, dict) else None
    network = "VIBE" if isinstance(first, dict) and "orig_cam" in first else "WHAM"
    report = Report(path, network)
    if not isinstance(people, dict) or not isinstance(first, dict):
        raise report.error("it is no dictionary of people", "Choose wham_output.pkl or vibe_output.pkl.")
    folder = PhotoFolder(photos or path.parent, report)
    found = NetworkPeople(report, folder, network)
    numbered = video_frames(folder, path, _all_frames(people), report, first_frame)
    for id, person in people.items():
        with report.record(f"person {id}"):
            count = len(row(person, "pose", -1, 72))
            report.count_people(count)
            pose, betas = row(person, "pose", count, 72), row(person, "betas", count, 10)
            place = row(person, "orig_cam", count, 4) if network == "VIBE" else row(person, "trans", count, 3)
            for index, frame in enumerate(frames_of(person.get("frame_ids"), count)):
                with report.record(f"person {id}, frame {frame}"):
                    relative = numbered.frame(frame)
                    size = found.size(relative)
                    camera = NetworkCamera.of_photo(size, float(np.hypot(*size)))
                    cam_t = _of_weak(place[index], camera) if network == "VIBE" else place[index]
                    found.add(relative, pose[index], betas[index], cam_t, camera, id)
    return found.done()


def _all_frames(people: dict[Any, Any]) -> set[int]:
    frames: set[int] = set()
    for person in people.values():
        ids = person.get("frame_ids") if isinstance(person, dict) else None
        if isinstance(ids, np.ndarray) and ids.dtype.kind in "iu":
            frames.update(ids.reshape(-1).tolist())
    return {frame for frame in frames if frame >= 0}


def _of_weak(orig_cam: np.ndarray, camera: NetworkCamera) -> np.ndarray:
    """cam_t (3,) [m] of sx, sy, tx, ty. Raises Unusable."""
    scale, _, x, y = orig_cam.tolist()
    if not scale > 0:
        raise Unusable("its camera is not valid, or the body is behind it")
    return np.array([x, y, 2 * camera.focal / (scale * camera.size[0])])
