"""What the panel's numbers become for a fit."""

import pytest

from core.fitting import TRUSTING, FitConfig
from desktop.view import FitOptions


def test_a_fit_that_a_guess_begins_holds_to_it_like_a_trusting_one_and_others_do_not():
    assert FitOptions().config() == FitConfig()
    assert FitOptions().config_from_guess() == TRUSTING


@pytest.mark.parametrize("chosen", [0, 3, 20])
def test_how_near_a_curator_wants_it_rules_every_fit(chosen):
    options = FitOptions(stay_near=chosen)
    assert options.config().stay_near == options.config_from_guess().stay_near == chosen


def test_the_panel_says_that_how_near_is_automatic_and_what_that_means(desk):
    row = desk.window.fit_panel.rows["stay_near"]
    assert row.number.text() == "automatic"
    for widget in (row.number, row.slider):
        assert "12 for a fit that starts from a guess, 0 for any other" in widget.toolTip()
    row.number.setValue(3)
    assert desk.workbench.fits.options.stay_near == 3
    assert row.number.text() == "3"
    row.slider.setValue(0)
    assert desk.workbench.fits.options.stay_near == 0
    assert row.number.text() == "0"
    row.slider.setValue(row.slider.minimum())
    assert desk.workbench.fits.options == FitOptions()
    assert row.number.text() == "automatic"


def test_a_curators_weights_also_rule_a_fit_that_a_guess_begins():
    config = FitOptions(keypoint_px=3, betas=2).config_from_guess(wishes=())
    assert (config.keypoint_px, config.betas, config.soft_iterations) == (3, 2, 0)
