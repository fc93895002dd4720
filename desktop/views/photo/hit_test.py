"""Hit tests on the photo: pure functions that find the keypoint, person or box under a canvas point."""

from typing import NamedTuple

import numpy as np

from core.body.keypoints import layout
from core.body.trunk import trunk_center
from core.records import BBox, Person, Photo
from desktop.model.workbench import Workbench
from desktop.state.posed_body import PosedBody
from desktop.state.view import NO_KEYPOINT
from desktop.views.photo.zoom import Placing

NEAR_PX = 11.0
RING_PX = 12.0
BONE_PX = 7.0
EDGE_PX = 5.0
AROUND_PX = 16.0


class BoxGrip(NamedTuple):
    """The part of a box under the cursor. opposite (2,) [px of the photo]: of the corner; None for an edge."""

    opposite: np.ndarray | None


def keypoint_at(person: Person, posed: PosedBody | None, placing: Placing, at: np.ndarray) -> int:
    """Index of this person's keypoint nearest to the canvas point (2,) [px], or NO_KEYPOINT.

    If no visible keypoint is near, an absent one is found at the body's keypoint.
    """
    keypoints = person.keypoints
    away = np.linalg.norm(placing.to_canvas(keypoints.xy) - at, axis=1)
    absent = keypoints.confidence <= 0
    away[absent] = np.inf
    if not (away <= NEAR_PX).any() and posed is not None:
        away = np.linalg.norm(placing.to_canvas(posed.keypoints_px) - at, axis=1)
        away[~absent] = np.inf
    return int(away.argmin()) if len(away) and away.min() <= NEAR_PX else NO_KEYPOINT


def shows_ring(workbench: Workbench, person: Person) -> bool:
    """Whether the ring around a person's trunk is drawn: the trunk is an input of the network in use, or was marked."""
    return person.trunk is not None or workbench.fits.network.sees_trunks


def ring_at(workbench: Workbench, person: Person, placing: Placing, at: np.ndarray) -> bool:
    """Whether a canvas point (2,) [px] is on the ring around a person's trunk."""
    near = np.linalg.norm(placing.to_canvas(trunk_center(person)) - at) <= RING_PX
    return bool(near) and shows_ring(workbench, person)


def bone_at(person: Person, placing: Placing, at: np.ndarray) -> tuple[int, int] | None:
    """The bone of this person at a canvas point (2,) [px] as keypoint indices, the parent first; None for none."""
    seen, places = person.keypoints.confidence > 0, placing.to_canvas(person.keypoints.xy)
    bones = [bone for bone in layout(person.keypoints.layout).bones if seen[list(bone)].all()]
    if not bones:
        return None
    start, end = places[[bone[0] for bone in bones]], places[[bone[1] for bone in bones]]
    along = end - start
    share = ((at - start) * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1e-9)
    away = np.linalg.norm(start + np.clip(share, 0, 1)[:, None] * along - at, axis=1)
    return bones[int(away.argmin())] if away.min() <= BONE_PX else None


def person_at(
    photo: Photo, placing: Placing, at: np.ndarray, besides: int | None, boxes: bool = True
) -> int | None:
    """Id of another person with a keypoint near the canvas point (2,) [px], else with the smallest box around it.

    None if there is none. besides: id of the person to ignore. boxes: False to ignore boxes.
    """
    others = [person for person in photo.people if person.id != besides]
    for person in others:
        if keypoint_at(person, None, placing, at) != NO_KEYPOINT:
            return person.id
    point = placing.to_photo(at)
    around = [(person.bbox.scale, person.id) for person in others if is_inside(person.bbox, point)]
    return min(around)[1] if around and boxes else None


def is_inside(box: BBox, point: np.ndarray) -> bool:
    """Whether a point (2,) [px of the photo] is in a box."""
    low, high = box.corners
    return bool((low <= point).all() and (point <= high).all())


def is_near(person: Person, placing: Placing, at: np.ndarray) -> bool:
    """Whether a canvas point (2,) [px] is at the person's box or keypoints, or close to them."""
    seen = person.keypoints.xy[person.keypoints.confidence > 0]
    corners = placing.to_canvas(np.concatenate([person.bbox.corners, seen]))
    low, high = corners.min(axis=0) - AROUND_PX, corners.max(axis=0) + AROUND_PX
    return bool((low <= at).all() and (at <= high).all())


def box_grip(person: Person, placing: Placing, at: np.ndarray) -> BoxGrip | None:
    """The corner or edge of the person's box at the canvas point (2,) [px], or None."""
    corners = placing.to_canvas(person.bbox.corners)
    low, high = corners
    near = np.abs(corners - at) <= EDGE_PX + 2  # (low or high, x or y)
    if near[:, 0].any() and near[:, 1].any():
        x, y = near[:, 0].argmax(), near[:, 1].argmax()
        return BoxGrip(placing.to_photo(np.array([corners[1 - x, 0], corners[1 - y, 1]])))
    inside = (at >= low - EDGE_PX).all() and (at <= high + EDGE_PX).all()
    on_edge = (np.abs(corners - at) <= EDGE_PX).any()
    return BoxGrip(None) if inside and on_edge else None
