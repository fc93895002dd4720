"""MediaPipe Pose (Bazarevsky et al., BlazePose, 2020): 33 keypoints of one person, weights in the package.

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


class MediaPipe:
    """The detector. Raises DetectorError where mediapipe is not installed or has another version."""

    def __init__(self) -> None:
        try:
            from mediapipe.python.solutions.pose import Pose
        except ImportError as error:
            raise DetectorError(f"mediapipe cannot be used ({error}). {words_of('mediapipe')}") from error
        self._pose = Pose(static_image_mode=True, model_complexity=COMPLEXITY)

    def __call__(self, image: np.ndarray, bboxes: Sequence[BBox] | None = None) -> list[Found]:
        """At most one person in the photo, or in each box. image (H, W, 3) uint8 RGB."""
        if bboxes is None:
            keypoints = self._keypoints(image, None, image)
            return [] if keypoints is None else [Found(keypoints)]
        every = ((place, self._in_box(image, bbox)) for place, bbox in enumerate(bboxes))
        return [Found(keypoints, place=place) for place, keypoints in every if keypoints is not None]

    def close(self) -> None:
        self._pose.close()

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
