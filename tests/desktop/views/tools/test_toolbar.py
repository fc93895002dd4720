"""The toolbar: what a curator needs all day, each with its keys, and with the reason where it cannot run."""

from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QToolButton

from desktop.commands.command import REASONS, available, why_not
from desktop.commands.menus import COMMANDS
from desktop.theme import DARK, LIGHT
from desktop.views.tools.icons import DRAWINGS, FOLDER, icon
from desktop.views.tools.toolbar import GROUPS, Toolbar

ROOT = Path(__file__).parents[4]


@pytest.fixture
def desk(shared_desk):
    return shared_desk


def button_of(desk, name):
    """The tool button of a command."""
    (toolbar,) = desk.window.findChildren(Toolbar)
    (button,) = [
        one
        for one in toolbar.findChildren(QToolButton)
        if one.defaultAction() is desk.window.actions_by_id[name]
    ]
    return button


def test_every_tool_is_a_command_with_an_icon_of_its_own():
    names = [name for group in GROUPS for name in group]
    assert len(names) == len(set(names))
    assert set(names) <= {command.id for command in COMMANDS} & DRAWINGS.keys()
    drawings = [DRAWINGS[name][0] for name in names]
    assert len(drawings) == len(set(drawings))


def test_every_drawing_is_there_with_its_licence_and_no_other():
    files = {file.stem for file in FOLDER.glob("*.svg")}
    commands = {drawing for drawing, _ in DRAWINGS.values()}
    views = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "desktop" / "views").rglob("*.py"))
    assert files >= commands
    assert {name for name in files - commands if f'"{name}"' not in views} == set()
    assert "ISC License" in (FOLDER / "LICENSE").read_text()


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_every_icon_is_drawn(theme, qapp):
    for name in DRAWINGS:
        picture = icon(name, theme).pixmap(QSize(20, 20)).toImage()
        assert any(picture.pixelColor(x, y).alpha() > 100 for x in range(20) for y in range(20)), name


def test_a_command_without_a_drawing_has_no_icon(qapp):
    assert icon("person.advance", LIGHT).isNull()


def test_a_tool_tip_gives_the_keys_and_why_a_tool_cannot_be_used(open_desk):
    desk = open_desk
    desk.fit()
    first, does = button_of(desk, "fit.fit").toolTip().splitlines()
    assert first.endswith("F")
    assert does.startswith("Fits the body")
    redo = desk.window.actions_by_id["edit.redo"]
    assert not redo.isEnabled()
    assert "there is nothing to redo" in redo.toolTip()


def test_every_need_of_a_command_has_a_reason_in_words(open_desk):
    there = available(open_desk.workbench)
    for command in COMMANDS:
        assert bool(why_not(command, there)) == (not command.needs <= there)
        assert all(need in REASONS or need.startswith("alternative") for need in command.needs)


def test_words_stand_below_the_icons_on_request(open_desk):
    desk = open_desk
    alone = button_of(desk, "person.accept").height()
    desk.do("view.toolbar_text")
    desk.qtbot.wait(50)
    assert button_of(desk, "person.accept").height() > alone
    desk.do("view.toolbar_text")
