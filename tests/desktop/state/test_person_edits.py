"""What a curator does to a person, as functions: nothing else changes, and twice a swap is none."""

import numpy as np
import pytest

from core.body.keypoints import LAYOUTS, layout
from core.records import BBox, Keypoints, Person
from desktop.state import person_edits


def person_of(layout_name="coco17"):
    k = layout(layout_name).k
    xy = np.random.default_rng(0).uniform(0, 100, (k, 2))
    return Person(1, BBox(np.array([50.0, 50.0]), 0.5), Keypoints(layout_name, xy, np.full(k, 0.5)))


def test_a_moved_keypoint_is_sure_and_the_others_stay():
    person = person_of()
    after = person_edits.moved(person, 3, np.array([7.0, 8.0]))
    assert after.keypoints.xy[3].tolist() == [7, 8]
    assert after.keypoints.confidence[3] == 1
    others = np.arange(17) != 3
    assert np.array_equal(after.keypoints.array[others], person.keypoints.array[others])
    assert after.original_keypoints is person.keypoints
    assert person_edits.moved(after, 4, np.zeros(2)).original_keypoints is person.keypoints


def test_visibility_goes_round_in_three_steps_and_keeps_place_and_confidence():
    person = person_of()
    states = [person_edits.visibility(person.keypoints, 2)]
    for _ in range(3):
        person = person_edits.cycled(person, 2)
        states.append(person_edits.visibility(person.keypoints, 2))
    assert states == ["visible", "occluded", "absent", "visible"]
    assert np.array_equal(person.keypoints.xy, person_of().keypoints.xy)


@pytest.mark.parametrize("name", LAYOUTS)
def test_swapping_left_and_right_twice_is_nothing(name):
    person = person_of(name)
    twice = person_edits.swapped(person_edits.swapped(person))
    assert np.array_equal(twice.keypoints.array, person.keypoints.array)
    flip = np.array(layout(name).flip)
    assert np.array_equal(person_edits.swapped(person).keypoints.xy, person.keypoints.xy[flip])


def test_a_limb_is_an_arm_or_a_leg_of_one_side_and_swaps_with_the_other_alone():
    names = layout("coco17")
    arm = person_edits.limb_of(names, names.index("left_wrist"))
    assert [names.keypoints[index] for index in arm] == ["left_shoulder", "left_elbow", "left_wrist"]
    person = person_of()
    after = person_edits.swapped(person, arm)
    changed = {
        names.keypoints[i] for i in np.flatnonzero((after.keypoints.xy != person.keypoints.xy).any(axis=1))
    }
    assert changed == {
        f"{side}_{part}" for side in ("left", "right") for part in ("shoulder", "elbow", "wrist")
    }


def test_only_the_accepted_are_locked():
    person = person_edits.with_verdict(person_of(), "accepted")
    assert person.locked
    assert not person_edits.with_verdict(person, "later").locked


def test_a_box_is_the_rectangle_that_was_dragged_in_a_padded_square_and_a_click_is_none():
    box = person_edits.box_between(np.array([30.0, 10.0]), np.array([10.0, 70.0]))
    assert box.center.tolist() == [20, 40]
    assert box.side == pytest.approx(1.2 * 60)
    assert box.xywh.tolist() == [10, 10, 20, 60]
    line = person_edits.box_between(np.array([10.0, 10.0]), np.array([10.0, 70.0]))
    assert line.xywh.tolist() == [10, 10, 1, 60]
    assert person_edits.box_between(np.zeros(2), np.array([3.0, 3.0])) is None
