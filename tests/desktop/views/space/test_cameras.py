"""Cameras of the 3D view: each way to show a body shows it whole, and as large as it can be."""

import numpy as np
import pytest
from PySide6.QtCore import QSize

from core.body.mean_skeleton import rest_joints
from core.body.tree import joint_index
from desktop.state.floor_frame import FloorFrame, heading_deg
from desktop.views.gl.cameras import BAR_PX, SIDES, Orbit

SIZES = [QSize(370, 480), QSize(900, 300), QSize(220, 700)]
STANDING = rest_joints()[0] + [0.0, 0.92, 0.0]
TURN = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


def raised():
    """With both arms straight up."""
    joints = STANDING.copy()
    for side in ("left", "right"):
        for part, height in (("elbow", 0.27), ("wrist", 0.52), ("hand", 0.7)):
            shoulder = joints[joint_index(f"{side}_shoulder")]
            joints[joint_index(f"{side}_{part}")] = shoulder + np.array([0.0, height, 0.0])
    return joints


BODIES = {
    "tall": 1.25 * STANDING,
    "child": 0.55 * STANDING,
    "arms up": raised(),
    "lying": STANDING @ TURN.T + [0.0, 0.15, 0.0],
    "far away": STANDING + np.array([6.0, 0.0, -9.0]),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size.width()}x{size.height()}")
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", BODIES)
def test_a_framed_body_is_never_cut_off_and_fills_the_view(name, side, size):
    points = BODIES[name]
    orbit = Orbit.at(side, 30.0).framing(points, size)
    assert orbit.shows(points, size)
    seen = orbit.project(points, size)
    low, high = seen.min(axis=0), seen.max(axis=0)
    share = (high - low) / [size.width(), size.height()]
    assert share.max() > 0.4
    middle = (low + high) / 2
    assert np.abs(middle - [size.width() / 2, size.height() / 2]).max() < 0.2 * max(
        size.width(), size.height()
    )
    assert not orbit.zoomed(2.2).shows(points, size)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size.width()}x{size.height()}")
@pytest.mark.parametrize("name", BODIES)
def test_no_foot_is_under_the_bar_at_the_lower_edge(name, size):
    orbit = Orbit.at("front", 30.0).framing(BODIES[name], size)
    assert orbit.project(BODIES[name], size)[:, 1].max() <= size.height() - BAR_PX + 1


@pytest.mark.parametrize("name", BODIES)
def test_from_the_photos_camera_a_body_is_whole_too(name):
    eye = np.array([0.3, 1.5, 5.0])
    for size in SIZES:
        orbit = Orbit.from_eye(eye, BODIES[name], size)
        assert orbit.eye == pytest.approx(eye)
        assert orbit.shows(BODIES[name], size)


@pytest.mark.parametrize("facing_deg", [0.0, 60.0, -135.0])
def test_the_front_is_where_the_body_faces(facing_deg):
    angle = np.radians(facing_deg)
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    joints = STANDING @ turn.T
    assert heading_deg(joints) == pytest.approx(facing_deg, abs=1.0)
    front = Orbit.at("front", heading_deg(joints)).framing(joints, SIZES[0])
    at = front.project(joints, SIZES[0])
    left, right = (at[joint_index(f"{side}_shoulder")] for side in ("left", "right"))
    assert left[0] > right[0] + 20  # as of somebody who looks at us


def test_who_lies_on_the_back_has_a_front_at_the_photos_camera():
    assert heading_deg(STANDING[:, [0, 2, 1]] * [1, 1, -1]) == 0.0


@pytest.mark.parametrize("pitch_deg", [0.0, 20.0, -15.0])
def test_the_floor_is_level_below_a_camera_that_looks_down(pitch_deg):
    camera = FloorFrame(pitch_deg, np.zeros(3))
    points = np.array([camera.from_floor(point) for point in STANDING - [0.0, 1.6, 4.0]])
    floor = FloorFrame.below(pitch_deg, points, points)
    there = floor.to_floor(points)
    assert there[:, 1].min() == pytest.approx(0.0, abs=1e-5)
    assert there == pytest.approx(STANDING - [0.0, STANDING[:, 1].min(), 0.0], abs=1e-4)
    assert np.array([floor.from_floor(point) for point in there]) == pytest.approx(points, abs=1e-5)
