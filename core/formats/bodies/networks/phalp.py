"""Reads the tracks of PHALP and 4D-Humans, results/demo_<video>.pkl; also TokenHMR's.

By frame, named by its photo from 000001 on: lists with one entry a person. `camera` is the translation of SMPL in a
camera of focal length 5000 / 256 · max(W, H) in the photo's middle; `size` is height, width. A person with
tracked_time above 0 was not seen but foretold, and is left out.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from core.files.pickles.containers import read_values
from core.files.untrusted import finite, number, numbers
from core.files.unusable import Unusable
from core.formats.bodies.networks.network_people import NetworkCamera, NetworkPeople, axis_angles, row
from core.formats.shared import people
from core.formats.shared.gathered_photos import photo_size
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.numbered_photos import NumberedPhotos
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PHOTOS, Import, Report

FORMAT = "PHALP"
NETWORK = "4D-Humans"
CROP_FOCAL = 5000 / 256  # per px of the photo's longer side
_KEYS = {"tid", "smpl", "camera", "tracked_time"}


def recognise(seen: Glimpse) -> int:
    """By the keys of its first frame."""
    first = seen.first_value
    return SURE if isinstance(first, dict) and first.keys() >= _KEYS else NO


def read(path: Path, photos: Path | None = None, first_frame: int | None = None) -> Import:
    """Read photos and people with their guesses. photos: the folder of the video's frames. Raises ReadError."""
    report = Report(path, FORMAT)
    frames = read_values(path)
    if not isinstance(frames, dict) or len(frames) > MAX_PHOTOS:
        raise report.error("it is no dictionary of frames", "Choose results/demo_<video>.pkl.")
    folder = PhotoFolder(photos or path.parent, report)
    found = NetworkPeople(report, folder, NETWORK)
    photo_of = _Photos(folder, report, [name for name in frames if isinstance(name, str)], first_frame)
    for name, frame in frames.items():
        with report.record(str(name)[:100]):
            if (
                not isinstance(name, str)
                or not isinstance(frame, dict)
                or not isinstance(frame.get("smpl"), list)
            ):
                raise Unusable("it is not a frame with its people")
            relative = photo_of.named(name)
            report.count_people(len(frame["smpl"]))
            for index in range(len(frame["smpl"])):
                with report.record(f"{name[:100]}, person {index}"):
                    _add(found, relative, frame, index)
    return found.done()


class _Photos:
    """Finds the photo of a frame by name; by its number, which counts from 1, where not each name is a photo's, or
    photos from 0 have names that are numbers too."""

    def __init__(
        self, folder: PhotoFolder, report: Report, names: list[str], first_frame: int | None
    ) -> None:
        self._folder, self._numbered = folder, NumberedPhotos(folder, first_frame=first_frame)
        there = [folder.holds(relative) for relative in self._found(names)]
        numbers = {number for name in names if (number := _number(name)) is not None}
        are_numbers = len(numbers) == len(names) > 0 and bool(self._numbered.paths)
        fits = any(there) and (sum(there) == len(names) and 0 not in self._numbered.paths)
        self._by_number = are_numbers and (not fits or first_frame is not None)
        if self._by_number:
            self._numbered.align(numbers, 1, report)

    def named(self, name: str) -> str:
        """The relative path. Raises Unusable."""
        number = _number(name) if self._by_number else None
        return self._folder.relative(name) if number is None else self._numbered.frame(number)

    def _found(self, names: list[str]) -> list[str]:
        found = []
        for name in names:
            try:
                found.append(self._folder.relative(name))
            except Unusable:
                continue
        return found


def _number(name: str) -> int | None:
    stem = PurePosixPath(name).stem
    return int(stem) if stem.isascii() and stem.isdigit() and len(stem) < 18 else None


def _add(found: NetworkPeople, relative: str, frame: dict[str, Any], index: int) -> None:
    """One person of a frame. Raises Unusable."""
    if number(_at(frame, "tracked_time", index)) > 0:
        raise Unusable("it was not seen in this frame but foretold from the frames before")
    smpl = _at(frame, "smpl", index)
    turns = np.concatenate([row(smpl, "global_orient", 1, 3, 3), row(smpl, "body_pose", 23, 3, 3)])
    betas = row(smpl, "betas", -1)[:10]
    if betas.shape != (10,):
        raise Unusable("it has not ten betas")
    is_sized = frame.get("size") is not None and not (isinstance(frame["size"], list) and not frame["size"])
    height, width = finite(_at(frame, "size", index), 2).tolist() if is_sized else (None, None)
    size = photo_size(width, height, relative, found.folder)
    camera = NetworkCamera.of_photo(size, CROP_FOCAL * max(size))
    box = people.box_from_xywh(numbers(_at(frame, "bbox", index), 4))
    cam_t = numbers(_at(frame, "camera", index), 3)
    pose = axis_angles(turns[None])[0]
    found.add(relative, pose, betas, cam_t, camera, _at(frame, "tid", index), box=box)


def _at(frame: dict[str, Any], name: str, index: int) -> Any:
    values = frame.get(name)
    if not isinstance(values, list) or index >= len(values):
        raise Unusable(f"it has no '{name}'")
    return values[index]
