"""Reads EasyMocap's annotations: annots/<camera>/000000.json, one file a photo, with BODY_25 keypoints.

The name of the photo in the file, images/<camera>/000000.jpg, starts from the folder that holds `annots`. A personID is
one person's track in all frames. Hands and face are left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.errors import ReadError
from core.files.untrusted import read_json
from core.files.unusable import Unusable, read_error
from core.formats.keypoints.detectors.detected import DetectedLayouts, box_of_corners, rows_of
from core.formats.shared.gathered_photos import GatheredPhotos, Tracks, photo_size
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PHOTOS, Import, Report

FORMAT = "EasyMocap"
ANNOTATIONS = "annots"
_PATTERNS = ("*.json", "*/*.json", f"{ANNOTATIONS}/*.json", f"{ANNOTATIONS}/*/*.json")


def recognise(seen: Glimpse) -> int:
    """By its words; a folder by its first file, also in its folder `annots`."""
    if seen.kind == "folder":
        first = next((file for pattern in _PATTERNS for file in seen.path.glob(pattern)), None)
        return NO if first is None or first.is_dir() else recognise(Glimpse(first))
    return SURE if seen.has_keys("annots", "keypoints") and not seen.has_key("annotations") else NO


def read(path: Path, photos: Path | None = None, layout_name: str | None = None) -> Import:
    """Read a file, or a folder of them. Raises ReadError, and LayoutError for an unknown layout_name."""
    report = Report(path, FORMAT)
    folder = PhotoFolder(photos or photo_root(path), report)
    gathered, tracks = GatheredPhotos(report), Tracks()
    layouts = DetectedLayouts(report, layout_name)
    for file in _files(path):
        try:
            data = read_json(file)
        except ReadError as error:
            if file == path:
                raise
            report.leave_out(file.name, str(error))
            continue
        if not isinstance(data, dict) or not isinstance(data.get("annots"), list):
            if file == path:
                raise report.error("no list 'annots'", "Choose a file of EasyMocap's folder annots.")
            report.leave_out(file.name, "it has no list 'annots'")
            continue
        with report.record(file.name):
            _read_photo(data, file, folder, gathered, layouts, tracks, report)
    layouts.check(gathered.count)
    return gathered.done()


def photo_root(path: Path) -> Path:
    """The folder that holds `annots`, in which names of photos start; else that of the file."""
    folder = path if path.is_dir() else path.parent
    for inside in (folder, folder.parent):
        if inside.name == ANNOTATIONS:
            return inside.parent
    return folder


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = next((files for pattern in _PATTERNS if (files := sorted(path.glob(pattern)))), [])
    if not found or len(found) > MAX_PHOTOS:
        problem = f"more than {MAX_PHOTOS} files" if found else "no .json files in this folder"
        raise read_error(path, problem, "Choose EasyMocap's folder annots, or one camera of it.")
    return found


def _read_photo(
    data: dict[str, Any],
    file: Path,
    folder: PhotoFolder,
    gathered: GatheredPhotos,
    layouts: DetectedLayouts,
    tracks: Tracks,
    report: Report,
) -> None:
    relative = folder.relative(data.get("filename", file.stem))
    gathered.add_photo(relative, photo_size(data.get("width"), data.get("height"), relative, folder))
    report.count_people(len(data["annots"]))
    for index, person in enumerate(data["annots"]):
        record = f"{file.name}, person {index}"
        with report.record(record):
            if not isinstance(person, dict):
                raise Unusable("it is not a person")
            keypoints = layouts.keypoints(rows_of(person.get("keypoints")), record)
            box = box_of_corners(person.get("bbox"), keypoints, report, record)
            gathered.add(relative, keypoints, box, tracks.take(person.get("personID", person.get("id"))))
