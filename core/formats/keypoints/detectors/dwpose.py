"""Reads the poses of DWPose and OpenPose nodes of ComfyUI: [{people, canvas_width, canvas_height}], 18 keypoints.

Coordinates are pixels of the canvas, or fractions of it, as their size shows. The canvas may be the photo made smaller
or larger. One entry is the photo that the file is named after; several are the frames of a video, from 0.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from core.files.untrusted import finite, read_json
from core.files.unusable import Unusable
from core.formats.keypoints.detectors.detected import DetectedLayouts, rows_of
from core.formats.keypoints.detectors.mmpose import photo_stem
from core.formats.shared import people
from core.formats.shared.gathered_photos import GatheredPhotos
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.numbered_photos import NumberedPhotos
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PHOTOS, Import, Report

FORMAT = "DWPose"
LARGEST_FRACTION = 2.0  # a little more than 1: keypoints may lie outside the canvas
MOST_STRETCH = 0.02  # of one side more than the other


def recognise(seen: Glimpse) -> int:
    """By its words."""
    return SURE if seen.has_keys("people", "canvas_width", "pose_keypoints_2d") else NO


def read(
    path: Path, photos: Path | None = None, layout_name: str | None = None, first_frame: int | None = None
) -> Import:
    """Read photos and people. Raises ReadError, and LayoutError for an unknown layout_name."""
    report = Report(path, FORMAT)
    data = read_json(path)
    entries = data if isinstance(data, list) else [data]
    if not any(isinstance(entry, dict) and isinstance(entry.get("people"), list) for entry in entries):
        raise report.error("no list 'people'", "Choose the keypoints that the node saved.")
    if len(entries) > MAX_PHOTOS:
        raise report.error(f"more than {MAX_PHOTOS} frames", "Split the file and read the parts.")
    folder = PhotoFolder(photos or path.parent, report)
    numbered = NumberedPhotos(folder, photo_stem(path), first_frame)
    if len(entries) > 1:
        numbered.align(range(len(entries)), 0, report)
    gathered, layouts = GatheredPhotos(report), DetectedLayouts(report, layout_name)
    for index, entry in enumerate(entries):
        record = f"entry {index}"
        with report.record(record):
            relative = numbered.frame(index) if len(entries) > 1 else folder.named(photo_stem(path))
            size = folder.known_size(relative)
            gathered.add_photo(relative, size)
            _read_entry(entry, relative, record, np.array(size, dtype=float), gathered, layouts, report)
    layouts.check(gathered.count)
    return gathered.done()


def _read_entry(
    entry: Any,
    relative: str,
    record: str,
    size: np.ndarray,
    gathered: GatheredPhotos,
    layouts: DetectedLayouts,
    report: Report,
) -> None:
    """The people of one photo; size (2,): its width and height [px]. Raises Unusable."""
    if not isinstance(entry, dict) or not isinstance(entry.get("people"), list):
        raise Unusable("it has no list of people")
    canvas = finite([entry.get("canvas_width"), entry.get("canvas_height")], 2)
    if not (canvas >= 1).all():
        raise Unusable("its canvas has no size")
    scale = size / canvas
    if abs(scale[0] / scale[1] - 1) > MOST_STRETCH:
        words = "×".join(f"{side:g}" for side in (*canvas,))
        raise Unusable(
            f"its canvas of {words} px has other proportions than the photo; save it for the photo's size"
        )
    if (canvas != size).any():
        report.note(f"keypoints are scaled from the canvas of {canvas[0]:g}×{canvas[1]:g} px to the photo")
    rows = [_rows(person) for person in entry["people"]]
    largest = max((np.abs(array[:, :2]).max(initial=0) for array in rows if array is not None), default=0)
    if largest <= LARGEST_FRACTION:
        report.note("keypoints are fractions of the canvas")
        scale = size
    report.count_people(len(rows))
    for index, array in enumerate(rows):
        each = f"{record}, person {index}"
        with report.record(each):
            if array is None:
                raise Unusable("it has no keypoints of a body")
            keypoints = layouts.keypoints(array * [*scale, 1], each)
            gathered.add(relative, keypoints, people.box_round(keypoints))


def _rows(person: Any) -> np.ndarray | None:
    values = person.get("pose_keypoints_2d") if isinstance(person, dict) else None
    try:
        array = rows_of(values)
    except Unusable:
        return None
    return np.where(np.isfinite(array).all(axis=1, keepdims=True), array, 0)
