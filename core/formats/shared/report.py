"""What a reader hands back: the photos, and in words what it left out.

A problem of one record (a negative box, a path that leads outside the folder) leaves that record out and
says so; a problem of the whole file is a `ReadError` that names file, record and remedy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.errors import FitloopError, ReadError
from core.files.unusable import read_error
from core.records import Photo

MAX_PEOPLE = 500_000
MAX_PHOTOS = 500_000
EXAMPLES_SHOWN = 3
PLURALS = {"person": "people", "photo": "photos", "mesh": "meshes"}  # of what an Export counts


@dataclass(frozen=True)
class LeftOut:
    """Something in the file that is not in the result. record: where it stands; reason: why."""

    record: str
    reason: str


@dataclass(frozen=True, eq=False)
class Import:
    """What was read. notes: what was understood in a way the user should know, though nothing is missing. root: the
    folder that the photos' paths start from, as `read_file` found it."""

    photos: tuple[Photo, ...]
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    format: str = ""
    root: Path = Path()

    @property
    def people(self) -> int:
        """Number of people in all photos."""
        return sum(len(photo.people) for photo in self.photos)

    def summary(self) -> str:
        """Lines for a terminal or a dialog, what was left out for the most frequent reason first."""
        people = "1 person" if self.people == 1 else f"{self.people} people"
        photos = "1 photo" if len(self.photos) == 1 else f"{len(self.photos)} photos"
        return "\n".join([f"{self.format}: {people} in {photos}", *self.notes, *grouped(self.left_out)])


@dataclass(frozen=True)
class Export:
    """What a writer wrote: how many people, or photos, and what of them the format could not hold."""

    written: int
    left_out: tuple[LeftOut, ...] = ()
    unit: str = "person"

    def summary(self) -> str:
        """Lines for a terminal or a dialog."""
        units = self.unit if self.written == 1 else PLURALS[self.unit]
        return "\n".join([f"{self.written} {units}", *grouped(self.left_out)])


class Report:
    """Gathers, while one file is read, what is left out."""

    def __init__(self, path: Path, format: str) -> None:
        self.path = path
        self.format = format
        self._left_out: list[LeftOut] = []
        self._notes: dict[str, None] = {}
        self._people = 0

    def leave_out(self, record: str, reason: str) -> None:
        """Say that `record` is not in the result."""
        self._left_out.append(LeftOut(_printable(record), _printable(reason)))

    def note(self, text: str) -> None:
        """Say once how something was understood."""
        self._notes[_printable(text)] = None

    @contextmanager
    def record(self, name: str) -> Iterator[None]:
        """A record that turns out to be unusable inside this block is left out; a ReadError still ends the
        reading.
        """
        try:
            yield
        except ReadError:
            raise
        except FitloopError as error:
            self.leave_out(name, str(error))

    def count_people(self, more: int = 1) -> None:
        """Raises ReadError when the file holds more people than a project does."""
        self._people += more
        if self._people > MAX_PEOPLE:
            raise self.error(f"more than {MAX_PEOPLE} people", "Split the file and read the parts.")

    def error(self, problem: str, remedy: str, record: str = "") -> ReadError:
        """A ReadError of this file, to be raised."""
        return read_error(self.path, problem, remedy, record)

    def done(self, photos: Iterable[Photo]) -> Import:
        """The result, photos that hold nobody included."""
        return Import(tuple(photos), tuple(self._left_out), tuple(self._notes), self.format)


def grouped(left_out: Iterable[LeftOut]) -> list[str]:
    """A line for each reason, with the first records it holds for."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for left in left_out:
        by_reason[left.reason].append(left.record)
    lines = []
    for reason, records in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        shown = ", ".join(records[:EXAMPLES_SHOWN])
        more = f" and {len(records) - EXAMPLES_SHOWN} more" if len(records) > EXAMPLES_SHOWN else ""
        lines.append(f"left out: {shown}{more}: {reason}")
    return lines


def _printable(text: str) -> str:
    """Text of a file that any terminal can show: no lone surrogates, no control characters."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)
