"""The joint under the mouse is the same one in photo, 3D view, plot and table."""

import pytest
from PySide6.QtCore import QPoint, QPointF

from core.body.keypoints import layout
from core.body.tree import JOINT_NAMES, joint_index
from desktop.model.hover import joint_of, keypoint_of
from desktop.state.view import NO_KEYPOINT

LAYOUTS = ("coco17", "halpe26", "openpose25", "mediapipe33", "h36m17", "mpii16", "spin49", "smpl24")


@pytest.mark.parametrize(
    ("keypoint", "joint"),
    [
        ("left_wrist", "left_wrist"),
        ("openpose_right_knee", "right_knee"),
        ("mid_hip", "pelvis"),
        ("nose", "head"),
        ("left_eye_inner", "head"),
        ("right_big_toe", "right_foot"),
        ("left_foot_index", "left_foot"),
        ("left_heel", "left_ankle"),
        ("right_pinky", "right_hand"),
    ],
)
def test_a_keypoint_moves_with_a_joint(keypoint, joint):
    assert joint_of(keypoint) == joint


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_keypoint_of_a_layout_has_a_joint_and_limbs_have_theirs(name):
    names = layout(name).keypoints
    assert {joint_of(keypoint) for keypoint in names} <= set(JOINT_NAMES)
    assert names[keypoint_of(names, "left_wrist")] == "left_wrist"


def test_a_joint_without_a_keypoint_marks_none():
    assert keypoint_of(layout("coco17").keypoints, "spine2") == NO_KEYPOINT


def test_the_mouse_over_a_keypoint_marks_the_joint_and_over_the_joint_the_keypoint(open_desk, qtbot):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    desk.move(desk.place_of("left_wrist"))
    assert workbench.hover.joint == "left_wrist"
    assert workbench.hover.keypoint == desk.index("left_wrist")
    viewport = desk.window.viewport
    at = viewport.orbit.project(viewport.surface[1], viewport.size())[joint_index("right_knee")]
    qtbot.mouseMove(viewport, QPoint(*at.astype(int).tolist()))
    desk.wait(lambda: workbench.hover.joint == "right_knee")
    assert workbench.hover.keypoint == desk.index("right_knee")
    desk.move(QPointF(1, 1))
    assert (workbench.hover.joint, workbench.hover.keypoint) == ("", NO_KEYPOINT)


def test_another_person_is_not_hovered_over(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    workbench.hover.over_joint("left_wrist")
    desk.do("person.next")
    assert workbench.hover.joint == ""
