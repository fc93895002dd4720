"""Checks one person of a file: its id, keypoints and bbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from core.body.keypoints import layout
from core.files.untrusted import numbers
from core.files.unusable import MAX_COORDINATE, Unusable
from core.formats.shared.report import Report
from core.records import BBOX_PADDING, BBOX_UNIT, BBox, Keypoints, Person

FEWEST_FOR_BOX = 2  # keypoints
OCCLUDED, VISIBLE = 1, 2  # COCO's v; 0 is absent


class Ids:
    """Gives each person of a file a unique id; people without one get numbers from `free` on."""

    def __init__(self, free: int = 1) -> None:
        self._used: set[int] = set()
        self._next = free

    def take(self, wanted: object = None) -> int:
        """`wanted`, or the next free id if it is None. Raises Unusable for a repeated id or no whole number."""
        if wanted is None:
            while self._next in self._used:
                self._next += 1
            wanted = self._next
        if isinstance(wanted, bool) or not isinstance(wanted, (int, np.integer)) or not 0 <= wanted < 2**63:
            raise Unusable("its id is not a whole number")
        if wanted in self._used:
            raise Unusable("its id was used before in this file; each must have its own")
        self._used.add(int(wanted))
        return int(wanted)

    def take_or_next(self, wanted: object) -> int:
        """`wanted`, or the next free id if it is taken: formats that number people per photo repeat numbers."""
        return self.take(None if wanted in self._used else wanted)


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
        report.leave_out(
            f"{record}, {int((~usable).sum())} keypoints", "their position is not finite, or far too large"
        )
        array = np.where(usable[:, None], array, 0.0)
    if occluded is None:
        return Keypoints(layout_name, array[:, :2], array[:, 2])
    return Keypoints(layout_name, array[:, :2], array[:, 2], occluded & (array[:, 2] > 0))


def confidence_and_occluded(third: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Interpret the third numbers (K,) of keypoints: visibilities, or confidences if one of them is a fraction.

    Returns confidence (K,) and occluded (K,) bool. Raises Unusable if they can be neither.
    """
    finite = third[np.isfinite(third)]
    if (finite % 1 == 0).all():
        return (third > 0).astype(np.float64), third == OCCLUDED
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
    seen = keypoints.xy[chosen].astype(np.float64)
    if len(seen) < FEWEST_FOR_BOX or np.ptp(seen, axis=0).max() <= 0:
        raise Unusable("it has neither a usable box nor two keypoints to compute one from")
    low, high = seen.min(axis=0), seen.max(axis=0)
    return BBox((low + high) / 2, BBOX_PADDING * float((high - low).max()) / BBOX_UNIT)


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


def person(id: int, bbox: BBox, keypoints: Keypoints) -> Person:
    """A person without fit or verdict, as files of keypoints have it."""
    return Person(id=id, bbox=bbox, keypoints=keypoints)


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
