"""People over each other: the layout of crowded photos, and how much the boxes of people overlap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.geometry.iou import corners_of, iou

Floats = NDArray[np.float32]
# Shift from the person before [m]: its deviation across the view, and its limits along the view.
ACROSS, ALONG = 0.11, (0.3, 0.9)
GROWTH, TRIES = 1 / 40, 40  # the shift grows by this share of itself at each try
SCENES = 1, 4, 8  # scenes drawn for one photo, of which the most crowded is kept


def crowd_shift(attempt: int, rng: np.random.Generator) -> Floats:
    """A random shift (3,) [m] from the person before, in the world; the camera looks along its z axis."""
    grown = 1 + GROWTH * attempt
    along = float(rng.uniform(*ALONG)) * (1 if rng.random() < 0.5 else -1)
    return np.array([rng.normal(0, ACROSS) * grown, 0, along * grown], dtype=np.float32)


def box_overlap(boxes: Floats) -> Floats:
    """Highest IoU (P,) of each box with another. boxes (P, 4) = left, top, width, height [px]; zeros for one box."""
    corners = corners_of(boxes)
    overlap = iou(corners[:, None], corners)
    np.fill_diagonal(overlap, 0)
    return np.asarray(overlap.max(axis=1), dtype=np.float32)
