"""Which keypoint is placed next, and which is taken back."""

import numpy as np
import pytest

from core.body.keypoints import LAYOUTS, layout
from core.records import BBox, Keypoints, Person
from desktop.state.placing_order import is_enough, last_placed, next_absent, placing_order
from desktop.state.view import NO_KEYPOINT


def person(*present, name="coco17"):
    names = layout(name)
    confidence = np.zeros(names.k)
    confidence[[names.index(one) for one in present]] = 1
    return Person(1, BBox(np.zeros(2), 1.0), Keypoints(name, np.zeros((names.k, 2)), confidence))


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_keypoint_of_every_layout_has_its_turn_once(name):
    names = layout(name)
    assert sorted(placing_order(names)) == list(range(names.k))


def test_the_first_six_are_the_head_the_trunk_and_a_knee():
    names = layout("coco17")
    first = {names.keypoints[one] for one in placing_order(names)[:6]}
    assert first == {"nose", "left_shoulder", "right_shoulder", "left_hip", "right_hip", "left_knee"}


def test_the_next_one_is_absent_and_the_last_one_comes_round_to_the_first():
    names = layout("coco17")
    assert names.keypoints[next_absent(person())] == "nose"
    assert (
        names.keypoints[next_absent(person("nose", "left_shoulder"), names.index("nose"))] == "right_shoulder"
    )
    assert names.keypoints[next_absent(person("right_ear"), names.index("right_ear"))] == "nose"
    assert next_absent(person(*names.keypoints)) == NO_KEYPOINT


def test_the_one_placed_last_is_the_present_one_before():
    names = layout("coco17")
    there = person("nose", "right_shoulder")
    assert names.keypoints[last_placed(there, names.index("left_hip"))] == "right_shoulder"
    assert names.keypoints[last_placed(there, names.index("right_shoulder"))] == "nose"
    assert last_placed(there, names.index("nose")) == NO_KEYPOINT
    assert names.keypoints[last_placed(there, NO_KEYPOINT)] == "right_shoulder"


def test_six_keypoints_are_enough_for_a_first_body():
    assert not is_enough(person("nose", "left_hip", "right_hip", "left_knee", "right_knee"))
    assert is_enough(person("nose", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle"))
