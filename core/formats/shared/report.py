"""The result of reading or writing a file: photos, and a report of the records that were left out.

A problem of one record (a negative box, a path that leads outside the folder) leaves that record out and
is reported. A problem of the whole file is a `ReadError` that names file, record and remedy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import FitloopError, ReadError
from core.files.unusable import read_error
from core.records import Photo

if TYPE_CHECKING:
    from core.formats.shared.photo_folder import PhotoFolder

MAX_PEOPLE = 500_000
MAX_PHOTOS = 500_000
MAX_LEFT_OUT = 500_000  # records
EXAMPLES_SHOWN = 3
PLURALS = {  # of what an Export counts
    "person": "people",
    "photo": "photos",
    "mesh": "meshes",
    "person changed": "people changed",
}


@dataclass(frozen=True)
class LeftOut:
    """A part of the file that is not in the result. record: its place in the file; reason: why it was left out."""

    record: str
    reason: str


@dataclass(frozen=True, eq=False)
class Import:
    """What was read. notes: what was understood in a way the user should know, though nothing is missing. root: the
    folder that the photos' paths start from, as `read_file` found it. folder: the same with what its reader saw there.
    file: the file or folder that was read, as in an unpacked .zip; None of several.
    """

    photos: tuple[Photo, ...]
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    format: str = ""
    root: Path = Path()
    folder: PhotoFolder | None = None
    file: Path | None = None

    @property
    def people(self) -> int:
        """Number of people in all photos."""
        return sum(len(photo.people) for photo in self.photos)

    def summary(self) -> str:
        """Lines for a terminal or a dialog; the most frequent reason for leaving records out comes first."""
        people = "1 person" if self.people == 1 else f"{self.people} people"
        photos = "1 photo" if len(self.photos) == 1 else f"{len(self.photos)} photos"
        return "\n".join([f"{self.format}: {people} in {photos}", *self.notes, *grouped(self.left_out)])


@dataclass(frozen=True)
class Export:
    """What a writer wrote: how many people, or photos, and what of them the format could not hold. notes: how it was
    written, where the user should know."""

    written: int
    left_out: tuple[LeftOut, ...] = ()
    unit: str = "person"
    notes: tuple[str, ...] = ()

    def summary(self, shown: int = EXAMPLES_SHOWN) -> str:
        """Lines for a terminal or a dialog. shown: the most records that are named for each reason."""
        units = self.unit if self.written == 1 else PLURALS[self.unit]
        return "\n".join([f"{self.written} {units}", *self.notes, *grouped(self.left_out, shown)])


@dataclass(slots=True)
class RecordOfFile:
    """The block that reads one record: see `Report.record`. A class, as a file may have a million of them."""

    report: Report
    name: str

    def __enter__(self) -> None:
        """Begin the record."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        """Whether the error is reported and goes no farther."""
        if not isinstance(error, FitloopError) or isinstance(error, ReadError):
            return False
        self.report.leave_out(self.name, str(error))
        return True


class Report:
    """Collects the records left out and the notes while one file is read."""

    def __init__(self, path: Path, format: str) -> None:
        self.path = path
        self.format = format
        self.folder: PhotoFolder | None = None  # the folder of its photos, which tells how they were found
        self._left_out: list[LeftOut] = []
        self._notes: dict[str, None] = {}
        self._people = 0

    def leave_out(self, record: str, reason: str) -> None:
        """Report that `record` is not in the result. Raises ReadError if that is said of more than MAX_LEFT_OUT."""
        if len(self._left_out) >= MAX_LEFT_OUT:
            problem = f"more than {MAX_LEFT_OUT} records of it cannot be read, such as {record}: {reason}"
            raise self.error(_printable(problem), "Is it of another format? Name the format.")
        self._left_out.append(LeftOut(_printable(record), _printable(reason)))

    def note(self, text: str) -> None:
        """Report how the file was interpreted. Equal texts are reported once."""
        self._notes[_printable(text)] = None

    def record(self, name: str) -> RecordOfFile:
        """Leave the record out if the block raises a FitloopError. A ReadError still ends the reading."""
        return RecordOfFile(self, name)

    def count_people(self, more: int = 1) -> None:
        """Count people. Raises ReadError beyond MAX_PEOPLE, the most that a project holds."""
        self._people += more
        if self._people > MAX_PEOPLE:
            raise self.error(f"more than {MAX_PEOPLE} people", "Split the file and read the parts.")

    def error(self, problem: str, remedy: str, record: str = "") -> ReadError:
        """A ReadError of this file, for the caller to raise."""
        return read_error(self.path, problem, remedy, record)

    def done(self, photos: Iterable[Photo]) -> Import:
        """The result, including photos without people."""
        photos = photos if self.folder is None else self.folder.settled(photos)
        photos = tuple(photos)
        return Import(photos, tuple(self._left_out), tuple(self._notes), self.format, folder=self.folder)


def grouped(left_out: Iterable[LeftOut], most: int = EXAMPLES_SHOWN) -> list[str]:
    """One line per reason, the most frequent first, with its first records."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for left in left_out:
        by_reason[left.reason].append(left.record)
    lines = []
    for reason, records in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        shown = ", ".join(records[:most])
        more = f" and {len(records) - most} more" if len(records) > most else ""
        lines.append(f"left out: {shown}{more}: {reason}")
    return lines


def _printable(text: str) -> str:
    """A file's text without lone surrogates and control characters, which some terminals cannot show."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)
