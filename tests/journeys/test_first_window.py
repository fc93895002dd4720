"""The first window, as its user meets it: through main, on a screen."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMessageBox

from core.body.tree import joint_index
from desktop.app import last_resort
from desktop.state.view import View
from tests.desktop.desk import Desk
from tests.desktop.making import write_coco
from tests.waiting import LONGEST_MS, LONGEST_S, of_the_window, wait_until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def run_main(*arguments, **environment):
    return subprocess.run(
        [sys.executable, str(ROOT / "main.py"), *map(str, arguments)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
    )


def pixels(image):
    """(H, W, 3) uint8 of a QImage."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


@pytest.mark.gl
def test_a_fault_of_the_program_ends_a_screenshot_with_its_trace_and_does_not_hang(tmp_path):
    story = f"""
import core.body.model
def broken(source): raise RuntimeError("a fault of ours")
core.body.model.load_body = broken
from desktop.app import main
raise SystemExit(main(["--screenshot", {str(tmp_path / "window.png")!r}]))
"""
    done = subprocess.run(
        [sys.executable, "-c", story], cwd=ROOT, capture_output=True, text=True, timeout=LONGEST_S
    )
    assert done.returncode == 1
    assert "RuntimeError: a fault of ours" in done.stderr
    assert not (tmp_path / "window.png").exists()


@pytest.fixture
def bare(qtbot, tmp_path):
    """A window without a project: the body at rest."""
    desk = Desk(qtbot, tmp_path, View(theme="light", floor=False))
    qtbot.waitExposed(desk.window, timeout=LONGEST_MS)
    desk.window.docks.bring_back()  # the start page hides them
    desk.wait(desk.window.viewport.isVisible)
    yield desk.workbench, desk.window
    desk.window.close()


@pytest.fixture
def fitted(open_desk):
    """A person is fitted."""
    open_desk.workbench.change_view(floor=False)
    open_desk.fit()
    return open_desk.workbench, open_desk.window


def silhouette(window):
    """Where the viewport shows the body: nothing else is so blue, (H, W) bool."""
    shown = pixels(window.viewport.grab().toImage()).astype(int)
    return shown[..., 2] - shown[..., 0] > 55


@pytest.mark.gl
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_screenshot_shows_the_start_page_in_its_colours(tmp_path, theme):
    file = tmp_path / "window.png"
    done = run_main("--theme", theme, "--screenshot", file)
    assert done.returncode == 0, done.stderr
    shown = pixels(QImage(str(file))).astype(int)
    assert shown.shape == (800, 1280, 3)
    assert (shown[15, 600].mean() > 128) == (theme == "light")
    accent = (shown[..., 2] - shown[..., 0] > 80) & (shown[..., 2] > 120)
    assert 0.001 < accent.mean() < 0.05  # icons of cards, and nothing as large as a body


@pytest.mark.gl
def test_a_screenshot_of_a_file_shows_its_photo_between_the_panels(tmp_path):
    file, folder = tmp_path / "window.png", tmp_path / "photos"
    folder.mkdir()
    done = run_main("--theme", "light", "--screenshot", file, write_coco(folder))
    assert done.returncode == 0, done.stderr
    shown = pixels(QImage(str(file)))
    photo, list_of_people, panel = shown[150:400, 450:700], shown[170:400, 10:60], shown[500:700, 940:1240]
    assert photo.std() > 10
    assert list_of_people.std() > 10
    assert panel.std() > 10


@pytest.mark.gl
def test_a_screenshot_that_cannot_be_written_is_an_error_that_says_where(tmp_path):
    done = run_main("--screenshot", tmp_path / "no_such_folder" / "window.png")
    assert done.returncode == 1
    assert "no_such_folder" in done.stderr


def test_without_opengl_the_window_says_so_and_the_rest_goes_on(tmp_path):
    file = tmp_path / "window.png"
    done = run_main("--screenshot", file, QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 0, done.stderr
    assert pixels(QImage(str(file))).std() > 5  # a window with text, not an empty picture


@pytest.mark.gl
def test_the_window_shows_before_torch_and_smplx_are_imported():
    story = """
import sys
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from desktop.app import build, last_resort
from desktop.settings import Settings
application = QApplication([])
workbench, window = build(Settings(QSettings("/nonexistent/none.ini", QSettings.Format.IniFormat)))
window.show()
while not window.windowHandle().isExposed():
    application.processEvents()
print("torch" in sys.modules, "smplx" in sys.modules)
window.close()
"""
    done = subprocess.run([sys.executable, "-c", story], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.gl
def test_a_raised_knee_and_its_undo_are_seen_in_the_viewport(fitted, qtbot):
    workbench, window = fitted
    before = silhouette(window)
    workbench.change_view(joint="left_hip")
    window.body_panel.angles[0].number.setValue(-90)
    raised = silhouette(window)
    window.actions_by_id["edit.undo"].trigger()
    workbench.change_view(joint="pelvis")
    after = silhouette(window)
    assert (before != raised).sum() > 0.05 * before.sum()
    assert (before != after).sum() < 0.03 * before.sum()  # its edges may be smooth by now


@pytest.mark.gl
def test_the_mouse_turns_pans_and_zooms_and_home_goes_back(bare, qtbot):
    _, window = bare
    viewport, start = window.viewport, QPoint(40, 60)

    def drag(button, by):
        qtbot.mousePress(viewport, button, pos=start)
        qtbot.mouseMove(viewport, start + by / 2)
        qtbot.mouseMove(viewport, start + by)
        qtbot.mouseRelease(viewport, button, pos=start + by)

    home = silhouette(window)
    drag(Qt.MouseButton.LeftButton, QPoint(120, 0))
    assert viewport.orbit.azimuth_deg == pytest.approx(25 - 60)
    window.actions_by_id["space.home"].trigger()
    drag(Qt.MouseButton.MiddleButton, QPoint(60, 40))
    moved = np.roll(home, (40, 60), axis=(0, 1))
    assert (moved & silhouette(window)).sum() > 0.85 * home.sum()  # the body is under the cursor still
    window.actions_by_id["space.home"].trigger()
    assert (home != silhouette(window)).sum() < 0.03 * home.sum()
    viewport._turn(viewport.orbit.zoomed(0.5))
    assert silhouette(window).sum() < 0.4 * home.sum()


@pytest.mark.gl
def test_a_click_takes_the_joint_under_it(bare, qtbot):
    workbench, window = bare
    viewport = window.viewport
    at = viewport.orbit.project(viewport.surface[1], viewport.size())[joint_index("left_wrist")]
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=QPoint(*at.astype(int).tolist()))
    assert workbench.view.joint == "left_wrist"


@pytest.mark.gl
def test_wireframe_and_floor_are_drawn_when_asked_for(bare):
    workbench, window = bare
    plain = pixels(window.viewport.grab().toImage())
    workbench.change_view(wireframe=True)
    wired = pixels(window.viewport.grab().toImage())
    workbench.change_view(wireframe=False, floor=True)
    floored = pixels(window.viewport.grab().toImage())
    assert (plain != wired).any(axis=2).sum() > 5000
    assert (plain != floored).any(axis=2).sum() > 40000


@pytest.mark.gl
def test_a_file_that_is_no_body_brings_a_message_and_the_body_stays(bare, qtbot, tmp_path, monkeypatch):
    workbench, window = bare
    body = workbench.fits.body
    letter = tmp_path / "letter.pkl"
    letter.write_text("Dear reader, this is no body.")
    monkeypatch.setattr(window, "ask_for_file", lambda kind: letter)
    with qtbot.waitSignal(workbench.refused, timeout=LONGEST_MS):
        window.actions_by_id["file.open_body"].trigger()
    message = window.findChild(QMessageBox)
    assert message.isVisible()
    assert "letter.pkl" in message.text()
    message.button(QMessageBox.StandardButton.Ok).click()
    assert workbench.fits.body is body
    assert silhouette(window).any()


@pytest.mark.gl
def test_a_body_at_rest_is_seen_whole_in_a_view_narrower_than_its_arms(bare):
    workbench, window = bare
    view = window.viewport
    view.resize(200, 500)
    workbench.fits.body_changed.emit()
    at = view.orbit.project(view.surface[0], view.size())
    assert (at >= 0).all()
    assert (at <= [200, 500]).all()


@pytest.mark.gl
def test_a_fault_of_the_program_is_told_in_the_window_and_the_window_goes_on(bare, qtbot, caplog):
    workbench, window = bare
    try:
        raise RuntimeError("a fault of ours")
    except RuntimeError as fault:
        last_resort(window, type(fault), fault, fault.__traceback__)
        last_resort(window, type(fault), fault, fault.__traceback__)
    wait_until(lambda: window.findChild(QMessageBox), pause=of_the_window(qtbot))
    qtbot.wait(30)
    assert len(window.findChildren(QMessageBox)) == 1  # however often it comes
    message = window.findChild(QMessageBox)
    assert "RuntimeError: a fault of ours" in message.text()
    assert "Traceback" in caplog.text
    message.button(QMessageBox.StandardButton.Ok).click()
    workbench.change_view(wireframe=True)
    assert window.actions_by_id["space.wireframe"].isChecked()


@pytest.mark.gl
def test_an_opened_smpl_file_takes_the_place_of_the_open_body(bare, qtbot, tmp_path, monkeypatch):
    workbench, window = bare
    arrays = workbench.fits.body.arrays
    file = tmp_path / "SMPL_MINE.npz"
    parents = arrays.parents.astype(np.int64)
    np.savez(
        file,
        v_template=arrays.v_template,
        shapedirs=arrays.shapedirs[..., :10],
        posedirs=np.zeros((*arrays.v_template.shape, 207), np.float32),
        J_regressor=arrays.J_regressor,
        weights=arrays.weights,
        kintree_table=np.stack([parents, np.arange(len(parents))]),
        f=arrays.faces,
    )
    monkeypatch.setattr(window, "ask_for_file", lambda kind: file)
    with qtbot.waitSignal(workbench.fits.body_changed, timeout=LONGEST_MS):
        window.actions_by_id["file.open_body"].trigger()
    assert "SMPL_MINE" in workbench.fits.body.name
    assert not window.body_panel.kid.slider.isEnabled()  # official files have no child direction
    assert silhouette(window).any()
