"""Context menus: their target is selected, their rows are commands, and the right button itself changes nothing."""

from typing import get_args

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QLabel

from desktop.commands.context_rows import ROWS, Kind
from desktop.commands.menus import COMMANDS
from desktop.state.person_edits import visibility
from desktop.state.view import NO_KEYPOINT
from desktop.views.tools.context_menu import ContextMenu
from tests.desktop.fixtures import with_photos

MOUSE, KEY = QContextMenuEvent.Reason.Mouse, QContextMenuEvent.Reason.Keyboard


@pytest.fixture
def desk(shared_desk, tmp_path):
    yield with_photos(shared_desk, tmp_path)
    close_menus(shared_desk)


def close_menus(desk):
    for menu in menus(desk):
        menu.close()


def menus(desk):
    return [menu for menu in desk.window.findChildren(ContextMenu) if menu.isVisible()]


def asked(desk, view, at, reason=MOUSE):
    """The context menu of a view at a point; None if it has none there."""
    close_menus(desk)
    point = QPoint(round(at.x()), round(at.y()))
    QApplication.sendEvent(view, QContextMenuEvent(reason, point, view.mapToGlobal(point)))
    return next(iter(menus(desk)), None)


def at_keypoint(desk, name):
    return asked(desk, desk.window.canvas, desk.place_of(name))


def rows(menu):
    """The commands of a menu by their words."""
    return {row.text().replace("&", ""): row for row in menu.actions() if row.text()}


def words(menu):
    return [label.text() for label in menu.findChildren(QLabel)]


def test_every_row_of_every_context_menu_is_a_command_and_none_is_there_twice():
    known = {command.id for command in COMMANDS}
    assert set(ROWS) == set(get_args(Kind))
    for groups in ROWS.values():
        names = [name for group in groups for name in group]
        assert set(names) <= known
        assert len(names) == len(set(names))


def test_the_menu_of_a_keypoint_selects_it_and_changes_nothing(desk):
    before = desk.workbench.photo
    menu = at_keypoint(desk, "left_wrist")
    assert words(menu)[0] == "Left wrist: visible"
    assert desk.workbench.view.keypoint == desk.index("left_wrist")
    assert desk.workbench.photo is before
    assert not desk.workbench.history.canUndo()


def test_a_row_runs_its_command_on_what_was_clicked(desk):
    menu = at_keypoint(desk, "left_wrist")
    rows(menu)["Visible, occluded, absent"].trigger()
    assert visibility(desk.workbench.person.keypoints, desk.index("left_wrist")) == "occluded"
    assert words(at_keypoint(desk, "left_wrist"))[0] == "Left wrist: occluded"


def test_rows_show_the_keys_and_icons_that_the_window_uses(desk):
    row = rows(at_keypoint(desk, "left_wrist"))["Delete keypoint"]
    assert row.shortcut() == desk.window.actions_by_id["edit.delete"].shortcut()
    assert not row.icon().isNull()


def test_a_menu_says_why_rows_are_grey(desk):
    desk.do("person.accept")
    menu = at_keypoint(desk, "left_wrist")
    assert not rows(menu)["Delete keypoint"].isEnabled()
    assert "locked" in rows(menu)["Delete keypoint"].toolTip()
    assert "locked" in words(menu)[-1]


def test_the_menu_of_a_bone_is_about_its_limb(desk):
    middle = (desk.place_of("left_elbow") + desk.place_of("left_wrist")) / 2
    menu = asked(desk, desk.window.canvas, middle)
    assert words(menu)[0] == "Left elbow – left wrist"
    assert desk.workbench.view.keypoint == desk.index("left_wrist")
    assert "Swap left and right of the limb" in rows(menu)


def test_the_menu_of_another_person_selects_that_person(desk):
    other = next(person for person in desk.workbench.photo.people if person.id != desk.workbench.person_id)
    nose = desk.window.canvas.placing.to_canvas(other.keypoints.xy[0])
    at = QPoint(*(nose + np.array([0, 3])).astype(int).tolist())
    menu = asked(desk, desk.window.canvas, at)
    assert words(menu)[0] == f"Person {other.id}: to do"
    assert desk.workbench.person_id == other.id


def test_beside_all_people_the_menu_is_the_photos(desk):
    menu = asked(desk, desk.window.canvas, QPoint(1, 1))
    assert words(menu)[0] == desk.workbench.photo.path
    assert "Draw a new person" in rows(menu)


@pytest.mark.parametrize(("keypoint", "title"), [("nose", "Nose: visible"), (None, "Person")])
def test_the_menu_key_opens_the_menu_of_the_selection(desk, keypoint, title):
    chosen = NO_KEYPOINT if keypoint is None else desk.index(keypoint)
    desk.workbench.change_view(keypoint=chosen)
    menu = asked(desk, desk.window.canvas, QPoint(3, 3), KEY)
    assert words(menu)[0].startswith(title)


def test_shift_f10_opens_the_menu_of_the_view_with_the_keyboard(desk):
    desk.window.canvas.setFocus()
    desk.workbench.change_view(keypoint=desk.index("nose"))
    desk.do("edit.menu")
    assert words(menus(desk)[0])[0] == "Nose: visible"


def test_a_joint_in_3d_has_a_menu_and_the_view_beside_it_another(desk):
    desk.fit()
    view = desk.window.viewport
    if view.complaint:
        pytest.skip(view.complaint)
    x, y = view.orbit.project(view.surface[1], view.size())[20]
    menu = asked(desk, view, QPoint(round(float(x)), round(float(y))))
    assert words(menu)[0] in ("Left wrist", "Left hand")
    assert "Reset joint" in rows(menu)
    assert words(asked(desk, view, QPoint(1, 1)))[0] == "3D view"


def test_the_right_button_neither_turns_nor_drags_in_3d(desk):
    view = desk.window.viewport
    before = view.orbit
    desk.qtbot.mousePress(view, Qt.MouseButton.RightButton, pos=QPoint(20, 20))
    desk.qtbot.mouseMove(view, QPoint(60, 50))
    desk.qtbot.mouseRelease(view, Qt.MouseButton.RightButton, pos=QPoint(60, 50))
    assert view.orbit == before
