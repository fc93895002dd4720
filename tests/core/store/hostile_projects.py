"""Projects that no Fitloop wrote, by what is wrong with them: changes of an intact file of ten photos."""

import os
import sqlite3
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.store.project.edits import Edit
from core.store.project.project import Project
from tests.core.store.making import full_person, random_photo

Change = Callable[[Path], None]
FOREVER = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"


def make_intact(path: Path) -> Path:
    """A closed project of ten photos, whose first person has every field: what the kinds change."""
    random = np.random.default_rng(3)
    with Project.create(path) as project:
        project.add_photos(random_photo(random, f"{number}.jpg") for number in range(10))
        photo = project.photo(1)
        project.commit(Edit("Full", photo, photo.with_person(full_person(random, photo.people[0].id))))
    return path


def sql(*statements: str) -> Change:
    """Statements as another program runs them, with the schema writable and without keys."""

    def change(path: Path) -> None:
        db = sqlite3.connect(path, isolation_level=None)
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            db.execute(statement)
        db.close()

    return change


def column(table: str, name: str, value: str, where: str = "1") -> Change:
    return sql(f"UPDATE OR IGNORE {table} SET {name} = {value} WHERE {where}")


def data(content: bytes, at: int = 0) -> Change:
    """Other bytes at a place of the file."""

    def change(path: Path) -> None:
        with path.open("rb+") as file:
            file.seek(at)
            file.write(content)

    return change


def instead(make: Callable[[Path], object]) -> Change:
    """Something else in place of the file."""

    def change(path: Path) -> None:
        path.unlink()
        make(path)

    return change


def beside(ending: str, make: Callable[[Path], object]) -> Change:
    def change(path: Path) -> None:
        file = path.with_name(path.name + ending)
        file.unlink(missing_ok=True)
        make(file)

    return change


def packed(head: str) -> str:
    """A packed body with this JSON and arrays of zeros, as SQL."""
    return f"x'{(struct.pack('<II', len(head), 4 * 87) + head.encode() + bytes(4 * 87)).hex()}'"


def sparse(size: int) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with path.open("wb") as file:
            file.truncate(size)

    return make


def _other_table(table: str, body: str) -> Change:
    return sql(f"ALTER TABLE {table} RENAME TO hidden_{table}", f"CREATE VIEW {table} AS {body}")


def _definition(table: str, old: str, new: str) -> Change:
    return sql(f"UPDATE sqlite_schema SET sql = replace(sql, '{old}', '{new}') WHERE name = '{table}'")


FIT = '{"body":"b","kid":0,"focal_length":900,"score":%s,"source":%s,"weak":%s}'
GUESS = '{"body":"b","kid":0,"focal_length":900,"network":%s,"probability":%s,"alternatives":%s}'
TEXT, BLOB, LONG = "'<b>text</b>'", "x'00ff80'", "zeroblob(30000000)"

KINDS: dict[str, Change] = {
    # What a database may hold besides tables
    "a view": sql("CREATE VIEW v AS SELECT 1"),
    "photos are a view without an end": _other_table("photo", f"{FOREVER} SELECT i AS id, 'a' AS path FROM n"),
    "people are a view without an end": _other_table("person", f"{FOREVER} SELECT i AS id FROM n"),
    "edits are a view of all edits with each other": _other_table("edit", "SELECT * FROM hidden_edit, hidden_edit"),
    "a trigger at each change": sql(
        "CREATE TRIGGER t AFTER UPDATE ON person BEGIN UPDATE person SET verdict = 'accepted'; END"
    ),
    "a trigger that fails": sql("CREATE TRIGGER t BEFORE INSERT ON edit BEGIN SELECT raise(ABORT, 'no'); END"),
    "a generated column": sql("ALTER TABLE person ADD COLUMN g AS (score * 2)"),
    "a generated column that takes long": sql(
        "ALTER TABLE photo ADD COLUMN g AS (length(hex(zeroblob(400000000))))"
    ),
    "an index over an expression": sql("CREATE INDEX i ON person (abs(score))"),
    "an index of a part": sql("CREATE INDEX i ON person (score) WHERE length(hex(note)) > 3"),
    "an index fewer": sql("DROP INDEX person_by_score"),
    "a table more": sql("CREATE TABLE other (id INTEGER)"),
    "300 tables more": sql(*(f"CREATE TABLE other{n} (id INTEGER)" for n in range(300))),
    "a virtual table": sql("CREATE VIRTUAL TABLE f USING fts5(a)"),
    "a virtual table in place of photos": sql(
        "ALTER TABLE photo RENAME TO hidden", "CREATE VIRTUAL TABLE photo USING fts5(path, width, height)"
    ),
    "a table fewer": sql("DROP TABLE change"),
    "a column more": sql("ALTER TABLE person ADD COLUMN more TEXT"),
    "a column of another name": sql("ALTER TABLE person RENAME COLUMN note TO remark"),
    "a check that takes long": _definition("edit", "label TEXT NOT NULL", "label TEXT CHECK (hex(zeroblob(9)) > 1)"),
    "a column that defaults to an expression": _definition("edit", "label TEXT NOT NULL", "label TEXT DEFAULT (1)"),
    "tables that share their pages": sql(
        "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'edit') "
        "WHERE name = 'person'"
    ),
    "a table at page 0": sql("UPDATE sqlite_schema SET rootpage = 0 WHERE name = 'person'"),
    "a table at a page far out": sql("UPDATE sqlite_schema SET rootpage = 4000000000 WHERE name = 'person'"),
    "a definition that is no SQL": sql("UPDATE sqlite_schema SET sql = 'CREATE nonsense' WHERE name = 'person'"),
    "a definition of a megabyte": sql(
        "UPDATE sqlite_schema SET sql = sql || '/*' || hex(zeroblob(500000)) || '*/' WHERE name = 'person'"
    ),
    # Numbers of the header
    "version -5": sql("PRAGMA user_version = -5"),
    "version 0": sql("PRAGMA user_version = 0"),
    "version 1 with the tables of now": sql("PRAGMA user_version = 1"),
    "version 2147483647": sql("PRAGMA user_version = 2147483647"),
    "another program's mark": sql("PRAGMA application_id = 7"),
    "a negative mark": sql("PRAGMA application_id = -1"),
    "pages of 1 byte": data(b"\0\1", 16),
    "pages of 3 bytes": data(b"\0\3", 16),
    "a file format of the future": data(b"\xff\xff", 18),
    "an unknown text encoding": data(b"\0\0\0\x09", 56),
    "a size of 2 TB": data(b"\x10\0\0\0", 28),
    "a free list without an end": data(struct.pack(">II", 2, 4_000_000_000), 32),
    "only the header": instead(lambda path: path.write_bytes(b"SQLite format 3\0")),
    "the header and zeros": instead(lambda path: path.write_bytes(b"SQLite format 3\0" + bytes(100_000))),
    # Other types and sizes
    "text in a score": column("person", "score", TEXT),
    "bytes in a score": column("person", "score", BLOB),
    "an infinite score": column("person", "score", "9e999"),
    "text in the time of a change": column("person", "updated", TEXT),
    "an infinite time of a change": column("person", "updated", "9e999"),
    "text in a disagreement": column("person", "disagreement", TEXT),
    "text in the number of warnings": column("person", "warnings", TEXT),
    "bytes in the text to search": column("person", "text", BLOB),
    "text as the photo of a person": column("person", "photo_id", TEXT),
    "people of photos that are not there": column("person", "photo_id", "id + 1000"),
    "bytes as a path": column("photo", "path", "CAST('a' || id AS BLOB)"),
    "a path with a zero": column("photo", "path", "'a' || char(0) || id"),
    "an absolute path": column("photo", "path", "'/etc/' || id"),
    "a path upward": column("photo", "path", "'../../../../etc/' || id"),
    "a path of a megabyte": column("photo", "path", "hex(zeroblob(500000)) || id"),
    "an empty path": column("photo", "path", "''", "id = 1"),
    "text as a width": column("photo", "width", TEXT),
    "a width below zero": column("photo", "width", "-5"),
    "a width of 2**62": column("photo", "width", "4611686018427387904"),
    "a width of 0": column("photo", "width", "0"),
    "text as a focal length": column("photo", "focal_length", TEXT),
    "an infinite focal length": column("photo", "focal_length", "9e999"),
    "a centre of text": column("photo", "center_x", TEXT),
    "half a centre": column("photo", "center_x", "1.5"),
    "a size of text": column("photo", "size", TEXT),
    "a hash of bytes": column("photo", "hash", BLOB),
    "a verdict that is none": column("person", "verdict", "'guilty'"),
    "a verdict of bytes": column("person", "verdict", BLOB),
    "text as a lock": column("person", "locked", TEXT),
    "tags that are no JSON": column("person", "tags", "'[\"a'"),
    "tags that are a number": column("person", "tags", "'7'"),
    "tags in a nest": column("person", "tags", f"'{'[' * 30_000}'"),
    "tags of bytes": column("person", "tags", BLOB),
    "a note of bytes": column("person", "note", BLOB),
    "a note of 30 MB": column("person", "note", "hex(zeroblob(15000000))", "id < 3"),
    "a note that is not UTF-8": column("person", "note", "CAST(x'ff80ff' AS TEXT)"),
    "a box at text": column("person", "center_x", TEXT),
    "a box at infinity": column("person", "center_y", "-9e999"),
    "a box of no size": column("person", "scale", "0"),
    "a box of 1e300": column("person", "scale", "1e300"),
    "a layout that is none": column("person", "layout", "'octopus8'"),
    "a layout elsewhere": column("person", "layout", "'../../../etc/passwd'"),
    "a layout of bytes": column("person", "layout", BLOB),
    "keypoints of 5 bytes": column("person", "keypoints", "x'0102030405'"),
    "no keypoints": column("person", "keypoints", "x''"),
    "keypoints of text": column("person", "keypoints", TEXT),
    "keypoints of 30 MB": column("person", "keypoints", LONG, "id < 3"),
    "keypoints that are not finite": column("person", "keypoints", f"x'{'0000c07f' * 100}'"),
    "keypoints of 3e38": column("person", "keypoints", f"x'{'ffff7f7f' * 100}'"),
    "keypoints of another layout": column("person", "keypoints", f"x'{'00' * 16 * 7}'"),
    "a fit of text": column("person", "fit", TEXT),
    "a fit of 30 MB": column("person", "fit", LONG, "id < 3"),
    "a fit that says it is longer": column("person", "fit", f"x'{'ff' * 400}'"),
    "a fit whose score is text": column("person", "fit", packed(FIT % ('"a"', '"fit"', "false"))),
    "a fit whose score is a list": column("person", "fit", packed(FIT % ("[1]", '"fit"', "false"))),
    "a fit whose source is none": column("person", "fit", packed(FIT % ("1", '"magic"', "false"))),
    "a fit whose source is a list": column("person", "fit", packed(FIT % ("1", "[]", "false"))),
    "a fit at the camera": column("person", "fit", packed(FIT % ("1", '"fit"', "false"))),
    "a fit that is weak by text": column("person", "fit", packed(FIT % ("1", '"fit"', '"no"'))),
    "a guess with a billion others": column("person", "guess", packed(GUESS % ('"n"', "1", "1000000000"))),
    "a guess with others by text": column("person", "guess", packed(GUESS % ('"n"', "1", '"many"'))),
    "a guess of a network that is a list": column("person", "guess", packed(GUESS % ("[]", "1", "0"))),
    "other fits of one byte": column("person", "alternatives", "x'00'"),
    "wishes that are none": column("person", "wishes", "'[{\"kind\": \"fly\"}]'"),
    "wishes in a nest": column("person", "wishes", f"'{'[' * 30_000}'"),
    "a track of text": column("person", "track", TEXT),
    "an origin of bytes": column("person", "origin", BLOB),
    "ids at the end of all numbers": sql("UPDATE sqlite_sequence SET seq = 9223372036854775807"),
    "ids that are text": sql("UPDATE sqlite_sequence SET seq = 'many'"),
    "tags of bytes in the index": sql("INSERT INTO person_tag VALUES (x'ff', 1)"),
    "warnings that no program gives": sql("INSERT INTO person_warning VALUES ('<img>', 1)"),
    "a history that is no JSON": sql("INSERT INTO change VALUES (NULL, 1, 'person', 1, '[1', '{}')"),
    "a history of another table": sql("INSERT INTO change VALUES (NULL, 1, 'sqlite_schema', 1, '{}', '{\"sql\": 1}')"),
    "a writer of bytes": sql("REPLACE INTO writer VALUES (1, x'ff', x'ff', 'text')"),
    # No file, or more than one
    "a pipe": instead(os.mkfifo),
    "a device": instead(lambda path: path.symlink_to("/dev/zero")),
    "a folder": instead(Path.mkdir),
    "a link to itself": instead(lambda path: path.symlink_to(path)),
    "a sparse file of 8 TB": instead(sparse(2**43)),
    "an empty file": instead(Path.touch),
    "a log that is a pipe": beside("-wal", os.mkfifo),
    "a log of other bytes": beside("-wal", lambda file: file.write_bytes(bytes(range(256)) * 200)),
    "a sparse log of 8 TB": beside("-wal", sparse(2**43)),
    "a journal that is a device": beside("-journal", lambda file: file.symlink_to("/dev/zero")),
    "a journal of other bytes": beside("-journal", lambda file: file.write_bytes(b"\xd9\xd5\x05\xf9" + bytes(5000))),
    "a lock that is a folder": beside("-lock", Path.mkdir),
    "a lock of other bytes": beside("-lock", lambda file: file.write_bytes(b"no database" * 900)),
}  # fmt: skip
