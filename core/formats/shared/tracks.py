"""Gives the identities in a file one integer each."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

MOST = 2**63


class Tracks:
    """Numbers of tracks: a file's own where they are whole numbers that no other sequence uses, else free ones."""

    def __init__(self) -> None:
        self._known: dict[Hashable, int] = {}
        self._used: set[int] = set()

    def number(self, id: Any, sequence: Hashable = "") -> int | None:
        """The track of an identity of a sequence; None for an id that is none: a list, a truth value, a fraction."""
        if isinstance(id, float) and id.is_integer():
            id = int(id)
        if isinstance(id, bool) or not isinstance(id, (int, str)) or id == "":
            return None
        key = (sequence, str(id))
        if key not in self._known:
            own = int(id) if isinstance(id, int) or (id.isascii() and id.isdigit() and len(id) < 19) else -1
            self._known[key] = own if 0 <= own < MOST and own not in self._used else self._free()
            self._used.add(self._known[key])
        return self._known[key]

    def new(self) -> int:
        """A track that nobody has yet."""
        number = self._free()
        self._used.add(number)
        return number

    def _free(self) -> int:
        return 1 + max(self._used, default=0) if len(self._used) < MOST - 1 else 0
