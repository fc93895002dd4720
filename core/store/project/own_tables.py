"""Whether a file's tables are exactly those of its version: nothing else in a database may run or be read.

SQLite runs what a file holds: views, triggers, generated columns, checks and indexes over expressions are programs, and
a view of the name `photo` can take for ever. What a project may hold is told by the migrations, made in memory.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from functools import lru_cache

from core.errors import ProjectError
from core.store.project import schema

OPENING_S = 10.0  # for all that is asked before the tables are known to be ours
FEW_SIGNS = 8  # so many differences in a definition of the same length are damage, not another's work
MOST_OBJECTS = 200
OBJECTS = f"SELECT type, name, tbl_name, rootpage, sql FROM sqlite_schema LIMIT {MOST_OBJECTS}"
STATISTICS = ("sqlite_stat1", "sqlite_stat4")  # which `ANALYZE` of another program leaves

Definition = tuple[str, str, str]  # what it is, the table it belongs to, its SQL


def check_tables(db: sqlite3.Connection) -> None:
    """Raises ProjectError for a database that holds more than a project of its version, or other tables.

    Raises sqlite3.DatabaseError where a table is missing or damaged.
    """
    version = schema.version_of(db)
    if not 1 <= version <= schema.SCHEMA_VERSION:
        raise ProjectError(f"it says it is of version {version}, which Fitloop never wrote")
    ours = _definitions_of(schema.MIGRATIONS[:version])
    found = {row["name"]: row for row in db.execute(OBJECTS).fetchall()}
    for name, row in found.items():
        if row["type"] == "table" and name in STATISTICS:
            continue
        _check(str(name), _definition(row), ours)
        if not isinstance(row["rootpage"], int) or row["rootpage"] < 2:
            raise ProjectError(f"its table {name!s:.80} stands nowhere in the file")
    missing = sorted(ours.keys() - found.keys())
    if missing:
        raise sqlite3.DatabaseError(f"database disk image is malformed: it has no {missing[0]}")


@contextlib.contextmanager
def in_time(db: sqlite3.Connection, seconds: float = OPENING_S) -> Iterator[None]:
    """Let SQLite work no longer than this in the block; it then raises OperationalError 'interrupted'."""
    end = time.monotonic() + seconds
    db.set_progress_handler(lambda: int(time.monotonic() > end), 10_000)
    try:
        yield
    finally:
        db.set_progress_handler(None, 0)


def _check(name: str, definition: Definition, ours: dict[str, Definition]) -> None:
    expected = ours.get(name)
    if expected == definition:
        return
    kind, table, sql = definition
    if expected is not None and (kind, table) == expected[:2] and _is_damaged(sql, expected[2]):
        raise sqlite3.DatabaseError(f"database disk image is malformed: the definition of {name}")
    words = f"another {kind} {name}" if expected is not None else f"a {kind} '{name:.80}'"
    raise ProjectError(f"it holds {words}, which no project of its version has")


def _is_damaged(sql: str, expected: str) -> bool:
    differing = sum(one != other for one, other in zip(sql, expected, strict=False))
    return len(sql) == len(expected) and differing <= FEW_SIGNS


def _definition(row: sqlite3.Row) -> Definition:
    """Without spaces: a line of an older program was broken at other places."""
    return str(row["type"]), str(row["tbl_name"]), "".join(str(row["sql"] or "").split())


@lru_cache(maxsize=8)
def _definitions_of(migrations: tuple[str, ...]) -> dict[str, Definition]:
    """Each table and index of a version by name."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.row_factory = sqlite3.Row
        for migration in migrations:
            db.executescript(migration)
        return {row["name"]: _definition(row) for row in db.execute(OBJECTS).fetchall()}
