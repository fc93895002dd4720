"""SMPL's tree and the mirror image of a pose."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial.transform import Rotation

from core.body.tree import CHILDREN, FLIP, JOINT_NAMES, PARENTS, flip_pose, joint_index, mirror_name
from core.errors import LayoutError

SPIN_FLIP = (0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 10, 12, 14, 13, 15, 17, 16, 19, 18, 21, 20, 23, 22)

poses = hnp.arrays(np.float64, (2, 72), elements=st.floats(-3, 3, width=32))


def joints_of(pose: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Joint places (24, 3) of the bare tree, by following the chain bone by bone."""
    rotations = Rotation.from_rotvec(pose.reshape(24, 3)).as_matrix()
    places = np.zeros((24, 3))
    for joint in range(1, 24):
        rotations_parent = rotations[PARENTS[joint]]
        places[joint] = places[PARENTS[joint]] + rotations_parent @ offsets[joint]
        rotations[joint] = rotations_parent @ rotations[joint]
    return places


def test_the_tree_has_one_root_and_parents_come_before_children():
    assert PARENTS.count(-1) == 1
    assert PARENTS[0] == -1
    assert all(parent < joint for joint, parent in enumerate(PARENTS))


def test_children_are_the_parents_read_backwards():
    pairs = {(parent, joint) for joint, parent in enumerate(PARENTS) if parent >= 0}
    assert {(parent, joint) for parent, joints in enumerate(CHILDREN) for joint in joints} == pairs
    assert [JOINT_NAMES[joint] for joint in CHILDREN[joint_index("spine3")]] == [
        "neck",
        "left_collar",
        "right_collar",
    ]


def test_every_limb_runs_from_the_trunk_to_its_end():
    def chain(name: str) -> list[str]:
        joint, names = joint_index(name), []
        while joint >= 0:
            names.append(JOINT_NAMES[joint])
            joint = PARENTS[joint]
        return names

    assert chain("left_hand")[:5] == ["left_hand", "left_wrist", "left_elbow", "left_shoulder", "left_collar"]
    assert chain("right_foot") == ["right_foot", "right_ankle", "right_knee", "right_hip", "pelvis"]
    assert chain("head") == ["head", "neck", "spine3", "spine2", "spine1", "pelvis"]


def test_flip_is_the_permutation_of_spin():
    assert FLIP == SPIN_FLIP


def test_the_tree_is_its_own_mirror_image():
    assert all(FLIP[FLIP[joint]] == joint for joint in range(24))
    assert all(PARENTS[FLIP[joint]] == FLIP[PARENTS[joint]] for joint in range(1, 24))


def test_a_name_mirrors_its_side_wherever_it_stands():
    assert mirror_name("left_knee") == "right_knee"
    assert mirror_name("mouth_right") == "mouth_left"
    assert mirror_name("openpose_left_big_toe") == "openpose_right_big_toe"
    assert mirror_name("neck") == "neck"


@given(poses)
def test_flipping_a_pose_twice_gives_it_back(pose):
    np.testing.assert_array_equal(flip_pose(flip_pose(pose)), pose)


@given(poses)
def test_a_flipped_pose_puts_the_joints_where_a_mirror_shows_them(pose):
    rng = np.random.default_rng(0)
    offsets = rng.normal(size=(24, 3))
    mirror = np.array([-1, 1, 1])
    offsets = (offsets + (offsets * mirror)[list(FLIP)]) / 2  # a body that is its own mirror image
    np.testing.assert_allclose(
        joints_of(flip_pose(pose)[0], offsets), (joints_of(pose[0], offsets) * mirror)[list(FLIP)], atol=1e-9
    )


def test_torch_and_numpy_poses_flip_alike_and_keep_their_type():
    pose = np.random.default_rng(1).normal(size=(2, 3, 72)).astype(np.float32)
    flipped = flip_pose(torch.from_numpy(pose))
    assert flipped.dtype == torch.float32
    assert flip_pose(pose).dtype == np.float32
    np.testing.assert_array_equal(flipped.numpy(), flip_pose(pose))


def test_flipping_leaves_the_callers_pose_alone_and_lets_gradients_through():
    pose = torch.ones(72, requires_grad=True)
    flip_pose(pose).sum().backward()
    assert pose.detach().eq(1).all()
    assert pose.grad is not None
    assert pose.grad.tolist() == [1, -1, -1] * 24


def test_an_unknown_joint_is_answered_with_the_names_there_are():
    with pytest.raises(LayoutError, match="left_elbow") as caught:
        joint_index("left_albow")
    assert all(name in str(caught.value) for name in JOINT_NAMES)
