"""More people than fit into a bounded piece are fitted in pieces, and come to the same bodies."""

import pytest
import torch

from core.fitting import FitConfig, fit, in_pieces
from tests.core.fitting.making import Scene, before_camera, off_by, prior_poses

PEOPLE = 7
SAME_MM = 0.5  # rounding differs with the size of a batch, and grows


@pytest.fixture(scope="module")
def group(body) -> Scene:
    return Scene.of(body, before_camera(prior_poses(PEOPLE, 3), 5), noise_px=2.0)


@pytest.fixture
def threes(monkeypatch):
    """Pieces of three people."""
    monkeypatch.setattr(in_pieces, "AT_ONCE", {"cpu": 3, "cuda": 3})


@pytest.mark.parametrize("guesses", [0, 1, 2])
def test_people_fitted_in_pieces_come_to_what_they_come_to_at_once(group, guesses, monkeypatch):
    guess = off_by(group.truth, 10)[torch.arange(PEOPLE).repeat_interleave(guesses)] if guesses else None
    at_once = group.fit(guess)
    monkeypatch.setattr(in_pieces, "AT_ONCE", {"cpu": 3})
    steps = group.steps(guess)
    apart = 1000 * (group.joints(steps[-1].params) - group.joints(at_once.params)).norm(dim=-1)
    assert apart.max() < SAME_MM
    torch.testing.assert_close(steps[-1].score, at_once.score, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(steps[-1].residual_px, at_once.residual_px, rtol=1e-2, atol=0.1)
    assert steps[-1].weak.tolist() == at_once.weak.tolist()
    assert steps[-1].loss_by_term.keys() == at_once.loss_by_term.keys()
    assert [step.iteration for step in steps] == sorted(step.iteration for step in steps)


@pytest.mark.usefixtures("threes")
def test_each_step_of_pieces_has_a_usable_body_of_everybody(group):
    for step in group.steps(None):
        assert step.params.global_orient.shape == (PEOPLE, 3)
        assert step.unknowns.isfinite().all()
        assert not step.score.isnan().any()


@pytest.mark.usefixtures("threes")
def test_a_piece_of_people_who_cannot_be_fitted_is_passed_over(group):
    keypoints = group.keypoints.clone()
    keypoints[3:6, :, 2] = 0
    cameras = group.focal_length, group.camera_center
    *_, step = fit(group.body, keypoints, group.layout, *cameras, config=FitConfig())
    assert sorted(step.faults) == [3, 4, 5]
    assert step.params.cam_t.isfinite().all()
    assert (step.score[[0, 1, 2, 6]] < 10).all()
