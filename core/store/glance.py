"""A look at a project that is not opened: how much of it is decided, and the person changed last.

Nothing is written, locked, migrated or recovered, and reading takes a few seconds at most, whatever the file holds.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from core.errors import ProjectError
from core.records import Photo
from core.store.project import opening, review_queue
from core.store.project.own_tables import in_time
from core.store.project.row_checks import light_number
from core.store.project.rows import person_from_row, photo_from_row
from core.store.project.schema import explained

GLANCE_S = 3.0  # for all that is read after the file's tables are checked
LAST_PERSON = "SELECT * FROM person WHERE updated < 9e999 ORDER BY updated DESC LIMIT 1"


@dataclass(frozen=True, eq=False)
class Glance:
    """people, decided, photos: numbers. changed [s since 1970]: the last change of a person, 0.0 for none.

    last: the photo of the person changed last, with that person alone; None if there is none that can be read.
    """

    people: int
    decided: int
    photos: int
    changed: float
    last: Photo | None


def glance(path: Path) -> Glance:
    """Read a project's numbers. Raises ProjectError for a file that is missing, hostile, damaged or not ours."""
    path = Path(os.path.realpath(path))
    with explained(path, "reading"):
        opening.check_is_project(path)
        with contextlib.closing(opening.connect_to_look(path)) as db, in_time(db, GLANCE_S):
            found = review_queue.counts(db, review_queue.Filter())
            (photos,) = db.execute("SELECT count(*) FROM photo").fetchone()
            row = db.execute(LAST_PERSON).fetchone()
            changed = light_number(row["updated"]) if row is not None else None
            people = sum(found.values())
            return Glance(people, people - found.get("todo", 0), photos, changed or 0.0, _last(db, row))


def _last(db: sqlite3.Connection, row: sqlite3.Row | None) -> Photo | None:
    """A person's photo, with the person alone. None if one of them cannot be read."""
    if row is None:
        return None
    photo = db.execute("SELECT * FROM photo WHERE id = ?", (row["photo_id"],)).fetchone()
    try:
        return None if photo is None else photo_from_row(photo, (person_from_row(row),))
    except ProjectError:
        return None
