"""Checks one person of a file: its id, keypoints and bbox."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from core.body.keypoints import layout
from core.files.untrusted import numbers
from core.files.unusable import MAX_COORDINATE, Unusable
from core.formats.shared.report import Report
from core.records import BBOX_PADDING, BBOX_UNIT, BBox, Keypoints, Person

FEWEST_FOR_BOX = 2  # keypoints
OCCLUDED, VISIBLE = 1, 2  # COCO's v; 0 is absent
_TOO_FAR = "their position is not finite, or far too large"
_LONGEST_ID = 20  # digits
_INSIDE = 0.7  # share of keypoints within one pixel of the photo's corner that makes them fractions


class Ids:
    """Gives each person of a file a unique id; people without one get numbers from `free` on.

    renewed: how many have another id than their file's.
    """

    def __init__(self, free: int = 1) -> None:
        self.renewed = 0
        self._used: set[int] = set()
        self._next = free

    def take(self, wanted: object = None) -> int:
        """`wanted`, also as text, or the next free id if it is None, taken or no whole number."""
        whole = whole_number(wanted)
        if whole is None or whole in self._used:
            self.renewed += wanted is not None
            while self._next in self._used:
                self._next += 1
            whole = self._next
        self._used.add(whole)
        return whole


def whole_number(id: object) -> int | None:
    """An id of a file as a number: 7, 7.0 and '7' are the same. None if it is none."""
    if isinstance(id, str) and id.strip().isascii() and id.strip().isdigit() and len(id) < _LONGEST_ID:
        id = int(id)
    if isinstance(id, float) and id.is_integer():
        id = int(id)
    is_whole = isinstance(id, (int, np.integer)) and not isinstance(id, bool)
    return int(id) if is_whole and 0 <= id < 2**63 else None  # type: ignore[operator, call-overload]


def make_keypoints(
    layout_name: str, array: np.ndarray, report: Report, record: str, occluded: np.ndarray | None = None
) -> Keypoints:
    """Keypoints of a layout from array (K, 3) = x, y [px], confidence. Raises Unusable if the layout has another K.

    A keypoint whose values are not finite, or far too large, is stored as absent and reported.
    """
    wanted = layout(layout_name).k
    if array.shape != (wanted, 3):
        raise Unusable(f"{len(array)} keypoints, but layout '{layout_name}' has {wanted}")
    near = np.abs(array) <= MAX_COORDINATE  # NaN compares false
    if not near.all():
        usable = near.all(axis=1)
        report.leave_out(f"{record}, {int((~usable).sum())} keypoints", _TOO_FAR)
        array = np.where(usable[:, None], array, 0.0)
    if occluded is None:
        return Keypoints(layout_name, array[:, :2], array[:, 2])
    return Keypoints(layout_name, array[:, :2], array[:, 2], occluded & (array[:, 2] > 0))


def keypoints_of_all(
    layout_name: str, array: np.ndarray, report: Report, records: Sequence[str], occluded: np.ndarray
) -> list[Keypoints]:
    """As `make_keypoints`, of N people at once: array (N, K, 3), occluded (N, K) bool."""
    near = (np.abs(array) <= MAX_COORDINATE).all(axis=2)  # NaN compares false
    for row in np.flatnonzero(~near.all(axis=1)).tolist():
        count = int((~near[row]).sum())
        report.leave_out(f"{records[row]}, {count} keypoints", _TOO_FAR)
    known = np.where(near[..., None], array, 0.0)
    return Keypoints.many(layout_name, known, occluded & (known[..., 2] > 0))


def refuse_fractions(array: np.ndarray, remedy: str) -> None:
    """Raises Unusable for keypoints (K, 3) = x, y, confidence that are fractions of the photo: a few may lie outside
    it, but no person is one pixel large. remedy: where pixels come from."""
    seen = array[array[:, 2] > 0, :2]
    if len(seen) >= FEWEST_FOR_BOX and (np.abs(seen).max(axis=1) <= 1).mean() >= _INSIDE:
        raise Unusable(f"its keypoints are fractions, not pixels; {remedy}")


def confidence_and_occluded(third: np.ndarray, binary: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Interpret the third numbers (K,) of keypoints: visibilities, or confidences if one of them is a fraction.

    binary: the file's visibilities are 0 and 1 only, so that 1 means labelled, not occluded. Returns confidence (K,)
    and occluded (K,) bool. Raises Unusable if they can be neither.
    """
    finite = third[np.isfinite(third)]
    if (finite % 1 == 0).all():
        return (third > 0).astype(np.float64), (third == OCCLUDED) & (not binary)
    if finite.min() < 0 or finite.max() > VISIBLE:  # a heatmap's peak can slightly exceed 1
        raise Unusable("the third numbers of its keypoints are neither visibilities nor confidences in 0..1")
    return third.clip(0, 1), np.zeros(len(third), dtype=bool)


def box_from_xywh(xywh: np.ndarray) -> BBox:
    """The bbox of xywh (4,) = left, top, width, height [px]. Raises Unusable for a negative, empty or huge box."""
    x, y, width, height = xywh.tolist()
    far = not all(abs(value) <= MAX_COORDINATE for value in (x, y, width, height))
    if far or width <= 0 or height <= 0:
        raise Unusable("its box is negative, empty or not finite")
    return BBox.from_xywh((x, y, width, height))


def box_from_center(center: np.ndarray, scale: float) -> BBox:
    """The bbox of center (2,) [px] and scale, in units of 200 px as in SPIN. Raises Unusable for a negative, empty or
    huge box."""
    if not (np.abs(center) <= MAX_COORDINATE).all() or not 0 < scale * BBOX_UNIT <= MAX_COORDINATE:
        raise Unusable("its box is negative, empty or not finite")
    return BBox(center, scale)


def box_round(keypoints: Keypoints, sure: float = 0.0) -> BBox:
    """The padded bbox around the visible keypoints, those of a confidence above `sure` if two of them are there. Raises
    Unusable if fewer than two are visible."""
    chosen = keypoints.confidence > sure
    if chosen.sum() < FEWEST_FOR_BOX:
        chosen = keypoints.confidence > 0
    xs, ys = keypoints.xy[chosen].T.tolist()
    side = max(max(xs) - min(xs), max(ys) - min(ys)) if len(xs) >= FEWEST_FOR_BOX else 0.0
    if side <= 0:
        raise Unusable("it has neither a usable box nor two keypoints to compute one from")
    center = np.array([(min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2])
    return BBox(center, BBOX_PADDING * side / BBOX_UNIT)


def box_or_round(xywh: Any, keypoints: Keypoints, report: Report, record: str) -> BBox:
    """The file's box, or else the box around the keypoints. An unusable box of the file is reported.

    xywh: as in `box_from_xywh`; None or an empty list for no box. Raises Unusable if neither is possible.
    """
    if xywh is None or (isinstance(xywh, list) and not xywh):
        return box_round(keypoints)
    try:
        return box_from_xywh(numbers(xywh, 4))
    except Unusable as problem:
        box = box_round(keypoints)
        report.leave_out(f"{record}, box", f"{problem}; computed from the keypoints instead")
        return box


def person(id: int, bbox: BBox, keypoints: Keypoints, track: int | None = None) -> Person:
    """A person without fit or verdict, as files of keypoints have it."""
    return Person(id=id, bbox=bbox, keypoints=keypoints, track=track)


def text_column(values: np.ndarray) -> Iterator[str | None]:
    """The texts of an array (N,) of text or bytes; None for invalid text."""
    for value in values.reshape(-1).tolist() if values.dtype.kind == "S" else _each(values.reshape(-1)):
        try:
            yield value.decode("utf-8") if isinstance(value, bytes) else value
        except UnicodeDecodeError:
            yield None


def _each(values: np.ndarray) -> Iterator[str | None]:
    """The texts one by one: numpy refuses the whole array if one letter is beyond Unicode."""
    for index in range(len(values)):
        try:
            yield str(values[index])
        except (ValueError, UnicodeError):
            yield None
