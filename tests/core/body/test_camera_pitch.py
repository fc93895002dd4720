"""How far a camera looks down, found from made-up people whose camera is known."""

import numpy as np
import pytest

from core.body.camera_pitch import camera_pitch, up_at
from core.body.mean_skeleton import rest_joints
from core.body.tree import JOINT_NAMES, joint_index

STANDING = rest_joints()[0]  # (24, 3) [m], y up, facing z
FORWARD = np.array([0.0, 0.0, 1.0])


def turned(joints, axis, angle_deg, about):
    """Joints turned about an axis through a point."""
    angle, axis = np.radians(angle_deg), np.asarray(axis, float)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    turn = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    return (joints - about) @ turn.T + about


def standing(x=0.0, z=0.0, heading_deg=0.0, lean_deg=0.0, size=1.0):
    """A person on the floor at x, z [m]."""
    feet = STANDING[[joint_index("left_ankle"), joint_index("right_ankle")]].mean(axis=0)
    person = turned(size * (STANDING - feet), (1, 0, 0), lean_deg, np.zeros(3))
    return turned(person, (0, 1, 0), heading_deg, np.zeros(3)) + np.array([x, 0.08 * size, z])


def lying(x=0.0, z=0.0, along_deg=0.0):
    person = turned(standing(), (1, 0, 0), -90.0, np.zeros(3))
    return turned(person, (0, 1, 0), along_deg, np.zeros(3)) + np.array([x, 0.15, z])


def sitting(x=0.0, z=0.0, heading_deg=0.0):
    """Thighs level, trunk upright."""
    person = standing()
    legs = [
        index for index, name in enumerate(JOINT_NAMES) if name.split("_")[-1] in ("knee", "ankle", "foot")
    ]
    hips = person[[joint_index("left_hip"), joint_index("right_hip")]].mean(axis=0)
    knees = person[[joint_index("left_knee"), joint_index("right_knee")]].mean(axis=0)
    moved = person.copy()
    moved[legs] += hips + np.linalg.norm(hips - knees) * FORWARD - knees
    return turned(moved, (0, 1, 0), heading_deg, np.zeros(3)) + np.array([x, 0.0, z])


def seen(people, pitch_deg, height=1.6, away=4.0):
    """People (P, 24, 3) on the floor in the frame of a camera above it, which looks down by an angle."""
    up = up_at(pitch_deg)
    back = np.cross([1.0, 0.0, 0.0], up)
    axes = np.stack([np.array([1.0, 0.0, 0.0]), up, back])
    return (np.array(people) - [0, height, away]) @ axes


@pytest.mark.parametrize("pitch_deg", [-10.0, 0.0, 8.0, 20.0, 35.0])
def test_the_angle_is_found_from_a_few_people_who_stand(pitch_deg):
    people = [
        standing(0.4 * index, -1.3 * index, 70.0 * index, lean_deg=(-2, 3, 1, -1)[index])
        for index in range(4)
    ]
    assert camera_pitch(seen(people, pitch_deg)) == pytest.approx(pitch_deg, abs=2.0)


def test_one_person_who_stands_is_enough():
    assert camera_pitch(seen([standing(heading_deg=130.0)], 20.0)) == pytest.approx(20.0, abs=2.0)


def test_children_stand_upright_too():
    people = [standing(size=0.6), standing(0.8, -0.5, size=0.7)]
    assert camera_pitch(seen(people, 15.0)) == pytest.approx(15.0, abs=2.0)


def test_people_who_lie_do_not_count_beside_people_who_stand():
    people = [standing(), standing(1.0, -1.5, 40.0), lying(-0.5, -0.5), lying(0.5, 0.5, 80.0)]
    assert camera_pitch(seen(people, 18.0)) == pytest.approx(18.0, abs=2.0)


@pytest.mark.parametrize("along_deg", [0.0, 90.0, 180.0])
def test_somebody_who_lies_alone_does_not_turn_the_floor_upright(along_deg):
    assert abs(camera_pitch(seen([lying(along_deg=along_deg)], 0.0))) < 20.0


def test_people_who_lie_across_the_photo_leave_the_floor_between_them_level():
    people = [lying(0.3 * index, -0.8 * index, 90.0) for index in range(4)]
    assert abs(camera_pitch(seen(people, 0.0))) < 5.0


def test_people_who_sit_tell_it_roughly():
    people = [sitting(0.0, 0.0, 0.0), sitting(0.9, -0.3, 60.0), sitting(-0.8, 0.0, -70.0)]
    assert camera_pitch(seen(people, 15.0)) == pytest.approx(15.0, abs=8.0)


def test_skiers_who_lean_are_outvoted_by_the_floor_between_their_feet():
    people = [standing(0.8 * index - 1.6, -2.0 * index, lean_deg=18.0) for index in range(5)]
    assert camera_pitch(seen(people, 2.0)) < 10.0


def test_nobody_and_bodies_without_numbers_give_a_level_camera():
    assert camera_pitch(np.zeros((0, 24, 3))) == 0.0
    assert camera_pitch(np.full((2, 24, 3), np.nan)) == 0.0
    assert np.isfinite(camera_pitch(np.zeros((1, 24, 3))))
