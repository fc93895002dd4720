"""Without a mouse: new people, boxes, keypoints, joints and panels by keyboard alone."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from core.body.tree import JOINT_NAMES
from core.wishes import Pin
from desktop.state.view import NO_KEYPOINT
from tests.desktop.making import same_people

pytestmark = pytest.mark.slow

SHIFT, NONE = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier


def key(desk, name, modifier=NONE, times=1):
    """Pressed where the keyboard is, as a user presses it."""
    for _ in range(times):
        QTest.keyClick(QApplication.focusWidget() or desk.window, getattr(Qt.Key, f"Key_{name}"), modifier)


@pytest.fixture
def active_desk(open_desk):
    """A window that has the keyboard."""
    open_desk.window.activateWindow()
    open_desk.window.canvas.setFocus()
    open_desk.wait(lambda: QApplication.focusWidget() is open_desk.window.canvas)
    return open_desk


def test_a_new_person_is_added_in_the_middle_of_what_is_seen_moved_and_sized_by_arrows(active_desk):
    desk, workbench = active_desk, active_desk.workbench
    before, canvas = workbench.photo, desk.window.canvas
    key(desk, "N")
    assert workbench.previewing
    (added,) = workbench.photo.people[len(before.people) :]
    middle = canvas.placing.to_photo(np.array([canvas.width() / 2, canvas.height() / 2]))
    assert added.bbox.center == pytest.approx(middle, abs=1)
    assert workbench.project.photo(workbench.photo_id).people[-1].id != added.id
    key(desk, "Right", times=3)
    key(desk, "Down", SHIFT, times=3)
    key(desk, "Return")
    person = workbench.person
    assert not workbench.previewing
    assert person.id == added.id
    assert person.bbox.center[0] > added.bbox.center[0]
    assert person.bbox.side > added.bbox.side
    assert (person.keypoints.confidence == 0).all()
    assert workbench.view.placing
    desk.do("edit.undo")
    assert same_people(workbench.photo, before)


def test_escape_takes_back_a_person_whom_nobody_kept(active_desk):
    desk, workbench = active_desk, active_desk.workbench
    before = workbench.photo
    key(desk, "N")
    key(desk, "Left")
    key(desk, "Escape")
    assert workbench.photo is before
    assert not workbench.history.canUndo()
    key(desk, "Left")  # and arrows are themselves again
    assert not workbench.previewing


@pytest.mark.parametrize("step", ["PageDown", "PageUp"])
def test_walking_the_people_of_a_photo_leaves_out_whom_nobody_kept(active_desk, step):
    desk, workbench = active_desk, active_desk.workbench
    before = workbench.photo
    for _ in range(len(before.people) + 1):
        key(desk, "N")
        key(desk, step, SHIFT)
        assert workbench.photo is before
        assert workbench.person in before.people
    assert desk.said == []


def test_a_mouse_may_still_draw_the_person(active_desk):
    desk, workbench = active_desk, active_desk.workbench
    from PySide6.QtCore import QPointF

    before = len(workbench.photo.people)
    key(desk, "N")
    desk.drag(QPointF(60, 60), QPointF(160, 160))
    assert len(workbench.photo.people) == before + 1
    placing = desk.window.canvas.placing
    assert placing.to_canvas(workbench.person.bbox.center) == pytest.approx([110, 110], abs=1)


def test_the_box_of_a_person_is_moved_and_sized_by_arrows_as_one_entry(active_desk):
    desk, workbench = active_desk, active_desk.workbench
    box = workbench.person.bbox
    entries = workbench.history.count()
    key(desk, "W")
    key(desk, "Right", times=2)
    key(desk, "Up")
    moved = workbench.person.bbox
    assert moved.side == pytest.approx(box.side)
    assert moved.center[0] > box.center[0]
    assert moved.center[1] < box.center[1]
    key(desk, "Right", SHIFT)
    larger = workbench.person.bbox
    assert larger.corners[0] == pytest.approx(moved.corners[0], abs=1e-3)
    assert larger.corners[1, 0] > moved.corners[1, 0]
    assert larger.corners[1, 1] == pytest.approx(moved.corners[1, 1], abs=1e-3)
    key(desk, "Left", SHIFT, times=300)
    assert workbench.person.bbox.side > 0
    key(desk, "Return")
    assert workbench.history.count() == entries + 1
    desk.do("edit.undo")
    assert workbench.person.bbox.side == pytest.approx(box.side)
    assert workbench.person.bbox.center == pytest.approx(box.center)


def test_another_person_ends_the_change_of_a_box(active_desk):
    desk, workbench = active_desk, active_desk.workbench
    before = workbench.person
    key(desk, "W")
    key(desk, "Right")
    key(desk, "PageDown")
    other = workbench.person
    assert other.id != before.id
    key(desk, "Right")
    assert workbench.person.bbox is other.bbox
    assert not workbench.previewing


@pytest.mark.parametrize("command", ["person.draw", "person.adjust_box"])
def test_from_the_contact_sheet_a_box_is_changed_on_the_photo(active_desk, command):
    desk = active_desk
    desk.do("view.sheet")
    desk.do(command)
    assert desk.window.canvas.isVisible()
    assert QApplication.focusWidget() is desk.window.canvas
    assert desk.workbench.previewing
    desk.do("edit.cancel")


def test_a_locked_person_keeps_the_box(active_desk):
    desk = active_desk
    desk.do("person.accept")
    assert not desk.window.actions_by_id["person.adjust_box"].isEnabled()


def test_an_absent_keypoint_is_placed_by_arrows_inside_the_box(active_desk):
    desk, workbench = active_desk, active_desk.workbench
    key(desk, "N")
    key(desk, "Return")
    box, index = workbench.person.bbox, workbench.view.keypoint
    key(desk, "Right")
    assert workbench.person.keypoints.confidence[index] == 1
    assert np.abs(workbench.person.keypoints.xy[index] - box.center).max() < box.side / 2
    key(desk, "Tab")
    key(desk, "V")
    assert workbench.view.keypoint == index + 1
    assert workbench.person.keypoints.confidence[index + 1] == 1
    assert np.abs(workbench.person.keypoints.xy[index + 1] - box.center).max() < box.side / 2


def test_a_deleted_keypoint_comes_back_where_it_was(active_desk):
    desk, workbench = active_desk, active_desk.workbench
    workbench.change_view(keypoint=desk.index("left_wrist"))
    at = workbench.person.keypoints.xy[workbench.view.keypoint]
    key(desk, "Delete")
    assert workbench.person.keypoints.confidence[workbench.view.keypoint] == 0
    key(desk, "V")
    assert workbench.person.keypoints.xy[workbench.view.keypoint].tolist() == at.tolist()


def test_without_a_keypoint_arrows_move_the_photo(active_desk):
    desk, canvas = active_desk, active_desk.window.canvas
    desk.do("view.zoom_in")
    placing = canvas.placing
    assert desk.workbench.view.keypoint == NO_KEYPOINT
    key(desk, "Right")
    assert canvas.placing.x < placing.x
    key(desk, "Left")
    assert canvas.placing == placing
    key(desk, "Down", SHIFT)
    assert canvas.placing.y < placing.y


def test_people_of_one_photo_are_walked_in_their_order(active_desk):
    desk, workbench = active_desk, active_desk.workbench
    photo, first = workbench.photo, workbench.person_id
    key(desk, "PageDown", SHIFT)
    assert workbench.photo is photo
    assert workbench.person_id != first
    key(desk, "PageDown", SHIFT)
    assert workbench.person_id == first
    key(desk, "PageUp", SHIFT)
    assert workbench.person_id != first


def test_a_joint_is_moved_in_3d_and_held_by_keys(active_desk):
    desk, workbench = active_desk, active_desk.workbench
    desk.fit()
    workbench.change_view(keypoint=desk.index("left_wrist"))
    before = workbench.shown.posed.joints.copy()
    key(desk, "Right", SHIFT | Qt.KeyboardModifier.ControlModifier, times=2)
    key(desk, "Up", SHIFT | Qt.KeyboardModifier.ControlModifier)
    (pin,) = [wish for wish in workbench.person.wishes if isinstance(wish, Pin)]
    assert pin.name == "left_wrist"
    from core.body.tree import joint_index

    start = before[joint_index("left_wrist")]
    assert pin.point[0] == pytest.approx(start[0] + 0.1, abs=1e-4)
    assert pin.point[1] == pytest.approx(start[1] - 0.05, abs=1e-4)
    after = workbench.shown.posed.joints[joint_index("left_wrist")]
    assert np.linalg.norm(after - pin.point) < np.linalg.norm(start - pin.point)


def panel_with_the_keyboard(desk) -> str:
    focus = QApplication.focusWidget()
    for name, dock in desk.window.docks.items():
        if dock.isAncestorOf(focus):
            return name
    return "middle"


def test_every_panel_is_reached_by_one_key_and_left_by_another(active_desk):
    desk = active_desk
    desk.fit()
    reached = []
    for _ in range(len(desk.window.docks) + 1):
        key(desk, "F6")
        desk.qtbot.wait(20)
        reached.append(panel_with_the_keyboard(desk))
    for name in ("people", "viewport", "body", "pose", "fit", "train", "data"):
        assert name in reached, reached
    assert "middle" in reached
    here = panel_with_the_keyboard(desk)
    key(desk, "F6")
    key(desk, "F6", SHIFT)
    assert panel_with_the_keyboard(desk) == here


@pytest.mark.parametrize(
    ("panel", "name", "side"),
    [
        ("people", "F7", "width"),
        ("viewport", "F7", "width"),
        ("viewport", "F8", "height"),
        ("fit", "F8", "height"),
        ("train", "F8", "height"),
    ],
)
def test_the_panel_with_the_keyboard_is_made_larger_and_smaller_by_keys(active_desk, panel, name, side):
    desk, dock = active_desk, active_desk.window.docks[panel]
    desk.window.show_panel(panel)
    while panel_with_the_keyboard(desk) != panel:
        key(desk, "F6")
        desk.qtbot.wait(20)
    size, across = getattr(dock, side), dock.height if side == "width" else dock.width
    before, other = size(), across()
    key(desk, name)
    assert size() == pytest.approx(before + 40, abs=5)
    key(desk, name, SHIFT, times=2)
    assert size() < before
    assert across() == other
    assert panel_with_the_keyboard(desk) == panel


def test_a_panel_in_a_window_of_its_own_is_stretched_too(active_desk):
    desk, dock = active_desk, active_desk.window.docks["fit"]
    dock.setFloating(True)
    dock.resize(500, 400)
    dock.activateWindow()
    desk.window.fit_panel.free_betas.setFocus()
    desk.wait(lambda: panel_with_the_keyboard(desk) == "fit")
    desk.do("panel.wider")
    desk.do("panel.taller")
    assert (dock.width(), dock.height()) == (540, 440)


def test_on_the_photo_a_key_says_how_panels_are_stretched(active_desk):
    desk = active_desk
    key(desk, "F7")
    assert desk.told[-1].endswith("Jump to a panel first: F6")


def test_tab_walks_through_a_panel_and_through_keypoints_on_the_photo(active_desk):
    desk, workbench = active_desk, active_desk.workbench
    key(desk, "Tab")
    assert workbench.view.keypoint == 0
    desk.window.people.note.setFocus()
    key(desk, "Tab")
    assert QApplication.focusWidget() is desk.window.people.tags
    key(desk, "Backtab", SHIFT)
    assert QApplication.focusWidget() is desk.window.people.note
    assert workbench.view.keypoint == 0


def test_space_presses_the_button_that_has_the_keyboard(active_desk):
    desk, shape = active_desk, active_desk.window.fit_panel.free_betas
    person, on = desk.workbench.person_id, shape.isChecked()
    shape.setFocus()
    key(desk, "Space")
    assert shape.isChecked() != on
    assert desk.workbench.person_id == person
    desk.window.canvas.setFocus()
    key(desk, "Space")
    assert desk.workbench.person_id != person


def test_whoever_has_the_keyboard_is_seen_to(active_desk):
    desk = active_desk
    for view, other in (
        (desk.window.canvas, desk.window.people.list),
        (desk.window.viewport, desk.window.people.list),
    ):
        view.setFocus()
        desk.qtbot.wait(30)
        with_it = view.grab().toImage()
        other.setFocus()
        desk.qtbot.wait(30)
        assert view.grab().toImage() != with_it


def focusable(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)


def test_every_button_and_field_is_in_the_tab_order(open_desk):
    from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QComboBox, QLineEdit

    lost = []
    for dock in open_desk.window.docks.values():
        for widget in dock.widget().findChildren(QWidget):
            wanted = isinstance(widget, QAbstractButton | QComboBox | QAbstractSlider | QLineEdit)
            inner = widget.objectName().startswith("qt_") or type(widget).__name__ in (
                "QScrollBar",
                "QToolButton",
            )
            if wanted and not inner and not focusable(widget) and not focusable(widget.parentWidget()):
                lost.append(f"{type(widget).__name__} {widget.accessibleName()}")
    assert lost == []


def test_panels_show_the_joint_of_the_keypoint_that_the_keyboard_is_at(active_desk):
    desk, window = active_desk, active_desk.window
    desk.fit()
    desk.workbench.change_view(keypoint=desk.index("left_knee"))
    assert window.body_panel.joint.currentText() == "left knee"
    table = window.pose_table
    assert table.currentIndex().row() == JOINT_NAMES.index("left_knee")
    assert desk.workbench.view.keypoint == desk.index("left_knee")
    window.body_panel.joint.activated.emit(JOINT_NAMES.index("spine2"))
    assert desk.workbench.view.keypoint == NO_KEYPOINT
    assert desk.workbench.view.joint == "spine2"
    assert table.currentIndex().row() == JOINT_NAMES.index("spine2")


def test_what_the_arrows_do_is_told_while_they_do_it(active_desk):
    desk, status = active_desk, active_desk.window.status
    desk.workbench.told.emit("Something else")
    key(desk, "W")
    assert "Arrows move the box" in status.hint.text()
    assert desk.window.statusBar().currentMessage() == ""
    key(desk, "Escape")
    assert "Arrows" not in status.hint.text()


def test_the_keyboard_leads_through_the_people_and_to_the_ends_of_their_list(active_desk):
    people = active_desk.window.people
    active_desk.wait(lambda: not people.waiting)
    people.list.setFocus()
    for name, place in (("End", -1), ("Up", -2), ("Home", 0), ("Down", 1)):
        key(active_desk, name)
        assert active_desk.workbench.person_id == people.model.ids[place]
        assert people.list.viewport().rect().intersects(people.list.visualRect(people.list.currentIndex()))


def test_the_key_to_the_next_panel_stops_at_the_photos_too(active_desk):
    desk = active_desk
    strip = desk.window.filmstrip.photos
    desk.wait(strip.isVisible)
    reached = []
    for _ in range(len(desk.window.docks) + 2):
        key(desk, "F6")
        desk.qtbot.wait(20)
        reached.append(QApplication.focusWidget())
    assert reached.count(strip) == 1
    assert desk.window.canvas in reached
