"""Gathers the people of a file photo by photo, for files that list people and not photos."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import TypeGuard

from core.files.untrusted import number
from core.files.unusable import Unusable, read_error
from core.formats.shared import people
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PHOTOS, Import, Report
from core.records import BBox, Keypoints, Person, Photo

MAX_SIDE = 100_000  # px
MOST_DIGITS = 18  # of a number that names somebody


class GatheredPhotos:
    """The photos of a file in the order in which they are first named, with their people."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._photos: dict[str, Photo] = {}
        self._people: dict[str, list[Person]] = {}
        self._tracks: dict[str, set[int]] = {}

    def add_photo(self, relative: str, size: tuple[int, int]) -> None:
        """A photo, perhaps without people. size: width, height [px]. Raises ReadError for too many photos."""
        if relative not in self._photos:
            if len(self._photos) >= MAX_PHOTOS:
                raise self._report.error(
                    f"more than {MAX_PHOTOS} photos", "Split the file and read the parts."
                )
            self._photos[relative] = Photo(relative, *size)
            self._people[relative], self._tracks[relative] = [], set()

    def add(self, relative: str, keypoints: Keypoints, bbox: BBox, track: int | None = None) -> None:
        """A person of an added photo. A track that the photo has already is left out and reported."""
        found, tracks = self._people[relative], self._tracks[relative]
        if track in tracks:
            self._report.leave_out(f"{relative}, track {track}", "another person of the photo has this track")
            track = None
        if track is not None:
            tracks.add(track)
        found.append(people.person(len(found) + 1, bbox, keypoints, track))

    @property
    def count(self) -> int:
        """Number of people so far."""
        return sum(map(len, self._people.values()))

    def done(self) -> Import:
        """The result."""
        return self._report.done(
            photo.with_(people=tuple(self._people[path])) for path, photo in self._photos.items()
        )


class Tracks:
    """Turns the identities of a file, numbers or names, into track numbers. Equal ones of two sequences differ."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._used: set[int] = set()
        self._free = 0

    def new(self) -> int:
        """A track that nobody has yet."""
        number = self._next()
        self._used.add(number)
        return number

    def take(self, identity: object, sequence: str = "") -> int | None:
        """A whole number from 0 on stays if it is free; a name gets the next free number; all else is no identity."""
        if isinstance(identity, float) and identity.is_integer():
            identity = int(identity)
        if (
            isinstance(identity, str)
            and identity.isascii()
            and identity.isdigit()
            and len(identity) < MOST_DIGITS
        ):
            identity = int(identity)
        if isinstance(identity, bool) or not isinstance(identity, (int, str)) or identity == "":
            return None
        if isinstance(identity, int) and not 0 <= identity < 10**MOST_DIGITS:
            return None
        key = sequence, identity
        if key not in self._numbers:
            self._numbers[key] = identity if self._is_free(identity) else self._next()
            self._used.add(self._numbers[key])
        return self._numbers[key]

    def _is_free(self, identity: object) -> TypeGuard[int]:
        return isinstance(identity, int) and identity not in self._used

    def _next(self) -> int:
        while self._free in self._used:
            self._free += 1
        return self._free


def json_files(path: Path) -> list[Path]:
    """The file, or the *.json of a folder in the order of their names. Raises ReadError for none, or too many."""
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise read_error(path, "no .json files in this folder", "Choose the folder that holds them.")
    if len(files) > MAX_PHOTOS:
        raise read_error(path, f"more than {MAX_PHOTOS} files", "Split the folder.")
    return files


def photo_size(width: object, height: object, relative: str, folder: PhotoFolder) -> tuple[int, int]:
    """Width and height [px] as the file has them, also as text, else of the photo. Raises Unusable if neither has
    them."""
    if width is None or height is None:
        return folder.known_size(relative)
    sides = [people.whole_number(side) if isinstance(side, str) else side for side in (width, height)]
    try:
        size = number(sides[0]), number(sides[1])
        if all(1 <= side <= MAX_SIDE for side in size):
            return int(size[0]), int(size[1])
    except Unusable:
        pass
    if not folder.holds(relative):
        raise Unusable("the photo's width or height is not valid, and the photo is not in the folder")
    if folder.report is not None:
        folder.report.note("a width or height in the file that is not valid is taken from the photo")
    return folder.known_size(relative)
