"""The command palette."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.commands.menus import COMMANDS
from desktop.views.tools.palette import CommandPalette, Entry, found


@pytest.fixture
def desk(shared_desk):
    return shared_desk


@pytest.fixture
def palette(open_desk):
    open_desk.do("help.palette")
    (shown,) = open_desk.window.findChildren(CommandPalette)
    yield shown
    for left in open_desk.window.findChildren(CommandPalette):
        left.close()


ENTRIES = [
    Entry("fit.fit", "Fit › Fit", "F"),
    Entry("fit.queue", "Fit › Fit everybody in the queue", ""),
    Entry("file.save_fits", "File › Save fits", "Ctrl+S"),
]


def test_every_typed_word_must_be_in_the_name_or_the_keys():
    assert [one.name for one in found(ENTRIES, "every fit", [])] == ["fit.queue"]
    assert [one.name for one in found(ENTRIES, "ctrl+s", [])] == ["file.save_fits"]
    assert found(ENTRIES, "elephant", []) == []


def test_recently_used_commands_come_first():
    assert found(ENTRIES, "", ["file.save_fits"])[0].name == "file.save_fits"
    assert found(ENTRIES, "fit", ["fit.queue"])[0].name == "fit.queue"


def test_the_command_whose_own_name_begins_as_typed_comes_first():
    assert found(ENTRIES, "sa", ["fit.queue"])[0].name == "file.save_fits"
    assert found(ENTRIES, "fit", [])[0].name == "fit.fit"


def test_the_palette_lists_every_command(palette):
    assert palette.list.topLevelItemCount() == len(COMMANDS)


def test_typing_and_enter_run_a_command(open_desk, palette):
    before = open_desk.workbench.view.boxes
    QTest.keyClicks(palette.line, "view boxes")
    QTest.keyClick(palette.line, Qt.Key.Key_Return)
    assert open_desk.workbench.view.boxes != before
    assert open_desk.settings.recent_commands()[0] == "view.boxes"


def test_a_command_that_cannot_run_is_listed_with_its_reason_and_not_run(open_desk, palette):
    QTest.keyClicks(palette.line, "edit redo")
    assert "nothing to redo" in palette.list.topLevelItem(0).text(1)
    QTest.keyClick(palette.line, Qt.Key.Key_Return)
    assert palette.isVisible()


def test_the_names_of_commands_are_whole_beside_long_reasons(palette):
    measure = palette.list.fontMetrics()
    rows = [palette.list.topLevelItem(row) for row in range(palette.list.topLevelItemCount())]
    widest = max(measure.horizontalAdvance(row.text(0)) for row in rows)
    assert palette.list.columnWidth(0) > widest
    assert all(row.toolTip(1) == row.text(1) for row in rows if row.isDisabled())
