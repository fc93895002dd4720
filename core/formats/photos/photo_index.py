"""All photos under one folder by their names, so that a name from another computer is found by its last parts."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from core.files.unusable import Unusable
from core.formats.photos.photo_names import LOOSE, PHOTO_SUFFIXES, SPELLINGS, plainly, shared_tail, spellings

MAX_FILES = 500_000  # that are looked through
_SHOWN = 3


@dataclass(frozen=True)
class PhotoIndex:
    """The photos under `root`, without links to folders and hidden folders. Built at the first question."""

    root: Path
    _by_spelling: dict[int, dict[str, list[str]]] = field(default_factory=dict, repr=False)

    def find(self, parts: tuple[str, ...], spelling: int = 0) -> str | None:
        """The photo whose path ends like `parts`, with most folders in common; None if there is none.

        spelling: the strictest that counts. Raises Unusable where several fit equally, or the folder holds too much.
        """
        for level in range(spelling, SPELLINGS):
            best = self._best(parts, level)
            if len(best) > 1:
                raise Unusable(
                    f"several photos fit its name: {', '.join(best[:_SHOWN])}; choose the folder of the right ones"
                )
            if best:
                return best[0]
        return None

    def _best(self, parts: tuple[str, ...], level: int) -> list[str]:
        """Paths with the spelling of the last part, those with most folders in common."""
        found = self._of(level).get(spellings(parts[-1])[level], ())
        if level in LOOSE:
            found = [path for path in found if _one_is_bare(parts[-1], path.rpartition("/")[2])]
        above = self.root.absolute().parts[1:]
        tails = {path: shared_tail(parts, (*above, *path.split("/"))) for path in found}
        most = max(tails.values(), default=-1)
        return sorted(path for path, tail in tails.items() if tail == most) if most >= 0 else []

    def _of(self, level: int) -> dict[str, list[str]]:
        if level not in self._by_spelling:
            table: dict[str, list[str]] = defaultdict(list)
            for path in self._paths:
                table[spellings(path.rpartition("/")[2])[level]].append(path)
            self._by_spelling[level] = dict(table)
        return self._by_spelling[level]

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        """Relative, with forward slashes. Raises Unusable for a folder of too many files."""
        found: list[str] = []
        seen = 0
        for place, folders, names in os.walk(self.root):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            seen += len(names) + len(folders)
            if seen > MAX_FILES:
                raise Unusable(
                    f"its photo is searched, but {self.root} holds more than {MAX_FILES} files; choose a nearer folder"
                )
            start = Path(place).relative_to(self.root).as_posix()
            prefix = "" if start == "." else f"{start}/"
            found += [prefix + name for name in names if _is_photo(name)]
        return tuple(found)


def _is_photo(name: str) -> bool:
    return name.lower().endswith(PHOTO_SUFFIXES) and not name.startswith(".") and name.isprintable()


def _one_is_bare(wanted: str, there: str) -> bool:
    """Whether at most one of two names has an upload's prefix or hash: two different ones are two photos."""
    return any(plainly(name).replace(" ", "_") == spellings(name)[LOOSE[0]] for name in (wanted, there))
