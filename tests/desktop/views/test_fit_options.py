"""What the panel's numbers become for a fit."""

import numpy as np
import pytest
import torch

from core.body.keypoints import layout
from core.body.model import BodyParams, load_body
from core.fitting import TRUSTING, FitConfig
from core.geometry.camera import project
from core.records import BBox, Keypoints, Person, Photo
from desktop.jobs.fitting import fit_steps
from desktop.jobs.guessing import guess_steps
from desktop.state.person_edits import moved
from desktop.state.view import FitOptions


@pytest.fixture
def desk(shared_desk):
    return shared_desk


def test_a_fit_that_a_guess_begins_holds_to_it_like_a_trusting_one_and_others_do_not():
    assert FitOptions().config() == FitConfig()
    assert FitOptions().config_from_guess() == TRUSTING


@pytest.mark.parametrize("chosen", [0, 3, 20])
def test_how_near_a_curator_wants_it_rules_every_fit(chosen):
    options = FitOptions(stay_near=chosen)
    assert options.config().stay_near == options.config_from_guess().stay_near == chosen
    assert options.config_from_guess().lost_px == 0


WIDEST_PX = 2**24 - 1  # Qt's own limit


def filled(slider):
    """Whether anything right of the handle's middle, or left of it, has the colour of what is used."""
    slider.setFixedWidth(600)
    picture, used = slider.grab().toImage(), slider.palette().highlight().color().rgb()
    slider.setMinimumWidth(0)
    slider.setMaximumWidth(WIDEST_PX)
    return any(picture.pixel(x, picture.height() // 2) == used for x in range(picture.width()))


def test_the_panel_says_that_how_near_is_automatic_and_what_that_means(desk):
    desk.workbench.change_view(advanced=True)
    row = desk.window.fit_panel.rows["stay_near"]
    assert row.number.text() == "automatic"
    for widget in (row.number, row.slider):
        assert "12 for a fit that starts from a guess, 0 for any other" in widget.toolTip()
    assert not filled(row.slider)
    row.number.setValue(20)
    assert filled(row.slider)
    assert desk.workbench.fits.options.stay_near == 20
    assert row.number.text() == "20"
    row.slider.setValue(0)
    assert desk.workbench.fits.options.stay_near == 0
    assert row.number.text() == "0"
    row.slider.setValue(row.slider.minimum())
    assert desk.workbench.fits.options == FitOptions()
    assert row.number.text() == "automatic"


def test_a_curators_weights_also_rule_a_fit_that_a_guess_begins():
    config = FitOptions(FitConfig(keypoint_px=3, betas=2)).config_from_guess(wishes=())
    assert (config.keypoint_px, config.betas, config.soft_iterations) == (3, 2, 0)


FOCAL_PX, CENTER_PX = 400.0, (160.0, 120.0)
CHILD, AWAY_M = 0.8, 2.6


@pytest.fixture(scope="module")
def child():
    """A standing child in a photo."""
    pose = 0.1 * torch.randn(1, 72, generator=torch.Generator().manual_seed(3))
    pose[:, :3] = torch.tensor([np.pi, 0.0, 0.0])
    pose[:, 3 * 16 + 2], pose[:, 3 * 17 + 2] = -1.0, 1.0  # arms down
    cam_t = torch.tensor([[0.0, 0.2, AWAY_M]])
    params = BodyParams.from_pose(pose, torch.zeros(1, 10), cam_t, torch.tensor([CHILD]))
    points = load_body().keypoints(params, "openpose25")
    xy = project(points, torch.tensor([FOCAL_PX]), torch.tensor([CENTER_PX]))[0].numpy()
    low, high = xy.min(axis=0), xy.max(axis=0)
    keypoints = Keypoints("openpose25", xy, np.ones(layout("openpose25").k))
    person = Person(1, BBox.from_xywh([*low, *(high - low)]), keypoints)
    return Photo("child.jpg", 320, 240, (person,), FOCAL_PX, CENTER_PX), person


@pytest.mark.parametrize("begin", ["guess", "nothing"])
def test_a_child_is_found_where_the_age_is_fitted_and_an_adult_where_it_is_not(child, begin):
    found = []
    for free in (False, True):
        options = FitOptions(FitConfig(free_kid=free))
        if begin == "guess":
            *_, report = guess_steps(load_body(), *child, options)
        else:
            *_, report = fit_steps(load_body(), *child, None, options)
        found.append(report.posed.fit)
    adult, grown_young = found
    assert adult.kid < 0.05
    assert 0.15 < grown_young.kid < 1
    assert grown_young.score < adult.score
    assert abs(grown_young.cam_t[2] - AWAY_M) < 0.85 * abs(adult.cam_t[2] - AWAY_M)


@pytest.mark.parametrize("width", [840, 1024])
def test_every_number_is_whole_in_a_narrow_window(open_desk, width):
    desk, panel = open_desk, open_desk.window.fit_panel
    desk.workbench.change_view(advanced=True)
    desk.window.resize(width, 700)
    desk.qtbot.wait(50)
    for number in (panel.focal, *(row.number for row in panel.rows.values())):
        right = number.mapTo(panel.viewport(), number.rect().bottomRight()).x()
        assert right < panel.viewport().width()


def test_the_sliders_are_under_advanced_and_reset_takes_all_of_them_back(desk):
    panel, fits = desk.window.fit_panel, desk.workbench.fits
    row = panel.rows["pose_prior"]
    assert row.slider.isHidden() or not row.slider.isVisibleTo(panel)
    assert panel.reset.isHidden()
    panel.advanced.click()
    assert row.slider.isVisibleTo(panel)
    row.number.setValue(2.0)
    panel.advanced.click()
    assert not row.slider.isVisibleTo(panel)
    assert panel.reset.isVisibleTo(panel)  # an option that is not the default is not forgotten
    panel.reset.click()
    assert fits.options == FitOptions()
    assert row.number.value() == FitConfig().pose_prior


def test_iterations_are_told_only_of_the_fit_on_show(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    assert "iteration" in desk.window.fit_panel.summary.text()
    workbench.apply("Move", moved(workbench.person, 0, workbench.person.keypoints.xy[0] + 9), follow=True)
    assert "iteration" not in desk.window.fit_panel.summary.text()
    desk.do("edit.undo")
    assert "iteration" in desk.window.fit_panel.summary.text()
