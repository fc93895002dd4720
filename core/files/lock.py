"""One program writes a project at a time.

The lock is an exclusive lock of SQLite on a small file beside the project, held for as long as the project is
open. The system releases it when the process ends, even by a crash, so no lock is left over and none has to
be guessed stale. The project itself names the holder, and a second program reads it there.
"""

from __future__ import annotations

import contextlib
import errno
import getpass
import os
import socket
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path

from core.errors import ProjectError

OPEN = 1  # user_version of the lock's file while a project is open


@dataclass(frozen=True)
class Writer:
    """The program that writes a project."""

    user: str
    host: str
    pid: int

    def __str__(self) -> str:
        return f"{self.user} on {self.host}, process {self.pid}"

    @classmethod
    def myself(cls) -> Writer:
        """This process."""
        return cls(user_name(), socket.gethostname(), os.getpid())


def user_name() -> str:
    """Login name of the user of this program; 'unknown' where the system has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"


class NoLocksError(ProjectError):
    """A disk that cannot lock files."""


def check_locks(folder: Path) -> None:
    """Raises NoLocksError if the folder's disk has no locks at all: SQLite then reports every file as locked."""
    try:
        import fcntl
    except ImportError:  # Windows, whose disks all have them
        return
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.ENOLCK, errno.EOPNOTSUPP):
            raise NoLocksError(
                f"{folder}: its disk cannot lock files ({error.strerror}), so two programs could write one project. "
                "Copy the project to another disk, or have its locks turned on."
            ) from error


class WriterLock:
    """The right to write a project, until `release` or the end of the process."""

    def __init__(self, holder: sqlite3.Connection, left_open: bool = False) -> None:
        self._holder = holder
        self.left_open = left_open  # the last writer ended without closing the project

    @classmethod
    def take(cls, project: Path) -> WriterLock | None:
        """The lock of a project, or None when another program holds it.

        Raises ProjectError when the folder cannot be written, so that no lock can be taken.
        """
        holder = None
        try:
            holder = sqlite3.connect(
                lock_file(project), isolation_level=None, timeout=0, check_same_thread=False
            )
            holder.execute("PRAGMA journal_mode = MEMORY")
            holder.execute("PRAGMA locking_mode = EXCLUSIVE")  # the lock outlasts the transactions of `mark`
            holder.execute("BEGIN EXCLUSIVE")
            left_open = holder.execute("PRAGMA user_version").fetchone()[0] == OPEN
        except sqlite3.Error as error:
            if holder is not None:
                holder.close()
            if "locked" in str(error):
                check_locks(project.parent)
                return None
            raise ProjectError(f"{project.name}: its folder cannot be written ({error}).") from error
        return cls(holder, left_open)

    def mark(self, is_open: bool) -> None:
        """Write into the lock's file whether the project is open; a kill leaves it so."""
        with contextlib.suppress(sqlite3.Error):
            if not self._holder.in_transaction:
                self._holder.execute("BEGIN EXCLUSIVE")
            self._holder.execute(f"PRAGMA user_version = {OPEN if is_open else 0}")
            self._holder.execute("COMMIT")

    def release(self) -> None:
        """Let another program write."""
        with contextlib.suppress(sqlite3.Error):
            self._holder.execute("ROLLBACK")
        self._holder.close()


def was_left_open(project: Path) -> bool:
    """Whether the last writer ended without closing the project. False while one writes."""
    file = lock_file(project)
    if not file.is_file():
        return False
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=0)) as db,
    ):
        return bool(db.execute("PRAGMA user_version").fetchone()[0] == OPEN)
    return False


def lock_file(project: Path) -> Path:
    """The file that the lock is on; it says only whether the project is open.

    It stays: were it removed, two programs could each hold one.
    """
    return project.with_name(project.name + "-lock")
