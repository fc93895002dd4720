"""Reads lists of COCO results: [{image_id, category_id, keypoints, score}], as pycocotools takes them.

OpenPose's `--write_coco_json` writes the same, with 0 or 1 as the third number. Photos have numbers only: their names
come from a COCO file beside the list, or else the photo is the one with this number in its name. Where photos are
numbered from 1 and the list from 0, its number 0 is their first.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from core.errors import ReadError
from core.files.untrusted import read_json
from core.files.unusable import Unusable
from core.formats.keypoints.detectors.detected import DetectedLayouts, rows_of
from core.formats.shared import people
from core.formats.shared.gathered_photos import GatheredPhotos, Tracks
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.numbered_photos import NumberedPhotos
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import Import, Report

FORMAT = "COCO results"
_NAMED_IN = (".", "annotations", "../annotations")  # folders of the file with the photos' names
_LOOKED_INTO = 16  # files of each
_MOST_BYTES_BESIDE = 64 * 2**20


def recognise(seen: Glimpse) -> int:
    """A list with ids of photos and keypoints."""
    is_results = seen.is_list and seen.has_keys("image_id", "keypoints")
    return SURE if is_results and not (seen.has_key("idx") or seen.has_key("box")) else NO


def read(
    path: Path, photos: Path | None = None, layout_name: str | None = None, first_frame: int | None = None
) -> Import:
    """Read photos and people. Raises ReadError, Undecided where numbers from 0 may be photos numbered from 1 or of the
    same numbers, and LayoutError for an unknown layout_name."""
    report = Report(path, FORMAT)
    entries = read_json(path)
    if not isinstance(entries, list):
        raise report.error("it is not a list of results", "Choose the list that the detector wrote.")
    ids = {_image_id(entry) for entry in entries}
    images, names = _read_beside(path, ids, report)
    folder = PhotoFolder(photos or path.parent, report)
    numbered = NumberedPhotos(folder, first_frame=first_frame)
    numbers = {image_id for image_id in ids if isinstance(image_id, int)}
    if not images and (first_frame is not None or _is_from_0(numbers, numbered)):
        numbered.align(numbers, 0, report)

    def photo_of(image_id: int | str) -> str:
        if image_id in images:
            return folder.relative(images[image_id])
        return numbered.frame(image_id) if isinstance(image_id, int) else folder.relative(image_id)

    layouts = DetectedLayouts(report, layout_name, names)
    return read_entries(entries, report, folder, layouts, photo_of)


def read_entries(
    entries: list[Any],
    report: Report,
    folder: PhotoFolder,
    layouts: DetectedLayouts,
    photo_of: Callable[[int | str], str],
) -> Import:
    """People of a list whose entries have image_id, keypoints, and perhaps bbox or box (x, y, width, height) and idx
    or track_id. photo_of: the path of a photo by its image_id. Raises ReadError."""
    gathered, tracks = GatheredPhotos(report), Tracks()
    found: dict[int | str, str | Unusable] = {}
    report.count_people(len(entries))
    for index in range(len(entries)):
        entry, entries[index] = entries[index], None  # frees memory while reading
        record = f"result number {index}"
        with report.record(record):
            image_id = _image_id(entry)
            if image_id is None:
                raise Unusable("it has no id of a photo")
            if image_id not in found:
                found[image_id] = _or_reason(photo_of, image_id)
            relative = found[image_id]
            if isinstance(relative, Unusable):
                raise relative
            gathered.add_photo(relative, folder.known_size(relative))
            keypoints = layouts.keypoints(rows_of(entry.get("keypoints")), record)
            box = people.box_or_round(entry.get("bbox", entry.get("box")), keypoints, report, record)
            gathered.add(relative, keypoints, box, tracks.take(_track(entry)))
    layouts.check(gathered.count)
    return gathered.done()


def _is_from_0(numbers: set[int], photos: NumberedPhotos) -> bool:
    """Whether numbers begin at 0 where the photos' begin at 1."""
    return 0 in numbers and bool(photos.paths) and min(photos.paths) == 1


def _or_reason(photo_of: Callable[[int | str], str], image_id: int | str) -> str | Unusable:
    try:
        return photo_of(image_id)
    except Unusable as reason:
        return reason


def _image_id(entry: Any) -> int | str | None:
    image_id = entry.get("image_id") if isinstance(entry, dict) else None
    if isinstance(image_id, float) and image_id.is_integer():
        return int(image_id)
    return image_id if isinstance(image_id, (int, str)) and not isinstance(image_id, bool) else None


def _track(entry: dict[str, Any]) -> object:
    idx = entry.get("idx", entry.get("track_id"))
    return idx[0] if isinstance(idx, list) and len(idx) == 1 else idx


def _read_beside(
    path: Path, ids: set[int | str | None], report: Report
) -> tuple[dict[Hashable, object], list[str]]:
    """File names by photo id, and the names of the keypoints, of the COCO file near the list that has all its photos.

    Raises ReadError if two files name them differently.
    """
    ids.discard(None)
    chosen: tuple[Path, dict[Hashable, object], list[str]] | None = None
    for sub in _NAMED_IN:
        for file in islice(sorted((path.parent / sub).glob("*.json")), _LOOKED_INTO):
            images, names = _images_of(file) if ids and not _is_same(file, path) else ({}, [])
            if not ids or not ids <= images.keys():
                continue
            images = {id: images[id] for id in ids if id is not None}
            if chosen is not None and chosen[1] != images:
                problem = f"{chosen[0].name} and {file.name} beside it name its photos differently"
                raise report.error(problem, "Leave the one that belongs to it.")
            chosen = chosen or (file, images, names)
    if chosen is None:
        return {}, []
    report.note(f"the photos' names are those of {chosen[0].name}")
    return chosen[1], chosen[2]


def _images_of(file: Path) -> tuple[dict[Hashable, object], list[str]]:
    """File names by id, and the keypoints' names, of a COCO file; nothing of any other file."""
    try:
        if file.stat().st_size > _MOST_BYTES_BESIDE:
            return {}, []
        seen = Glimpse(file)
        document = read_json(file) if seen.has_keys("images", "file_name") else None
    except (ReadError, OSError):
        return {}, []
    if not isinstance(document, dict) or not isinstance(document.get("images"), list):
        return {}, []
    images = [image for image in document["images"] if isinstance(image, dict)]
    by_id = {i["id"]: i.get("file_name") for i in images if isinstance(i.get("id"), (int, str))}
    return by_id, _keypoint_names(document.get("categories"))


def _keypoint_names(categories: object) -> list[str]:
    """Of the only category that has them, else none."""
    each = categories if isinstance(categories, list) else []
    named = [
        one["keypoints"] for one in each if isinstance(one, dict) and isinstance(one.get("keypoints"), list)
    ]
    is_usable = len(named) == 1 and len(named[0]) <= 1000 and all(isinstance(name, str) for name in named[0])
    return named[0] if is_usable else []


def _is_same(file: Path, other: Path) -> bool:
    return PurePosixPath(file.name) == PurePosixPath(other.name) and file.resolve() == other.resolve()
