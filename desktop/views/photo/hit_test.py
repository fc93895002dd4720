"""What lies under the cursor: pure functions on canvas points."""

from typing import NamedTuple

import numpy as np

from core.records import Person, Photo
from desktop.state.posed_body import PosedBody
from desktop.state.view import NO_KEYPOINT
from desktop.views.photo.zoom import Placing

NEAR_PX = 11.0
EDGE_PX = 5.0


class BoxGrip(NamedTuple):
    """The box is held at a corner (opposite: the other one, in the photo), or at an edge (opposite None)."""

    opposite: np.ndarray | None


def keypoint_at(person: Person, posed: PosedBody | None, placing: Placing, at: np.ndarray) -> int:
    """The keypoint of this person nearest to the canvas point (2,), or NO_KEYPOINT.

    One that is absent can be taken where the body has it, if no other is nearer.
    """
    keypoints = person.keypoints
    away = np.linalg.norm(placing.to_canvas(keypoints.xy) - at, axis=1)
    absent = keypoints.confidence <= 0
    away[absent] = np.inf
    if not (away <= NEAR_PX).any() and posed is not None:
        away = np.linalg.norm(placing.to_canvas(posed.keypoints_px) - at, axis=1)
        away[~absent] = np.inf
    return int(away.argmin()) if len(away) and away.min() <= NEAR_PX else NO_KEYPOINT


def person_at(
    photo: Photo, placing: Placing, at: np.ndarray, besides: int | None, boxes: bool = True
) -> int | None:
    """Who else has a keypoint near the canvas point (2,), else whose box is the smallest around it; None for nobody."""
    others = [person for person in photo.people if person.id != besides]
    for person in others:
        if keypoint_at(person, None, placing, at) != NO_KEYPOINT:
            return person.id
    point = placing.to_photo(at)
    around = [
        (person.bbox.scale, person.id)
        for person in others
        if np.abs(point - person.bbox.center).max() <= person.bbox.side / 2
    ]
    return min(around)[1] if around and boxes else None


def box_grip(person: Person, placing: Placing, at: np.ndarray) -> BoxGrip | None:
    """Where the canvas point (2,) holds the person's box, if it does."""
    corners = placing.corners(person.bbox.center, person.bbox.side)
    low, high = corners
    near = np.abs(corners - at) <= EDGE_PX + 2  # (low or high, x or y)
    if near[:, 0].any() and near[:, 1].any():
        x, y = near[:, 0].argmax(), near[:, 1].argmax()
        return BoxGrip(placing.to_photo(np.array([corners[1 - x, 0], corners[1 - y, 1]])))
    inside = (at >= low - EDGE_PX).all() and (at <= high + EDGE_PX).all()
    on_edge = (np.abs(corners - at) <= EDGE_PX).any()
    return BoxGrip(None) if inside and on_edge else None
