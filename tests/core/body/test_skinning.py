"""Bodies are posed as smplx poses them, and without it: it judges our formulas, and nothing else uses it."""

import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import smplx.lbs
import torch
from scipy.spatial.transform import Rotation
from smplx.utils import Struct

from core.body.model import Body, BodyParams, body_from_arrays, load_body
from core.body.smpl_file import body_arrays
from core.body.tree import PARENTS
from tests.bodies import toy_arrays, write_pickle
from tests.posing import random_params, toy_body

CLOSE = 1e-5  # [m]
ROOT = Path(__file__).parents[3]


def with_kid() -> dict[str, np.ndarray]:
    """A toy with a child direction, as AGORA makes one of a child's template: the template's mean is taken off."""
    arrays = toy_arrays()
    child = 0.62 * arrays["v_template"]
    return {**arrays, "kid_direction": child - child.mean(axis=0) - arrays["v_template"]}


def smplx_body(arrays: dict[str, np.ndarray], **options: object) -> smplx.SMPL:
    """Unmodified smplx over the same arrays."""
    posedirs = arrays.get("posedirs", np.zeros((*arrays["v_template"].shape, 207)))
    data = Struct(**{**arrays, "posedirs": posedirs})
    data.kintree_table = np.array(data.kintree_table, dtype=np.int64)
    return smplx.SMPL("", data_struct=data, vertex_ids=defaultdict(int), **options)


def assert_posed_alike(body: Body, reference: smplx.SMPL, params: BodyParams, with_kid: bool = False) -> None:
    betas = torch.cat([params.betas, params.kid[:, None]], dim=1) if with_kid else params.betas
    expected = reference(
        betas=betas, body_pose=params.body_pose, global_orient=params.global_orient, transl=params.cam_t
    )
    vertices, joints = body.pose(params)
    assert (vertices - expected.vertices).norm(dim=-1).max() < CLOSE
    assert (joints - expected.joints[:, :24]).norm(dim=-1).max() < CLOSE


@pytest.mark.parametrize("pose_blend_shapes", [False, True])
def test_a_body_is_posed_as_smplx_poses_it(pose_blend_shapes):
    arrays = toy_arrays(pose_blend_shapes=pose_blend_shapes)
    body = body_from_arrays(body_arrays(arrays, "toy", "toy"))
    assert_posed_alike(body, smplx_body(arrays), random_params(100))


@pytest.mark.parametrize("seed", [1, 2], ids=["one gender", "another"])
@pytest.mark.parametrize("pose_blend_shapes", [False, True])
def test_a_body_in_doubles_is_posed_as_smplx_poses_it_by_the_same_rotations(pose_blend_shapes, seed):
    """As rotations: to rotation vectors smplx adds 1e-8 first."""
    body = toy_body(pose_blend_shapes=pose_blend_shapes, seed=seed, dtype=torch.float64)
    params = random_params(100, seed).to(torch.float64)
    turns = Rotation.from_rotvec(params.pose.reshape(-1, 3)).as_matrix().reshape(-1, 24, 3, 3)
    vertices, joints = smplx.lbs.lbs(
        params.betas,
        torch.from_numpy(turns),
        *(body.v_template, body.shapedirs, body.posedirs, body.J_regressor),
        torch.tensor(PARENTS),
        body.weights,
        pose2rot=False,
    )
    own_vertices, own_joints = body.pose(params)
    torch.testing.assert_close(own_vertices - params.cam_t[:, None], vertices, rtol=0, atol=1e-10)
    torch.testing.assert_close(own_joints - params.cam_t[:, None], joints, rtol=0, atol=1e-10)


@pytest.mark.slow
def test_without_smplx_the_open_body_opens_stands_and_is_fitted():
    story = """
import sys
sys.modules["smplx"] = None
import torch
from core.body import KeypointBody, load_body
from core.body.model import BodyParams
from core.fitting import fit
from core.geometry.camera import project
body = load_body()
upright = torch.tensor([[torch.pi, *[0.0] * 71]])
params = BodyParams.from_pose(upright, torch.zeros(1, 10), torch.tensor([[0.0, 0.0, 4.0]]))
camera = torch.tensor([800.0]), torch.tensor([[320.0, 240.0]])
seen = project(KeypointBody.from_body(body, "coco17").keypoints(params), *camera)
keypoints = torch.cat([seen, torch.ones(1, 17, 1)], dim=2)
*_, step = fit(body, keypoints, "coco17", *camera)
print(body.pose(step.params)[0].isfinite().all().item(), float(step.score[0]) < 3)
"""
    done = subprocess.run(
        [sys.executable, "-c", story], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["True", "True"], done.stderr


@torch.no_grad()
def test_the_open_body_and_its_children_are_posed_as_smplx_poses_them():
    body = load_body()
    arrays = body.arrays
    shapedirs = np.zeros((*arrays.v_template.shape, 300), np.float32)  # smplx cuts fewer than 300 down to ten
    shapedirs[..., :11] = np.dstack([arrays.shapedirs, arrays.kid_direction])
    data = {
        "v_template": arrays.v_template,
        "shapedirs": shapedirs,
        "J_regressor": arrays.J_regressor,
        "weights": arrays.weights,
        "kintree_table": np.stack([arrays.parents, np.arange(24)]),
        "f": arrays.faces,
    }
    reference = smplx_body(data, num_betas=11)
    for seed in range(4):
        assert_posed_alike(body, reference, random_params(25, seed, kid=True), with_kid=True)


def test_a_child_is_shaped_as_smplx_shapes_one(tmp_path):
    arrays = with_kid()
    body = body_from_arrays(body_arrays(arrays, "toy", "toy"))
    np.save(tmp_path / "kid.npy", 0.62 * arrays["v_template"])
    reference = smplx_body(arrays, age="kid", kid_template_path=str(tmp_path / "kid.npy"))
    assert_posed_alike(body, reference, random_params(100, kid=True), with_kid=True)


def test_an_official_pickle_of_300_directions_loads_and_is_posed_by_its_first_ten(tmp_path):
    arrays = toy_arrays(directions=300, pose_blend_shapes=True)
    body = load_body(write_pickle(tmp_path / "SMPL_NEUTRAL.pkl", arrays))
    assert body.shapedirs.shape[-1] == 10
    assert_posed_alike(body, smplx_body(arrays, num_betas=10), random_params(100))
