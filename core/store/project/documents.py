"""The documents of files that were imported: what each tells beside its photos, kept once for all of them."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from functools import lru_cache

from core.errors import ProjectError


@lru_cache(maxsize=8)
def document_hash(text: str) -> str | None:
    """The name of a document in the project; None for no document."""
    return hashlib.sha256(text.encode()).hexdigest() if text else None


def keep_documents(db: sqlite3.Connection, texts: Iterable[str]) -> None:
    """Store documents that the project does not have yet."""
    db.executemany(
        "INSERT OR IGNORE INTO document (hash, text) VALUES (?, ?)",
        [(document_hash(text), text) for text in dict.fromkeys(texts) if text],
    )


def document_text(db: sqlite3.Connection, hash: str) -> str:
    """The text of a document, "" if it was lost. Raises ProjectError for one that is no text."""
    row = db.execute("SELECT text FROM document WHERE hash = ?", (hash,)).fetchone()
    if row is not None and not isinstance(row["text"], str):
        raise ProjectError(f"document {hash[:8]} of the project is no text. Import its file again.")
    return "" if row is None else row["text"]
