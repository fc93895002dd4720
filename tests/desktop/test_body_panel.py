"""The panel: what is dragged is previewed, what is let go is committed, Escape takes it back."""

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QToolButton

from desktop.app import build
from desktop.settings import Settings
from desktop.workbench import View


@pytest.fixture
def desk(qtbot, tmp_path):
    """Workbench and window with the open body loaded."""
    settings = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    workbench, window = build(settings, View(theme="light"))
    qtbot.addWidget(window)
    window.show()
    with qtbot.waitSignal(workbench.body_changed, timeout=30000):
        workbench.open_body()
    yield workbench, window
    window.close()


def test_dragging_a_slider_previews_and_letting_go_commits_once(desk):
    workbench, window = desk
    row = window.body_panel.betas[3]
    row.slider.setSliderDown(True)
    for value in (40, 90, 150):
        row.slider.setValue(value)
        assert workbench.previewing
    assert workbench.history.count() == 0
    row.slider.setSliderDown(False)
    assert workbench.posed.betas[3] == pytest.approx(1.5)
    assert workbench.history.count() == 1
    assert row.number.value() == pytest.approx(1.5)


def test_escape_takes_back_a_drag_and_what_follows_until_the_release_is_not_heard(desk):
    workbench, window = desk
    row = window.body_panel.betas[0]
    row.slider.setSliderDown(True)
    row.slider.setValue(200)
    window.actions_by_id["edit.cancel"].trigger()
    row.slider.setValue(210)
    row.slider.setSliderDown(False)
    assert workbench.posed.betas[0] == 0
    assert workbench.history.count() == 0
    assert row.slider.value() == 0
    row.number.setValue(1.0)
    assert workbench.posed.betas[0] == 1


def test_angles_turn_the_chosen_joint_in_degrees(desk):
    workbench, window = desk
    panel = window.body_panel
    panel.joint.setCurrentText("right knee")
    panel.joint.activated.emit(panel.joint.currentIndex())
    panel.angles[0].number.setValue(90)
    assert workbench.posed.joint("right_knee") == pytest.approx([np.pi / 2, 0, 0])
    assert workbench.history.undoText() == "Turn right knee"


def test_undo_is_shown_in_the_panel_and_in_the_body(desk):
    workbench, window = desk
    height = np.ptp(workbench.surface.vertices[:, 1])
    window.body_panel.kid.number.setValue(1.0)
    assert np.ptp(workbench.surface.vertices[:, 1]) < 0.8 * height
    window.actions_by_id["edit.undo"].trigger()
    assert window.body_panel.kid.number.value() == 0
    assert np.ptp(workbench.surface.vertices[:, 1]) == pytest.approx(height)


def test_reset_buttons_put_joint_pose_and_shape_to_rest(desk, qtbot):
    workbench, window = desk
    posed = workbench.posed.with_beta(2, 1.0).with_joint("pelvis", np.ones(3)).with_joint("head", np.ones(3))
    workbench.apply("Pose", posed)
    buttons = {button.text(): button for button in window.body_panel.findChildren(QToolButton)}
    qtbot.mouseClick(buttons["Reset joint"], Qt.MouseButton.LeftButton)
    assert not workbench.posed.joint("pelvis").any()
    assert workbench.posed.joint("head").any()
    qtbot.mouseClick(buttons["Reset pose"], Qt.MouseButton.LeftButton)
    assert not workbench.posed.pose.any()
    qtbot.mouseClick(buttons["Reset shape"], Qt.MouseButton.LeftButton)
    assert not workbench.posed.betas.any()
    assert workbench.history.count() == 4


def test_the_body_stands_upright_on_the_floor_with_its_left_at_plus_x(desk):
    workbench, _ = desk
    vertices, joints = workbench.surface.vertices, workbench.surface.joints
    assert vertices[:, 1].min() == pytest.approx(0, abs=1e-6)
    assert 1.4 < vertices[:, 1].max() < 2.1
    assert joints[16, 0] > 0 > joints[17, 0]  # the shoulders


def test_settings_remember_colours_wireframe_and_floor(tmp_path):
    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    Settings(store).keep_view(View(theme="dark", wireframe=True, floor=False, joint="head"))
    store.sync()
    reread = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    assert Settings(reread).view() == View(theme="dark", wireframe=True, floor=False)


def test_settings_that_make_no_sense_are_the_defaults(tmp_path):
    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    store.setValue("theme", "pink")
    store.setValue("window/geometry", "nonsense")
    assert Settings(store).view() == View()
