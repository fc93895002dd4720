"""One program writes a project at a time.

The lock is an exclusive lock of SQLite on a small file beside the project, held for as long as the project is
open. The system releases it when the process ends, even by a crash, so no lock is left over and none has to
be guessed stale. The project itself names the holder, and a second program reads it there.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from core.errors import ProjectError


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


class WriterLock:
    """The right to write a project, until `release` or the end of the process."""

    def __init__(self, holder: sqlite3.Connection) -> None:
        self._holder = holder

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
            holder.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            if holder is not None:
                holder.close()
            if "locked" in str(error):
                return None
            raise ProjectError(f"{project.name}: its folder cannot be written ({error}).") from error
        return cls(holder)

    def release(self) -> None:
        """Let another program write."""
        with contextlib.suppress(sqlite3.Error):
            self._holder.execute("ROLLBACK")
        self._holder.close()


def lock_file(project: Path) -> Path:
    """The empty file that the lock is on. It stays: were it removed, two programs could each hold one."""
    return project.with_name(project.name + "-lock")
