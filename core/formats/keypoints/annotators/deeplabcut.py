"""Reads DeepLabCut's .csv, of one individual or several: predictions of a video, or labels of its photos.

Three or four rows of heads: scorer, individuals, bodyparts, coords. Predictions count frames from 0 and have a
likelihood; labels have the path of a photo, perhaps in three columns. An empty cell is an absent keypoint. An
individual is a track. The .h5 beside the .csv holds the same as pandas packs it, and is refused with words.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np

from core.files.hdf5.file import SIGNATURE
from core.files.untrusted import decode, read_bytes
from core.files.unusable import MAX_COORDINATE
from core.formats.keypoints.annotators.frame_rows import Frame, FrameRows, read_rows
from core.formats.keypoints.annotators.named_people import MAX_NAMES
from core.formats.shared.glimpse import LIKELY, NO, SURE, Glimpse
from core.formats.shared.numbered_photos import NumberedPhotos
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PEOPLE, Import, Report

FORMAT = "DeepLabCut"
ONLY = ""  # the individual of files that name none
_HEADS = ("scorer", "individuals", "bodyparts", "coords")
_AXES = ("x", "y", "likelihood")
_MAX_BYTES = 128 * 2**20
_ABSENT_AND_SURE = np.array([np.nan, 1.0], dtype=np.float32)


def recognise(seen: Glimpse) -> int:
    """By its heads; a table of pandas in HDF5 by its words."""
    if seen.kind == "hdf5":
        return LIKELY if b"pandas_type" in seen.data and b"bodyparts" in seen.data else NO
    first = seen.start[:4096].partition("\n")[0]
    return SURE if first.split(_delimiter(first), 1)[0].strip() == "scorer" else NO


def read(
    path: Path, photos: Path | None = None, layout_name: str | None = None, first_frame: int | None = None
) -> Import:
    """Read photos and people. photos: the folder of the video's frames. Raises ReadError, and LayoutError for an
    unknown layout_name."""
    report = Report(path, FORMAT)
    data = read_bytes(path, _MAX_BYTES)
    if data.startswith(SIGNATURE):
        remedy = "Take the .csv beside it, or write one with deeplabcut.analyze_videos_converth5_to_csv."
        raise report.error("this is a table of pandas in HDF5", remedy)
    text = decode(path, data)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text.partition("\n")[0]))
    frames: list[Frame] = []
    identities: list[str] = []
    rows: list[np.ndarray] = []
    try:
        columns, first = _columns(list(islice(lines, len(_HEADS))), report)
        for number, cells in enumerate(chain(first, lines), start=columns.heads + 1):
            if len(cells) != columns.count:
                report.leave_out(f"row {number}", "it has not as many cells as the heads")
                continue
            values = np.append(_numbers(cells), _ABSENT_AND_SURE)
            if len(frames) + len(columns.individuals) > MAX_PEOPLE:
                raise report.error(f"more than {MAX_PEOPLE} people", "Split the file and read the parts.")
            for individual, places in columns.individuals.items():
                frames.append(_frame(cells[: columns.index]))
                identities.append(individual)
                rows.append(values[places])
    except csv.Error as error:
        raise report.error(f"this is no table: {error}", "Export it again as csv.") from error
    numbered = NumberedPhotos(
        PhotoFolder(photos or path.parent, report), path.stem.split("DLC")[0].rstrip("_"), first_frame
    )
    if not rows:
        return report.done(())
    if columns.has_no_likelihood:
        report.note("there are no likelihoods: keypoints are read as placed by hand")
    tracks = [0 if one == ONLY else one for one in identities]
    found = FrameRows(columns.names, frames, tracks, np.stack(rows), [0] * len(rows))
    return read_rows(report, [numbered], layout_name, found)


@dataclass(frozen=True)
class _Columns:
    """heads: rows of heads; index: columns before the values; count: of all columns; individuals: for each, the places
    (len(names), 3) of x, y, likelihood in a row to which nan and 1 were added."""

    heads: int
    index: int
    count: int
    names: tuple[str, ...]
    individuals: dict[str, np.ndarray]
    has_no_likelihood: bool


def _columns(table: list[list[str]], report: Report) -> tuple[_Columns, list[list[str]]]:
    """What the heads say, and the rows of the table's beginning that are not heads. Raises ReadError."""
    heads = {row[0].strip(): row for row in table if row and row[0].strip() in _HEADS}
    if (
        not {"scorer", "bodyparts", "coords"} <= heads.keys()
        or len({len(row) for row in heads.values()}) != 1
    ):
        raise report.error("no heads scorer, bodyparts and coords", "Choose the .csv that DeepLabCut wrote.")
    coords, parts = heads["coords"], heads["bodyparts"]
    owners = heads.get("individuals", [ONLY] * len(coords))
    index = 1
    while index < len(coords) and coords[index].strip() not in _AXES:
        index += 1
    places: dict[tuple[str, str, str], int] = {}
    for column in range(index, len(coords)):
        places.setdefault((owners[column][:64], parts[column][:64], coords[column].strip()), column)
    names = tuple(dict.fromkeys(part for _, part, _ in places))
    individuals = tuple(dict.fromkeys(owner for owner, _, _ in places))
    if not names or len(names) > MAX_NAMES or len(individuals) * len(names) > len(coords):
        names = names[:MAX_NAMES]
        if not names or len(individuals) * len(names) > 100 * len(coords):
            raise report.error("its heads name no keypoints", "Choose the .csv that DeepLabCut wrote.")
    has_likelihood = any(axis == "likelihood" for _, _, axis in places)
    absent, sure = len(coords), len(coords) + 1

    def cells(owner: str, part: str) -> Iterator[int]:
        for axis in _AXES:
            without = sure if axis == "likelihood" and not has_likelihood else absent
            yield places.get((owner, part, axis), without)

    each = {owner: np.array([list(cells(owner, part)) for part in names]) for owner in individuals}
    return _Columns(len(heads), index, len(coords), names, each, not has_likelihood), table[len(heads) :]


def _numbers(cells: list[str]) -> np.ndarray:
    """(N,) float32: nan for an empty cell, and for what is no place in a photo."""
    try:
        values = np.array(list(map(float, cells)))
    except ValueError:  # an empty cell or a path
        values = np.array([_number(cell) for cell in cells])
    return np.where(np.abs(values) <= MAX_COORDINATE, values, np.nan).astype(np.float32)


def _delimiter(line: str) -> str:
    """Of a table's first line: spreadsheets put semicolons where numbers have a comma."""
    return ";" if line.count(";") > line.count(",") else ","


def _number(cell: str) -> float:
    try:
        return float(cell[:64].replace(",", ".")) if cell else np.nan
    except ValueError:
        return np.nan


def _frame(cells: list[str]) -> Frame:
    """A number, or the path of a photo in one column or three."""
    text = "/".join(cell.strip() for cell in cells if cell.strip())
    whole = text.removesuffix(".0")
    return int(whole) if whole.isascii() and whole.isdigit() and len(whole) < 10 else text
