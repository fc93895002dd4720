"""Machine code stands the lifter's bodies where tensors do."""

import pytest
import torch

from core.body import load_body
from core.networks.lifter import compiled_input, compiled_output
from core.networks.lifter import lift as lifter
from core.networks.lifter.lift import lift, load_lifter
from tests.posing import toy_body

PEOPLE = 7
PARTS = ("pose", "betas", "kid", "cam_t")


@pytest.fixture(scope="module")
def shipped():
    return load_lifter()


def people(layout_size, generator=1):
    """Any keypoints, some of them absent: what the network says of them is as odd as it may get."""
    draw = torch.Generator().manual_seed(generator)
    keypoints = torch.rand(PEOPLE, layout_size, 3, generator=draw)
    keypoints[..., 2] *= torch.rand(PEOPLE, layout_size, generator=draw) > 0.3
    keypoints[:, 0, 2] = 1.0
    keypoints[..., :2] *= torch.tensor([300.0, 500.0])
    return (
        keypoints,
        800 + 400 * torch.rand(PEOPLE, generator=draw),
        300 * torch.rand(PEOPLE, 2, generator=draw),
    )


BODIES = {
    "the lifter's own": load_body,
    "a child's of another kind": lambda: toy_body(kid=True, surface=True, pose_blend_shapes=True),
    "one without children": lambda: toy_body(kid=False),
}


@pytest.mark.parametrize("name", BODIES)
def test_it_gives_the_same_bodies_in_the_same_order(shipped, monkeypatch, name):
    keypoints, focal_length, center = people(17)
    told = (shipped, BODIES[name](), keypoints, "coco17", focal_length, center)
    found = lift(*told)
    monkeypatch.setattr(lifter, "features_of", lifter.features_in_tensors)
    monkeypatch.setattr(lifter, "bodies_of", lifter.stand_in_tensors)
    sure = lift(*told)
    torch.testing.assert_close(found.probability, sure.probability, rtol=0, atol=1e-5)
    for part in PARTS:
        torch.testing.assert_close(
            getattr(found.hypotheses, part), getattr(sure.hypotheses, part), rtol=1e-4, atol=1e-4
        )


@pytest.mark.parametrize(("layout", "size"), [("coco17", 17), ("openpose25", 25), ("mediapipe33", 33)])
def test_the_network_is_given_the_same(shipped, layout, size):
    keypoints, focal_length, center = people(size)
    keypoints[1, 2, :2] = 5000.0  # far from all others
    keypoints[2, 2:, 2] = 0.0  # two are left
    keypoints[2, :2] = torch.tensor([[100.0, 200.0, 1.0], [150.0, 300.0, 0.5]])
    keypoints[2, 1:, 2], keypoints[2, 1:, :2] = 0.0, torch.nan  # only one point is there
    keypoints[3, :, 2] = 0.0
    keypoints[3, 3, 2] = 0.2
    told = (shipped, keypoints, layout, focal_length, center)
    for found, sure in zip(lifter.features_of(*told), lifter.features_in_tensors(*told), strict=True):
        torch.testing.assert_close(found, sure, rtol=1e-4, atol=1e-3)


def test_columns_that_give_no_direction_give_finite_bodies(shipped, monkeypatch):
    keypoints, focal_length, center = people(17)

    def nothing(features):
        numbers, logits = both_ways(features)
        return torch.zeros_like(numbers), torch.zeros_like(logits)

    both_ways = shipped.both_ways
    monkeypatch.setattr(shipped, "both_ways", nothing)
    found = lift(shipped, load_body(), keypoints, "coco17", focal_length, center)
    assert all(getattr(found.hypotheses, part).isfinite().all() for part in PARTS)


def test_a_body_in_double_precision_is_stood_in_tensors(shipped):
    keypoints, focal_length, center = people(17)
    doubled = load_body().to("cpu", torch.float64)
    found = lift(shipped, doubled, keypoints, "coco17", focal_length, center)
    plain = lift(shipped, load_body(), keypoints, "coco17", focal_length, center)
    assert found.params.pose.dtype == torch.float64
    torch.testing.assert_close(found.params.pose.float(), plain.params.pose, rtol=1e-4, atol=1e-4)


def test_it_is_compiled_once(shipped):
    lift(shipped, load_body(), *people(25)[:1], "openpose25", *people(25)[1:])
    lifter.warm_up(shipped)
    for made in (compiled_input._see, compiled_output._stand):
        assert len(made.signatures) == 1
