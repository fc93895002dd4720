"""A photo's people moved to other pixels of it: after the photo was resized, or turned as Exif says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.body.keypoints import layout
from core.files.unusable import Unusable
from core.formats.keypoints.coco_origin import in_moved_photo
from core.formats.shared.report import Report
from core.geometry.image import apply_affine
from core.records import BBox, Fit, Guess, Keypoints, Person, Photo


def moved(photo: Photo, affine: np.ndarray, size: tuple[int, int], report: Report) -> Photo:
    """The photo of another size with its people and camera. affine (2, 3): from its pixels to those of size (2,) [px].

    In a mirror, a keypoint of the left is one of the right. A person with a body that the affine turns is left out.
    """
    scale = float(np.sqrt(abs(np.linalg.det(affine[:, :2]))))
    people = []
    for person in photo.people:
        with report.record(f"{photo.path}, person {person.id}"):
            people.append(_person(person, affine, scale))
    center = photo.camera_center
    done = photo.with_(
        width=size[0],
        height=size[1],
        people=tuple(people),
        focal_length=None if photo.focal_length is None else photo.focal_length * scale,
        camera_center=None if center is None else tuple(apply_affine(affine, np.array(center)).tolist()),
    )
    return in_moved_photo(done, affine)


def _person(person: Person, affine: np.ndarray, scale: float) -> Person:
    bodies = (person.fit, person.guess, *person.alternatives)
    if any(body is not None for body in bodies) and not _only_scales(affine):
        raise Unusable("its body was placed in a photo that lay otherwise; fit it again")
    original = person.original_keypoints
    return person.with_(
        bbox=_bbox(person.bbox, affine, scale),
        keypoints=_keypoints(person.keypoints, affine),
        original_keypoints=None if original is None else _keypoints(original, affine),
        fit=None if person.fit is None else _fit(person.fit, affine, scale),
        guess=None if person.guess is None else _guess(person.guess, affine, scale),
        alternatives=tuple(_fit(fit, affine, scale) for fit in person.alternatives),
    )


def _bbox(box: BBox, affine: np.ndarray, scale: float) -> BBox:
    """A tight box stays one: photos are turned by right angles only."""
    size = None if box.size is None else np.abs(affine[:, :2]) @ box.size
    return BBox(apply_affine(affine, box.center), box.scale * scale, size)


def _keypoints(keypoints: Keypoints, affine: np.ndarray) -> Keypoints:
    """Absent keypoints, whose place says nothing, stay where they are."""
    seen = keypoints.confidence > 0
    xy = np.where(seen[:, None], apply_affine(affine, keypoints.xy.astype(np.float64)), keypoints.xy)
    is_mirror = np.linalg.det(affine[:, :2]) < 0
    rows = np.array(layout(keypoints.layout).flip) if is_mirror else np.arange(keypoints.k)
    return Keypoints(keypoints.layout, xy[rows], keypoints.confidence[rows], keypoints.occluded[rows])


def _fit(fit: Fit, affine: np.ndarray, scale: float) -> Fit:
    center = apply_affine(affine, fit.camera_center)
    return replace(fit, focal_length=fit.focal_length * scale, camera_center=center)


def _guess(guess: Guess, affine: np.ndarray, scale: float) -> Guess:
    return replace(
        guess,
        focal_length=guess.focal_length * scale,
        camera_center=apply_affine(affine, guess.camera_center),
        alternatives=tuple(_guess(other, affine, scale) for other in guess.alternatives),
    )


def _only_scales(affine: np.ndarray) -> bool:
    return bool(affine[0, 1] == 0 and affine[1, 0] == 0 and affine[0, 0] > 0 and affine[1, 1] > 0)
