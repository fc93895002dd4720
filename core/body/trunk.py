"""The centre of a person's trunk in the photo: by it a network of crowds distinguishes people.

ROMP's body centre (Sun et al., ICCV 2021) with the four points of the trunk, and what stands in for them where they
are not seen. Hidden points are left out: a guessed hip behind another person lies on that other person.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from core.body.keypoints import layout
from core.records import Keypoints, Person

DETECTED = 0.3  # least confidence of a detector's point that counts as seen
DOWN = 0.35  # of a tight box's height: there the trunk is, where no keypoint says
CORNERS = tuple(f"{side}_{part}" for side in ("left", "right") for part in ("shoulder", "hip"))


def trunk_center(person: Person) -> NDArray[np.float32]:
    """(2,) [px of the photo]: where a curator marked it, else the mean of the shoulders and hips that are seen, else of
    all keypoints that are, else a point of the tight box."""
    if person.trunk is not None:
        return np.array(person.trunk, np.float32)
    return center_of(person.keypoints, person.bbox.xywh)


def center_of(keypoints: Keypoints, xywh: NDArray[np.float32]) -> NDArray[np.float32]:
    """As `trunk_center`. xywh (4,): left, top, width, height [px] of the tight box."""
    seen = seen_points(keypoints)
    parts = [
        keypoints.xy[chosen].mean(axis=0)
        for corner in _corners(keypoints.layout)
        if (chosen := corner & seen).any()
    ]
    if parts:
        return np.mean(parts, axis=0, dtype=np.float32)
    if seen.any():
        return np.asarray(keypoints.xy[seen].mean(axis=0), np.float32)
    x, y, width, height = xywh
    return np.array([x + width / 2, y + DOWN * height], np.float32)


def seen_points(keypoints: Keypoints) -> NDArray[np.bool_]:
    """(K,) keypoints that are seen: not hidden, and of a detector's, whose confidences are no plain 0 and 1, those that
    it is sure enough of."""
    confidence = keypoints.confidence
    detected = ((confidence > 0) & (confidence < 1)).any()
    sure = confidence >= DETECTED if detected else confidence > 0
    return np.asarray(sure & ~keypoints.occluded)


@cache
def _corners(name: str) -> tuple[NDArray[np.bool_], ...]:
    """For each corner of the trunk the keypoints (K,) of a layout that mean it: some layouts have it twice."""
    definitions = layout(name).definitions
    return tuple(np.array([one.startswith(corner) for one in definitions]) for corner in CORNERS)
