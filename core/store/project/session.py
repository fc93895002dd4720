"""An open project file: its connection and writer's lock, shared safely by threads."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from core.errors import ProjectError
from core.files.lock import Writer, WriterLock, was_left_open
from core.store.project import opening, recovery
from core.store.project.disk_watch import DiskWatch, OverwrittenError, check_log
from core.store.project.log_file import log_of
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
        self._lost: ProjectError | None = None  # why the connection was closed: the file is damaged
        self._guard = threading.RLock()
        self._watch = DiskWatch(path, db) if lock is not None else None
        self.notes: tuple[str, ...] = ()
        self._left = weakref.finalize(self, _close_left, path, db, lock)

    @classmethod
    def open(cls, path: Path, read_only_if_locked: bool, read_only: bool) -> Session:
        """Open a session. Arguments and errors as in `Project.open`.

        A link is followed first: two names of one file are one project, with one lock.
        """
        path = Path(os.path.realpath(path))
        recovery.guarded(path, opening.check_is_project)
        second_name = opening.second_name(path)
        lock, writer = (None, None) if read_only or second_name else opening.lock_or_writer(path)
        if writer is not None and not read_only_if_locked:
            raise ProjectError(
                f"{path.name}: {writer} writes this project. Close it there, or open it for reading."
            )
        try:
            left_open = was_left_open(path) if lock is None else lock.left_open
            note = recovery.guarded(path, partial(check_log, left_open=left_open, alone=lock is not None))
            open_file = opening.open_for_reading if lock is None else opening.open_for_writing
            session = cls(path, recovery.guarded(path, open_file), lock, writer)
            if lock is not None:
                lock.mark(is_open=True)
            session.notes = tuple(filter(None, (note, "" if read_only else second_name)))
            return session
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
            self._left.detach()
            if self._watch is None or self._lost is not None:
                self._db.close()
            else:
                self._watch.close()
            if self._lock is not None:
                if not log_of(self.path).exists():
                    self._lock.mark(is_open=False)
                self._lock.release()

    @contextmanager
    def reading(self, doing: str = "reading") -> Iterator[sqlite3.Connection]:
        """The connection, for this thread alone. SQLite's errors are raised as ProjectError."""
        with self._guard:
            if self._lost is not None:
                raise ProjectError(str(self._lost)) from self._lost
            try:
                with explained(self.path, doing):
                    yield self._db
            except DamagedProjectError as error:
                overwritten = isinstance(error.__cause__, OverwrittenError)
                self._lost = recovery.rescue(self.path, error, overwritten)
                if self._watch is None:
                    self._db.close()
                else:
                    self._watch.close_beside_log()
                raise self._lost from error

    @contextmanager
    def writing(self, doing: str) -> Iterator[sqlite3.Connection]:
        """The connection in a transaction: after the block all its changes are on the disk, or none of them."""
        with self.reading(doing) as db:
            if self._watch is None:
                raise ProjectError(f"{self.path.name}: {doing} failed: {self._why_read_only()}")
            with transaction(db):
                try:
                    self._watch.check()
                except ProjectError as error:
                    raise ProjectError(f"{self.path}: {doing} failed: {error}") from error
                yield db
            self._watch.committed()

    def _why_read_only(self) -> str:
        if self.writer is not None:
            return f"{self.writer} writes this project. Close it there and open it again here."
        return "it is open for reading only. Allow writing in its folder and open it again, or save a copy."


def _close_left(path: Path, db: sqlite3.Connection, lock: WriterLock | None) -> None:
    """Close the files of a session that its program forgot, at the latest when that ends.

    SQLite would then write the log into the file and remove it, and the next opening would miss the log.
    """
    with contextlib.suppress(sqlite3.Error):
        db.close()
    if lock is not None:
        if not log_of(path).exists():
            lock.mark(is_open=False)
        lock.release()
