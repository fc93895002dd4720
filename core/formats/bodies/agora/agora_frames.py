"""AGORA's truth: pickled tables of pandas, a row a photo, with lists of one entry a person. Read row by row.

Each needs gt_joints_2d (45, 2) [px], gt_joints_3d (45, 3) and gt_verts (V, 3) [m, camera frame] a person, which the
official projection adds; or the fits, which are projected here.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import PickleRefused, ReadError
from core.files.pickles.data_frame import DataFrameRows, open_data_frame
from core.files.unusable import read_error
from core.formats.bodies.agora.agora_fits import PERSON_COLUMNS, PHOTO_COLUMNS, TruthFits
from core.formats.bodies.agora.agora_prediction import JOINTS

_NAME = ("imgPath",)
_PHOTO = (*_NAME, "camYaw")
_KNOWN = ("isValid", "kid", "occlusion")
_PROJECTED = ("gt_joints_2d", "gt_joints_3d", "gt_verts")
_LISTS = (*_KNOWN, *_PROJECTED)
_TURNS = ("YawLocal", "Yaw")  # the first that is there and no NaN counts
MOST_OCCLUDED = 90  # %


@dataclass(frozen=True, eq=False)
class AgoraPerson:
    """One person of the truth. occlusion [%]; turn_deg: their heading seen from the camera, 0 to 360; joints (N, 2)
    [px], joints_3d (N, 3) and vertices (V, 3) [m, camera frame], with the file's precision."""

    is_valid: bool
    is_child: bool
    occlusion: float
    turn_deg: float
    joints: np.ndarray
    joints_3d: np.ndarray
    vertices: np.ndarray

    @property
    def can_match(self) -> bool:
        """Matching leaves out people hidden for more than 90 %; the summary still counts them as missed."""
        return self.is_valid and 0 <= self.occlusion <= MOST_OCCLUDED


@dataclass(frozen=True, eq=False)
class AgoraPhoto:
    """One row: the photo's file name and its people."""

    name: str
    people: tuple[AgoraPerson, ...]


def truth_files(paths: Sequence[Path]) -> list[Path]:
    """The files themselves, and the .pkl of folders. Raises ReadError where there is none."""
    files = [file for path in paths for file in (sorted(path.glob("*.pkl")) if path.is_dir() else [path])]
    if not files:
        raise ReadError(f"{paths[0]}: no .pkl of truth is there. Give AGORA's frames, files or their folder.")
    return files


def read_frames(
    paths: Sequence[Path], wanted: Container[str] | None = None, fits: TruthFits | None = None
) -> Iterator[AgoraPhoto]:
    """The photos of these files and folders, one at a time. wanted: the names of those that are read, by default all.
    fits: of people in frames without projected truth. Raises ReadError with the file, row and column."""
    for path in truth_files(paths):
        try:
            with open_data_frame(path) as frame:
                names = _columns(frame, path, fits)
                for number in range(frame.count):
                    if wanted is not None and frame.row(number, _NAME)["imgPath"] not in wanted:
                        continue
                    yield _photo(frame.row(number, names), f"row {number}", path, fits)
        except PickleRefused as refused:
            raise ReadError(str(refused)) from None
        except OSError as error:
            raise read_error(path, f"it cannot be read: {error.strerror}", "Check the path.") from error


def _columns(frame: DataFrameRows, path: Path, fits: TruthFits | None) -> list[str]:
    needed = [*_PHOTO, *_LISTS]
    if fits is not None and any(name not in frame.columns for name in _PROJECTED):
        needed = [*_PHOTO, *PHOTO_COLUMNS, *_KNOWN, *PERSON_COLUMNS]
    missing = [name for name in needed if name not in frame.columns]
    turns = [name for name in _TURNS if name in frame.columns]
    if not turns:
        missing.append("Yaw")
    if any(name in _PROJECTED for name in missing):
        raise read_error(
            path,
            f"it has no column {', '.join(missing)}",
            "Give the folder of AGORA's fits and SMPL's body, --fits and --body: then they are projected.",
        )
    if missing:
        raise read_error(path, f"it has no column {', '.join(missing)}", "Take AGORA's frame as it is.")
    return [*needed, *turns]


def _photo(row: dict[str, Any], record: str, path: Path, fits: TruthFits | None) -> AgoraPhoto:
    name = row["imgPath"]
    lists = {key: value for key, value in row.items() if key not in (*_PHOTO, *PHOTO_COLUMNS)}
    wrong = [key for key, value in lists.items() if not isinstance(value, list | tuple | np.ndarray)]
    if not isinstance(name, str) or wrong:
        what = "imgPath is no name" if not wrong else f"{', '.join(wrong)} is no list of people"
        raise read_error(path, what, "Take AGORA's frame as it is.", record)
    counts = {key: len(value) for key, value in lists.items()}
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{key} {count}" for key, count in counts.items())
        raise read_error(path, f"its lists differ in length: {told}", "Each has one entry a person.", record)
    people = [
        _person(
            row, {key: value[place] for key, value in lists.items()}, f"{record}, person {place}", path, fits
        )
        for place in range(counts["isValid"])
    ]
    return AgoraPhoto(name, tuple(people))


def _person(
    row: dict[str, Any], cells: dict[str, Any], record: str, path: Path, fits: TruthFits | None
) -> AgoraPerson:
    try:
        if "gt_verts" not in cells and fits is not None:
            cells = cells | fits.cells(row["imgPath"], row, cells)
        turns = [float(cells[name]) for name in _TURNS if name in cells]
        turn = next((value for value in turns if value == value), float("nan"))
        return AgoraPerson(
            bool(cells["isValid"]),
            bool(cells["kid"]),
            float(cells["occlusion"]),
            (turn - 90 + 22.5 - float(row["camYaw"])) % 360,
            _points(cells["gt_joints_2d"], 2, JOINTS),
            _points(cells["gt_joints_3d"], 3, JOINTS),
            _points(cells["gt_verts"], 3, 1),
        )
    except (TypeError, ValueError) as error:
        raise read_error(
            path, str(error) or "it cannot be read", "Take AGORA's frame as it is.", record
        ) from None


def _points(value: Any, columns: int, fewest: int) -> np.ndarray:
    """Points (N, columns) of a cell; raises ValueError."""
    points = np.asarray(value)
    if (
        points.ndim != 2
        or points.shape[1] < columns
        or len(points) < fewest
        or points.dtype.kind not in "iuf"
    ):
        raise ValueError(f"joints or vertices of shape {points.shape} where {fewest} × {columns} belong")
    if not np.isfinite(points).all():
        raise ValueError("joints or vertices that are not finite")
    return points
