"""A bone turned toward or away from the camera: the same picture, the other depth, all else in its place."""

import pytest
import torch

from core.body.keypoint_body import KeypointBody, params_to_vector, vector_to_params
from core.body.tree import JOINT_NAMES, joint_index
from core.fitting.starts.flips import FLIPS, flip_sets, flipped
from core.geometry.rotation import geodesic_angle, matrix_to_axis_angle, rotation_between
from tests.core.fitting.making import before_camera, prior_poses

LIMBS = [name for name in FLIPS if name not in ("lean", "heading")]


@pytest.fixture(scope="module")
def placed(body):
    """The keypoint body of the 24 joints, and one person as unknowns (86,)."""
    return KeypointBody.from_body(body, "smpl24"), params_to_vector(before_camera(prior_poses(1, seed=4)))[0]


def pictured(places: torch.Tensor) -> torch.Tensor:
    return places[..., :2] / places[..., 2:]


@pytest.mark.parametrize("name", LIMBS)
def test_a_flipped_bone_has_the_other_depth_and_keeps_its_length_and_its_picture(placed, name):
    keypoints, unknowns = placed
    _, root, tip = FLIPS[name]
    _, (before, after) = keypoints.joints(flipped(keypoints, unknowns, [(), (name,)]))
    ray = before[root] / before[root].norm()
    bones = [places[tip] - places[root] for places in (before, after)]
    assert abs(bones[0] @ ray + bones[1] @ ray) < 1e-4
    assert abs(bones[0].norm() - bones[1].norm()) < 1e-4
    assert (pictured(before[tip]) - pictured(after[tip])).norm() < 0.03  # to first order: 30 px of 1000
    torch.testing.assert_close(before[root], after[root], rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", FLIPS)
def test_a_flip_turns_its_own_joints_and_no_other(placed, name):
    keypoints, unknowns = placed
    moved, _, _ = FLIPS[name]
    turns, _ = keypoints.joints(flipped(keypoints, unknowns, [(), (name,)]))
    angle = geodesic_angle(turns[0], turns[1])
    others = [joint for joint in range(24) if joint not in moved]
    assert angle[others].max() < 1e-3
    assert angle[list(moved)].min() > 1e-3


@pytest.mark.parametrize("name", [*LIMBS, "lean"])
def test_a_flip_twice_is_no_flip(placed, name):
    keypoints, unknowns = placed
    once = flipped(keypoints, unknowns, [(name,)])[0]
    twice = flipped(keypoints, once, [(name,)])
    turns = [keypoints.joints(each)[0] for each in (unknowns[None], twice)]
    assert geodesic_angle(*turns).max() < 2e-3


def test_no_flip_leaves_the_body_and_every_flip_its_shape_and_place(placed):
    keypoints, unknowns = placed
    bodies = flipped(keypoints, unknowns, flip_sets(32))
    places = [keypoints.joints(each)[1] for each in (unknowns[None], bodies[:1])]
    torch.testing.assert_close(*places, rtol=0, atol=1e-5)
    first, others = vector_to_params(bodies[:1]), vector_to_params(bodies)
    assert others.betas.equal(first.betas.expand(32, -1))
    assert others.cam_t.equal(first.cam_t.expand(32, -1))


def test_flips_at_once_are_each_of_them(placed):
    """Both bones of an arm: each in its own place as if it were flipped alone."""
    keypoints, unknowns = placed
    both = ("left_shoulder", "left_elbow")
    turns, _ = keypoints.joints(flipped(keypoints, unknowns, [(both[0],), (both[1],), both]))
    for number, name in enumerate(both):
        joint = joint_index(name)
        assert geodesic_angle(turns[number, joint], turns[2, joint]) < 1e-3


def test_a_bone_straight_at_the_camera_is_turned_to_point_away(body):
    """Half a turn has no axis of its own: any will do, but numbers must come of it."""
    keypoints = KeypointBody.from_body(body, "smpl24")
    unknowns = torch.zeros(86)
    unknowns[-1] = 4.0
    _, places = keypoints.joints(unknowns[None])
    root, tip = joint_index("left_elbow"), joint_index("left_wrist")
    unknowns[-3:] -= torch.tensor([*places[0, root, :2].tolist(), 0.0])
    bone = (places[0, tip] - places[0, root])[None]
    turn = rotation_between(bone, torch.tensor([[0.0, 0.0, 1.0]]))
    unknowns[3 * root : 3 * root + 3] = matrix_to_axis_angle(turn)[0]
    before, after = flipped(keypoints, unknowns, [(), ("left_elbow",)])
    assert after.isfinite().all()
    _, (here, there) = keypoints.joints(torch.stack([before, after]))
    torch.testing.assert_close(
        there[tip, 2] - there[root, 2], here[root, 2] - here[tip, 2], rtol=0, atol=1e-3
    )


def test_flip_sets_begin_with_none_then_one_and_never_repeat():
    sets = flip_sets(64)
    assert sets[0] == ()
    assert {names[0] for names in sets[1 : 1 + len(FLIPS)]} == set(FLIPS)
    assert all(len(names) == 1 for names in sets[1 : 1 + len(FLIPS)])
    assert len({frozenset(names) for names in sets}) == len(sets)


@pytest.mark.parametrize("count", [0, 1, 7, 32])
def test_as_many_flip_sets_as_asked_for(count):
    assert len(flip_sets(count)) == count


def test_left_and_right_flip_alike():
    for name, (moved, root, tip) in FLIPS.items():
        if name.startswith("left_"):
            mirrored = FLIPS[name.replace("left", "right")]
            swapped = [JOINT_NAMES[joint].replace("left", "right") for joint in (*moved, root, tip)]
            assert swapped == [JOINT_NAMES[joint] for joint in (*mirrored[0], *mirrored[1:])]
