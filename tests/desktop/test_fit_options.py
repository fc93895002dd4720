"""What the panel's numbers become for a fit."""

from core.fitting import TRUSTING
from desktop.view import FitOptions


def test_a_fit_that_a_guess_begins_holds_to_it_at_least_as_a_trusting_one():
    assert FitOptions().config().stay_near == 0
    assert FitOptions().config_from_guess().stay_near == TRUSTING.stay_near
    assert FitOptions(stay_near=20).config_from_guess().stay_near == 20


def test_a_curators_weights_also_rule_a_fit_that_a_guess_begins():
    config = FitOptions(keypoint_px=3, betas=2).config_from_guess(wishes=())
    assert (config.keypoint_px, config.betas, config.soft_iterations) == (3, 2, 0)
