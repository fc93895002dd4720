"""The row of a person in the arrays of its file, kept as the person's origin: writers put rows back in their order."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable, Sequence
from pathlib import Path

from core.records import Person, Photo


def with_row(person: Person, row: int, count: int) -> Person:
    """The person as it was just read from a row of `count`."""
    return person.with_(origin=json.dumps({"row": row, "rows": count}))


def row_of(person: Person) -> tuple[int, int] | None:
    """The person's row and the number of rows of its file; None for people of other files."""
    if not person.origin.startswith('{"row"'):
        return None
    try:
        known = json.loads(person.origin)
        row, count = known["row"], known["rows"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    is_row = type(row) is int and type(count) is int and 0 <= row < count
    return (row, count) if is_row else None


def rows_of_one_file(people: Iterable[Person]) -> tuple[list[int | None], int]:
    """The row of each person, and how many rows their file has. People of several files have no rows: none, and 0.

    A person whose row another has too, or of no file, has None.
    """
    found = [row_of(person) for person in people]
    counts = {one[1] for one in found if one is not None}
    if len(counts) != 1:
        return [None] * len(found), 0
    used: set[int] = set()
    rows: list[int | None] = []
    for one in found:
        row = None if one is None or one[0] in used else one[0]
        used |= set() if row is None else {row}
        rows.append(row)
    return rows, counts.pop()


def places_in_rows(people: Sequence[Person]) -> tuple[list[int], int]:
    """The place of each person among the rows of its data set, and the number of rows; new people come after them."""
    rows, count = rows_of_one_file(people)
    places = []
    for row in rows:
        places.append(count if row is None else row)
        count += row is None
    return places, count


def in_row_order(photos: Iterable[Photo]) -> list[tuple[Photo, Person]]:
    """All people, those of a data set in the order of its rows, then the others in the photos' order."""
    people = [(photo, person) for photo in photos for person in photo.people]
    places, _ = places_in_rows([person for _, person in people])
    return [people[place] for place in sorted(range(len(people)), key=places.__getitem__)]


def is_same_photo(name: str, other: str) -> bool:
    """Whether `name`, a data set's name of a photo that may be absolute, means the photo `other`."""
    name, other = (posixpath.normpath(each.replace("\\", "/")) for each in (name, other))
    return name == other or (Path(name).is_absolute() and name.endswith(f"/{other}"))
