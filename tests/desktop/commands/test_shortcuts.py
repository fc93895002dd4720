"""Keys can be changed, are kept, and never belong to two commands."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from desktop.app import build
from desktop.views.window.help.shortcut_sheet import ShortcutSheet
from desktop.views.window.shortcut_editor import ShortcutEditor

pytestmark = pytest.mark.slow


def editor_of(desk):
    desk.do("help.change_shortcuts")
    return desk.window.findChild(ShortcutEditor)


def choose(editor, command, keys):
    editor.edits[command].setKeySequence(QKeySequence(keys))
    editor.edits[command].editingFinished.emit()


def test_other_keys_work_at_once_and_after_the_next_start(desk, qtbot):
    editor = editor_of(desk)
    choose(editor, "space.wireframe", "Q")
    editor.close()
    desk.window.activateWindow()
    desk.wait(desk.window.isActiveWindow)
    qtbot.keyClick(desk.window, Qt.Key.Key_Q)
    assert desk.workbench.view.wireframe
    _, window = build(desk.settings)
    qtbot.addWidget(window)
    assert window.actions_by_id["space.wireframe"].shortcut() == QKeySequence("Q")
    window.close()


def test_a_new_command_does_not_take_the_keys_that_the_user_gave_to_another(desk, qtbot):
    desk.settings.keep_shortcut("space.wireframe", "W")
    _, window = build(desk.settings)
    qtbot.addWidget(window)
    assert window.actions_by_id["space.wireframe"].shortcut() == QKeySequence("W")
    assert window.actions_by_id["person.adjust_box"].shortcut().isEmpty()
    window.close()


def test_keys_of_another_command_are_refused_with_its_name(desk):
    editor = editor_of(desk)
    choose(editor, "fit.fit", "A")
    assert "Accept" in editor.complaint.text()
    assert desk.window.actions_by_id["fit.fit"].shortcut() == QKeySequence("F")
    choose(editor, "person.accept", "")
    choose(editor, "fit.fit", "A")
    assert desk.window.actions_by_id["fit.fit"].shortcut() == QKeySequence("A")
    editor.restore()
    assert desk.window.actions_by_id["fit.fit"].shortcut() == QKeySequence("F")
    assert desk.window.actions_by_id["person.accept"].shortcut() == QKeySequence("A")
    editor.close()


def test_the_sheet_shows_the_keys_that_are_in_use(desk):
    editor = editor_of(desk)
    choose(editor, "fit.fit", "Ctrl+Alt+F")
    editor.close()
    desk.do("help.shortcuts")
    sheet = desk.window.findChild(ShortcutSheet)
    assert any("Ctrl+Alt+F" in label.text() for label in sheet.findChildren(type(editor.complaint)))
    sheet.close()


def test_letters_judge_wherever_the_focus_is_and_are_text_in_a_text_field(open_desk, qtbot):
    desk, workbench = open_desk, open_desk.workbench
    desk.window.activateWindow()
    desk.wait(desk.window.isActiveWindow)
    panel = desk.window.people
    for widget, key, verdict in (
        (panel.list, Qt.Key.Key_R, "rejected"),
        (desk.window.canvas, Qt.Key.Key_L, "later"),
        (desk.window.viewport, Qt.Key.Key_A, "accepted"),
    ):
        widget.setFocus()
        qtbot.keyClick(widget, key)
        assert workbench.person.verdict == verdict
    panel.filters.search.setFocus()
    qtbot.keyClicks(panel.filters.search, "uf a")
    assert panel.filters.search.text() == "uf a"
    assert workbench.person.verdict == "accepted"
    panel.filters.search.clear()
