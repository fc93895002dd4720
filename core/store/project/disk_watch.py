"""What a project does not take on trust from its disk: that the log is whole, and that no other program changed a file.

`docs/desk.md` says what is promised. SQLite itself reads a file that another program wrote over, and drops the
commits after a wrong bit of the log, without a word.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path

from core.errors import ProjectError
from core.files.lock import Writer
from core.store.project import opening, schema
from core.store.project.log_file import FRAME_BYTES, Log, log_of, read_log
from core.store.project.schema import DamageError, connect

FRAMES_KEPT = 1000  # of the log, before its pages go into the file: SQLite's own number
EDITS_COMPARED = 1000  # the newest of the file, with those of its log
LOOK_AGAIN_S = 0.05  # after a frame that another program may just be writing


class OverwrittenError(DamageError):
    """The file is another one than its log belongs to: only the log can be recovered."""


def check_log(path: Path, left_open: bool = False, alone: bool = True) -> str:
    """Compare log and file before SQLite reads both. Returns a note for the user, or ''.

    left_open: the last writer did not close the project. alone: no other program writes it. Raises
    DamageError for a log that misses confirmed commits, or that is gone or of another file.
    """
    log = _steady(path)
    if log.passed_over:
        raise DamageError(
            f"a wrong bit in its log {log_of(path).name}, before {log.passed_over} confirmed commits"
        )
    if len(log.page):
        if alone:
            _check_lineage(path)
            _check_same(path)
    elif left_open:
        raise DamageError(
            f"it was not closed, and its log {log_of(path).name} is gone: what was confirmed last may be missing"
        )
    if not log.last_is_broken:
        return ""
    return (
        f"{path.name}: the last commit in its log is not whole and was dropped. If the computer lost its power then, "
        "that commit was never confirmed; else the disk is failing: save a copy to another one."
    )


class DiskWatch:
    """Of a project that this program writes: whether its file and its log are as this program left them."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self._path, self._db = path, db
        self._me = Writer.myself()
        self._identity = opening.identity(path)
        self._log = opening.identity(log_of(path))
        self._left = _state(path)
        self._writers = {_writer_in_file(path), self._me}

    def check(self) -> None:
        """Raises ProjectError if another program took, removed or changed the files. Called in each transaction."""
        writer = opening.writer_in(self._db)
        if writer != self._me:
            who = writer or "another program"
            raise ProjectError(
                f"{who} writes this project now. Save a copy under another name, and open the project again."
            )
        if opening.identity(self._path) != self._identity:
            raise ProjectError(
                "the file was deleted, moved or replaced while open. "
                "Save a copy under another name; everything up to now is still here."
            )
        if opening.identity(log_of(self._path)) != self._log:
            raise ProjectError(self._without_log())
        if _state(self._path) != self._left:
            self._check_content()

    def committed(self) -> None:
        """After a commit: bring a long log into the file, once its checksums are right."""
        with contextlib.suppress(OSError):
            if log_of(self._path).stat().st_size > FRAMES_KEPT * FRAME_BYTES:
                self.check_log()
                self._db.execute("PRAGMA wal_checkpoint(PASSIVE)")
        self._left = _state(self._path)

    def check_log(self) -> None:
        """Raises DamageError for a wrong bit in the log."""
        log = read_log(log_of(self._path))
        if log.passed_over or log.last_is_broken:
            raise DamageError(f"a wrong bit in its log {log_of(self._path).name}")

    def close(self) -> None:
        """Close the connection. A log with a wrong bit stays beside the file, so that the next opening finds it."""
        try:
            self.check_log()
        except (sqlite3.Error, OSError):
            self.close_beside_log()
        self._db.close()

    def close_beside_log(self) -> None:
        """Close the connection and leave the log as it is: SQLite keeps it for another reader."""
        with contextlib.suppress(sqlite3.Error), contextlib.closing(connect(self._path, "ro")) as other:
            other.execute("SELECT count(*) FROM sqlite_schema").fetchall()
            self._db.close()
        self._db.close()

    def _without_log(self) -> str:
        """SQLite still holds the removed log open: its pages go into the file, so that nothing is lost."""
        saved = None
        with contextlib.suppress(sqlite3.Error):
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            saved = self._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        start = f"its log {log_of(self._path).name} was deleted or replaced while open. "
        if saved is not None and saved[0] == 0 and saved[1] == saved[2]:
            return start + "Everything up to now was written into the project. Open it again to go on."
        return start + "Save a copy under another name; everything up to now is still here."

    def _check_content(self) -> None:
        """The file was touched. Raises DamageError if it is no longer the one that was opened."""
        writer = _writer_in_file(self._path)
        if writer is not None and writer not in self._writers:
            raise OverwrittenError("another program wrote over it while it was open")
        try:
            _check_same(self._path, thoroughly=False)  # in the middle of the user's work
        except sqlite3.DatabaseError as error:
            kind = OverwrittenError if isinstance(error, OverwrittenError) else DamageError
            raise kind("another program wrote over it while it was open") from error
        self._left = _state(self._path)


def _check_lineage(path: Path) -> None:
    """Raises OverwrittenError if the log is of another project, or of another state of this one."""
    if not _has_own_edits(path):
        name = log_of(path).name
        raise OverwrittenError(
            f"its log {name} is of another project, or of another state of this one. Move {name} to another folder "
            "to open the project as it was without it"
        )


def _has_own_edits(path: Path) -> bool:
    """Whether the edits in the file are also there once its log is read over it.

    SQLite takes any log that is whole. But edits are only added, never changed. True for a file that cannot be read
    without its log, which half of that may be in: `_check_same` looks at both.
    """
    with contextlib.suppress(sqlite3.DatabaseError, UnicodeDecodeError):
        with contextlib.closing(connect(path, "immutable")) as db:
            own = db.execute(f"SELECT * FROM edit ORDER BY id DESC LIMIT {EDITS_COMPARED}").fetchall()
        first = own[-1]["id"] if own else 0
        with contextlib.closing(connect(path, "ro")) as db:
            both = db.execute("SELECT * FROM edit WHERE id >= ?", (first,)).fetchall()
        return set(map(tuple, own)) <= set(map(tuple, both))
    return True


def _check_same(path: Path, thoroughly: bool = True) -> None:
    """Raises DamageError if file and log do not fit each other, OverwrittenError for another database.

    thoroughly: compare tables with their indexes too, which takes some seconds for 100 000 people.
    """
    with contextlib.suppress(sqlite3.OperationalError), contextlib.closing(connect(path, "immutable")) as db:
        if db.execute("PRAGMA application_id").fetchone()[0] != schema.APPLICATION_ID:
            raise OverwrittenError("another program wrote over it")
    with contextlib.closing(connect(path, "ro")) as db:
        found = db.execute(f"PRAGMA {'integrity' if thoroughly else 'quick'}_check(1)").fetchone()[0]
    if found != "ok":
        raise DamageError(f"file and log do not fit each other; {found}")


def _writer_in_file(path: Path) -> Writer | None:
    """The writer that the file names without its log; None where half of the log is in the file."""
    try:
        with contextlib.closing(connect(path, "immutable")) as db:
            return opening.writer_in(db)
    except (sqlite3.Error, UnicodeDecodeError):
        return None


def _steady(path: Path) -> Log:
    """The log; read again if another program may just be writing it."""
    try:
        log = read_log(log_of(path))
        for _ in range(2):
            if log.passed_over or log.last_is_broken:
                time.sleep(LOOK_AGAIN_S)
                log = read_log(log_of(path))
    except OSError as error:
        raise ProjectError(
            f"{log_of(path)} cannot be read ({error.strerror}). Allow it, or remove the file."
        ) from error
    return log


def _state(path: Path) -> tuple[int, int] | None:
    """Size and time of the last change."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
