"""Which of AGORA's two sizes of photos a folder's 2D joints are pixels of: 3840 × 2160, as its server wants, or 1280 ×
720, which networks are mostly run on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.formats.bodies.agora.agora_cameras import camera_of, projected
from core.formats.bodies.agora.agora_prediction import JOINTS, AgoraPrediction

FULL_SIZE, SMALL_SIZE = (3840, 2160), (1280, 720)
_BEYOND = 1.05  # times the photo, that joints of people at its edge go
_FEWEST = 3  # people who all stand in the upper left ninth of large photos only if these are small ones
_CLEAR = 2.0  # times farther from the body's projection


def joints_size(predictions: Sequence[tuple[str, AgoraPrediction]]) -> tuple[int, int]:
    """Width and height [px] of the photos that the joints are of; the photos' names tell their lenses."""
    beyond = np.array(SMALL_SIZE) * _BEYOND
    if not predictions or any((one.joints[:JOINTS] > beyond).any() for _, one in predictions):
        return FULL_SIZE
    votes = [vote for name, one in predictions if (vote := _projected_size(name, one)) is not None]
    if votes:
        return max(set(votes), key=votes.count)
    return SMALL_SIZE if len(predictions) >= _FEWEST else FULL_SIZE


def _projected_size(name: str, one: AgoraPrediction) -> tuple[int, int] | None:
    """The size at which the body's own 3D joints, seen by the scene's lens, lie on its 2D joints; None if neither."""
    if one.joints_3d is None or not (one.joints_3d[:JOINTS, 2] > 0).all():
        return None
    camera, points = camera_of(name), one.joints_3d[:JOINTS, :3].astype(np.float64)
    off = {
        size: float(np.abs(projected(points, camera, *size) - one.joints[:JOINTS]).mean()) / size[0]
        for size in (FULL_SIZE, SMALL_SIZE)
    }
    near, far = sorted(off, key=lambda size: off[size])
    return near if off[far] > _CLEAR * off[near] else None
