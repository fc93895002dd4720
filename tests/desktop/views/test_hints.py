"""The line of hints and the notices: what applies now, and nothing of another context."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from desktop.state.person_edits import visibility
from tests.desktop.making import write_coco

pytestmark = pytest.mark.slow


def hint(desk):
    return desk.window.status.hint.text()


@pytest.fixture
def active_desk(open_desk):
    open_desk.window.activateWindow()
    open_desk.window.canvas.setFocus()
    open_desk.wait(lambda: QApplication.focusWidget() is open_desk.window.canvas)
    return open_desk


def test_hints_name_the_keys_as_they_are_now(active_desk):
    desk = active_desk
    desk.fit()
    assert "F: fit" in hint(desk)
    desk.window.actions_by_id["fit.fit"].setShortcut("Ctrl+F9")
    desk.workbench.change_view(floor=False)
    assert "Ctrl+F9: fit" in hint(desk)


def test_without_keypoints_no_hint_says_fit(active_desk):
    desk, workbench = active_desk, active_desk.workbench
    for index in range(workbench.person.keypoints.k):
        workbench.change_view(keypoint=index)
        desk.do("edit.delete")
    assert ": fit ·" not in hint(desk)
    assert "P: place keypoints" in hint(desk)
    assert "Press F" not in desk.window.viewport.notice


def test_a_locked_person_without_a_fit_is_not_told_to_press_f(active_desk):
    desk = active_desk
    desk.do("person.accept")
    assert "unlock" in hint(desk)
    assert "Press F" not in desk.window.viewport.notice


def test_the_contact_sheet_has_its_own_hints(active_desk):
    desk = active_desk
    desk.fit()
    assert "Drag keypoints" in hint(desk)
    desk.do("view.sheet")
    assert "Enter: show" in hint(desk)
    assert "Drag keypoints" not in hint(desk)
    desk.do("view.sheet")
    assert "Drag keypoints" in hint(desk)


def test_the_3d_view_has_its_own_hints(active_desk):
    desk = active_desk
    desk.fit()
    desk.window.viewport.setFocus()
    assert "Drag a joint" in hint(desk)
    assert "Drag keypoints" not in hint(desk)


def test_in_a_field_no_letter_is_called_a_key(active_desk):
    desk = active_desk
    desk.fit()
    desk.window.people.note.setFocus()
    assert "F: fit" not in hint(desk)
    assert "F6" in hint(desk)


def test_while_two_joints_are_ordered_the_hint_says_so_and_no_longer_after_escape(active_desk):
    desk = active_desk
    desk.fit()
    desk.workbench.change_view(keypoint=desk.index("left_wrist"))
    desk.do("body.nearer_than")
    assert "Click the other joint" in hint(desk)
    desk.do("edit.cancel")
    assert "other joint" not in hint(desk)
    assert desk.window.statusBar().currentMessage() == ""


def test_a_notice_about_one_project_is_gone_in_the_next(active_desk, tmp_path):
    desk, bar = active_desk, active_desk.window.statusBar()
    desk.workbench.told.emit("all about this project\nand more")
    assert "this project" in bar.currentMessage()
    assert desk.window.status.whole.isVisible()
    folder = tmp_path / "other"
    folder.mkdir()
    desk.open(write_coco(folder))
    assert "this project" not in bar.currentMessage()
    assert "this project" not in bar.toolTip()
    assert "this project" not in desk.window.status.report
    desk.do("file.close")
    assert hint(desk) == ""
    assert not desk.window.status.whole.isVisible()


def test_a_key_that_changes_visibility_says_what_it_changed_and_its_entry_names_it(active_desk):
    desk, workbench = active_desk, active_desk.workbench
    index, states = desk.index("left_wrist"), []
    workbench.change_view(keypoint=index)
    for _ in range(2):
        desk.do("edit.visibility")
        state = visibility(workbench.person.keypoints, index)
        states.append(state)
        assert desk.told[-1].startswith(f"Left wrist is {state}")
        assert "Ctrl+Z" in desk.told[-1]
        assert state in desk.window.statusBar().currentMessage()
        assert workbench.history.undoText() == f"left wrist is {state}"
    assert states == ["occluded", "absent"]


def test_a_right_click_changes_nothing(active_desk):
    desk = active_desk
    told, before = len(desk.told), desk.workbench.photo
    for at in (desk.place_of("left_wrist"), desk.place_of("nose") * 0):
        desk.press(at, Qt.MouseButton.RightButton)
        desk.release(at, Qt.MouseButton.RightButton)
    assert len(desk.told) == told
    assert desk.workbench.photo is before
    assert not desk.workbench.history.canUndo()
