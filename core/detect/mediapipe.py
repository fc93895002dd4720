"""MediaPipe Pose (Bazarevsky et al., BlazePose, 2020): 33 keypoints of one person, weights in the package.

Other people are found by looking at parts of the photo: those who stand apart, not a crowd.

Only version 0.10 with `solutions` works: 1.x comes without weights. The package holds the weights of model complexity
1 only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.detect.found import Found
from core.detect.installs import words_of
from core.errors import DetectorError
from core.geometry.image import apply_affine, crop_affine, invert_affine, warp
from core.records import BBox, Keypoints

LAYOUT = "mediapipe33"
COMPLEXITY = 1
SMALLEST_CROP, LARGEST_CROP = 256, 768  # side of a box's crop [px]; the network's own input is 256
# Factors by which a box is widened, tried in turn until a person is found: MediaPipe's own detector needs a margin.
LOOKS = (1.0, 1.25, 1.6)
# Parts of a photo: start and length, as shares of its longer side.
PARTS = ((0.0, 0.6), (0.4, 0.6), (0.0, 0.42), (0.29, 0.42), (0.58, 0.42))
SURE, FEWEST = 0.5, 10  # keypoints of this confidence, so many of which make another person
APART = 0.2  # least median distance of two people's keypoints, as a share of their size
INSIDE, SMALL = (
    0.8,
    0.4,
)  # a find that lies so far inside another's box, and is so small, is a part of that person


class MediaPipe:
    """The detector. Raises DetectorError where mediapipe is not installed or has another version."""

    def __init__(self) -> None:
        try:
            from mediapipe.python.solutions.pose import Pose
        except ImportError as error:
            raise DetectorError(f"mediapipe cannot be used ({error}). {words_of('mediapipe')}") from error
        self._pose = Pose(static_image_mode=True, model_complexity=COMPLEXITY)

    def __call__(self, image: np.ndarray, bboxes: Sequence[BBox] | None = None) -> list[Found]:
        """People of the photo, or at most one in each box. image (H, W, 3) uint8 RGB."""
        if bboxes is None:
            return [Found(keypoints) for keypoints in self._in_parts(image)]
        every = ((place, self._in_box(image, bbox)) for place, bbox in enumerate(bboxes))
        return [Found(keypoints, place=place) for place, keypoints in every if keypoints is not None]

    def close(self) -> None:
        self._pose.close()

    def _in_parts(self, image: np.ndarray) -> list[Keypoints]:
        """The person of the whole photo, and then others in parts of it along its longer side."""
        whole = self._keypoints(image, None, image)
        found = [] if whole is None else [whole]
        long = max(image.shape[:2])
        for start, share in PARTS:
            low, high = round(start * long), round((start + share) * long)
            across = image.shape[1] >= image.shape[0]
            part = image[:, low:high] if across else image[low:high]
            to_photo = np.array([[1.0, 0, low if across else 0], [0, 1, 0 if across else low]])
            keypoints = self._keypoints(part, to_photo, image)
            if keypoints is not None and is_another(keypoints, found):
                found.append(keypoints)
        return found

    def _in_box(self, image: np.ndarray, bbox: BBox) -> Keypoints | None:
        """Keypoints of the person in a box, from the first widened box that shows a person."""
        for wider in LOOKS:
            seen = BBox(bbox.center, wider * bbox.scale)
            size = int(np.clip(round(seen.side), SMALLEST_CROP, LARGEST_CROP))
            affine = crop_affine(seen, size)
            keypoints = self._keypoints(warp(image, affine, size), invert_affine(affine), image)
            if keypoints is not None:
                return keypoints
        return None

    def _keypoints(
        self, seen: np.ndarray, to_photo: np.ndarray | None, photo: np.ndarray
    ) -> Keypoints | None:
        """Keypoints in `seen`, a crop of the photo; those outside the photo get confidence 0.

        to_photo (2, 3): from pixels of the crop to pixels of the photo; None where `seen` is the photo.
        """
        landmarks: Any = self._pose.process(np.ascontiguousarray(seen)).pose_landmarks
        if landmarks is None:
            return None
        rows = np.array([(point.x, point.y, point.visibility) for point in landmarks.landmark])
        xy = rows[:, :2] * (seen.shape[1], seen.shape[0])
        if to_photo is not None:
            xy = apply_affine(to_photo, xy)
        inside = ((xy >= 0) & (xy < (photo.shape[1], photo.shape[0]))).all(axis=1)
        return Keypoints(LAYOUT, xy, np.where(inside, rows[:, 2], 0.0))


def is_another(keypoints: Keypoints, found: Sequence[Keypoints]) -> bool:
    """Whether these are enough sure keypoints, of a person that is not among those found."""
    sure = keypoints.confidence >= SURE
    return int(sure.sum()) >= FEWEST and not any(_same(keypoints, other) for other in found)


def _same(one: Keypoints, other: Keypoints) -> bool:
    """Whether two finds are of one person, or the first is of a part of the second."""
    both = (one.confidence >= SURE) & (other.confidence >= SURE)
    low, high = _corners(one)
    other_low, other_high = _corners(other)
    size = max(float((high - low).max()), float((other_high - other_low).max()), 1.0)
    if both.any() and float(np.median(np.linalg.norm(one.xy - other.xy, axis=1)[both])) < APART * size:
        return True
    area, other_area = float(np.prod(high - low)), float(np.prod(other_high - other_low))
    shared = np.maximum(np.minimum(high, other_high) - np.maximum(low, other_low), 0)
    return float(np.prod(shared)) > INSIDE * area and area < SMALL * other_area


def _corners(keypoints: Keypoints) -> tuple[np.ndarray, np.ndarray]:
    """The least and the greatest x and y of the sure keypoints; of all, if none is sure."""
    sure = keypoints.confidence >= SURE
    xy = keypoints.xy[sure] if sure.any() else keypoints.xy
    return xy.min(axis=0), xy.max(axis=0)
