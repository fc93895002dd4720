"""Reads YOLO pose labels: one .txt per photo, one line per person.

A line holds the class, the box's centre and size, then x, y(, v) of each keypoint. Coordinates are fractions of the
photo's size, so the photo must exist: images/<name> for labels/<name>.txt, images/train/<name> for
labels/train/<name>.txt, or in the same folder. v is 0 absent, 1 occluded, 2 visible. The file does not name its
keypoints: 17 are read as COCO's, 23 as COCO's with feet, 26 as Halpe's, other numbers as the first layout of that
size, unless the caller names the layout.

Ultralytics' predictions (`Results.save_txt`) have a confidence in place of v, and (0, 0) for a keypoint that was not
found. The box's confidence and the track's number may follow.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np

from core.body.keypoints import LAYOUTS, layout
from core.errors import ReadError
from core.files.untrusted import decode, read_bytes
from core.files.unusable import Unusable
from core.formats.shared import people
from core.formats.shared.glimpse import MAYBE, NO, Glimpse
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PHOTOS, Import, Report
from core.records import Person, Photo

FORMAT = "YOLO pose"
PERSON_CLASS = 0
MAX_LINES = 10_000
_LOOKED_INTO = 20  # files of a folder; the first ones may show nobody, and so be empty
_BOX = 5  # columns before the keypoints
_MAX_BYTES = 16 * 2**20
_PREDICTED = "coco17"  # layout of Ultralytics' own models
_LAYOUTS_BY_COUNT = {17: "coco17", 23: "coco23", 26: "halpe26"}


def recognise(seen: Glimpse) -> int:
    """A text that begins with the numbers of a label, or a folder of texts."""
    if seen.kind != "folder":
        return MAYBE if _is_numbers(seen.start) else NO
    some = islice((file for file in sorted(seen.path.glob("*.txt")) if file.is_file()), _LOOKED_INTO)
    return MAYBE if any(_is_numbers(Glimpse(file).start) for file in some) else NO


def read(path: Path, photos: Path | None = None, layout_name: str | None = None) -> Import:
    """Read a folder of labels, or one file. Raises ReadError, and LayoutError for an unknown layout_name."""
    report = Report(path, FORMAT)
    if layout_name is not None:
        layout(layout_name)
    files = sorted(path.glob("*.txt")) if path.is_dir() else [path]
    if not files:
        raise report.error("no .txt files in this folder", "Choose the folder of labels.")
    if len(files) > MAX_PHOTOS:
        raise report.error(f"more than {MAX_PHOTOS} files", "Split the folder.")
    folder = PhotoFolder(photos or photo_root(path), report)
    found = []
    for file in files:
        with report.record(file.name):
            try:
                lines = decode(file, read_bytes(file, _MAX_BYTES)).splitlines()
            except ReadError as error:
                if file == path:
                    raise
                raise Unusable(str(error)) from error
            if file == path and not any(_is_numbers(line) for line in lines):
                raise report.error("no line of numbers", "Choose a label file of YOLO pose.")
            relative = folder.named(file.stem)
            width, height = folder.known_size(relative)
            persons = _read_people(lines, file.name, (width, height), layout_name, report)
            found.append(Photo(relative, width, height, tuple(persons)))
    return report.done(found)


def photo_root(path: Path) -> Path:
    """The default photos' folder: the parent of labels/, or images/train for labels/train."""
    labels = path if path.is_dir() else path.parent
    beside = labels.parent.parent / "images" / labels.name
    if labels.parent.name == "labels" and beside.is_dir():
        return beside
    return labels.parent if labels.name == "labels" else labels


def _read_people(
    lines: list[str], name: str, size: tuple[int, int], layout_name: str | None, report: Report
) -> list[Person]:
    if len(lines) > MAX_LINES:
        raise Unusable(f"more than {MAX_LINES} people in one photo")
    persons: list[Person] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        record = f"{name}, line {number}"
        report.count_people()
        with report.record(record):
            persons.append(_read_person(line, len(persons), record, size, layout_name, report))
    return persons


def _read_person(
    line: str, id: int, record: str, size: tuple[int, int], layout_name: str | None, report: Report
) -> Person:
    try:
        values = np.array(line[:100_000].split(), dtype=np.float64)
    except ValueError as error:
        raise Unusable("it is not a line of numbers") from error
    if len(values) < _BOX:
        raise Unusable("it has fewer than five numbers")
    if values[0] != PERSON_CLASS:
        raise Unusable(f"its class is not {PERSON_CLASS}, a person")
    chosen, rows = _keypoint_rows(values[_BOX:], layout_name, report)
    confidence, occluded = people.confidence_and_occluded(rows[:, 2])
    confidence *= rows[:, :2].any(axis=1)
    array = np.column_stack([rows[:, :2] * size, confidence])
    keypoints = people.make_keypoints(chosen, array, report, record, occluded)
    center, extent = values[1:3] * size, values[3:5] * size
    box = people.box_or_round(np.concatenate([center - extent / 2, extent]), keypoints, report, record)
    return people.person(id, box, keypoints)


def _keypoint_rows(values: np.ndarray, layout_name: str | None, report: Report) -> tuple[str, np.ndarray]:
    """The layout's name, and rows (K, 3): x and y as fractions of the photo, then v or confidence."""
    for columns, after in ((3, 0), (3, 1), (3, 2), (2, 0)):
        count, rest = divmod(len(values) - after, columns)
        name = layout_name or (_PREDICTED if after else _layout_of(count))
        if rest or name is None or layout(name).k != count or not _may_follow(values[count * columns :]):
            continue
        rows = values[: count * columns].reshape(count, columns)
        if columns == 2:
            rows = np.column_stack([rows, np.where((rows > 0).any(axis=1), people.VISIBLE, 0)])
        if after:
            report.note(
                f"lines of {_BOX + len(values)} numbers are read as predictions of layout '{name}'; the box's "
                "confidence and the track's number are not read"
            )
        return name, rows
    raise Unusable("its number of columns fits no layout; name the layout")


def _may_follow(values: np.ndarray) -> bool:
    """True if the values can be a box's confidence, a track's number, or both in this order."""
    likely, whole = (values >= 0) & (values <= 1), (values >= 0) & (values % 1 == 0)
    return bool((likely[:1] | (whole[:1] & (len(values) == 1))).all() and whole[1:].all())


def _layout_of(count: int) -> str | None:
    fitting = [name for name in LAYOUTS if layout(name).k == count]
    return _LAYOUTS_BY_COUNT.get(count, fitting[0] if fitting else None)


def _is_numbers(line: str) -> bool:
    try:
        return len([float(word) for word in line[:1000].split()[:_BOX]]) == _BOX
    except ValueError:
        return False
