"""Finds the rows of a SPIN data set that people belong to, and reads the rows of its fits."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.errors import FitsError
from core.files.untrusted import read_array
from core.formats.bodies.spin import BETAS, POSE, read_fits
from core.formats.bodies.spin_table import Table
from core.formats.shared.association import associate_boxes
from core.formats.shared.report import LeftOut
from core.records import BBox, Person, Photo
from core.store.fits.row_origin import row_of

Matched = dict[int, tuple[Photo, Person]]


def match_rows(
    table: Table, photos: Sequence[Photo], base: Path, root: Path | None, left_out: list[LeftOut]
) -> Matched:
    """Row -> photo and person. base: the data set's file; root: the folder that photos' paths are relative to.

    A person that was read from the data set knows its row. Else the row's photo is the one of its name, or at its place
    beside the data set, or whose path ends like it; and the row's box is near the person's. Raises FitsError if there
    are people, but no row is one's.
    """
    named = _RowNames(table, base.parent)
    folder = (root or base.parent).absolute()
    matched: Matched = {}
    for photo in photos:
        for person in photo.people:
            row = _own_row(table, photo, person)
            if row is not None:
                matched.setdefault(row, (photo, person))
    for photo, rows, others in named.of_photos(photos, folder, matched):
        boxes = [BBox(table.arrays["center"][row], float(table.arrays["scale"][row])) for row in rows]
        places = associate_boxes(boxes, [person.bbox for person in others])
        for row, place in zip(rows, places, strict=True):
            if place is not None:
                matched[row] = photo, others[place]
        for place in set(range(len(others))).difference(places):
            record = f"{photo.path}, person {others[place].id}"
            left_out.append(LeftOut(record, "no row of the data set has a box near this person's"))
    if not matched and any(photo.people for photo in photos):
        first = next(photo for photo in photos if photo.people)
        raise FitsError(
            f"{base.name}: none of its rows is of these people, so nothing was written. Its photos are named like "
            f"{_first_name(table)!r}, those of the people {first.path!r}. Choose the data set that they come from."
        )
    return dict(sorted(matched.items()))


def read_rows(path: Path, base: Path, count: int) -> np.ndarray:
    """The rows (N, 82) of a fits .npy, as an array that can be changed. Raises FitsError."""
    if path.suffix == ".npz":
        raise FitsError(
            f"{path.name}: final fits (.npz) are read, but only a .npy of fits is written back. Choose the data set's "
            "<dataset>_fits.npy, or none: fits then become the truth of their rows."
        )
    rows = np.array(read_array(path))
    if rows.shape != (count, POSE + BETAS) or rows.dtype.kind not in "fiu":
        raise FitsError(
            f"{path.name}: it is {rows.shape} of {rows.dtype}, but {base.name} has {count} rows of {POSE + BETAS} "
            "numbers. Choose the fits of this data set."
        )
    return rows


def read_final_rows(path: Path, base: Path, count: int) -> np.ndarray:
    """As `read_rows`, and of final fits (.npz) too; zeros for those that are not valid."""
    if path.suffix != ".npz":
        return read_rows(path, base, count)
    pose, betas, valid = read_fits(path, count)
    return np.where(valid[:, None], np.concatenate([pose, betas], axis=1), 0).astype(np.float32)


class _RowNames:
    """The rows of a data set by the names of their photos."""

    def __init__(self, table: Table, folder: Path) -> None:
        self._table = table
        self._rows: dict[str, list[int]] = {}
        self._at: dict[str, str] = {}  # by place beside the data set
        self._ending: dict[str, list[str]] = defaultdict(list)  # by the last part
        for row, given in enumerate(table.imgname):
            name = os.path.normpath(str(given).replace("\\", "/"))
            if name not in self._rows:
                self._at[os.path.abspath(folder / name)] = name
                self._ending[os.path.basename(name)].append(name)
            self._rows.setdefault(name, []).append(row)

    def of_photos(
        self, photos: Sequence[Photo], root: Path, taken: Matched
    ) -> list[tuple[Photo, list[int], list[Person]]]:
        """Each photo with the rows that may be of its people, and those of its people that have none yet."""
        known = {id(person) for _, person in taken.values()}
        names = [self._name(photo, root) for photo in photos]
        claims: dict[str, int] = defaultdict(int)
        for name in names:
            claims[name] += 1
        scale, found = self._table.arrays["scale"], []
        for photo, name in zip(photos, names, strict=True):
            others = [person for person in photo.people if id(person) not in known]
            rows = self._rows.get(name, []) if claims[name] == 1 else []
            free = [row for row in rows if scale[row] > 0 and row not in taken]
            if others:
                found.append((photo, free, others))
        return found

    def _name(self, photo: Photo, root: Path) -> str:
        """The name in the data set of a photo; "" for none, or where several end alike."""
        name, place = os.path.normpath(photo.path), os.path.abspath(root / photo.path)
        if name in self._rows:
            return name
        if place in self._at:
            return self._at[place]
        shared = {
            other: _shared_parts(place, other) for other in self._ending.get(os.path.basename(place), [])
        }
        most = max(shared.values(), default=(False, 0))
        best = [other for other, parts in shared.items() if parts == most]
        return best[0] if len(best) == 1 else ""


def _own_row(table: Table, photo: Photo, person: Person) -> int | None:
    """The row that a person was read from, if it can be one of this data set."""
    own = row_of(person)
    if own is None or own[1] != len(table):
        return None
    stems = [os.path.splitext(os.path.basename(str(name).replace("\\", "/")))[0]
             for name in (table.imgname[own[0]], photo.path)]  # fmt: skip
    return own[0] if stems[0].casefold() == stems[1].casefold() else None


def _shared_parts(path: str, name: str) -> tuple[bool, int]:
    """Whether a path ends with the whole name, and how many last parts the two share."""
    parts, count = name.strip("/").split("/"), 0
    for one, other in zip(reversed(path.split(os.sep)), reversed(parts), strict=False):
        if one != other:
            break
        count += 1
    return count == len(parts), count


def _first_name(table: Table) -> str:
    return next((name for name in table.imgname if name), "")[:200]
