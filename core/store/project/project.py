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

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType

from core.errors import ProjectError
from core.files.lock import Writer, user_name
from core.files.video.frame_names import file_of
from core.records import Photo
from core.store.photos import photo_files
from core.store.photos.photo_files import KnownFile, Relocation
from core.store.project import edit_log, edits, opening
from core.store.project.documents import keep_documents
from core.store.project.edits import Edit, RowWriter
from core.store.project.project_content import ProjectContent
from core.store.project.rows import person_row, photo_row
from core.store.project.session import Session


class Project(ProjectContent):
    """An open project file. Use it in a `with`, or `close` it. Methods raise ProjectError if the file fails."""

    def __init__(self, session: Session, user: str) -> None:
        super().__init__(session)
        self.user = user
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

    def new_person_id(self) -> int:
        """A new id, different from all ids that were ever used or returned by this method."""
        with self._session.reading():
            self._last_person += 1
            return self._last_person

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
