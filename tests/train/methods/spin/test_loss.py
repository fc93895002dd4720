"""The losses are those of spin.md 1b, and what is wrong there is mended here."""

import math

import numpy as np
import pytest
import torch

from core.body.model import BodyParams
from core.geometry.rotation import axis_angle_to_matrix
from tests.posing import random_params, toy_body
from tests.train import plain_spin
from train.data.rotated_body import RotatedBody
from train.methods.spin import loss
from train.methods.spin.loss import LossWeights, Term

BATCH = 16


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(7)


def some(random: np.random.Generator, *shape: int) -> torch.Tensor:
    return torch.from_numpy(random.normal(0, 0.5, shape))


def keypoints(random: np.random.Generator, count: int = BATCH) -> torch.Tensor:
    """(B, 49, 3), coordinates from -1 to 1, a third of them absent."""
    confidence = random.random((count, 49, 1)) * (random.random((count, 49, 1)) < 0.7)
    return torch.from_numpy(np.concatenate([random.uniform(-1, 1, (count, 49, 2)), confidence], axis=2))


def weak_cameras(random: np.random.Generator) -> torch.Tensor:
    return torch.from_numpy(
        np.column_stack([random.uniform(0.3, 1.2, BATCH), random.normal(0, 0.2, (BATCH, 2))])
    )


def mean(term: Term) -> float:
    value, _ = loss.weighted_sum({"camera": term}, LossWeights(camera=1.0, total=1.0))
    return float(value)


class TestAgainstThePlainReading:
    def test_points_are_projected_with_spins_camera(self, random):
        points, weak = some(random, BATCH, 49, 3), weak_cameras(random)
        plain = [plain_spin.projected(p.numpy(), w.numpy()) for p, w in zip(points, weak, strict=True)]
        np.testing.assert_allclose(loss.project_to_crop(points, weak).numpy(), plain, atol=1e-5)

    def test_pixels_become_coordinates_from_minus_one_to_one(self):
        pixels = torch.tensor([[[0.0, 112.0, 0.5], [224.0, 56.0, 1.0]]])
        expected = torch.tensor([[[-1.0, 0.0, 0.5], [1.0, -0.5, 1.0]]])
        torch.testing.assert_close(loss.to_unit(pixels), expected)

    @pytest.mark.parametrize("halves", [(0.0, 1.0), (1.0, 1.0), (0.3, 0.8)])
    def test_keypoints_2d(self, random, halves):
        said, seen = some(random, BATCH, 49, 2), keypoints(random)
        term = loss.keypoints_2d_term(said, seen, torch.tensor([halves] * BATCH).double())
        assert mean(term) == pytest.approx(
            plain_spin.keypoints_2d(said.numpy(), seen.numpy(), *halves), rel=1e-5
        )

    @pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
    def test_keypoints_3d(self, random, share):
        said, truth = some(random, BATCH, 24, 3), some(random, BATCH, 24, 4).abs()
        has = torch.from_numpy(random.random(BATCH) < share)
        term = loss.keypoints_3d_term(said, truth, has)
        plain = plain_spin.keypoints_3d(said.numpy(), truth.numpy(), has.numpy())
        assert mean(term) == pytest.approx(plain, rel=1e-5)

    def test_joints_are_not_compared_from_a_hip_that_is_not_there(self, random):
        said, truth = some(random, BATCH, 24, 3), some(random, BATCH, 24, 4).abs()
        truth[3, loss.HIPS[0]] = 0.0
        term = loss.keypoints_3d_term(said, truth, torch.ones(BATCH, dtype=torch.bool))
        assert (~term.counts).nonzero().tolist() == [[3]]

    @pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
    def test_pose_and_betas_of_valid_fits(self, random, share):
        fits, said = some(random, BATCH, 72), axis_angle_to_matrix(some(random, BATCH, 24, 3))
        betas, fit_betas = some(random, BATCH, 10), some(random, BATCH, 10)
        valid = torch.from_numpy(random.random(BATCH) < share)
        term = loss.pose_term(said, axis_angle_to_matrix(fits.view(-1, 24, 3)), valid)
        assert mean(term) == pytest.approx(
            plain_spin.pose(said.numpy(), fits.numpy(), valid.numpy()), rel=1e-5
        )
        plain = plain_spin.betas(betas.numpy(), fit_betas.numpy(), valid.numpy())
        assert mean(loss.betas_term(betas, fit_betas, valid)) == pytest.approx(plain, rel=1e-5)

    def test_vertices_are_compared_by_their_absolute_difference(self, random):
        said, truth = some(random, BATCH, 30, 3), some(random, BATCH, 30, 3)
        valid = torch.from_numpy(random.random(BATCH) < 0.5)
        plain = np.abs(said.numpy() - truth.numpy())[valid.numpy()].mean()
        assert mean(loss.vertices_term(said, truth, valid)) == pytest.approx(plain, rel=1e-5)

    def test_the_camera_prior(self, random):
        weak = weak_cameras(random)
        assert mean(loss.camera_term(weak)) == pytest.approx(plain_spin.camera_prior(weak.numpy()), rel=1e-5)

    def test_the_sum_has_spins_weights(self):
        names = ("keypoints_2d", "keypoints_3d", "pose", "betas", "vertices", "camera")
        one = Term(torch.ones(4), torch.ones(4, dtype=torch.bool))
        value, parts = loss.weighted_sum(dict.fromkeys(names, one), LossWeights())
        assert {name: float(part) / 60 for name, part in parts.items()} == pytest.approx(
            {"keypoints_2d": 5, "keypoints_3d": 5, "pose": 1, "betas": 0.001, "vertices": 0, "camera": 1}
        )
        assert float(value) == pytest.approx(60 * 12.001)

    def test_betas_beyond_three_standard_deviations_teach_the_mean_shape(self, random):
        fits = torch.from_numpy(random.normal(0, 2, (BATCH, 10)))
        free = torch.zeros(BATCH, dtype=torch.bool)
        np.testing.assert_array_equal(
            loss.believable_betas(fits, free), plain_spin.without_extremes(fits.numpy())
        )

    def test_the_betas_that_a_human_locked_are_believed(self, random):
        fits = torch.from_numpy(random.normal(0, 3, (BATCH, 10)))
        assert torch.equal(loss.believable_betas(fits, torch.ones(BATCH, dtype=torch.bool)), fits)


class TestFaultsOfSpin:
    def test_no_confidence_of_the_caller_is_changed(self, random):
        """1h.1: SPIN zeroes them in place."""
        said, seen = some(random, BATCH, 49, 2), keypoints(random)
        before = seen.clone()
        loss.keypoints_2d_term(said, seen, torch.tensor([[0.0, 1.0]] * BATCH))
        loss.to_unit(seen)
        assert torch.equal(seen, before)

    def test_an_absent_keypoint_may_lie_anywhere(self, random):
        said, seen = some(random, BATCH, 49, 2).requires_grad_(), keypoints(random)
        halves = torch.tensor([[1.0, 1.0]] * BATCH)
        expected = loss.keypoints_2d_term(said, seen, halves).value.sum()
        seen[..., :2][seen[..., 2] == 0] = math.nan
        value = loss.keypoints_2d_term(said, seen, halves).value.sum()
        value.backward()
        assert float(value.detach()) == pytest.approx(float(expected.detach()))
        assert said.grad.isfinite().all()

    def test_nobody_valid_gives_no_loss_and_no_nan(self, random):
        said = some(random, BATCH, 10).requires_grad_()
        term = loss.betas_term(said, torch.full((BATCH, 10), math.nan), torch.zeros(BATCH, dtype=torch.bool))
        value, _ = loss.weighted_sum({"betas": term}, LossWeights())
        assert float(value.detach()) == 0.0

    def test_a_batch_shared_by_two_processes_has_the_loss_of_the_whole(self, random):
        """Means are over who counts in both, not means of means."""
        said, truth = some(random, 8, 10), some(random, 8, 10)
        valid = torch.tensor([True] * 4 + [False] * 3 + [True])
        whole, _ = loss.weighted_sum({"betas": loss.betas_term(said, truth, valid)}, LossWeights())
        halves = [
            loss.weighted_sum(
                {"betas": loss.betas_term(said[part], truth[part], valid[part])},
                LossWeights(),
                lambda _: torch.tensor([5.0]),
            )[0]
            for part in (slice(0, 4), slice(4, 8))
        ]
        assert float(sum(halves)) == pytest.approx(float(whole))


class TestRotatedBody:
    @pytest.mark.parametrize("blend", [False, True])
    def test_keypoints_and_vertices_are_those_of_the_body(self, blend):
        body = toy_body(kid=True, surface=True, pose_blend_shapes=blend)
        params = random_params(5, kid=True)
        here = BodyParams(*params.tensors()[:3], torch.zeros(5, 3), params.kid)
        rotations = axis_angle_to_matrix(params.pose.view(5, 24, 3))
        ours = RotatedBody.of(body)
        torch.testing.assert_close(
            ours.keypoints(rotations, params.betas, params.kid),
            body.keypoints(here, "spin49"),
            atol=1e-5,
            rtol=0,
        )
        torch.testing.assert_close(
            ours.vertices(rotations, params.betas, params.kid), body.pose(here)[0], atol=1e-5, rtol=0
        )

    def test_its_gradient_is_finite_at_half_turns(self):
        rotations = (
            axis_angle_to_matrix(torch.tensor([torch.pi, 0.0, 0.0]))
            .expand(1, 24, 3, 3)
            .clone()
            .requires_grad_()
        )
        RotatedBody.of(toy_body()).keypoints(rotations, torch.zeros(1, 10)).square().sum().backward()
        assert rotations.grad.isfinite().all()
