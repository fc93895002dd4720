"""The tables of a project file, their migrations, and the translation of SQLite's errors into messages.

A project is an SQLite database in write-ahead mode with synchronous=FULL: a commit that returned has been
synced to the disk. Columns that the queue sorts and filters by are derived from the record whenever a person
is written (`rows.derived`). The record itself is in the columns after them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import ProjectError

APPLICATION_ID = 0x46544C50  # "FTLP" in the file's header marks a project
PAGE_SIZE = 8192  # bytes: two to four people per page
FILE_MAGIC = b"SQLite format 3\0"
BUSY_WAIT_S = 5.0
MOST_ROW_BYTES = 256 * 2**20
LIMITS = {
    "LENGTH": MOST_ROW_BYTES,
    "COLUMN": 100,
    "EXPR_DEPTH": 100,
    "COMPOUND_SELECT": 10,
    "ATTACHED": 0,
    "TRIGGER_DEPTH": 10,  # the deletion of a person's tags counts as one
    "FUNCTION_ARG": 10,
}

Value = int | float | str | bytes | None
Row = dict[str, Value]

PHOTO_COLUMNS = (
    *("path", "width", "height", "focal_length", "center_x", "center_y", "size", "hash"),
    *("origin", "document"),
)
DERIVED_COLUMNS = ("updated", "score", "disagreement", "text")  # and `warnings`, see edits.write_warnings
PERSON_COLUMNS = (
    *("photo_id", "verdict", "locked", "tags", "note", "center_x", "center_y", "scale"),
    *("layout", "keypoints", "original_layout", "original_keypoints", "guess", "fit", "alternatives"),
    *("wishes", "track", "origin", "box_width", "box_height", "trunk_x", "trunk_y"),
)
COLUMNS = {"photo": PHOTO_COLUMNS, "person": PERSON_COLUMNS}

# MIGRATIONS[v] migrates a file from schema version v to v + 1, in one transaction. An empty migration only keeps
# earlier programs from opening the file; a file that lacks only empty ones can be opened for reading.
MIGRATIONS = (
    """
    CREATE TABLE photo (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        path TEXT NOT NULL UNIQUE, width INTEGER NOT NULL, height INTEGER NOT NULL,
        focal_length REAL, center_x REAL, center_y REAL, size INTEGER, hash TEXT);
    CREATE TABLE person (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        updated REAL NOT NULL, score REAL, disagreement REAL, warnings INTEGER NOT NULL, text TEXT NOT NULL,
        photo_id INTEGER NOT NULL REFERENCES photo (id), verdict TEXT NOT NULL, locked INTEGER NOT NULL,
        tags TEXT NOT NULL, note TEXT NOT NULL,
        center_x REAL NOT NULL, center_y REAL NOT NULL, scale REAL NOT NULL,
        layout TEXT NOT NULL, keypoints BLOB NOT NULL, original_layout TEXT, original_keypoints BLOB,
        guess BLOB, fit BLOB, alternatives BLOB);
    CREATE TABLE person_tag (
        tag TEXT NOT NULL, person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
        PRIMARY KEY (tag, person_id)) WITHOUT ROWID;
    CREATE TABLE edit (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        time REAL NOT NULL, user TEXT NOT NULL, label TEXT NOT NULL);
    CREATE TABLE change (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        edit_id INTEGER NOT NULL REFERENCES edit (id), kind TEXT NOT NULL, target INTEGER NOT NULL,
        before TEXT, after TEXT);
    CREATE TABLE writer (
        id INTEGER PRIMARY KEY CHECK (id = 1), user TEXT NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL);
    CREATE INDEX person_of_photo ON person (photo_id);
    CREATE INDEX person_by_score ON person (score);
    CREATE INDEX person_by_verdict_and_score ON person (verdict, score);
    CREATE INDEX person_by_disagreement ON person (disagreement);
    CREATE INDEX person_by_warnings ON person (warnings, score);
    CREATE INDEX person_by_updated ON person (updated);
    CREATE INDEX person_by_text ON person (text);
    CREATE INDEX tag_of_person ON person_tag (person_id);
    CREATE INDEX change_of_edit ON change (edit_id);
    CREATE INDEX change_of_target ON change (target, kind);
    """,
    """
    CREATE TABLE person_warning (
        warning TEXT NOT NULL, person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
        PRIMARY KEY (warning, person_id)) WITHOUT ROWID;
    CREATE INDEX warning_of_person ON person_warning (person_id);
    """,
    """
    ALTER TABLE person ADD COLUMN wishes TEXT;
    """,
    "",  # guesses name their body, which earlier programs cannot read
    """
    ALTER TABLE person ADD COLUMN track INTEGER;
    ALTER TABLE person ADD COLUMN origin TEXT;
    ALTER TABLE person ADD COLUMN box_width REAL;
    ALTER TABLE person ADD COLUMN box_height REAL;
    ALTER TABLE photo ADD COLUMN origin TEXT;
    ALTER TABLE photo ADD COLUMN document TEXT;
    CREATE TABLE document (id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, text TEXT NOT NULL);
    """,
    """
    ALTER TABLE person ADD COLUMN trunk_x REAL;
    ALTER TABLE person ADD COLUMN trunk_y REAL;
    """,
)
SCHEMA_VERSION = len(MIGRATIONS)
# Numbers of columns in earlier versions, by table.
EARLIER_LENGTHS = {"photo": (9,), "person": (21, 22)}


class DamageError(sqlite3.DatabaseError):
    """Damage that SQLite does not see."""


class DamagedProjectError(ProjectError):
    """A damaged project file. recovered: the copy with the readable part, or None."""

    def __init__(self, message: str, recovered: Path | None = None) -> None:
        super().__init__(message)
        self.recovered = recovered


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection without automatic transactions. mode: 'ro', 'rw', 'rwc', or 'immutable' if no program can write."""
    option = "immutable=1" if mode == "immutable" else f"mode={mode}"
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?{option}",
        uri=True,
        isolation_level=None,
        timeout=BUSY_WAIT_S,
        check_same_thread=False,
    )
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA trusted_schema = OFF")
    db.execute("PRAGMA cell_size_check = ON")
    db.execute("PRAGMA mmap_size = 0")  # a file cut short by another program would end the process
    limit(db)
    return db


def limit(db: sqlite3.Connection) -> None:
    """Bound the size of rows and statements, whatever the file says."""
    if hasattr(db, "setlimit"):  # Python 3.11
        for kind, most in LIMITS.items():
            db.setlimit(getattr(sqlite3, f"SQLITE_LIMIT_{kind}"), most)


def make_durable(db: sqlite3.Connection) -> None:
    """Set write-ahead mode, and sync each commit to the disk before it returns."""
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA fullfsync = ON")  # macOS, where a plain sync stops at the drive's cache


def create_tables(db: sqlite3.Connection) -> None:
    """Make the empty tables of a new project."""
    db.execute(f"PRAGMA page_size = {PAGE_SIZE}")
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    migrate(db)


def migrate(db: sqlite3.Connection) -> None:
    """Migrate an older file to this program's version, each version in one transaction."""
    while (version := version_of(db)) < SCHEMA_VERSION:
        with transaction(db):
            for statement in filter(str.strip, MIGRATIONS[version].split(";")):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {version + 1}")


def version_of(db: sqlite3.Connection) -> int:
    """Schema version of an open file."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """A transaction: after the block all its changes are on the disk, or none of them."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


@contextmanager
def explained(path: Path, doing: str) -> Iterator[None]:
    """Convert SQLite's errors into a ProjectError that names file, problem and remedy."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise explain(path, doing, error) from error
    except (UnicodeError, OverflowError) as error:
        raise ProjectError(
            f"{path.name}: {doing} failed: a text or number cannot be stored ({error})."
        ) from error


def explain(path: Path, doing: str, error: Exception) -> ProjectError:
    """A ProjectError for an error of SQLite. A failed write leaves the file unchanged."""
    text = str(error)
    start = f"{path.name}: {doing} failed: "
    if is_damage(error):
        return DamagedProjectError(
            f"{start}the file is damaged ({text}). Open it again: the readable part is recovered to a copy."
        )
    if "full" in text:
        return ProjectError(f"{start}the disk is full. Free some space and try again; nothing was lost.")
    if "readonly" in text or "unable to open" in text:
        return ProjectError(
            f"{start}the file or its folder cannot be written. Allow writing, or save a copy elsewhere."
        )
    if "locked" in text or "busy" in text:
        return ProjectError(f"{start}another program holds the file. Close it there and try again.")
    if "interrupted" in text or "too big" in text:
        return ProjectError(f"{start}it holds more than any project. Choose a file that Fitloop made.")
    if "UNIQUE" in text:
        return ProjectError(f"{start}a photo of this path is in the project already. Leave it out.")
    return ProjectError(f"{start}{text}. Check the disk, and save a copy to another folder.")


def is_damage(error: Exception) -> bool:
    """True if an error of SQLite means that the file's content is damaged, not only out of reach."""
    if isinstance(
        error, (DamageError, UnicodeDecodeError)
    ):  # the latter in a text, or in a name in SQLite's own message
        return True
    text = str(error)
    signs = ("malformed", "not a database", "no such table", "no such column", "Could not decode")
    return any(sign in text for sign in signs)
