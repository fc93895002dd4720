"""The one walk down the tree, for numpy and torch alike, against following it joint by joint."""

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from core.body.kinematics import offsets_between, relative_rotations, world_transforms
from core.body.tree import PARENTS


def somebody(count: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Rotations (B, 24, 3, 3) and rest joints (B, 24, 3)."""
    rng = np.random.default_rng(0)
    turns = Rotation.from_rotvec(rng.normal(0, 1, (24 * count, 3))).as_matrix()
    return turns.reshape(count, 24, 3, 3), rng.normal(0, 0.5, (count, 24, 3))


def joint_by_joint(rotations: np.ndarray, joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    world, places = rotations.copy(), joints.copy()
    for joint, parent in enumerate(PARENTS[1:], start=1):
        world[:, joint] = world[:, parent] @ rotations[:, joint]
        bone = (joints[:, joint] - joints[:, parent])[..., None]
        places[:, joint] = places[:, parent] + (world[:, parent] @ bone)[..., 0]
    return world, places


@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy], ids=["numpy", "torch"])
@pytest.mark.parametrize(("dtype", "close"), [("float32", 1e-5), ("float64", 1e-12)])
def test_the_walk_reaches_what_following_the_tree_joint_by_joint_reaches(kind, dtype, close):
    rotations, joints = (part.astype(dtype) for part in somebody())
    world, places = world_transforms(kind(rotations), offsets_between(kind(joints)))
    expected_world, expected_places = joint_by_joint(*somebody())
    np.testing.assert_allclose(world, expected_world, atol=close)
    np.testing.assert_allclose(places, expected_places, atol=close)
    assert world.dtype == kind(rotations).dtype


@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy], ids=["numpy", "torch"])
def test_rotations_relative_to_the_parent_are_what_the_walk_takes(kind):
    rotations, joints = somebody()
    world, _ = world_transforms(kind(rotations), offsets_between(kind(joints)))
    np.testing.assert_allclose(relative_rotations(world), rotations, atol=1e-12)


def test_the_walk_has_exact_derivatives():
    rotations, joints = (torch.from_numpy(part).requires_grad_() for part in somebody(2))
    assert torch.autograd.gradcheck(
        lambda turns, at: world_transforms(turns, offsets_between(at)), (rotations, joints), fast_mode=True
    )


def test_joints_go_by_depth_as_the_walk_takes_them_to():
    depth = [0]
    for parent in PARENTS[1:]:
        depth.append(depth[parent] + 1)
    assert depth == sorted(depth)
