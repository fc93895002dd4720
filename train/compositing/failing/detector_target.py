"""A detector as target: a report of where it fails. Nobody learns from it.

The loss of a person is 1 - OKS of the keypoints found in their box, and 1 where nobody is found there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.body.keypoints import OPENPOSE, convert
from core.detect import load_detector
from core.geometry.camera import keypoints_to_crop
from core.records import BBox
from train.compositing.cutting.staged_people import LAYOUT
from train.compositing.failing.failing_targets import AskedPerson, Target, bbox_of_person
from train.evaluation.keypoint_recall import similarity

PREFIX = "detector:"
ANNOTATED = 1e-6  # confidence from which a detector's keypoint counts


def detector_target(name: str) -> Target:
    """The losses of a detector of DETECTORS. Raises DetectorError where it is not installed."""
    detector = load_detector(name)

    def losses(people: Sequence[AskedPerson]) -> NDArray[np.float32]:
        found = []
        for one in people:
            box = bbox_of_person(one)
            seen = detector(one.image, [box])
            truth = _in_box(one.people.keypoints[one.person], box)
            if not seen:
                found.append(1.0)
                continue
            own = convert(seen[0].keypoints, seen[0].keypoints.layout, LAYOUT).array
            oks = similarity(_in_box(_missed(own), box)[None, :, :2], _annotated(truth)[None])
            found.append(1.0 - float(oks[0]) if len(oks) else float("nan"))
        return np.array(found, np.float32)

    return losses


def _in_box(keypoints: NDArray[np.floating], box: BBox) -> NDArray[np.float32]:
    """Keypoints (49, 3) from -1 to 1 in a box."""
    xy = (
        keypoints_to_crop(keypoints[None, :, :2], box.center[None], np.array([box.side])[:, None, None], 2.0)[
            0
        ]
        - 1
    )
    return np.concatenate([xy, keypoints[:, 2:]], axis=1).astype(np.float32)


def _missed(keypoints: NDArray[np.floating]) -> NDArray[np.float32]:
    """Keypoints (49, 3) whose absent ones are far away; each half serves where the other has a point."""
    halves = np.asarray(keypoints, np.float32).copy()
    halves[halves[:, 2] <= ANNOTATED, :2] = 1e6
    return halves


def _annotated(truth: NDArray[np.float32]) -> NDArray[np.float32]:
    """The truth without the half that no detector is compared with."""
    kept = truth.copy()
    kept[:OPENPOSE, 2] = 0
    return kept
