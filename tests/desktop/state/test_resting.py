"""Which joints rest while another one is dragged in 3D."""

import pytest

from core.body.tree import JOINT_NAMES
from desktop.state.resting import RESTING, resting_joints


def test_all_names_are_of_joints():
    assert set(RESTING) <= set(JOINT_NAMES)


@pytest.mark.parametrize("joint", ["left_wrist", "left_elbow", "left_hand", "left_shoulder"])
def test_of_an_arm_all_but_the_arm_rests(joint):
    rest = resting_joints(joint)
    assert not {"left_wrist", "left_shoulder"} & set(rest)
    assert {"pelvis", "neck", "right_wrist", "left_ankle", "right_ankle"} <= set(rest)


@pytest.mark.parametrize("joint", ["right_knee", "right_ankle", "right_foot"])
def test_of_a_leg_all_but_the_leg_rests_and_its_hip_too(joint):
    rest = resting_joints(joint)
    assert "right_ankle" not in rest
    assert {"pelvis", "right_hip", "left_ankle", "left_wrist", "neck"} <= set(rest)


def test_of_the_trunk_the_legs_rest_and_of_the_pelvis_nothing():
    assert set(resting_joints("neck")) == {"pelvis", "left_hip", "right_hip", "left_ankle", "right_ankle"}
    assert resting_joints("pelvis") == resting_joints("left_hip") == ()


@pytest.mark.parametrize("joint", JOINT_NAMES)
def test_a_dragged_joint_never_rests(joint):
    assert joint not in resting_joints(joint)
