"""The project file `NAME.fitloop`: photos, people and every edit. A commit that returned is on the disk.

    with Project.open("march.fitloop") as project:
        row = next(project.queue(order="worst", verdict="todo"))
        photo = project.photo(row.photo_id)
        person = project.person(row.id).with_(verdict="accepted", locked=True)
        project.commit(Edit("Accept", photo, photo.with_person(person)))

Rows are read on demand, so a project of 100 000 people opens at once. One program writes at a time. Other programs
open the file for reading, and `project.writer` names the one that writes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType

import numpy as np

from core.errors import ProjectError
from core.files.lock import Writer, user_name
from core.files.video.frame_names import file_of
from core.records import Person, Photo
from core.store.project import edit_log, edits, opening, photo_files, review_queue
from core.store.project.documents import document_text, keep_documents
from core.store.project.edit_log import Logged
from core.store.project.edits import Edit, RowWriter
from core.store.project.photo_files import KnownFile, Relocation
from core.store.project.review_queue import Filter, PhotoRow, QueueRow
from core.store.project.rows import person_from_row, person_row, photo_from_row, photo_row
from core.store.project.session import Session
from core.store.tracks.track_rows import TrackRow, track_rows_of

ROWS_AT_ONCE = 100


class Project:
    """An open project file. Use it in a `with`, or `close` it. Methods raise ProjectError if the file fails."""

    def __init__(self, session: Session, user: str) -> None:
        self.user = user
        self._session = session
        self._documents: dict[str, str] = {}  # by hash: its photos share one text
        with session.reading() as db:
            self._last_person = edits.largest_id(db, "person")

    @classmethod
    def create(cls, path: str | Path, user: str | None = None) -> Project:
        """Make a new, empty project and open it. Raises ProjectError if the file exists or cannot be made."""
        opening.make_empty(Path(path))
        return cls.open(path, user=user)

    @classmethod
    def open(
        cls,
        path: str | Path,
        read_only_if_locked: bool = True,
        read_only: bool = False,
        user: str | None = None,
    ) -> Project:
        """Open a project for writing, or for reading if another program writes it or its folder is read-only.

        Raises ProjectError for a file that is missing, is no project or is of a newer version. Raises
        `DamagedProjectError` for a damaged file, whose readable rows are then in a copy beside it.
        """
        session = Session.open(Path(path), read_only_if_locked, read_only)
        try:
            return cls(session, user or user_name())
        except ProjectError as error:
            session.close()
            raise ProjectError(f"{session.path.name}: {error}") from error

    @property
    def path(self) -> Path:
        """The project file."""
        return self._session.path

    @property
    def folder(self) -> Path:
        """The folder that photo paths are relative to."""
        return self.path.absolute().parent

    @property
    def read_only(self) -> bool:
        """True if this program can only read the project."""
        return self._session.read_only

    @property
    def writer(self) -> Writer | None:
        """The other program that writes the project; None if this program does, or if the folder is read-only."""
        return self._session.writer

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user must know of the file since it was opened, each with a remedy."""
        return self._session.notes

    def close(self) -> None:
        """Close the file and release the writer's lock. A closed project cannot be used any more."""
        self._session.close()

    def __enter__(self) -> Project:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Reading

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

    def new_person_id(self) -> int:
        """A new id, different from all ids that were ever used or returned by this method."""
        with self._session.reading():
            self._last_person += 1
            return self._last_person

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
        """Light rows of everybody for a timeline, photo by photo in the order of their addition."""
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

    # Writing

    def commit(self, first: Edit, *more: Edit) -> int | None:
        """Write an edit, or several as one of the first's label, to the disk. Returns its id, for `revert`.

        Returns None if nothing changes. Raises ProjectError if it cannot be written; the project is then unchanged.
        """

        def write(writer: RowWriter) -> None:
            for edit in (first, *more):
                if edit.after is not None:
                    photo_files.check_path(edit.after.path)
                writer.apply(edit)

        return self._edit(first.label, write)

    def revert(self, edit_id: int) -> int | None:
        """Restore the values before an edit, also over later changes. This is a new edit; returns its id."""
        with self._session.reading() as db:
            row = db.execute("SELECT label FROM edit WHERE id = ?", (edit_id,)).fetchone()
            changes = edit_log.changes_of(db, edit_id)
        if not changes:
            raise ProjectError(f"{self.path.name}: edit {edit_id} has no changes that could be put back.")
        return self._edit(f"Put back: {row['label']}", lambda writer: writer.put_back(changes))

    def add_photos(self, photos: Iterable[Photo], label: str = "Import") -> list[int]:
        """Add many photos in one transaction. People get new ids. Returns the photos' ids.

        The history has one entry for the import, without its changes, so an import cannot be reverted.
        """
        with self._session.writing(label) as db:
            now = edits.time_of_edit(db)
            first = edits.largest_id(db, "photo") + 1
            rows, people, folder = [], [], self.folder
            documents: dict[str, None] = {}
            for photo_id, photo in enumerate(photos, start=first):
                path = photo_files.check_path(photo.path)
                size = photo_files.size_of(folder / path)
                rows.append({"id": photo_id, **photo_row(photo), "size": size})
                for person in photo.people:
                    row = {"id": self.new_person_id(), **person_row(person, photo_id)}
                    people.append((row, person, path))
                documents[photo.document] = None
            keep_documents(db, documents)
            edits.insert(db, "photo", rows)
            edits.insert_people(db, people, now)
            edit_log.log(db, label, self.user, now, [])
        return list(range(first, first + len(rows)))

    def hash_photos(self) -> Iterator[int]:
        """Store the hashes of files that were never read. Yields the number of files left after each file."""
        with self._session.reading() as db:
            rows = db.execute("SELECT id, path FROM photo WHERE hash IS NULL").fetchall()
        read: dict[Path, tuple[int, str] | None] = {}  # the last file: frames of a video share one
        for done, (photo_id, path) in enumerate(rows, start=1):
            file = file_of(self.folder / path) if isinstance(path, str) else None
            if file is not None and file not in read:
                read = {file: photo_files.size_and_hash(file)}
            known = None if file is None else read[file]
            if known is not None:
                with self._session.writing("reading photos") as db:
                    db.execute("UPDATE photo SET size = ?, hash = ? WHERE id = ?", (*known, photo_id))
            yield len(rows) - done

    def relocate(self, folder: str | Path) -> Relocation:
        """Find missing photos under `folder`, by name and hash, and store their new paths as one edit."""
        with self._session.reading() as db:
            rows = db.execute("SELECT id, path, size, hash FROM photo ORDER BY id").fetchall()
        photos = [KnownFile(*row) for row in rows if isinstance(row["path"], str)]
        found = photo_files.find_moved(photos, self.folder, Path(folder))
        moves = [(photo.id, found.moved[photo.path]) for photo in photos if photo.path in found.moved]

        def write(writer: RowWriter) -> None:
            for photo_id, path in moves:
                writer.write("photo", photo_id, {"path": path})

        if moves:
            self._edit(f"Find photos in {folder}", write)
        return found

    def save_copy(self, path: str | Path) -> Path:
        """Write the whole project to another file. This works even if the project's file was deleted while open."""
        with self._session.reading("saving a copy") as db:
            return opening.copy_database(db, Path(path))

    def _document(self, db: sqlite3.Connection, hash: str | None) -> str:
        if hash is None:
            return ""
        if hash not in self._documents:
            self._documents[hash] = document_text(db, hash)
        return self._documents[hash]

    def _edit(self, label: str, write: Callable[[RowWriter], None]) -> int | None:
        with self._session.writing(label) as db:
            writer = RowWriter(db, edits.time_of_edit(db))
            write(writer)
            if not writer.changes:
                return None
            writer.finish()
            edit_id = edit_log.log(db, label, self.user, writer.now, writer.changes)
            self._last_person = max(self._last_person, edits.largest_id(db, "person"))
        return edit_id
