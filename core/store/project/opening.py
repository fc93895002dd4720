"""Makes, checks, opens and copies project files.

Files are read through SQLite only: on POSIX, closing any other handle of a file drops the locks that this process
holds on it.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from glob import escape
from pathlib import Path

from core.errors import ProjectError
from core.files.lock import NoLocksError, Writer, WriterLock
from core.files.whole_file import half_written, new_file, sweep, sync_folder, sync_path
from core.store.project import schema
from core.store.project.log_file import log_of
from core.store.project.own_tables import check_tables, in_time
from core.store.project.schema import connect, explained

BESIDE = ("-wal", "-shm", "-journal", "-lock")
NOT_OURS = "Choose a file that Fitloop made."
NEWER = "Update Fitloop, or open it with the program that wrote it; the file was not touched."


def make_empty(path: Path) -> None:
    """Make a new project at `path`, wholly or not at all. Raises ProjectError if the name is taken."""
    beside = half_written(path)
    try:
        _begin(beside, path)
        with explained(path, "making the project"), contextlib.closing(connect(beside, "rw")) as db:
            schema.create_tables(db)
            schema.make_durable(db)
        _give_name(beside, path)
    finally:
        remove(beside)


def copy_database(db: sqlite3.Connection, path: Path) -> Path:
    """Write the whole database of a connection to a new file. Raises ProjectError if it cannot be written."""
    beside = half_written(path)
    try:
        _begin(beside, path)
        with explained(path, "saving a copy"), contextlib.closing(connect(beside, "rw")) as copy:
            db.backup(copy)
        _give_name(beside, path)
    finally:
        remove(beside)
    return path


def check_is_project(path: Path) -> None:
    """Raises ProjectError for a file that is missing, is no project or is newer than this program.

    Raises sqlite3.DatabaseError for a file that is damaged or no database. Nothing is written.
    """
    _check_is_file(path)
    for ending in BESIDE:
        _check_beside(path.with_name(path.name + ending))
    with contextlib.closing(connect_to_look(path)) as db, in_time(db):
        if db.execute("PRAGMA application_id").fetchone()[0] != schema.APPLICATION_ID:
            raise ProjectError(f"{path} is not a Fitloop project. Choose a file that Fitloop made.")
        version = schema.version_of(db)
        if version > schema.SCHEMA_VERSION:
            raise ProjectError(
                f"{path} is of version {version}, newer than this program's {schema.SCHEMA_VERSION}. {NEWER}"
            )
        try:
            check_tables(db)
        except ProjectError as error:
            raise ProjectError(f"{path}: {error}. Nothing in it was run. {NOT_OURS}") from None
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        page_size = db.execute("PRAGMA page_size").fetchone()[0]
        for table in ("photo", "person", "edit", "change"):
            db.execute(f"SELECT * FROM {table} ORDER BY id DESC LIMIT 1").fetchall()
    if not _has_wal(path) and path.stat().st_size < pages * page_size:
        raise sqlite3.DatabaseError("database disk image is malformed: its end is missing")


def connect_to_look(path: Path) -> sqlite3.Connection:
    """A connection for a short look. Without a log nothing is made beside the file; its folder may be read-only."""
    return connect(path, "ro" if _has_wal(path) else "immutable")


def _check_is_file(path: Path) -> None:
    try:
        status = path.stat()
    except OSError:  # missing, or a loop of links
        status = None
    if status is None or not stat.S_ISREG(status.st_mode):
        raise ProjectError(f"{path} is not there, or not a file. Choose a project, or make a new one.")
    if status.st_size == 0:
        raise ProjectError(f"{path} is empty. Delete it and make a new project.")


def _check_beside(file: Path) -> None:
    """SQLite's own files beside a project are opened by their names: raises ProjectError for one that is no file."""
    try:
        mode = os.lstat(file).st_mode
    except OSError:
        return
    if not stat.S_ISREG(mode):
        raise ProjectError(f"{file} is a link, a pipe or a folder, and not SQLite's own file. Remove it.")


def lock_or_writer(path: Path) -> tuple[WriterLock | None, Writer | None]:
    """The writer's lock, or else the program that holds it; neither if file or folder are read-only."""
    if not os.access(path, os.W_OK):
        return None, None
    try:
        lock = WriterLock.take(path)
    except NoLocksError:
        raise
    except ProjectError:
        return None, None
    return lock, None if lock else _writer_of(path)


def open_for_writing(path: Path) -> sqlite3.Connection:
    """A durable connection for writing. The file is migrated to this version and names this program as its writer."""
    db = connect(path, "rw")
    try:
        schema.make_durable(db)
        db.execute("PRAGMA wal_autocheckpoint = 0")  # `Watched` compares the log with its checksums before
        schema.migrate(db)
        me = Writer.myself()
        with schema.transaction(db):
            db.execute(
                "REPLACE INTO writer (id, user, host, pid) VALUES (1, ?, ?, ?)", (me.user, me.host, me.pid)
            )
    except BaseException:
        db.close()
        raise
    return db


def writer_in(db: sqlite3.Connection) -> Writer | None:
    """The program that the file names as its last writer; None if there was none yet."""
    row = db.execute("SELECT user, host, pid FROM writer").fetchone()
    return (
        None if row is None else Writer(*(str(row[0]), str(row[1]), row[2] if isinstance(row[2], int) else 0))
    )


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A connection that writes nothing; it works in a read-only folder too.

    Raises ProjectError for a file of an older version, which must be opened for writing first.
    """
    db = connect(path, "ro")
    try:
        version = schema.version_of(db)
    except sqlite3.OperationalError:
        db.close()
        if _has_wal(path):
            raise
        db = connect(path, "immutable")
        version = schema.version_of(db)
    if any(schema.MIGRATIONS[version:]):
        db.close()
        raise ProjectError(
            f"{path} is of the older version {version}, but cannot be written here. "
            "Open it once where it can be written: that brings it up to date."
        )
    return db


def second_name(path: Path) -> str:
    """Why a file must not be written here: it has another name, whose log SQLite would not see. '' if it has one name.

    A file half given its name by a process that was killed has two: the hidden one goes.
    """
    try:
        if path.stat().st_nlink > 1:
            for left in path.parent.glob(f".{escape(path.name)}.*.tmp"):
                if left.samefile(path):
                    left.unlink()
        names = path.stat().st_nlink
    except OSError:
        return ""
    if names < 2:
        return ""
    return (
        f"{path.name} is open for reading only: the file has {names} names (hard links), and edits under one name are "
        "lost under the other. Delete the other name, or save a copy and work there."
    )


def identity(path: Path) -> tuple[int, int] | None:
    """Device and inode of a file, equal while the path leads to the same file; None if there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def remove(path: Path) -> None:
    """Delete a database and SQLite's files beside it."""
    for ending in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _writer_of(path: Path) -> Writer:
    unknown = Writer("another program", "this or another computer", 0)
    with contextlib.suppress(sqlite3.Error), contextlib.closing(connect(path, "ro")) as db:
        return writer_in(db) or unknown
    return unknown


def _has_wal(path: Path) -> bool:
    wal = log_of(path)
    return wal.is_file() and wal.stat().st_size > 0


def _begin(beside: Path, path: Path) -> None:
    """Make the empty file that will get the name of `path`, and remove what kills left of earlier ones.

    Raises ProjectError for a log or journal of an earlier file: SQLite would write it into the new one.
    """
    for ending in ("-wal", "-journal"):
        left = path.with_name(path.name + ending)
        if left.exists() and not path.exists():
            raise ProjectError(
                f"{left} is what is left of an earlier project of this name. Move it to another folder, or choose "
                "another name."
            )
    try:
        sweep(path)
        os.close(new_file(beside))
    except OSError as error:
        raise ProjectError(f"{path} cannot be written ({error.strerror}). Choose another folder.") from error


def _give_name(beside: Path, path: Path) -> None:
    """Move a finished file to a name that must be free. Raises ProjectError if the name is taken."""
    try:
        sync_path(beside)
        try:
            os.link(beside, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            if path.exists():
                raise FileExistsError(path) from None
            os.replace(beside, path)
        sync_folder(path.parent)
    except FileExistsError as error:
        raise ProjectError(f"{path} exists already. Choose another name.") from error
    except OSError as error:
        raise ProjectError(f"{path} cannot be written ({error.strerror}). Choose another folder.") from error
