"""How much boxes cover each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEAST_UNION = 1e-9  # [px²] in place of the union of boxes without area


def corners_of(boxes: NDArray[np.floating]) -> NDArray[np.floating]:
    """Boxes (..., 4) = left, top, width, height as (..., 4) = left, top, right, bottom."""
    return np.concatenate([boxes[..., :2], boxes[..., :2] + boxes[..., 2:]], axis=-1)


def iou(one: NDArray[np.floating], other: NDArray[np.floating]) -> NDArray[np.float64]:
    """Intersection over union (...) of boxes (..., 4) and (..., 4) = left, top, right, bottom [px]."""
    low, high = np.maximum(one[..., :2], other[..., :2]), np.minimum(one[..., 2:], other[..., 2:])
    common = (high - low).clip(0).prod(axis=-1)
    areas = sum((box[..., 2:] - box[..., :2]).prod(axis=-1) for box in (one, other))
    return np.asarray(common / np.maximum(areas - common, LEAST_UNION), np.float64)
