"""Keys can be changed, are kept, and never belong to two commands."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from desktop.app import build
from desktop.views.settings.settings_dialog import SettingsDialog
from desktop.views.window.help.shortcut_sheet import ShortcutSheet

pytestmark = pytest.mark.slow


def editor_of(desk):
    desk.do("help.change_shortcuts")
    return desk.window.findChild(SettingsDialog).keys


def choose(editor, command, keys):
    editor.edits[command].setKeySequence(QKeySequence(keys))
    editor.edits[command].editingFinished.emit()


def test_other_keys_work_at_once_and_after_the_next_start(desk, qtbot):
    editor = editor_of(desk)
    choose(editor, "space.wireframe", "J")
    editor.window().close()
    desk.window.activateWindow()
    desk.wait(desk.window.isActiveWindow)
    qtbot.keyClick(desk.window, Qt.Key.Key_J)
    assert desk.workbench.view.wireframe
    _, window = build(desk.settings)
    qtbot.addWidget(window)
    assert window.actions_by_id["space.wireframe"].shortcut() == QKeySequence("J")
    window.close()


def test_a_new_command_does_not_take_the_keys_that_the_user_gave_to_another(desk, qtbot):
    desk.settings.keep_shortcut("space.wireframe", "W")
    _, window = build(desk.settings)
    qtbot.addWidget(window)
    assert window.actions_by_id["space.wireframe"].shortcut() == QKeySequence("W")
    assert window.actions_by_id["person.adjust_box"].shortcut().isEmpty()
    window.close()


def test_keys_of_another_command_are_not_taken_without_a_word_and_can_be_moved(desk):
    keys, actions = editor_of(desk), desk.window.actions_by_id
    choose(keys, "fit.fit", "A")
    assert "Accept" in keys.complaint.text()
    assert keys.edits["fit.fit"].keySequence() == QKeySequence("F")
    assert actions["fit.fit"].shortcut() == QKeySequence("F")
    keys.move_keys.click()
    assert actions["fit.fit"].shortcut() == QKeySequence("A")
    assert actions["person.accept"].shortcut().isEmpty()
    assert desk.settings.shortcut("fit.fit", "F") == "A"
    assert not keys.complaint.isVisibleTo(keys)
    keys.restore()
    assert actions["fit.fit"].shortcut() == QKeySequence("F")
    assert actions["person.accept"].shortcut() == QKeySequence("A")
    assert desk.settings.shortcut("fit.fit", "F") == "F"


def test_a_command_is_found_by_its_menu_its_words_and_its_keys(desk):
    keys = editor_of(desk)
    for typed, command in (("fit alternatives", "fit.alternatives"), ("ctrl+shift+z", "edit.redo")):
        keys.search.setText(typed)
        shown = [name for name, edit in keys.edits.items() if edit.isVisibleTo(keys)]
        assert command in shown
        assert len(shown) < 8
    keys.search.setText("no such thing")
    assert not any(edit.isVisibleTo(keys) for edit in keys.edits.values())


def test_the_sheet_shows_the_keys_that_are_in_use(desk):
    editor = editor_of(desk)
    choose(editor, "fit.fit", "Ctrl+Alt+F")
    editor.window().close()
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
