"""A person that a detector found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.records import Keypoints


@dataclass(frozen=True, eq=False)
class Found:
    """One person that a detector found. box: its own box round it, tight, (4,) = left, top, width, height [px];
    None where it has none. place: which of the boxes that it was given."""

    keypoints: Keypoints
    box: np.ndarray | None = None
    place: int = 0
