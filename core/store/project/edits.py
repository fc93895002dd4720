"""The history of a project: writes edits to rows, and reverts them.

An edit is one act of a user. It is stored as one `edit` row (user, time, label) and one `change` row for each photo
or person that it touched. A change holds the columns that differ, before and after, as JSON; null before means
created, null after means deleted. So any edit can be reverted at any time, and a drag costs a kilobyte.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, groupby

from core.body.warnings import warnings_of, warnings_of_photos
from core.errors import ProjectError
from core.records import Person, Photo
from core.store.project.documents import keep_documents
from core.store.project.edit_log import Change
from core.store.project.row_checks import MOST_ID
from core.store.project.rows import derived, person_from_row, person_row, photo_row
from core.store.project.schema import COLUMNS, DERIVED_COLUMNS, Row, Value

CLOCK_S = 30 * 86400.0  # a clock is set back by less
TICK_S = 1e-3


@dataclass(frozen=True, eq=False)
class Edit:
    """One act: a photo before and after it. before None adds the photo, after None removes it and its people.

    People that are the same object in both are skipped.
    """

    label: str
    before: Photo | None
    after: Photo | None


UNSCORED = {"verdict", "locked"}  # columns of a person on which no derived column depends, but the time …
UNWARNED = UNSCORED | {"tags", "note"}  # … and those on which no warning does


class RowWriter:
    """Writes rows inside a transaction and records their changes."""

    def __init__(self, db: sqlite3.Connection, now: float) -> None:
        self.db = db
        self.now = now
        self.changes: list[Change] = []
        self._touched: set[Value] = set()  # photos whose people changed

    def finish(self) -> None:
        """Update the warnings after the last change: they depend on all people of a photo."""
        for photo_id in self._touched:
            write_warnings(self.db, photo_id)

    def apply(self, edit: Edit) -> None:
        """Write the photo and people of an edit's `after`."""
        before, after = edit.before, edit.after
        if after is None:
            if before is not None:
                self._remove_photo(self._photo_id(before.path))
            return
        _check_ids(after)
        photo_id = self._insert_or_update_photo(before, after)
        old = {person.id: person for person in before.people} if before else {}
        for person in after.people:
            if old.pop(person.id, None) is not person:
                self.write_person(person, photo_id)
        for gone in old:
            self.write("person", gone, None)

    def write_person(self, person: Person, photo_id: int) -> None:
        """Write one person. Raises ProjectError if the id belongs to a person of another photo."""
        old = self._row("person", int(person.id))
        if old is not None and old["photo_id"] != photo_id:
            raise ProjectError(
                f"person {person.id} is in another photo. Give a new person an id of `new_person_id()`."
            )
        self._replace("person", int(person.id), old, person_row(person, photo_id))

    def write(self, kind: str, target: int, new: Row | None) -> None:
        """Write the columns of `new` to a row, or insert it; other columns stay. None deletes the row."""
        self._replace(kind, target, self._row(kind, target), new)

    def _row(self, kind: str, target: int) -> Row | None:
        found = self.db.execute(f"SELECT * FROM {kind} WHERE id = ?", (target,)).fetchone()
        return {name: found[name] for name in COLUMNS[kind]} if found else None

    def _replace(self, kind: str, target: int, old: Row | None, new: Row | None) -> None:
        if old is not None and new is not None:
            changed = {name: value for name, value in new.items() if value != old[name]}
            if not changed:
                return
            if kind == "person" and not changed.keys() <= UNWARNED:
                self._touched |= {row["photo_id"] for row in (old, new) if "photo_id" in row}
            self._update(kind, target, changed)
            self.changes.append(Change(kind, target, {name: old[name] for name in changed}, changed))
            return
        if old is None and new is None:
            return
        if kind == "person":
            self._touched |= {row["photo_id"] for row in (old, new) if row and "photo_id" in row}
        if new is None:
            self.db.execute(f"DELETE FROM {kind} WHERE id = ?", (target,))
        else:
            self._insert(kind, target, new)
        self.changes.append(Change(kind, target, old, new))

    def put_back(self, changes: list[Change]) -> None:
        """Revert changes, the last first. Raises ProjectError if a row that they need was deleted."""
        for change in reversed(changes):
            exists = self.db.execute(f"SELECT 1 FROM {change.kind} WHERE id = ?", (change.target,)).fetchone()
            if change.after is not None and not exists:
                raise ProjectError(
                    f"{change.kind} {change.target} was deleted since. First put back the edit that did so."
                )
            if change.kind == "photo" and change.before is None:
                self._check_is_empty(change.target)
            self.write(change.kind, change.target, change.before)

    def _check_is_empty(self, photo_id: int) -> None:
        person = self.db.execute("SELECT id FROM person WHERE photo_id = ?", (photo_id,)).fetchone()
        if person is not None:
            raise ProjectError(
                f"person {person['id']} was added to photo {photo_id} since. First put back the edit that did so."
            )

    def _insert_or_update_photo(self, before: Photo | None, after: Photo) -> int:
        keep_documents(self.db, [after.document])
        if before is None:
            photo_id = largest_id(self.db, "photo") + 1
            self.write("photo", photo_id, photo_row(after))
            return photo_id
        photo_id = self._photo_id(before.path)
        if photo_row(before) != photo_row(after):
            self.write("photo", photo_id, photo_row(after))
        return photo_id

    def _remove_photo(self, photo_id: int) -> None:
        for person in self.db.execute("SELECT id FROM person WHERE photo_id = ?", (photo_id,)).fetchall():
            self.write("person", person["id"], None)
        self.write("photo", photo_id, None)

    def _photo_id(self, path: str) -> int:
        row = self.db.execute("SELECT id FROM photo WHERE path = ?", (path,)).fetchone()
        if row is None:
            raise ProjectError(f"{path} is not in the project. Open the project again.")
        return int(row["id"])

    def _insert(self, kind: str, target: int, new: Row) -> None:
        row = {"id": target, **new}
        if kind == "photo":
            insert(self.db, "photo", [row])
            return
        photo = self.db.execute("SELECT path FROM photo WHERE id = ?", (row["photo_id"],)).fetchone()
        if photo is None or not isinstance(photo["path"], str):
            raise ProjectError(f"the photo of person {target} was deleted. Put back that edit first.")
        insert_people(self.db, [(row, person_from_row(row), photo["path"])], self.now)

    def _update(self, kind: str, target: int, changed: Row) -> None:
        names = ", ".join(f"{name} = ?" for name in changed)
        self.db.execute(f"UPDATE {kind} SET {names} WHERE id = ?", (*changed.values(), target))
        if kind == "person" and changed.keys() <= UNSCORED:
            self.db.execute("UPDATE person SET updated = ? WHERE id = ?", (self.now, target))
        elif kind == "person":
            self._derive(target, retag="tags" in changed)
        elif "path" in changed:
            for person in self.db.execute("SELECT id FROM person WHERE photo_id = ?", (target,)).fetchall():
                self._derive(person["id"], retag=False)

    def _derive(self, person_id: int, retag: bool) -> None:
        row = self.db.execute(
            "SELECT person.*, photo.path FROM person JOIN photo ON photo.id = photo_id WHERE person.id = ?",
            (person_id,),
        ).fetchone()
        if row is None or not isinstance(row["path"], str):
            raise ProjectError(f"the photo of person {person_id} is not in the project. Delete this person.")
        person = person_from_row(row)
        names = ", ".join(f"{name} = :{name}" for name in DERIVED_COLUMNS)
        self.db.execute(
            f"UPDATE person SET {names} WHERE id = :id",
            {"id": person_id, **derived(person, row["path"], self.now)},
        )
        if retag:
            self.db.execute("DELETE FROM person_tag WHERE person_id = ?", (person_id,))
            insert_tags(self.db, [person])


def _check_ids(photo: Photo) -> None:
    """Raises ProjectError if two people have the same id, as each person needs a row of its own."""
    ids = [person.id for person in photo.people]
    twice = next((id for place, id in enumerate(ids) if id in ids[:place]), None)
    if twice is not None:
        raise ProjectError(
            f"{photo.path}: two people have the id {twice}. Give a new person an id of `new_person_id()`."
        )


def largest_id(db: sqlite3.Connection, table: str) -> int:
    """The largest id that a table ever had: ids of deleted rows must not be used again."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    largest = row[0] if row else 0
    if not isinstance(largest, int) or not 0 <= largest < MOST_ID:
        raise ProjectError(
            f"the project's counter of ids of {table} is {largest!r:.40}. Save a copy and report it."
        )
    return largest


def insert(db: sqlite3.Connection, table: str, rows: list[Row]) -> None:
    """Insert rows that have the same columns."""
    if rows:
        names = ", ".join(rows[0])
        marks = ", ".join(f":{name}" for name in rows[0])
        db.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)


def insert_people(db: sqlite3.Connection, people: list[tuple[Row, Person, str]], now: float) -> None:
    """Insert people with their derived columns, tags and warnings. people: (row with id, record, path of the photo),
    ordered such that people of one photo are consecutive.
    """
    photos = [list(together) for _, together in groupby(people, key=lambda one: one[0]["photo_id"])]
    warned = list(
        chain.from_iterable(warnings_of_photos([[person for _, person, _ in photo] for photo in photos]))
    )
    rows = [
        row | derived(person, path, now) | {"warnings": len(names)}
        for (row, person, path), names in zip(people, warned, strict=True)
    ]
    insert(db, "person", rows)
    insert_tags(db, [person.with_(id=row["id"]) for row, person, _ in people if person.tags])
    _insert_warnings(db, [(row["id"], names) for (row, _, _), names in zip(people, warned, strict=True)])


def insert_tags(db: sqlite3.Connection, people: list[Person]) -> None:
    """Insert tags into the index. The people's old tags must have been removed from it."""
    db.executemany(
        "INSERT OR IGNORE INTO person_tag (tag, person_id) VALUES (?, ?)",
        [(tag, person.id) for person in people for tag in person.tags],
    )


def write_warnings(db: sqlite3.Connection, photo_id: Value) -> None:
    """Update the warnings of a photo's people. People whose rows cannot be read are skipped."""
    people = []
    for row in db.execute("SELECT * FROM person WHERE photo_id = ? ORDER BY id", (photo_id,)).fetchall():
        with suppress(ProjectError):
            people.append(person_from_row(row))
    warned = [(person.id, names) for person, names in zip(people, warnings_of(people), strict=True)]
    db.executemany("DELETE FROM person_warning WHERE person_id = ?", [(person.id,) for person in people])
    db.executemany(
        "UPDATE person SET warnings = ? WHERE id = ? AND warnings != ?",
        [(len(names), person_id, len(names)) for person_id, names in warned],
    )
    _insert_warnings(db, warned)


def _insert_warnings(db: sqlite3.Connection, warned: Sequence[tuple[Value, Sequence[str]]]) -> None:
    db.executemany(
        "INSERT OR IGNORE INTO person_warning (warning, person_id) VALUES (?, ?)",
        [(name, person_id) for person_id, names in warned for name in names],
    )


def time_of_edit(db: sqlite3.Connection) -> float:
    """The time of an edit made now [s since 1970]: after all others, also when the clock was set back since.

    A time of more than CLOCK_S in the future is nobody's: then the clock counts.
    """
    now = time.time()
    last = db.execute("SELECT max(updated) FROM person WHERE updated < ?", (now + CLOCK_S,)).fetchone()[0]
    return max(now, last + TICK_S) if isinstance(last, float) else now
