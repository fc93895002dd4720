"""Reads AlphaPose's results: a list, or with `--format open` and `--format cmu` a dictionary of photos.

The list names photos by their file names; those of a video are its frames, "0.jpg" the first. Tracks are `idx`. A
score can reach 3 and counts as 1. The dictionaries hold 18 keypoints a person.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any

from core.files.untrusted import read_json
from core.files.unusable import Unusable
from core.formats.keypoints.detectors import coco_results
from core.formats.keypoints.detectors.detected import DetectedLayouts, rows_of
from core.formats.shared import people
from core.formats.shared.gathered_photos import GatheredPhotos, Tracks
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.numbered_photos import NumberedPhotos
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PHOTOS, Import, Report

FORMAT = "AlphaPose"
_PHOTO_FIRST = re.compile(rb'[\s\xef\xbb\xbf]*\{\s*"[^"]{1,500}\.\w{3,4}"\s*:\s*\{')
_PEOPLE = {
    "people": "pose_keypoints_2d",
    "bodies": "joints",
}  # the list of people, and where each has its keypoints


def recognise(seen: Glimpse) -> int:
    """A list of results with boxes or tracks in AlphaPose's words, or a dictionary of photos."""
    if seen.is_list:
        has_words = seen.has_key("idx") or seen.has_key("box")
        return SURE if seen.has_keys("image_id", "keypoints") and has_words else NO
    if seen.kind != "json" or not (seen.has_key("people") or seen.has_key("bodies")):
        return NO
    return SURE if _PHOTO_FIRST.match(seen.data) or b'"AlphaPose' in seen.data[:1000] else NO


def read(
    path: Path, photos: Path | None = None, layout_name: str | None = None, first_frame: int | None = None
) -> Import:
    """Read photos and people. Raises ReadError, and LayoutError for an unknown layout_name."""
    report = Report(path, FORMAT)
    data = read_json(path)
    names = _Names(PhotoFolder(photos or path.parent, report), report, first_frame)
    layouts = DetectedLayouts(report, layout_name)
    if isinstance(data, list):
        names.align(entry.get("image_id") for entry in data if isinstance(entry, dict))
        return coco_results.read_entries(data, report, names.folder, layouts, names.photo)
    if not isinstance(data, dict) or not data:
        raise report.error("it is neither a list nor a dictionary of photos", "Choose what AlphaPose wrote.")
    if any(isinstance(data.get(key), list) for key in _PEOPLE):
        data = {path.stem: data}
    if len(data) > MAX_PHOTOS:
        raise report.error(f"more than {MAX_PHOTOS} photos", "Split the file and read the parts.")
    if not any(isinstance(entry, dict) and entry.keys() & _PEOPLE.keys() for entry in data.values()):
        raise report.error("no photo in it has 'people' or 'bodies'", "Choose what AlphaPose wrote.")
    names.align(data)
    return _read_photos(data, report, names, layouts)


class _Names:
    """Finds photos by name; where the names are those of a video's frames, by number."""

    def __init__(self, folder: PhotoFolder, report: Report, first_frame: int | None) -> None:
        self.folder = folder
        self._numbered = NumberedPhotos(folder, first_frame=first_frame)
        self._report = report
        self._by_number = False

    def align(self, names: Any) -> None:
        """Find out whether the names are those of photos in the folder."""
        stems = {PurePosixPath(name).stem for name in names if isinstance(name, str)}
        frames = {int(stem) for stem in stems if stem.isascii() and stem.isdigit() and len(stem) < 18}
        self._by_number = bool(stems) and len(frames) == len(stems) and not any(map(self._is_there, stems))
        if self._by_number:
            self._numbered.align(frames, 0, self._report)

    def photo(self, name: int | str) -> str:
        """The relative path. Raises Unusable."""
        if isinstance(name, int):
            return self._numbered.named(name)
        return (
            self._numbered.frame(int(PurePosixPath(name).stem))
            if self._by_number
            else self.folder.relative(name)
        )

    def _is_there(self, stem: str) -> bool:
        try:
            return bool(self.folder.named(stem))
        except Unusable:
            return False


def _read_photos(data: dict[str, Any], report: Report, names: _Names, layouts: DetectedLayouts) -> Import:
    gathered, tracks = GatheredPhotos(report), Tracks()
    for name, entry in data.items():
        with report.record(name[:100]):
            relative = names.photo(name)
            gathered.add_photo(relative, names.folder.known_size(relative))
            key = next((key for key in _PEOPLE if isinstance(entry, dict) and key in entry), None)
            if key is None or not isinstance(entry[key], list):
                raise Unusable("it has no list of people")
            report.count_people(len(entry[key]))
            for index, person in enumerate(entry[key]):
                record = f"{name[:100]}, person {index}"
                with report.record(record):
                    if not isinstance(person, dict):
                        raise Unusable("it is not a person")
                    keypoints = layouts.keypoints(rows_of(person.get(_PEOPLE[key])), record)
                    box = people.box_round(keypoints)
                    gathered.add(relative, keypoints, box, tracks.take(person.get("idx")))
    layouts.check(gathered.count)
    return gathered.done()
