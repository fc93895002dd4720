"""Where a trunk is: its corners that are seen, else all points that are, else a place in the box."""

import numpy as np
import pytest

from core.body.keypoints import LAYOUTS, layout
from core.body.trunk import trunk_center
from core.records import BBox, Keypoints, Person

LAYOUT = "coco17"
BOX = BBox.from_xywh((100, 200, 60, 180))


def someone(
    points: dict[str, tuple[float, float]], confidence: float = 1.0, hidden: tuple[str, ...] = ()
) -> Person:
    known, k = layout(LAYOUT), layout(LAYOUT).k
    xy, sure, occluded = np.zeros((k, 2)), np.zeros(k), np.zeros(k, bool)
    for name, place in points.items():
        xy[known.index(name)], sure[known.index(name)] = place, confidence
        occluded[known.index(name)] = name in hidden
    return Person(1, BOX, Keypoints(LAYOUT, xy, sure, occluded))


TRUNK = {
    "left_shoulder": (120, 240),
    "right_shoulder": (100, 240),
    "left_hip": (118, 300),
    "right_hip": (102, 300),
}


def test_the_middle_of_shoulders_and_hips_is_the_trunks():
    np.testing.assert_allclose(trunk_center(someone({**TRUNK, "nose": (0, 0)})), (110, 270))


def test_hidden_corners_are_left_out():
    found = trunk_center(someone(TRUNK, hidden=("left_hip", "right_hip")))
    np.testing.assert_allclose(found, (110, 240))


def test_without_a_corner_all_points_that_are_seen_count():
    found = trunk_center(
        someone({"nose": (110, 210), "left_wrist": (130, 290), **TRUNK}, hidden=tuple(TRUNK))
    )
    np.testing.assert_allclose(found, (120, 250))


@pytest.mark.parametrize("confidence", [0.0, 0.2])
def test_without_a_point_that_is_seen_the_box_says_where(confidence):
    np.testing.assert_allclose(trunk_center(someone(TRUNK, confidence)), (130, 200 + 0.35 * 180), rtol=1e-6)


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_has_the_corners_it_names(name):
    known = layout(name)
    at = np.array(
        [
            one.startswith(("left_shoulder", "right_shoulder", "left_hip", "right_hip"))
            for one in known.definitions
        ]
    )
    xy = np.where(at[:, None], (7.0, 9.0), (500.0, 500.0))
    found = trunk_center(Person(1, BOX, Keypoints(name, xy, np.ones(known.k))))
    np.testing.assert_allclose(found, (7, 9))
