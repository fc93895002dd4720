"""The record of a person that a detector found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.records import Keypoints


@dataclass(frozen=True, eq=False)
class Found:
    """One person that a detector found.

    box: the detector's tight box, (4,) = left, top, width, height [px], or None. place: the index of the box in which
    the person was found, among the boxes given to the detector.
    """

    keypoints: Keypoints
    box: np.ndarray | None = None
    place: int = 0
