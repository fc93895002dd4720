"""Keypoints of detectors, whose files do not name them: the layout follows from their number.

133 keypoints are COCO-WholeBody's, of which body and feet come first; 136 are Halpe's, which begin with its 26; 70, and
the 308 of Sapiens that begin with them, are mhr70's. Face and hands are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.body.keypoints import layout
from core.errors import Undecided
from core.files.untrusted import numbers
from core.files.unusable import Unusable
from core.formats.layouts.layout_choice import USUAL, chosen_layout
from core.formats.shared import people
from core.formats.shared.layout_match import NameMatch
from core.formats.shared.report import Report
from core.records import BBox, Keypoints

_USUAL = USUAL | {18: "coco18"}
_MOST_NAMED = 100  # keypoints: whole bodies have names for each point of the face
_MHR70_COUNTS = (70, 308)
MOST_VALUES = 10_000  # of one person, where some are null
_VISIBILITIES = (0, people.OCCLUDED, people.VISIBLE)
# The place in mhr70 of each keypoint. openpose25's mid_hip is the middle of 9 and 10.
_MHR70 = {
    "openpose25": (0, 69, 6, 8, 41, 5, 7, 62, 9, 10, 12, 14, 9, 11, 13, 2, 1, 4, 3, 15, 16, 17, 18, 19, 20),
    "coco17": (0, 1, 2, 3, 4, 5, 6, 7, 8, 62, 41, 9, 10, 11, 12, 13, 14),
}
_MID_HIP, _HIPS = 8, (9, 10)


class DetectedLayouts:
    """Decides the layout of one file's keypoints. layout_name: as the user names it, None for by their number.

    names: of the keypoints, for detectors that name them.
    """

    def __init__(self, report: Report, layout_name: str | None = None, names: Sequence[str] = ()) -> None:
        if layout_name is not None:
            layout(layout_name)  # raises LayoutError for a name that is none
        self._report = report
        self._layout_name = layout_name
        self._names = names
        self._by_count: dict[int, NameMatch | Unusable] = {}
        self._question: Undecided | None = None

    def keypoints(self, rows: np.ndarray, record: str) -> Keypoints:
        """Keypoints from rows (N, 3) = x, y [px], score. Raises Unusable for a number of them that fits no layout.

        Scores above 1 count as 1 and below 0 as absent; so does (0, 0), as detectors write it. Whole scores up to 2
        are visibilities.
        """
        third = rows[:, 2]
        are_visibilities = (third == people.VISIBLE).any() and np.isin(third, _VISIBILITIES).all()
        occluded = (third == people.OCCLUDED) & are_visibilities
        if (third > 1).any() and not are_visibilities:
            self._report.note("scores above 1 count as 1")
        found = rows[:, :2].any(axis=1)
        confidence = np.where(found, third.clip(0, 1), 0)
        name, values = self._picked(np.column_stack([rows[:, :2], confidence, occluded]))
        return people.make_keypoints(name, values[:, :3], self._report, record, values[:, 3] > 0)

    def check(self, count: int) -> None:
        """Raise Undecided if nobody was read, count of people 0, because the layout is not known."""
        if not count and self._question is not None:
            raise self._question

    def _picked(self, values: np.ndarray) -> tuple[str, np.ndarray]:
        """The layout of values (N, C), and (K, C) in its order."""
        count, name = len(values), self._layout_name
        if count in _MHR70_COUNTS and (name is None or name in _MHR70):
            self._report.note(f"each person is read as layout '{name or 'openpose25'}'")
            return name or "openpose25", from_mhr70(values, name or "openpose25")
        if count not in self._by_count:
            self._by_count[count] = self._matched(count)
        matched = self._by_count[count]
        if isinstance(matched, Unusable):
            raise matched
        return matched.layout, matched.pick(values)

    def _matched(self, count: int) -> NameMatch | Unusable:
        """How so many keypoints map to a layout, or why they do not."""
        names = self._names if len(self._names) == count <= _MOST_NAMED else ()
        try:
            return chosen_layout(self._report, "each person", names, count, self._layout_name, _USUAL)
        except Undecided as question:
            self._question = self._question or question
            return Unusable(f"it has {count} keypoints, and their layout is not known; name the layout")
        except Unusable as reason:
            return reason


def from_mhr70(values: np.ndarray, name: str) -> np.ndarray:
    """values (70 or more, C) = x, y, confidence, … in the order of a layout."""
    picked = values[list(_MHR70[name])]
    if name == "openpose25":
        hips = values[list(_HIPS)]
        picked[_MID_HIP] = hips.mean(axis=0)
        picked[_MID_HIP, 2:] = hips[:, 2:].min(axis=0)
    return picked


def rows_of(keypoints: Any, scores: Any = None) -> np.ndarray:
    """Rows (N, 3) = x, y, score of a file's values. Raises Unusable.

    keypoints: flat triples, a list of triples, or with scores (N,) a list of pairs. A value that is null is nan.
    """
    values = _numbers_and_null(keypoints)
    if scores is not None:
        if values.ndim != 2 or values.shape[1] != 2:
            raise Unusable("its keypoints are not pairs x, y")
        confidence = _numbers_and_null(scores)
        if confidence.shape != (len(values),):
            raise Unusable(f"{len(confidence.reshape(-1))} scores of {len(values)} keypoints")
        return np.column_stack([values, confidence])
    if values.ndim == 1 and len(values) % 3 == 0:
        values = values.reshape(-1, 3)
    if values.ndim != 2 or values.shape[1] != 3:
        raise Unusable("its keypoints are not triples x, y, score")
    return values


def _numbers_and_null(value: Any) -> np.ndarray:
    """As `numbers`, with nan for null; not if all is null. Raises Unusable."""
    try:
        return numbers(value)
    except Unusable:
        array = np.array(value, dtype=object) if isinstance(value, list) else np.zeros(0, dtype=object)
        each = array.reshape(-1).tolist()
        are_numbers = all(one is None or type(one) in (int, float) for one in each)
        if not 0 < len(each) <= MOST_VALUES or not are_numbers or each.count(None) == len(each):
            raise
        try:
            return array.astype(np.float64)  # None becomes nan
        except OverflowError as error:
            raise Unusable("a number is too large to mean anything") from error


def box_of_corners(corners: Any, keypoints: Keypoints, report: Report, record: str) -> BBox:
    """The box of left, top, right, bottom [px], also in a list of its own or with a score behind; else round the
    keypoints. An unusable box is reported."""
    if isinstance(corners, list) and len(corners) == 1 and isinstance(corners[0], list):
        corners = corners[0]
    if not isinstance(corners, list) or len(corners) not in (4, 5):
        return people.box_or_round(None, keypoints, report, record)
    try:
        left, top, right, bottom = numbers(corners)[:4].tolist()
    except (Unusable, ValueError):
        return people.box_or_round(corners, keypoints, report, record)
    return people.box_or_round([left, top, right - left, bottom - top], keypoints, report, record)
