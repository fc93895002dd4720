"""The interface of all detectors: an image and optional boxes in, people with keypoints out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from core.detect.found import Found
from core.errors import DetectorError
from core.records import BBOX_PADDING, BBOX_UNIT, BBox, Keypoints, Person, Photo

DETECTORS = {
    "mediapipe": "people who stand apart, or one in each box; its weights come with it",
    "rtmpose": "all people of a photo, with feet; its weights are downloaded once",
}
SURE = 0.3  # least confidence of a keypoint that counts as found
FEWEST_SURE = 3


class Detector(Protocol):
    """A callable that finds people's keypoints in a photo (H, W, 3) uint8 RGB.

    With boxes it searches inside each box; without boxes it searches the whole photo. `close` frees its resources.
    """

    def __call__(self, image: np.ndarray, bboxes: Sequence[BBox] | None = None) -> list[Found]: ...

    def close(self) -> None: ...


def load_detector(name: str, device: str = "cpu", weights: tuple[Path, Path] | None = None) -> Detector:
    """Load a detector by its name in DETECTORS. This is slow: it loads the weights.

    device and weights (the .onnx files of the person detector and of the keypoint network) apply to rtmpose only.
    Raises DetectorError where the package is not installed, or where weights are missing: `fetch_steps` gets them.
    """
    if name == "mediapipe":
        from core.detect.mediapipe import MediaPipe

        return MediaPipe()
    if name == "rtmpose":
        from core.detect.rtmpose import RtmPose

        return RtmPose(device, weights)
    raise DetectorError(f"There is no detector '{name}'. Choose one of {', '.join(DETECTORS)}.")


def detect(image: np.ndarray, detector: Detector, within: Photo | None = None) -> tuple[Person, ...]:
    """Detect the people of a photo. image (H, W, 3) uint8 RGB, as `read_image` returns it.

    within: a photo with people. The detector then searches their boxes only, and returns these people with new
    keypoints; people whose box shows nobody are left out. Without it people are numbered from 1, the largest first.
    """
    if within is not None and not within.people:
        return ()
    found = detector(image, None if within is None else [person.bbox for person in within.people])
    seen = [one for one in found if is_somebody(one.keypoints)]
    if within is not None:
        return tuple(
            within.people[one.place].with_(keypoints=one.keypoints, original_keypoints=None) for one in seen
        )
    boxes = [box_of(one) for one in seen]
    order = sorted(range(len(seen)), key=lambda place: -boxes[place].scale)
    return tuple(
        Person(number, boxes[place], seen[place].keypoints) for number, place in enumerate(order, start=1)
    )


def is_somebody(keypoints: Keypoints) -> bool:
    """True if enough keypoints are confident."""
    return int((keypoints.confidence >= SURE).sum()) >= FEWEST_SURE


def box_of(found: Found) -> BBox:
    """The detector's own box, or else the box around the confident keypoints."""
    if found.box is not None and found.box[2:].min() > 0:
        return BBox.from_xywh(found.box)
    sure = found.keypoints.xy[found.keypoints.confidence >= SURE].astype(np.float64)
    low, high = sure.min(axis=0), sure.max(axis=0)
    side = max(float((high - low).max()), 1.0)
    return BBox((low + high) / 2, BBOX_PADDING * side / BBOX_UNIT)
