"""Tells whether keypoints refer to a photo as it is shown, or to the sensor's picture that Exif turns.

Some tools write the size and the keypoints of the unturned picture (CVAT, RectLabel), some only its size, with upright
keypoints (Label Studio). Keypoints that lie outside one of the two pictures decide. Otherwise the people do: they stand
in one and lie in the other, and most people stand.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from core.body.keypoints import layout
from core.geometry.orientation import LYING_DOWN, sensor_to_shown
from core.records import Person, Photo

STANDS = 0.85  # cosine of the largest angle, 32 degrees, between the vertical and a standing person
MOST = 0.9  # share of the people that agree
BEYOND = 0.01  # of the photo's longer side: keypoints may lie as much outside
_UPPER, _LOWER = ("nose", "eye", "ear", "head", "neck", "shoulder"), ("hip", "pelvis", "knee", "ankle")


def by_place(photo: Photo) -> bool | None:
    """True if the keypoints fit only into the picture of the photo's size, False if only into one that lies otherwise;
    None if they fit into both, or into none."""
    xy = np.concatenate(
        [np.zeros((0, 2)), *(p.keypoints.xy[p.keypoints.confidence > 0] for p in photo.people)]
    )
    margin = BEYOND * max(photo.width, photo.height)
    fits, fits_turned = (
        bool(((xy >= -margin) & (xy <= np.array(size) + margin)).all())
        for size in ((photo.width, photo.height), (photo.height, photo.width))
    )
    return None if fits == fits_turned else fits


def by_posture(photos: Iterable[tuple[Photo, int]]) -> tuple[int, int]:
    """Of photos with their orientations: how many people stand in the sensor's picture turned, and as they are."""
    turned = as_is = 0
    for photo, orientation in photos:
        for person in photo.people:
            down = _down(person)
            as_is += down[1] > STANDS
            if orientation in LYING_DOWN:
                down = sensor_to_shown(orientation, photo.width, photo.height)[:, :2] @ down
                turned += down[1] > STANDS
            else:  # which way it was turned is not known
                turned += abs(down[0]) > STANDS
    return int(turned), int(as_is)


def agreed(yes: int, no: int) -> bool | None:
    """What MOST say; None where too many disagree, or nobody says anything."""
    total = yes + no
    return None if not total or MOST * total > max(yes, no) else yes > no


def _down(person: Person) -> np.ndarray:
    """The direction (2,), of length 1, from a person's head and shoulders to hips and legs; zeros where unknown."""
    keypoints = person.keypoints
    definitions = layout(keypoints.layout).definitions
    ends = []
    for words in (_UPPER, _LOWER):
        named = np.array([any(word in definition for word in words) for definition in definitions])
        seen = keypoints.xy[named & (keypoints.confidence > 0)]
        if not len(seen):
            return np.zeros(2)
        ends.append(seen.astype(np.float64).mean(axis=0))
    vector = ends[1] - ends[0]
    return vector / max(float(np.linalg.norm(vector)), 1e-9)
