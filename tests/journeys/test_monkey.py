"""Random acts of a user: nothing is thrown, nothing leaks, and undoing it all gives back the first project."""

import os

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QContextMenuEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from desktop.views.tools.context_menu import ContextMenu
from desktop.views.tools.palette import NAME, CommandPalette
from tests.desktop.making import same_person

pytestmark = pytest.mark.slow

ACTS = int(os.environ.get("FITLOOP_MONKEY_ACTS", "60"))
SEEDS = range(int(os.environ.get("FITLOOP_MONKEY_SEEDS", "2")))
DROPPED = ("empty.json", "net.pt", "gone.jpg")
NOT_FOR_MONKEYS = (
    "file.",
    "help.",
    "view.theme",
    "panel.reset",
    "person.advance",
    "person.detect",
    "person.install_detector",
)


def press_keys(desk, rng):
    keys = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)
    desk.qtbot.keyClick(desk.window.canvas, keys[rng.integers(4)])


def drag_somewhere(desk, rng):
    size = np.array([desk.window.canvas.width(), desk.window.canvas.height()])
    start, end = QPointF(*(rng.random(2) * size)), QPointF(*(rng.random(2) * size))
    desk.press(start, Qt.MouseButton.RightButton if rng.random() < 0.2 else Qt.MouseButton.LeftButton)
    desk.move((start + end) / 2)
    if rng.random() < 0.2:
        desk.do("edit.cancel")
    desk.move(end)
    desk.release(end)


def drag_a_keypoint(desk, rng):
    person = desk.workbench.person
    if person is None:
        return
    index = int(rng.integers(person.keypoints.k))
    start = QPointF(*desk.window.canvas.placing.to_canvas(person.keypoints.xy[index]))
    desk.press(start)
    for _ in range(int(rng.integers(1, 4))):
        desk.move(start + QPointF(*rng.normal(0, 25, 2)))
        desk.qtbot.wait(int(rng.integers(0, 10)))
    if rng.random() < 0.15:
        desk.window.actions_by_id["edit.undo"].trigger()
    desk.release(start + QPointF(*rng.normal(0, 25, 2)))


def drag_in_space(desk, rng):
    """A joint, a ring, or the view itself."""
    view = (desk.window.space.main, desk.window.space.side)[int(rng.integers(2))]
    if not view.isVisible():
        return
    start = QPoint(*(rng.random(2) * [view.width(), view.height()]).astype(int).tolist())
    if view.surface is not None and rng.random() < 0.7:
        joints = view.orbit.project(view.surface[1], view.size())
        start = QPoint(*np.nan_to_num(joints[rng.integers(24)]).astype(int).tolist())
    desk.qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    for _ in range(int(rng.integers(1, 4))):
        desk.qtbot.mouseMove(view, start + QPoint(*rng.normal(0, 25, 2).astype(int).tolist()))
        desk.qtbot.wait(int(rng.integers(0, 10)))
    if rng.random() < 0.2:
        desk.do("edit.cancel")
    desk.qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start)


def run_a_command(desk, rng):
    ready = [
        name
        for name, action in desk.window.actions_by_id.items()
        if action.isEnabled() and not name.startswith(NOT_FOR_MONKEYS)
    ]
    desk.do(ready[rng.integers(len(ready))])


def turn_a_slider(desk, rng):
    panel = desk.window.body_panel
    rows = [*panel.betas, *panel.angles, panel.kid, *desk.window.fit_panel.rows.values()]
    row = rows[rng.integers(len(rows))]
    if row.slider.isEnabled():
        row.number.setValue(rng.uniform(row.number.minimum(), row.number.maximum()))


def open_a_context_menu(desk, rng):
    """By a click of the right button somewhere, or by the key; then one of its rows, or none."""
    views = [
        view
        for view in (desk.window.canvas, desk.window.space.main, desk.window.plots.residuals)
        if view.isVisible()
    ]
    view = views[rng.integers(len(views))]
    at = QPoint(*(rng.random(2) * [view.width(), view.height()]).astype(int).tolist())
    person = desk.workbench.person
    if view is desk.window.canvas and person is not None and rng.random() < 0.6:
        keypoint = person.keypoints.xy[rng.integers(person.keypoints.k)]
        at = QPoint(*np.nan_to_num(view.placing.to_canvas(keypoint)).astype(int).tolist())
    reason = QContextMenuEvent.Reason.Keyboard if rng.random() < 0.2 else QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(view, QContextMenuEvent(reason, at, view.mapToGlobal(at)))
    for menu in desk.window.findChildren(ContextMenu):
        rows = [row for row in menu.actions() if row.isEnabled() and not row.isSeparator()]
        words = {action.text(): name for name, action in desk.window.actions_by_id.items()}
        rows = [row for row in rows if not words.get(row.text(), "").startswith(NOT_FOR_MONKEYS)]
        if rows and rng.random() < 0.7:
            rows[rng.integers(len(rows))].trigger()
        menu.close()


def use_the_palette(desk, rng):
    """A few letters, then Enter or Escape."""
    desk.do("help.palette")
    for palette in desk.window.findChildren(CommandPalette):
        desk.qtbot.keyClicks(
            palette.line, ("swap", "over", "next", "zoom", "undo", "fit", "xyz")[rng.integers(7)]
        )
        item = palette.list.currentItem()
        name = "" if item is None else str(item.data(0, NAME))
        escapes = rng.random() < 0.3 or name.startswith(NOT_FOR_MONKEYS)
        desk.qtbot.keyClick(palette.line, Qt.Key.Key_Escape if escapes else Qt.Key.Key_Return)
        palette.close()


def drop_something(desk, rng):
    """What cannot be opened, and what is open already: the project stays."""
    folder = desk.workbench.project.folder
    (folder / "empty.json").write_text("")
    (folder / "net.pt").write_bytes(b"\x80no network")
    paths = [folder / name for name in ("empty.json", "net.pt", "gone.jpg", desk.workbench.project.path.name)]
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(paths[rng.integers(len(paths))]))])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    desk.window.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, left, none))


def wait_a_little(desk, rng):
    desk.qtbot.wait(int(rng.integers(0, 60)))


DEEDS = (
    *(press_keys, drag_somewhere, drag_in_space, turn_a_slider, wait_a_little),
    *(open_a_context_menu, use_the_palette, drop_something),
    *(drag_a_keypoint,) * 2,
    *(run_a_command,) * 3,
)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_acts_throw_nothing_and_are_undone_to_the_very_beginning(open_desk, seed):
    desk, workbench, rng = open_desk, open_desk.workbench, np.random.default_rng(seed)
    before = {photo.path: photo for photo in workbench.project.photos()}
    for _ in range(ACTS):
        DEEDS[rng.integers(len(DEEDS))](desk, rng)
    desk.do("edit.cancel")
    desk.wait(
        lambda: not workbench.busy and not workbench.fits.running and not workbench.alternatives.searching
    )
    assert workbench.project.check() == []
    while workbench.history.canUndo():
        workbench.undo()
    after = {photo.path: photo for photo in workbench.project.photos()}
    for path, photo in before.items():
        assert (after[path].focal_length, after[path].camera_center) == (
            photo.focal_length,
            photo.camera_center,
        )
        assert [person.id for person in after[path].people] == [person.id for person in photo.people]
        for one, other in zip(photo.people, after[path].people, strict=True):
            assert same_person(one, other)
    refused = ("cannot start", *DROPPED)  # a refused start is no fault, nor a refused file
    assert [words for words in desk.said if not any(name in words for name in refused)] == []
