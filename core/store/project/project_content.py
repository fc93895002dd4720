"""What an open project file holds: its photos, people, queue and history, read on demand."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from core.errors import ProjectError
from core.records import Person, Photo
from core.store.project import edit_log, review_queue
from core.store.project.documents import document_text
from core.store.project.edit_log import Logged
from core.store.project.review_queue import Filter, PhotoRow, QueueRow
from core.store.project.rows import person_from_row, photo_from_row
from core.store.project.session import Session
from core.store.tracks.track_rows import TrackRow, track_rows_of

ROWS_AT_ONCE = 100


class ProjectContent:
    """The reading half of `Project`. Methods raise ProjectError if the file fails."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._documents: dict[str, str] = {}  # by hash: its photos share one text

    @property
    def path(self) -> Path:
        """The project file."""
        return self._session.path

    @property
    def folder(self) -> Path:
        """The folder that photo paths are relative to."""
        return self.path.absolute().parent

    def photo(self, key: int | str) -> Photo:
        """A photo by its id or its path, with its people. Raises ProjectError if there is none."""
        with self._session.reading() as db:
            column, value = ("path", key) if isinstance(key, str) else ("id", int(key))
            row = db.execute(f"SELECT * FROM photo WHERE {column} = ?", (value,)).fetchone()
            if row is None:
                raise ProjectError(f"{self.path.name}: there is no photo {key!r}.")
            people = db.execute("SELECT * FROM person WHERE photo_id = ? ORDER BY id", (row["id"],))
            document = self._document(db, row["document"])
            return photo_from_row(row, tuple(map(person_from_row, people.fetchall())), document)

    def photos(self) -> Iterator[Photo]:
        """All photos with their people, in the order of their addition, one in memory at a time."""
        return map(self.photo, self.photo_ids())

    def photo_ids(self) -> list[int]:
        """Ids of all photos, in the order of their addition."""
        with self._session.reading() as db:
            return [row[0] for row in db.execute("SELECT id FROM photo ORDER BY id").fetchall()]

    def photo_rows(self, photo_ids: Iterable[int]) -> list[PhotoRow]:
        """Light rows of the photos with these ids."""
        with self._session.reading() as db:
            return review_queue.photo_rows_of(db, photo_ids)

    def photo_id(self, path: str) -> int | None:
        """The id of the photo of this path; None if there is none."""
        with self._session.reading() as db:
            row = db.execute("SELECT id FROM photo WHERE path = ?", (path,)).fetchone()
        return None if row is None else int(row["id"])

    def person(self, person_id: int) -> Person:
        """A person by id. Raises ProjectError if there is none."""
        with self._session.reading() as db:
            row = db.execute("SELECT * FROM person WHERE id = ?", (int(person_id),)).fetchone()
        if row is None:
            raise ProjectError(f"{self.path.name}: there is no person {person_id}.")
        return person_from_row(row)

    def people(self, person_ids: Iterable[int]) -> list[Person]:
        """The people with these ids; ids of deleted people are skipped."""
        marks = ", ".join(str(int(person_id)) for person_id in person_ids)
        with self._session.reading() as db:
            rows = db.execute(f"SELECT * FROM person WHERE id IN ({marks})").fetchall()
        return [person_from_row(row) for row in rows]

    def photo_of(self, person_id: int) -> Photo:
        """The photo of a person. Raises ProjectError if there is no such person."""
        rows = self.queue_rows([person_id])
        if not rows:
            raise ProjectError(f"{self.path.name}: there is no person {person_id}.")
        return self.photo(rows[0].photo_id)

    def queue(
        self,
        order: str = "worst",
        verdict: str | None = None,
        tag: str | None = None,
        text: str | None = None,
        warning: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> Iterator[QueueRow]:
        """People in an order of `review_queue.ORDERS`, as light rows that are read on demand."""
        with self._session.reading() as db:
            ids = review_queue.ids(db, order, Filter(verdict, tag, text, warning), limit, offset)
        for start in range(0, len(ids), ROWS_AT_ONCE):
            yield from self.queue_rows(ids[start : start + ROWS_AT_ONCE])

    def queue_ids(
        self,
        order: str = "worst",
        verdict: str | None = None,
        tag: str | None = None,
        text: str | None = None,
        warning: str | None = None,
    ) -> np.ndarray:
        """Ids (P,) of the whole queue: a list of 100 000 people needs only these to show its first rows."""
        with self._session.reading() as db:
            return review_queue.ids(db, order, Filter(verdict, tag, text, warning))

    def queue_rows(self, person_ids: Iterable[int]) -> list[QueueRow]:
        """Light rows of the people with these ids."""
        with self._session.reading() as db:
            return review_queue.rows_of(db, person_ids)

    def track_rows(self) -> list[TrackRow]:
        """Light rows of all people for a timeline, photo by photo in the order of their addition."""
        with self._session.reading() as db:
            return track_rows_of(db)

    def photo_extent(self) -> tuple[int, int]:
        """The number of photos and the largest id: while both stay, no photo was added or removed."""
        with self._session.reading() as db:
            count, last = db.execute("SELECT count(*), coalesce(max(id), 0) FROM photo").fetchone()
        return int(count), int(last)

    def photo_paths(self) -> list[str]:
        """Paths of all photos, in the order of their addition."""
        with self._session.reading() as db:
            return [str(row[0]) for row in db.execute("SELECT path FROM photo ORDER BY id").fetchall()]

    def counts(self, tag: str | None = None, text: str | None = None) -> dict[str, int]:
        """Number of people by verdict."""
        with self._session.reading() as db:
            return review_queue.counts(db, Filter(None, tag, text))

    def changed_since(self, time: float) -> tuple[np.ndarray, float]:
        """Ids (P,) of people who changed after a time [s since 1970], and the time of the last change."""
        with self._session.reading() as db:
            return review_queue.changed_since(db, time)

    def tags(self) -> dict[str, int]:
        """Number of people by tag, the most frequent first."""
        with self._session.reading() as db:
            return review_queue.frequent(db, "person_tag", "tag")

    def warned(self) -> dict[str, int]:
        """Number of people by name of `warnings.WARNINGS`, the most frequent first."""
        with self._session.reading() as db:
            return review_queue.frequent(db, "person_warning", "warning")

    def history(self, person_id: int | None = None, limit: int = 100) -> list[Logged]:
        """Edits, the newest first, of one person or of all."""
        with self._session.reading() as db:
            return list(edit_log.history(db, person_id, limit))

    def check(self) -> list[str]:
        """Check the whole file with SQLite. Returns the problems found; empty if the file is intact."""
        with self._session.reading() as db:
            found = [row[0] for row in db.execute("PRAGMA integrity_check").fetchall()]
        return [] if found == ["ok"] else found

    def data_version(self) -> int:
        """A number that changes whenever another program commits something."""
        with self._session.reading() as db:
            return int(db.execute("PRAGMA data_version").fetchone()[0])

    def _document(self, db: sqlite3.Connection, hash: str | None) -> str:
        if hash is None:
            return ""
        if hash not in self._documents:
            self._documents[hash] = document_text(db, hash)
        return self._documents[hash]
