"""The panel: what is dragged is previewed, what is let go is committed, Escape takes it back."""

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QToolButton

from desktop.settings import Settings
from desktop.state.person_edits import joint_of, with_beta, with_joint
from desktop.state.view import View


@pytest.fixture
def desk(shared_desk):
    return shared_desk


@pytest.fixture
def fitted(open_desk):
    """The first person is fitted."""
    open_desk.fit()
    return open_desk


def test_dragging_a_slider_previews_and_letting_go_commits_once(fitted):
    workbench, row = fitted.workbench, fitted.window.body_panel.betas[3]
    entries = workbench.history.count()
    row.slider.setSliderDown(True)
    for value in (40, 90, 150):
        row.slider.setValue(value)
        assert workbench.previewing
    assert workbench.history.count() == entries
    row.slider.setSliderDown(False)
    assert workbench.person.fit.betas[3] == pytest.approx(1.5)
    assert workbench.person.fit.source == "curated"
    assert workbench.history.count() == entries + 1
    assert row.number.value() == pytest.approx(1.5)


def with_a_fit_from_elsewhere(desk):
    """Its beta 0 and one angle of the pelvis are beyond what the sliders reach, and finer than what they show."""
    workbench = desk.workbench
    fit = with_joint(with_beta(workbench.person.fit, 0, 6.254321), "pelvis", np.radians([200.04, 0.0, 10.0]))
    workbench.apply("Import", workbench.person.with_(fit=fit))
    workbench.change_view(joint="pelvis")
    return workbench.person


def test_what_is_beyond_the_sliders_is_shown_as_it_is_and_stays_while_another_value_is_changed(fitted):
    panel, before = fitted.window.body_panel, with_a_fit_from_elsewhere(fitted)
    assert panel.betas[0].number.value() == pytest.approx(6.25)
    assert panel.angles[0].number.value() == pytest.approx(200.0)
    panel.betas[1].number.setValue(1.0)
    panel.angles[2].number.setValue(20.0)
    after = fitted.workbench.person.fit
    assert after.betas[0] == before.fit.betas[0]
    assert joint_of(after, "pelvis")[0] == joint_of(before.fit, "pelvis")[0]


def test_what_is_beyond_the_sliders_is_changed_from_where_it_is(fitted):
    row = fitted.window.body_panel.betas[0]
    with_a_fit_from_elsewhere(fitted)
    row.number.stepDown()
    assert fitted.workbench.person.fit.betas[0] == pytest.approx(6.15)
    row.number.setValue(1.0)
    row.number.setValue(9.0)
    assert fitted.workbench.person.fit.betas[0] == 5


def test_a_click_on_a_slider_that_does_not_move_it_changes_nothing(fitted):
    row, before = fitted.window.body_panel.betas[0], with_a_fit_from_elsewhere(fitted)
    row.slider.setSliderDown(True)
    row.slider.setSliderDown(False)
    assert fitted.workbench.person is before


def test_escape_takes_back_a_drag_from_beyond_the_slider(fitted):
    row, before = fitted.window.body_panel.betas[0], with_a_fit_from_elsewhere(fitted)
    row.slider.setSliderDown(True)
    row.slider.setValue(100)
    row.slider.setValue(550)
    assert fitted.workbench.person.fit.betas[0] == pytest.approx(5.5)
    fitted.do("edit.cancel")
    row.slider.setSliderDown(False)
    assert fitted.workbench.person is before
    assert row.number.value() == pytest.approx(6.25)


def test_escape_takes_back_a_drag_and_what_follows_until_the_release_is_not_heard(fitted):
    workbench, row = fitted.workbench, fitted.window.body_panel.betas[0]
    before, entries = workbench.person, workbench.history.count()
    row.slider.setSliderDown(True)
    row.slider.setValue(300)
    fitted.do("edit.cancel")
    row.slider.setValue(210)
    row.slider.setSliderDown(False)
    assert workbench.person is before
    assert workbench.history.count() == entries
    row.number.setValue(1.0)
    assert workbench.person.fit.betas[0] == 1


def test_angles_turn_the_chosen_joint_in_degrees(fitted):
    workbench, panel = fitted.workbench, fitted.window.body_panel
    panel.joint.setCurrentText("right knee")
    panel.joint.activated.emit(panel.joint.currentIndex())
    for angle in panel.angles:
        angle.number.setValue(0)
    panel.angles[0].number.setValue(90)
    shown = np.radians(0.05)  # the boxes show tenths of a degree: what they show as 0 stays as it is
    assert joint_of(workbench.person.fit, "right_knee") == pytest.approx([np.pi / 2, 0, 0], abs=shown)
    assert workbench.history.undoText() == "Turn right knee"


def test_undo_is_shown_in_the_panel_and_in_the_body(fitted):
    workbench, kid = fitted.workbench, fitted.window.body_panel.kid
    height, age = np.ptp(workbench.shown.posed.vertices[:, 1]), kid.number.value()
    kid.number.setValue(1.0)
    assert np.ptp(workbench.shown.posed.vertices[:, 1]) < 0.85 * height
    assert workbench.person.fit.score > 5  # a child in an adult's place
    fitted.do("edit.undo")
    assert kid.number.value() == age
    assert np.ptp(workbench.shown.posed.vertices[:, 1]) == pytest.approx(height)


def test_reset_buttons_put_joint_pose_and_shape_to_rest(fitted, qtbot):
    workbench, window = fitted.workbench, fitted.window
    fit = with_joint(with_beta(workbench.person.fit, 2, 1.0), "head", np.ones(3))
    workbench.fits.change_by_hand("Pose", fit)
    buttons = {button.text(): button for button in window.body_panel.findChildren(QToolButton)}
    workbench.change_view(joint="head")
    qtbot.mouseClick(buttons["Reset joint"], Qt.MouseButton.LeftButton)
    assert not joint_of(workbench.person.fit, "head").any()
    assert joint_of(workbench.person.fit, "pelvis").any()
    qtbot.mouseClick(buttons["Reset pose"], Qt.MouseButton.LeftButton)
    assert not workbench.person.fit.pose[3:].any()
    qtbot.mouseClick(buttons["Reset shape"], Qt.MouseButton.LeftButton)
    assert not workbench.person.fit.betas.any()


def test_the_panel_waits_for_a_fit_and_an_accepted_person_is_not_changed(open_desk):
    panel = open_desk.window.body_panel
    assert not panel.widget().isEnabled()
    open_desk.fit()
    assert panel.widget().isEnabled()
    open_desk.do("person.accept")
    assert not panel.widget().isEnabled()


def test_the_body_stands_upright_on_the_floor_as_the_photo_sees_it(fitted):
    vertices, joints = fitted.window.viewport.surface
    assert vertices[:, 1].min() == pytest.approx(0, abs=1e-6)
    assert 1.4 < vertices[:, 1].max() < 2.1
    assert joints[15, 1] > joints[0, 1]  # the head is above the pelvis


def test_settings_remember_what_is_shown(tmp_path):
    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    kept = {"wireframe": True, "floor": False, "boxes": False, "body_style": "xray", "overlay_opacity": 0.45}
    Settings(store).keep_view(View(theme="dark", joint="head", **kept))
    store.sync()
    reread = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    assert Settings(reread).view() == View(theme="dark", **kept)


def test_settings_that_make_no_sense_are_the_defaults(tmp_path):
    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    store.setValue("theme", "pink")
    store.setValue("body_style", "wool")
    store.setValue("overlay_opacity", "nan")
    store.setValue("pitches", "[1, 2")
    store.setValue("window/geometry", "nonsense")
    store.setValue("angles", 7)
    store.setValue("detector", "crystal ball")
    store.setValue("recent", {"not": "a list"})
    assert Settings(store).view() == View()
    assert Settings(store).pitch_of("a.fitloop", "a.jpg") is None
    assert Settings(store).recent() == []
