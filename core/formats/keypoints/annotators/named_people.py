"""People whose keypoints have names in the file, from its points to records.

All people of a file have one layout, that of all names in it: few points are placed of some.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from core.body.keypoints import layout
from core.files.unusable import Unusable
from core.formats.layouts.layout_choice import chosen_layout
from core.formats.shared import people
from core.formats.shared.gathered_photos import GatheredPhotos, Tracks
from core.formats.shared.layout_match import NameMatch
from core.formats.shared.report import Import, Report

MAX_NAMES = 1000
_AT_ONCE = 2000  # people whose records are made together


class PlacedPoint(NamedTuple):
    """One keypoint that is there: x, y [px], confidence in 0..1. A tuple, as a file may have a million of them."""

    x: float
    y: float
    occluded: bool = False
    confidence: float = 1.0


_ABSENT = PlacedPoint(0.0, 0.0, False, 0.0)


@dataclass(frozen=True)
class NamedPerson:
    """One person of a photo: where it is in the file, its points by name, its box (left, top, width, height) [px]."""

    photo: str
    record: str
    points: Mapping[str, PlacedPoint]
    xywh: list[float] | None = None
    identity: Hashable = None


@dataclass
class NamedPeople:
    """Collects the people of a file. layout_name: as the user names it, None for by the names of the points."""

    report: Report
    layout_name: str | None = None
    _names: dict[str, None] = field(default_factory=dict)
    _people: list[NamedPerson] = field(default_factory=list)
    _sizes: dict[str, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.layout_name is not None:
            layout(self.layout_name)  # raises LayoutError for a name that is none

    def add_photo(self, relative: str, size: tuple[int, int]) -> None:
        """A photo, perhaps without people. size: width, height [px]."""
        self._sizes.setdefault(relative, size)

    def add(self, person: NamedPerson) -> None:
        """A person of an added photo, already counted by the reader. Raises Unusable for a person without points."""
        if not person.points:
            raise Unusable("it has no keypoints")
        self.name(person.points)
        self._people.append(person)

    def name(self, names: Sequence[str] | Mapping[str, object]) -> None:
        """Names of keypoints in the file's own order, before anybody with these points is added."""
        if len(self._names) + len(names) > MAX_NAMES:
            names = [name for name in names if name in self._names]
        self._names |= dict.fromkeys(names)

    def done(self) -> Import:
        """The photos with their people. Raises ReadError if the names are not those of a person's keypoints."""
        gathered, tracks = GatheredPhotos(self.report), Tracks()
        for relative, size in self._sizes.items():
            gathered.add_photo(relative, size)
        if not self._people:
            return gathered.done()
        names = tuple(self._names)
        matched = match_names(names, self.layout_name, self.report)
        for start in range(0, len(self._people), _AT_ONCE):
            part = self._people[start : start + _AT_ONCE]
            array = matched.pick_all(_rows(part, names))
            records = [person.record for person in part]
            known, occluded = array[..., [0, 1, 3]], array[..., 2] > 0
            each = people.keypoints_of_all(matched.layout, known, self.report, records, occluded)
            for person, keypoints in zip(part, each, strict=True):
                with self.report.record(person.record):
                    box = people.box_or_round(person.xywh, keypoints, self.report, person.record)
                    gathered.add(person.photo, keypoints, box, tracks.take(person.identity))
        return gathered.done()


def _rows(part: Sequence[NamedPerson], names: Sequence[str]) -> np.ndarray:
    """Points by name as rows (N, K, 4) = x, y, occluded, confidence, each in its place."""
    values = [value for one in part for name in names for value in one.points.get(name, _ABSENT)]
    return np.array(values, dtype=np.float64).reshape(len(part), len(names), 4)


def match_names(names: Sequence[str], layout_name: str | None, report: Report) -> NameMatch:
    """How the names of a file map to a layout, with notes. Raises Undecided, and ReadError if no layout is possible."""
    try:
        return chosen_layout(report, "each person", names, len(names), layout_name)
    except Unusable as reason:
        remedy = "Rename them, such as left_wrist, or name another layout."
        raise report.error(f"{reason}", remedy) from reason
