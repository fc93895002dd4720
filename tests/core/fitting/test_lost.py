"""Whom a guess has led astray is fitted from nothing as well; nobody else notices."""

from dataclasses import replace

import pytest
import torch

from core.body.keypoint_body import params_to_vector
from core.body.model import BodyParams
from core.fitting import TRUSTING, FitConfig
from tests.core.fitting.making import Scene, before_camera, off_by, prior_poses, turn_about, turned

PEOPLE, ASTRAY = 5, 3
TRUSTED = replace(TRUSTING, lost_px=0.0)


@pytest.fixture(scope="module", params=[torch.float32, torch.float64])
def scene(request, body) -> Scene:
    precise = body.to("cpu", request.param)
    return Scene.of(precise, before_camera(prior_poses(PEOPLE, 3), 5), noise_px=0.5)


def near(scene: Scene) -> BodyParams:
    return off_by(scene.truth.to(torch.zeros(0)), 10)


def guess_of(scene: Scene) -> BodyParams:
    """Near everybody but one, whom it takes to stand on their head."""
    right = near(scene)
    wrong = turned(right, turn_about(z=180))
    astray = (torch.arange(PEOPLE) == ASTRAY)[:, None]
    return replace(right, global_orient=torch.where(astray, wrong.global_orient, right.global_orient))


def test_who_is_led_astray_comes_to_their_keypoints_all_the_same(scene):
    trusted, step = (scene.fit(guess_of(scene), config) for config in (TRUSTED, TRUSTING))
    assert trusted.score[ASTRAY] > TRUSTING.lost_px
    assert step.score[ASTRAY] < 1.5


def test_all_others_are_as_they_were(scene):
    trusted, step = (scene.steps(guess_of(scene), config) for config in (TRUSTED, TRUSTING))
    assert len(step) == len(trusted) + 1
    assert step[-1].iteration > trusted[-1].iteration
    others = torch.arange(PEOPLE) != ASTRAY
    before, after = (params_to_vector(steps[-1].params)[others] for steps in (trusted, step))
    assert torch.equal(before, after)
    assert torch.equal(trusted[-1].score[others], step[-1].score[others])
    for name, loss in step[-1].loss_by_term.items():
        assert torch.equal(loss[others], trusted[-1].loss_by_term[name][others])


def test_where_nobody_is_lost_nothing_is_added(scene):
    assert len(scene.steps(near(scene), TRUSTING)) == len(scene.steps(near(scene), TRUSTED))


def test_keypoints_that_no_body_has_leave_the_guess_as_it_was(scene):
    """A better score by a little is no reason to forget what the network knew."""
    strange = scene.keypoints.clone()
    strange[ASTRAY, :, :2] += 60 * torch.randn(
        strange[ASTRAY, :, :2].shape, generator=torch.Generator().manual_seed(1)
    )
    odd = replace(scene, keypoints=strange)
    trusted, step = (odd.fit(near(scene), config) for config in (TRUSTED, TRUSTING))
    assert trusted.score[ASTRAY] > TRUSTING.lost_px
    assert torch.equal(params_to_vector(step.params), params_to_vector(trusted.params))


@pytest.mark.parametrize("held", ["free_orientation", "free_pose", "free_translation"])
def test_what_may_not_move_is_not_moved(scene, held):
    config = replace(TRUSTING, **{held: False})
    wrong = guess_of(scene)
    assert len(scene.steps(wrong, config)) == len(scene.steps(wrong, replace(config, lost_px=0.0)))


def test_who_has_too_few_keypoints_keeps_to_the_guess(scene):
    few = scene.keypoints.clone()
    few[ASTRAY, 3:, 2] = 0
    sparse = replace(scene, keypoints=few)
    assert len(sparse.steps(guess_of(scene), TRUSTING)) == len(sparse.steps(guess_of(scene), TRUSTED))


def test_a_fit_of_spins_loop_trusts_its_guess():
    assert FitConfig().lost_px == 0
