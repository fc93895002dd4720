"""A drag that something else comes in between of ends there: what was done stays as it was done."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from core.body.tree import joint_index
from tests.desktop.making import same_person

pytestmark = pytest.mark.slow

STEP = QPointF(8, 5)


@pytest.fixture
def fitted_desk(open_desk):
    """Everybody is fitted."""
    open_desk.do("fit.queue")
    open_desk.wait(lambda: not open_desk.workbench.busy)
    return open_desk


def on_disk(desk):
    return {person.id: person for photo in desk.workbench.project.photos() for person in photo.people}


def grip_of(desk, what):
    """Where a keypoint, the box's edge or its corner is on the canvas."""
    if what == "left_wrist":
        return desk.place_of(what)
    box = desk.workbench.person.bbox
    (left, top), (right, _) = box.corners
    at = np.array([left if what == "corner" else 0.2 * left + 0.8 * right, top])
    return QPointF(*desk.window.canvas.placing.to_canvas(at))


def drag_with(desk, what, command):
    """Drag, give the command with the button still down, drag on. Returns who was on the disk after the command."""
    start = grip_of(desk, what)
    desk.press(start)
    desk.move(start + STEP)
    desk.qtbot.wait(30)
    assert desk.workbench.previewing
    desk.do(command)
    kept = on_disk(desk)
    desk.move(start + 4 * STEP)
    desk.qtbot.wait(30)
    desk.release(start + 4 * STEP)
    assert not desk.workbench.previewing
    return kept


def assert_on_disk(desk, kept):
    now = on_disk(desk)
    assert now.keys() == kept.keys()
    for person_id, person in kept.items():
        assert same_person(person, now[person_id])


@pytest.mark.parametrize("what", ["left_wrist", "edge", "corner"])
@pytest.mark.parametrize("command", ["person.accept", "person.delete", "person.next_here", "edit.undo"])
def test_a_command_in_the_middle_of_a_drag_ends_the_drag(fitted_desk, what, command):
    desk, first = fitted_desk, fitted_desk.workbench.person_id
    kept = drag_with(desk, what, command)
    assert_on_disk(desk, kept)
    if command == "person.accept":
        assert (kept[first].verdict, kept[first].locked) == ("accepted", True)
    assert (first in kept) == (command != "person.delete")


def test_a_joint_that_is_dragged_in_3d_stays_the_person_s_whose_it_was(fitted_desk):
    desk, view = fitted_desk, fitted_desk.window.space.main
    before = on_disk(desk)
    at = view.orbit.project(view.surface[1], view.size())[joint_index("left_wrist")]
    start = QPoint(*at.astype(int).tolist())
    desk.qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    desk.qtbot.mouseMove(view, start + QPoint(9, 4))
    desk.qtbot.wait(30)
    assert desk.workbench.previewing
    desk.do("person.next_here")
    desk.qtbot.mouseMove(view, start + QPoint(40, 4))
    desk.qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start + QPoint(40, 4))
    assert_on_disk(desk, before)


def test_a_keypoint_that_is_pressed_while_an_entry_is_taken_back_brings_nothing_of_it_again(fitted_desk):
    desk, person = fitted_desk, fitted_desk.workbench.person
    desk.workbench.apply("Note", person.with_(note="taken back"))
    start = desk.place_of("left_wrist")
    desk.press(start)
    desk.do("edit.undo")
    desk.move(start + STEP)
    desk.release(start + STEP)
    assert on_disk(desk)[person.id].note == ""


def test_a_drag_takes_the_place_of_the_fit_that_runs_and_of_what_waits_for_its_end(fitted_desk):
    desk, workbench = fitted_desk, fitted_desk.workbench
    first = workbench.person_id
    desk.do("fit.anew")
    desk.do("person.accept")
    start = desk.place_of("left_wrist")
    desk.press(start)
    desk.move(start + STEP)
    assert not workbench.fits.running
    desk.qtbot.wait(300)
    desk.release(start + STEP)
    assert workbench.history.text(workbench.history.count() - 1) == "Move left wrist"
    assert workbench.history.count() == 2  # the fit of everybody, and the drag
    assert on_disk(desk)[first].verdict == "todo"


@pytest.mark.parametrize("what", ["edge", "corner"])
def test_a_box_that_is_dragged_takes_the_place_of_the_fit_that_runs(fitted_desk, what):
    desk, workbench = fitted_desk, fitted_desk.workbench
    before = on_disk(desk)[workbench.person_id]
    start = grip_of(desk, what)
    desk.do("fit.anew")
    desk.press(start)
    desk.move(start + STEP)
    desk.wait(lambda: not workbench.fits.running)
    desk.move(start + 2 * STEP)
    desk.release(start + 2 * STEP)
    assert workbench.history.count() == 2  # the fit of everybody, and the drag
    kept = on_disk(desk)[workbench.person_id]
    assert kept.bbox.side + kept.bbox.center[0] != before.bbox.side + before.bbox.center[0]
    assert np.array_equal(kept.fit.pose, before.fit.pose)


@pytest.mark.parametrize("command", ["person.accept", "person.next_here"])
def test_who_is_to_be_drawn_is_drawn_no_more_when_something_else_was_done(open_desk, command):
    desk = open_desk
    desk.do("person.draw")
    desk.do(command)
    count, size = len(on_disk(desk)), desk.window.canvas.size()
    desk.drag(QPointF(5, 5), QPointF(size.width() / 3, size.height() / 3))
    assert len(on_disk(desk)) == count
    assert desk.window.canvas.cursor().shape() == Qt.CursorShape.ArrowCursor


@pytest.mark.parametrize("command", ["person.delete", "edit.exchange_detection", "focal"])
def test_a_new_person_whom_nobody_kept_does_not_come_in_with_something_else(fitted_desk, command):
    desk, before = fitted_desk, on_disk(fitted_desk)
    desk.do("person.draw")
    if command == "focal":
        desk.window.fit_panel.focal.setValue(321)
    else:
        desk.do(command)
    assert desk.workbench.history.count() == 2  # the fit of everybody, and this
    assert on_disk(desk).keys() <= before.keys()


def test_a_photo_whose_people_were_all_deleted_is_left_by_keys(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    path = workbench.photo.path
    desk.do("person.delete")
    desk.do("person.delete")
    assert (workbench.photo.path, workbench.photo.people) == (path, ())
    desk.do("person.next_photo")
    assert workbench.photo.path != path
    desk.do("person.last_photo")
    assert workbench.photo.path == path
