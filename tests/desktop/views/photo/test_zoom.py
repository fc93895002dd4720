"""Where things are on canvas and viewport: there and back, and what lies under the cursor."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QSize

from core.records import BBox, Keypoints, Person, Photo
from desktop.state.view import NO_KEYPOINT
from desktop.views.gl.cameras import SIDES, Orbit
from desktop.views.photo.hit_test import box_grip, keypoint_at, person_at
from desktop.views.photo.zoom import Placing

somewhere = st.floats(-2000, 2000)


@given(st.floats(0.05, 20), somewhere, somewhere, somewhere, somewhere)
def test_canvas_and_photo_are_each_others_inverse(scale, x, y, px, py):
    placing = Placing(scale, x, y)
    there = placing.to_canvas(np.array([px, py]))
    assert placing.to_photo(there) == pytest.approx([px, py], abs=1e-6)


@given(st.floats(0.2, 5), somewhere, somewhere)
def test_what_is_under_the_cursor_stays_there_when_zooming(factor, x, y):
    placing, at = Placing(1.0, 10.0, -20.0), np.array([x, y])
    assert placing.zoomed(factor, at).to_photo(at) == pytest.approx(placing.to_photo(at), abs=1e-6)


def test_a_shown_region_is_whole_and_in_the_middle():
    placing = Placing.showing(np.array([0.0, 0.0]), np.array([200.0, 100.0]), 640, 480)
    corners = placing.to_canvas(np.array([[0, 0], [200, 100]]))
    assert (corners >= 0).all()
    assert (corners <= [640, 480]).all()
    assert corners.mean(axis=0) == pytest.approx([320, 240])


def person_at_place(person_id, x):
    keypoints = Keypoints("coco17", np.tile([[x, 50.0]], (17, 1)) + np.arange(17)[:, None] * 20, np.ones(17))
    return Person(person_id, BBox(np.array([x, 50.0]), 0.5), keypoints)


def test_the_nearest_keypoint_is_taken_and_none_far_away():
    person = person_at_place(1, 100.0)
    assert keypoint_at(person, None, Placing(), np.array([143.0, 92.0])) == 2
    assert keypoint_at(person, None, Placing(), np.array([143.0, 20.0])) == NO_KEYPOINT


def test_another_person_is_taken_by_keypoint_or_by_box():
    photo = Photo("a.jpg", 800, 600, (person_at_place(1, 100.0), person_at_place(2, 500.0)))
    assert person_at(photo, Placing(), np.array([501.0, 52.0]), besides=1) == 2
    assert person_at(photo, Placing(), np.array([460.0, 20.0]), besides=1) == 2
    assert person_at(photo, Placing(), np.array([460.0, 20.0]), besides=1, boxes=False) is None
    assert person_at(photo, Placing(), np.array([790.0, 590.0]), besides=1) is None


def test_a_box_is_held_at_its_corners_and_edges_and_not_inside():
    person = person_at_place(1, 100.0)  # from 50, 0 to 150, 100
    assert box_grip(person, Placing(), np.array([150.0, 100.0])).opposite.tolist() == [50, 0]
    assert box_grip(person, Placing(), np.array([50.0, 100.0])).opposite.tolist() == [150, 0]
    assert box_grip(person, Placing(), np.array([100.0, 1.0])).opposite is None
    assert box_grip(person, Placing(), np.array([100.0, 50.0])) is None


@pytest.mark.parametrize("place", SIDES)
def test_the_body_is_in_the_picture_from_every_place(place):
    orbit, size = Orbit.at(place), QSize(350, 400)
    body = np.array([[0, 0, 0], [0, 1.8, 0], [0.4, 1.0, 0], [-0.4, 1.0, 0.2]], dtype=float)
    at = orbit.project(body, size)
    assert (at > 0).all()
    assert (at < [350, 400]).all()
    assert np.linalg.norm(orbit.eye - orbit.center) == pytest.approx(orbit.distance)


def test_the_pictures_camera_and_the_projection_agree():
    orbit, size = Orbit(33.0, 12.0), QSize(300, 200)
    points = np.random.default_rng(1).normal(0, 0.5, (20, 3)) + np.array([0, 0.9, 0])
    matrix = np.array(orbit.camera(size).matrix.copyDataTo()).reshape(4, 4)
    clip = np.column_stack([points, np.ones(20)]) @ matrix.T
    seen = clip[:, :2] / clip[:, 3:]
    expected = np.column_stack([(seen[:, 0] + 1) * 150, (1 - seen[:, 1]) * 100])
    assert orbit.project(points, size) == pytest.approx(expected, abs=0.05)
