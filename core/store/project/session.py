"""An open project file: its connection and writer's lock, shared safely by threads."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import ProjectError
from core.files.lock import Writer, WriterLock
from core.store.project import opening, recovery
from core.store.project.schema import DamagedProjectError, explained, transaction


class Session:
    """A project's connection, used by one thread at a time. writer: another program that writes the file, or None."""

    def __init__(
        self, path: Path, db: sqlite3.Connection, lock: WriterLock | None, writer: Writer | None
    ) -> None:
        self.path = path
        self.writer = writer
        self._db = db
        self._lock = lock
        self._guard = threading.RLock()
        self._file = opening.identity(path)

    @classmethod
    def open(cls, path: Path, read_only_if_locked: bool, read_only: bool) -> Session:
        """Open a session. Arguments and errors as in `Project.open`."""
        recovery.guarded(path, opening.check_is_project)
        lock, writer = (None, None) if read_only else opening.lock_or_writer(path)
        if writer is not None and not read_only_if_locked:
            raise ProjectError(
                f"{path.name}: {writer} writes this project. Close it there, or open it for reading."
            )
        try:
            open_file = opening.open_for_reading if lock is None else opening.open_for_writing
            return cls(path, recovery.guarded(path, open_file), lock, writer)
        except BaseException:
            if lock is not None:
                lock.release()
            raise

    @property
    def read_only(self) -> bool:
        """True if this program can only read the project."""
        return self._lock is None

    def close(self) -> None:
        """Close the file and release the writer's lock."""
        with self._guard:
            self._db.close()
            if self._lock is not None:
                self._lock.release()

    @contextmanager
    def reading(self, doing: str = "reading") -> Iterator[sqlite3.Connection]:
        """The connection, for this thread alone. SQLite's errors are raised as ProjectError."""
        with self._guard:
            try:
                with explained(self.path, doing):
                    yield self._db
            except DamagedProjectError as error:
                self._db.close()
                raise recovery.rescue(self.path, error) from error

    @contextmanager
    def writing(self, doing: str) -> Iterator[sqlite3.Connection]:
        """The connection in a transaction: after the block all its changes are on the disk, or none of them."""
        with self.reading(doing) as db:
            if self._lock is None:
                raise ProjectError(f"{self.path.name}: {doing} failed: {self._why_read_only()}")
            if opening.identity(self.path) != self._file:
                raise ProjectError(
                    f"{self.path}: {doing} failed: the file was deleted, moved or replaced while open. "
                    "Save a copy under another name; everything up to now is still here."
                )
            with transaction(db):
                yield db

    def _why_read_only(self) -> str:
        if self.writer is not None:
            return f"{self.writer} writes this project. Close it there and open it again here."
        return "it is open for reading only. Allow writing in its folder and open it again, or save a copy."
