"""Reads PromptHMR's results.pkl of a video: people in SMPL-X, in the camera of frames that it shrank to 896 px."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from core.body.mean_skeleton import SMPLX_NEUTRAL
from core.files.pickles.containers import read_values
from core.files.untrusted import finite, number
from core.files.unusable import Unusable
from core.formats.bodies.networks.network_people import (
    NetworkCamera,
    NetworkPeople,
    frames_of,
    row,
    smplx_pose,
)
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.numbered_photos import NumberedPhotos
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import Import, Report

FORMAT = "PromptHMR"


def recognise(seen: Glimpse) -> int:
    """By its keys."""
    values = seen.values if seen.kind == "pickle" else None
    first = next(iter(_people(values).values()), None)
    return SURE if isinstance(first, dict) and "smplx_cam" in first else NO


def read(path: Path, photos: Path | None = None, first_frame: int | None = None) -> Import:
    """Read photos and people with their guesses. photos: the folder of the video's frames. Raises ReadError."""
    report = Report(path, FORMAT)
    data = read_values(path)
    people = _people(data)
    try:
        told = data.get("camera") if isinstance(data, dict) else None
        if not people or not isinstance(told, dict):
            raise Unusable("no 'people' and 'camera'")
        center, focal = finite(told.get("img_center"), 2), number(told.get("img_focal"))
    except Unusable as reason:
        raise report.error(str(reason), "Choose the results.pkl that PromptHMR wrote of a video.") from reason
    folder = PhotoFolder(photos or path.parent, report)
    found = NetworkPeople(report, folder, FORMAT, SMPLX_NEUTRAL)
    frames: dict[Any, list[int]] = {}
    for id, person in people.items():
        with report.record(f"person {id}"):
            if not isinstance(person, dict):
                raise Unusable("it is not a person")
            frames[id] = frames_of(person.get("frames"), len(row(person.get("smplx_cam"), "pose", -1, -1)))
    numbered = NumberedPhotos(folder, first_frame=first_frame)
    numbered.align({frame for each in frames.values() for frame in each}, 0, report)
    for id, each in frames.items():
        with report.record(f"person {id}"):
            _add(found, people[id], each, id, numbered, (focal, center))
    return found.done()


def _people(data: Any) -> dict[Any, Any]:
    people = data.get("people") if isinstance(data, dict) else None
    return people if isinstance(people, dict) else {}


def _add(
    found: NetworkPeople,
    person: dict[str, Any],
    frames: list[int],
    id: Any,
    numbered: NumberedPhotos,
    camera: tuple[float, np.ndarray],
) -> None:
    """camera: focal length and centre (2,) [px] of the frames that the network saw."""
    count = len(frames)
    found.report.count_people(count)
    body = person["smplx_cam"]
    pose = row(body, "pose", count, -1)
    if pose.shape[1] < 66:
        raise Unusable("'pose': fewer angles than SMPL-X's body has")
    betas, trans = row(body, "shape", count, 10), row(body, "trans", count, 3)
    angles = smplx_pose(pose)
    for index, frame in enumerate(frames):
        with found.report.record(f"person {id}, frame {frame}"):
            identity = person.get("track_id", id)
            relative = numbered.frame(frame)
            seen_by = NetworkCamera.about(camera[1], camera[0], found.size(relative))
            found.add(relative, angles[index], betas[index], trans[index], seen_by, identity)
