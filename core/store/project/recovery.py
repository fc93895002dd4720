"""Recovers a damaged project: its newest readable state is written to a copy beside it; the file stays untouched."""

from __future__ import annotations

import contextlib
import mmap
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from core.errors import ProjectError
from core.files.lock import check_locks
from core.files.regular import open_regular, start_of
from core.records import Person
from core.store.project import salvage, schema
from core.store.project.disk_watch import OverwrittenError
from core.store.project.edits import insert, insert_tags, write_warnings
from core.store.project.log_file import log_of, pages_of, read_log
from core.store.project.opening import make_empty, open_for_writing, remove
from core.store.project.own_tables import check_tables, in_time
from core.store.project.rows import derived, person_from_row, photo_from_row
from core.store.project.schema import (
    DamagedProjectError,
    Row,
    Value,
    connect,
    explain,
    explained,
    is_damage,
    transaction,
)

MAX_BYTES = 8 * 2**30  # a project of some million people
COPIED_AT_ONCE = 4 * 2**20
TABLES = ("photo", "person", "edit", "change", "document")
Result = TypeVar("Result")
Tables = dict[str, dict[int, Row]]


@dataclass(frozen=True)
class Recovered:
    """The contents recovered to the project at `path`. lost: number of people whose rows could not be read."""

    path: Path
    photos: int
    people: int
    edits: int
    lost: int

    def __str__(self) -> str:
        lost = f"; {self.lost} more people could not be read" if self.lost else ""
        return f"{self.people} people in {self.photos} photos and {self.edits} edits{lost}"


def guarded(path: Path, act: Callable[[Path], Result]) -> Result:
    """Return act(path). A damaged file is recovered to a copy first. Raises ProjectError, and DamagedProjectError if
    the file is damaged."""
    try:
        return act(path)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        if not is_damage(error):
            if "locked" in str(error):
                check_locks(path.parent)
            raise explain(path, "opening", error) from error
        raise rescue(path, error, isinstance(error, OverwrittenError)) from error


def rescue(path: Path, error: Exception, only_log: bool = False) -> ProjectError:
    """Recover a damaged file that is not open. Returns the error to raise, which names the copy."""
    recovered = recover(path, only_log)
    if recovered is None:
        return ProjectError(
            f"{path} is not a Fitloop project, or so damaged that nothing in it can be read ({error}). "
            "Choose another file; this one was not touched."
        )
    return DamagedProjectError(
        f"{path} is damaged ({error}). The readable part is in {recovered.path.name}: {recovered}. "
        "Open that file; the damaged one was not changed.",
        recovered.path,
    )


def recover(path: Path, only_log: bool = False) -> Recovered | None:
    """Write all readable rows of a damaged project to a new project beside it. Returns None if there are none.

    The newest commits are those of the log. Rows are read with SQLite where it can still walk a table, else from the
    table's single pages. only_log: the file itself is another one.

    Raises ProjectError if the file is too large or cannot be copied.
    """
    if path.stat().st_size > MAX_BYTES:
        raise ProjectError(f"{path} is no Fitloop project, or a damaged one of over {MAX_BYTES >> 30} GB.")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "damaged")
        try:
            copy.touch()
            if not only_log:
                _copy(path, copy)
            _put(pages_of(log_of(path), read_log(log_of(path)).newest()), copy)
        except OSError as error:
            raise ProjectError(f"{path} is damaged and cannot be copied ({error.strerror}).") from error
        tables = _read_tables(copy)
    if not tables["photo"] and not tables["person"]:
        return None
    target = _free_name(path)
    try:
        return _write(tables, target)
    except BaseException:
        remove(target)
        raise


def _read_tables(copy: Path) -> Tables:
    names = _column_names()
    tables: Tables = {table: {} for table in TABLES}
    walked = [_is_ours(copy) and _walk(copy, table, tables[table]) for table in TABLES]
    if all(walked) or not copy.stat().st_size:
        return tables
    by_length = {len(names[table]): (table, names[table]) for table in TABLES}
    # Rows written before a column was added to their table are shorter: SQLite does not rewrite them.
    for table, lengths in schema.EARLIER_LENGTHS.items():
        by_length |= dict.fromkeys(lengths, (table, names[table]))
    with open_regular(copy) as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as database:
        for row_id, values in salvage.rows(salvage.Pages(database)):
            table, columns = by_length.get(len(values), ("", ()))
            if table and values[0] is None:
                padded = [row_id, *values[1:], *[None] * (len(columns) - len(values))]
                _keep_newest(tables[table], row_id, dict(zip(columns, padded, strict=True)))
    return tables


def _copy(path: Path, copy: Path) -> None:
    """The file without the zeros of a sparse one."""
    with open_regular(path, MAX_BYTES) as source, copy.open("wb") as target:
        while piece := start_of(source, COPIED_AT_ONCE):
            if piece.strip(b"\0"):
                target.write(piece)
            else:
                target.seek(len(piece), os.SEEK_CUR)
        target.truncate()


def _put(pages: Iterator[tuple[int, bytes]], copy: Path) -> None:
    """Write the log's pages into the copy, as SQLite itself does it in the end."""
    with copy.open("rb+") as target:
        for number, page in pages:
            if number * schema.PAGE_SIZE <= MAX_BYTES:
                target.seek((number - 1) * schema.PAGE_SIZE)
                target.write(page)


def _is_ours(copy: Path) -> bool:
    """Whether SQLite may walk the tables: it runs what stands in other ones."""
    try:
        with contextlib.closing(connect(copy, "immutable")) as db, in_time(db):
            check_tables(db)
    except (sqlite3.Error, UnicodeDecodeError, ProjectError):
        return False
    return True


def _walk(copy: Path, table: str, found: dict[int, Row]) -> bool:
    """Read a table as far as SQLite can. Returns True if it reached the end."""
    try:
        with contextlib.closing(connect(copy, "immutable")) as db:
            for row in db.execute(f"SELECT * FROM {table} NOT INDEXED"):
                found[row["id"]] = dict(row)
    except (sqlite3.Error, UnicodeDecodeError):
        return False
    return True


def _keep_newest(table: dict[int, Row], row_id: int, row: Row) -> None:
    known = table.get(row_id)
    if known is None or _time(row) > _time(known):
        table[row_id] = row


def _time(row: Row) -> float:
    updated = row.get("updated")
    return updated if isinstance(updated, float) else 0.0


def _column_names() -> dict[str, tuple[str, ...]]:
    """The columns of each table in their order, taken from an empty project."""
    with contextlib.closing(_empty_in_memory()) as db:
        return {
            table: tuple(row["name"] for row in db.execute(f"PRAGMA table_info({table})").fetchall())
            for table in TABLES
        }


def _empty_in_memory() -> sqlite3.Connection:
    """An empty project in memory only."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.row_factory = sqlite3.Row
    schema.create_tables(db)
    return db


def _write(tables: Tables, target: Path) -> Recovered:
    make_empty(target)
    people = dict(_readable(tables["person"]))
    with explained(target, "recovering"), contextlib.closing(open_for_writing(target)) as db, transaction(db):
        paths = _write_photos(db, tables["photo"], {row["photo_id"] for row, _ in people.values()})
        rows = [
            row | derived(person, paths[row["photo_id"]], _time(row)) | {"warnings": 0}
            for row, person in people.values()
        ]
        insert(db, "person", rows)
        insert_tags(db, [person for _, person in people.values()])
        for row, _ in people.values():
            write_warnings(db, row["photo_id"])
        _insert_valid(db, "document", tables["document"])
        _insert_valid(db, "edit", tables["edit"])
        _insert_valid(db, "change", tables["change"])
        kept = db.execute("SELECT count(*) FROM edit").fetchone()[0]
    return Recovered(target, len(paths), len(people), kept, len(tables["person"]) - len(people))


def _readable(people: dict[int, Row]) -> Iterator[tuple[int, tuple[Row, Person]]]:
    for person_id, row in people.items():
        with contextlib.suppress(ProjectError):
            if isinstance(row["photo_id"], int):
                yield person_id, (row, person_from_row(row))


def _write_photos(db: sqlite3.Connection, photos: dict[int, Row], needed: set[Value]) -> dict[Value, str]:
    """Write photos, and a stand-in for each lost photo that has people. Returns path by id."""
    _insert_valid(db, "photo", {photo_id: row for photo_id, row in photos.items() if _is_photo(row)})
    paths: dict[Value, str] = {
        row["id"]: row["path"] for row in db.execute("SELECT id, path FROM photo").fetchall()
    }
    for lost in needed - set(paths):
        paths[lost] = f"lost photo {lost!r}"
        insert(db, "photo", [{"id": lost, "path": paths[lost], "width": 1, "height": 1}])
    return paths


def _is_photo(row: Row) -> bool:
    try:
        photo_from_row(row, ())
    except ProjectError:
        return False
    return True


def _insert_valid(db: sqlite3.Connection, table: str, rows: dict[int, Row]) -> None:
    for row in rows.values():
        with contextlib.suppress(sqlite3.IntegrityError):  # an incomplete row, or a change whose edit is lost
            insert(db, table, [row])


def _free_name(path: Path) -> Path:
    number = 1
    while True:
        ending = "" if number == 1 else f"-{number}"
        target = path.with_name(f"{path.stem}-recovered{ending}{path.suffix}")
        if not target.exists():
            return target
        number += 1
