"""The body collapsed onto its keypoints: the same points as through the mesh, and an exact Jacobian."""

import numpy as np
import pytest
import torch

from core.body.keypoint_body import UNKNOWNS, KeypointBody, params_to_vector, vector_to_params
from core.body.keypoints import LAYOUTS, layout
from core.body.model import Body, BodyParams, load_body
from tests.posing import random_params, toy_body

CLOSE = 1e-5  # [m]


@pytest.fixture(scope="module")
def open_body() -> Body:
    return load_body()


def assert_same_keypoints(body: Body, name: str, params: BodyParams) -> None:
    fast = KeypointBody.from_body(body, name).keypoints(params)
    assert (fast - body.keypoints(params, name)).norm(dim=-1).max() < CLOSE


@torch.no_grad()
@pytest.mark.parametrize("name", LAYOUTS)
def test_the_open_bodys_keypoints_are_those_of_its_mesh(open_body, name):
    assert_same_keypoints(open_body, name, random_params(4, kid=True))


@torch.no_grad()
@pytest.mark.parametrize("name", LAYOUTS)
def test_keypoints_are_the_meshs_with_pose_blend_shapes_too(name):
    assert_same_keypoints(toy_body(surface=True, pose_blend_shapes=True), name, random_params(20))


def test_keypoints_of_several_layouts_follow_one_another():
    body, params = toy_body(kid=True, surface=True), random_params(3, kid=True)
    both = KeypointBody.from_body(body, "coco17", "lsp14")
    apart = [KeypointBody.from_body(body, name).keypoints(params) for name in ("coco17", "lsp14")]
    assert both.k == layout("coco17").k + layout("lsp14").k
    torch.testing.assert_close(both.keypoints(params), torch.cat(apart, dim=1), rtol=0, atol=1e-6)


def test_params_become_a_vector_and_come_back():
    params = random_params(3, kid=True)
    vector = params_to_vector(params)
    assert vector.shape == (3, UNKNOWNS)
    for part, before in zip(vector_to_params(vector).tensors(), params.tensors(), strict=True):
        torch.testing.assert_close(part, before, rtol=0, atol=0)


def unknowns(count: int = 3) -> torch.Tensor:
    """Random bodies (B, 86); the first has rotations of zero and of nearly half a turn."""
    vector = params_to_vector(random_params(count, kid=True).to(torch.float64))
    vector[0, 6:15] = 0
    vector[0, 18:21] = (np.pi - 1e-4) * torch.tensor([0.6, 0.0, 0.8])
    return vector


def by_autograd(keypoints: KeypointBody, vector: torch.Tensor) -> torch.Tensor:
    """(B, K, 3, 86)."""
    jacobian = torch.autograd.functional.jacobian(
        lambda given: keypoints.posed(given).points.sum(dim=0), vector, vectorize=True
    )
    return jacobian.movedim(2, 0)


KINDS = [{"kid": True}, {"pose_blend_shapes": True}, {"kid": True, "pose_blend_shapes": True}]


@pytest.mark.parametrize("kind", KINDS, ids=["child", "blend shapes", "both"])
@pytest.mark.parametrize("name", ["openpose25", "spin49"])
def test_the_jacobian_is_autograds(kind, name):
    keypoints = KeypointBody.from_body(toy_body(surface=True, dtype=torch.float64, **kind), name)
    jacobian = keypoints.posed(unknowns()).jacobian()
    torch.testing.assert_close(jacobian, by_autograd(keypoints, unknowns()), rtol=0, atol=1e-9)


def test_the_open_bodys_jacobian_is_autograds(open_body):
    keypoints = KeypointBody.from_body(open_body.to("cpu", torch.float64), "halpe26")
    jacobian = keypoints.posed(unknowns()).jacobian()
    torch.testing.assert_close(jacobian, by_autograd(keypoints, unknowns()), rtol=0, atol=1e-9)


def test_the_jacobian_is_also_that_of_the_mesh():
    body = toy_body(surface=True, dtype=torch.float64, kid=True, pose_blend_shapes=True)
    vector = unknowns()

    def through_the_mesh(given: torch.Tensor) -> torch.Tensor:
        return body.keypoints(vector_to_params(given), "coco17").sum(dim=0)

    expected = torch.autograd.functional.jacobian(through_the_mesh, vector, vectorize=True).movedim(2, 0)
    jacobian = KeypointBody.from_body(body, "coco17").posed(vector).jacobian()
    torch.testing.assert_close(jacobian, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS, ids=["child", "blend shapes", "both"])
@pytest.mark.parametrize("chosen", [None, [7, 0, 7, 3]], ids=["all", "chosen"])
def test_rows_of_the_jacobian_are_directions_times_the_whole(kind, chosen):
    posed = KeypointBody.from_body(toy_body(surface=True, dtype=torch.float64, **kind), "coco17").posed(
        unknowns()
    )
    index = None if chosen is None else torch.tensor(chosen)
    whole = posed.jacobian() if index is None else posed.jacobian()[:, index]
    generator = torch.Generator().manual_seed(3)
    rows = torch.randn(3, whole.shape[1], 2, 3, generator=generator, dtype=torch.float64)
    expected = (rows @ whole).flatten(1, 2)
    torch.testing.assert_close(posed.jacobian_rows(rows, index), expected, rtol=0, atol=1e-9)


def test_a_body_without_a_child_direction_has_no_derivative_toward_one():
    posed = KeypointBody.from_body(toy_body(surface=True, dtype=torch.float64), "coco17").posed(unknowns())
    assert not posed.jacobian()[..., 82].any()
