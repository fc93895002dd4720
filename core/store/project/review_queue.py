"""The review queue: people in an order and by a filter, read without their keypoints and bodies; photos likewise."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from core.errors import ProjectError
from core.records import Verdict
from core.store.project.row_checks import light_number, light_tags, light_text
from core.store.project.rows import VERDICTS

# People without the value that an order sorts by come last.
ORDERS = {
    "worst": "score DESC",
    "best": "score IS NULL, score",
    "disagreement": "disagreement DESC",
    "warnings": "warnings DESC, score DESC",
    "newest": "updated DESC",
    "oldest": "updated",
    "photo": "photo_id",
}
ANY = "any"
LIGHT_COLUMNS = """person.id, photo_id, path, score, verdict, locked, tags, note, updated, disagreement, warnings,
    (SELECT group_concat(warning, ' ') FROM person_warning WHERE person_id = person.id),
    fit IS NOT NULL"""


class QueueRow(NamedTuple):
    """One person of the queue.

    score: as in `Fit`, None without a scored fit. updated [s since 1970]. disagreement [rad]: of guess and fit, or of
    two networks' guesses, see `rows.disagreement`. tags: as JSON. warnings: the number of names in warned, which are
    names of `warnings.WARNINGS` separated by spaces. fitted: True if there is a fit, scored or not.
    """

    id: int
    photo_id: int
    path: str
    score: float | None
    verdict: Verdict
    locked: bool
    tags: str
    note: str
    updated: float
    disagreement: float | None
    warnings: int
    warned: str | None
    fitted: bool


class PhotoRow(NamedTuple):
    """One photo. verdicts: of its people, in the order of their ids. updated: 0, as a thumbnail of it is made once."""

    id: int
    path: str
    verdicts: tuple[Verdict, ...]
    updated: float = 0.0


class Filter(NamedTuple):
    """A choice of people by verdict, tag, warning (ANY: any warning), and text in path, note or tags (case is ignored).
    None does not filter.
    """

    verdict: str | None = None
    tag: str | None = None
    text: str | None = None
    warning: str | None = None

    def where(self) -> tuple[str, list[str]]:
        """The SQL condition and its values."""
        conditions, values = ["1"], []
        if self.verdict is not None:
            conditions.append("verdict = ?")
            values.append(self.verdict)
        if self.tag is not None:
            conditions.append("person.id IN (SELECT person_id FROM person_tag WHERE tag = ?)")
            values.append(self.tag)
        if self.text:
            conditions.append(r"person.id IN (SELECT id FROM person WHERE text LIKE ? ESCAPE '\')")
            values.append(f"%{_literal(self.text.casefold())}%")
        if self.warning == ANY:
            conditions.append("person.id IN (SELECT person_id FROM person_warning)")
        elif self.warning is not None:
            conditions.append("person.id IN (SELECT person_id FROM person_warning WHERE warning = ?)")
            values.append(self.warning)
        return " AND ".join(conditions), values


def rows_of(db: sqlite3.Connection, person_ids: Iterable[int]) -> list[QueueRow]:
    """Light rows of the people with these ids, in their order; deleted people are skipped."""
    query = f"SELECT {LIGHT_COLUMNS} FROM person JOIN photo ON photo.id = photo_id WHERE person.id = ?"
    found = (db.execute(query, (int(person_id),)).fetchone() for person_id in person_ids)
    return [_light(row) for row in found if row is not None]


def photo_rows_of(db: sqlite3.Connection, photo_ids: Iterable[int]) -> list[PhotoRow]:
    """Light rows of the photos with these ids, in their order; deleted photos are skipped."""
    people = "SELECT verdict FROM person WHERE photo_id = ? ORDER BY id"
    found = []
    for key in map(int, photo_ids):
        photo = db.execute("SELECT path FROM photo WHERE id = ?", (key,)).fetchone()
        if photo is not None:
            verdicts = (row[0] for row in db.execute(people, (key,)).fetchall())
            found.append(PhotoRow(key, light_text(photo[0]), tuple(map(_known, verdicts))))
    return found


def _known(verdict: object) -> Verdict:
    """A verdict; an unknown one counts as none, until the person is read."""
    known: Verdict = verdict if verdict in VERDICTS else "todo"  # type: ignore[assignment]
    return known


def _light(row: sqlite3.Row) -> QueueRow:
    """A row of which each value has its type: one that has not is shown as missing, until the person is read."""
    (
        person_id,
        photo_id,
        path,
        score,
        verdict,
        locked,
        tags,
        note,
        updated,
        disagreement,
        warnings,
        warned,
        fitted,
    ) = row
    return QueueRow(
        person_id,
        photo_id if isinstance(photo_id, int) else 0,
        light_text(path),
        light_number(score),
        _known(verdict),
        bool(locked),
        light_tags(tags),
        light_text(note),
        light_number(updated) or 0.0,
        light_number(disagreement),
        warnings if isinstance(warnings, int) else 0,
        light_text(warned) or None,
        bool(fitted),
    )


def ids(
    db: sqlite3.Connection, order: str, wanted: Filter, limit: int | None = None, offset: int = 0
) -> np.ndarray:
    """Ids (P,) int64 of the queue in order. Raises ProjectError for an unknown order."""
    where, values = wanted.where()
    query = f"SELECT person.id FROM person WHERE {where} {_ordered(order)} LIMIT ? OFFSET ?"
    cursor = db.execute(query, [*values, -1 if limit is None else limit, offset])
    cursor.row_factory = None
    return np.fromiter((row[0] for row in cursor), dtype=np.int64)


def changed_since(db: sqlite3.Connection, time: float) -> tuple[np.ndarray, float]:
    """Ids (P,) of people who changed after a time [s since 1970], and the time of the last change; from the index."""
    cursor = db.execute("SELECT id, updated FROM person WHERE updated > ? AND updated < 9e999", (time,))
    cursor.row_factory = None
    found = cursor.fetchall()
    return np.array([row[0] for row in found], np.int64), max((row[1] for row in found), default=time)


def counts(db: sqlite3.Connection, wanted: Filter) -> dict[str, int]:
    """Number of people by verdict."""
    where, values = wanted.where()
    found = db.execute(
        f"SELECT verdict, count(*) FROM person WHERE {where} GROUP BY verdict", values
    ).fetchall()
    return {row[0]: row[1] for row in found if row[0] in VERDICTS}


def frequent(db: sqlite3.Connection, table: str, column: str) -> dict[str, int]:
    """Number of people by tag or warning, the most frequent first."""
    found = db.execute(
        f"SELECT {column}, count(*) AS people FROM {table} GROUP BY {column} ORDER BY people DESC, {column}"
    )
    return {row[0]: row[1] for row in found.fetchall() if isinstance(row[0], str)}


def _ordered(order: str) -> str:
    if order not in ORDERS:
        raise ProjectError(f"the queue has no order '{order}'. Choose one of {', '.join(ORDERS)}.")
    return f"ORDER BY {ORDERS[order]}, person.id"


def _literal(text: str) -> str:
    """A text with LIKE's wildcards escaped."""
    for sign in ("\\", "%", "_"):
        text = text.replace(sign, "\\" + sign)
    return text
