"""Reads YOLO pose labels: one .txt per photo, one line per person.

A line holds the class, the box's centre and size, then x, y(, v) of each keypoint. Coordinates are fractions of the
photo's size, so the photo must exist: images/<name> for labels/<name>.txt, images/train/<name> for
labels/train/<name>.txt, or in the same folder. v is 0 absent, 1 occluded, 2 visible; it may
be missing. The file does not name its keypoints: data.yaml near it may, else 17 are read as COCO's, 23 as COCO's with
feet, 26 as Halpe's; of other numbers with several layouts the caller must name one.

Ultralytics' predictions (`Results.save_txt`) have a confidence in place of v, and (0, 0) for a keypoint that was not
found. The box's confidence and the track's number may follow.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np

from core.body.keypoints import layout
from core.errors import ReadError
from core.files.untrusted import decode, read_bytes
from core.files.unusable import Unusable
from core.formats.keypoints.yolo_config import config_beside
from core.formats.keypoints.yolo_lines import BOX, YoloLines
from core.formats.shared import people
from core.formats.shared.glimpse import MAYBE, NO, Glimpse
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PHOTOS, Import, Report
from core.records import Person, Photo

FORMAT = "YOLO pose"
PERSON_CLASS = 0
MAX_LINES = 10_000
_LOOKED_INTO = 20  # files of a folder; the first ones may show nobody, and so be empty
_MAX_BYTES = 16 * 2**20


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
    config = config_beside(path if path.is_dir() else path.parent)
    lines = YoloLines(report, layout_name, config)
    _look_at(files, path, lines, report)
    folder = PhotoFolder(photos or photo_root(path), report)
    found = []
    for file in files:
        with report.record(file.name):
            texts = _lines_of(file, path, report)
            relative = folder.named(file.stem)
            width, height = folder.known_size(relative)
            persons = _read_people(texts, file.name, (width, height), lines, report)
            found.append(Photo(relative, width, height, tuple(persons)))
    return report.done(found)


def photo_root(path: Path) -> Path:
    """The default photos' folder: the parent of labels/, or images/train for labels/train."""
    labels = path if path.is_dir() else path.parent
    beside = labels.parent.parent / "images" / labels.name
    if labels.parent.name == "labels" and beside.is_dir():
        return beside
    return labels.parent if labels.name == "labels" else labels


def _lines_of(file: Path, path: Path, report: Report) -> list[str]:
    """The lines of one file of the folder `path`, or of the file itself. Raises ReadError, and Unusable for another."""
    try:
        lines = decode(file, read_bytes(file, _MAX_BYTES)).splitlines()
    except ReadError as error:
        if file == path:
            raise
        raise Unusable(str(error)) from error
    if file == path and not any(_is_numbers(line) for line in lines):
        raise report.error("no line of numbers", "Choose a label file of YOLO pose.")
    if len(lines) > MAX_LINES:
        raise Unusable(f"more than {MAX_LINES} people in one photo")
    return lines


def _look_at(files: list[Path], path: Path, lines: YoloLines, report: Report) -> None:
    """All lines decide together what their numbers are. Raises ReadError."""
    for file in files:
        try:
            for line in _lines_of(file, path, report):
                try:
                    lines.look(_values(line)[BOX:])
                except Unusable:
                    continue
        except Unusable:
            continue
    lines.decide()


def _read_people(
    texts: list[str], name: str, size: tuple[int, int], lines: YoloLines, report: Report
) -> list[Person]:
    persons: list[Person] = []
    for number, line in enumerate(texts, start=1):
        if not line.strip():
            continue
        record = f"{name}, line {number}"
        report.count_people()
        with report.record(record):
            persons.append(_read_person(line, len(persons), record, size, lines, report))
    return persons


def _values(line: str) -> np.ndarray:
    """The numbers of the line of a person. Raises Unusable for another line."""
    try:
        values = np.array(line[:100_000].split(), dtype=np.float64)
    except ValueError as error:
        raise Unusable("it is not a line of numbers") from error
    if len(values) < BOX:
        raise Unusable("it has fewer than five numbers")
    if values[0] != PERSON_CLASS:
        raise Unusable(f"its class is not {PERSON_CLASS}, a person")
    return values


def _read_person(
    line: str, id: int, record: str, size: tuple[int, int], lines: YoloLines, report: Report
) -> Person:
    values = _values(line)
    chosen, rows = lines.keypoints(values[BOX:])
    array = np.column_stack([rows[:, :2] * size, rows[:, 2]])
    keypoints = people.make_keypoints(chosen, array, report, record, rows[:, 3] > 0)
    center, extent = values[1:3] * size, values[3:5] * size
    box = people.box_or_round(np.concatenate([center - extent / 2, extent]), keypoints, report, record)
    return people.person(id, box, keypoints)


def _is_numbers(line: str) -> bool:
    try:
        return len([float(word) for word in line[:1000].split()[:BOX]]) == BOX
    except ValueError:
        return False
