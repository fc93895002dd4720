"""The rows of the history: edits and what they changed, written and read."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.errors import ProjectError
from core.store.project.row_checks import light_number, light_text
from core.store.project.schema import COLUMNS, Row


@dataclass(frozen=True)
class Change:
    """An edit's change of one row: kind 'photo' or 'person', target its id, and the columns that differ."""

    kind: str
    target: int
    before: Row | None
    after: Row | None


@dataclass(frozen=True)
class Logged:
    """An edit of the history. time [s since 1970]; people: ids of the people that it changed."""

    id: int
    time: float
    user: str
    label: str
    people: tuple[int, ...]


def log(db: sqlite3.Connection, label: str, user: str, now: float, changes: list[Change]) -> int:
    """Write an edit and its changes to the history. Returns the edit's id."""
    edit_id = db.execute(
        "INSERT INTO edit (time, user, label) VALUES (?, ?, ?)", (now, user, label)
    ).lastrowid
    db.executemany(
        "INSERT INTO change (edit_id, kind, target, before, after) VALUES (?, ?, ?, ?, ?)",
        [
            (edit_id, change.kind, change.target, _encode(change.before), _encode(change.after))
            for change in changes
        ],
    )
    return int(edit_id or 0)


def changes_of(db: sqlite3.Connection, edit_id: int) -> list[Change]:
    """The changes of an edit, in their order."""
    rows = db.execute("SELECT * FROM change WHERE edit_id = ? ORDER BY id", (edit_id,)).fetchall()
    changes = [
        Change(row["kind"], row["target"], _decode(row["before"]), _decode(row["after"])) for row in rows
    ]
    for change in changes:
        columns = set(change.before or ()) | set(change.after or ())
        if change.kind not in COLUMNS or not columns <= set(COLUMNS[change.kind]):
            raise ProjectError(f"edit {edit_id} cannot be put back: it changed what no project has.")
    return changes


def history(db: sqlite3.Connection, person_id: int | None, limit: int) -> Iterator[Logged]:
    """Edits, the newest first, of one person or of all. person_id None: of all."""
    where = (
        "id IN (SELECT edit_id FROM change WHERE kind = 'person' AND target = ?)"
        if person_id is not None
        else "? IS NULL"
    )
    found = db.execute(
        f"SELECT * FROM edit WHERE {where} ORDER BY id DESC LIMIT ?", (person_id, limit)
    ).fetchall()
    for edit in found:
        targets = db.execute("SELECT target FROM change WHERE edit_id = ? AND kind = 'person'", (edit["id"],))
        people = tuple(row["target"] for row in targets.fetchall() if isinstance(row["target"], int))
        at = light_number(edit["time"]) or 0.0
        yield Logged(edit["id"], at, light_text(edit["user"]), light_text(edit["label"]), people)


def _encode(row: Row | None) -> str | None:
    if row is None:
        return None
    return _to_json(row)


def _blob_to_json(blob: bytes) -> dict[str, str]:
    return {"base64": base64.b64encode(blob).decode()}


_to_json = json.JSONEncoder(default=_blob_to_json, ensure_ascii=False, separators=(",", ":")).encode


def _decode(text: str | None) -> Row | None:
    if text is None:
        return None
    try:
        row: dict[str, Any] = json.loads(text)
        return {name: base64.b64decode(v["base64"]) if isinstance(v, dict) else v for name, v in row.items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ProjectError(
            f"this edit cannot be put back: what it changed is not readable ({error})."
        ) from error
