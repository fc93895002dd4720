"""The command table: everything reachable, nothing twice."""

from collections import defaultdict

from desktop.commands.command import (
    FITTED,
    HELD,
    KEYPOINT,
    NEIGHBOUR,
    ORIGINAL,
    PERSON,
    PHOTO,
    PLACING,
    PROJECT,
    REDO,
    SEEN,
    SEQUENCE,
    SEVERAL,
    TRACK,
    UNDO,
    WORK,
    WRITABLE,
    Command,
    alternative,
    available,
)
from desktop.commands.menus import BEGIN_A_GROUP, COMMANDS, MENUS, SUBMENUS, submenu_of
from desktop.text.command_tips import TIPS
from desktop.views.window.actions import Actions


def test_every_command_has_its_own_id_and_its_own_shortcut():
    ids = [command.id for command in COMMANDS]
    shortcuts = [command.shortcut for command in COMMANDS if command.shortcut]
    assert len(ids) == len(set(ids))
    assert len(shortcuts) == len(set(shortcuts))


def test_every_command_stands_in_a_menu_with_a_letter_of_its_own():
    texts = defaultdict(list)
    for command in COMMANDS:
        texts[command.menu, submenu_of(command.id)].append(command.text)
    for menu, submenu in list(texts):
        texts[menu, ""] += [submenu] if submenu else []
    texts["file", ""].append("Open &recent")
    for menu, words in texts.items():
        letters = [text[text.index("&") + 1].lower() for text in words]
        assert len(letters) == len(set(letters)), (menu, letters)
    assert {command.menu for command in COMMANDS} == set(MENUS)


def test_lines_and_submenus_of_the_menus_are_about_commands_that_there_are():
    ids = {command.id for command in COMMANDS}
    assert ids >= BEGIN_A_GROUP
    for words, starts in SUBMENUS:
        inside = [name for name in ids if name.startswith(starts)]
        assert len(inside) > 1, words
        assert len({name.split(".")[0] for name in inside}) == 1


def test_choices_of_one_are_ticks():
    assert all(command.is_tick for command in COMMANDS if command.group)


def test_whatever_a_command_needs_can_be_there(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    assert WORK.isdisjoint(available(workbench))
    desk.fit("fit.guess")
    desk.do("edit.swap_person")
    desk.do("edit.undo")
    desk.do("body.left_foot")
    desk.do("edit.undo")
    assert available(workbench) >= REDO
    desk.do("edit.redo")
    workbench.change_view(keypoint=0)
    there = available(workbench)
    assert there >= PROJECT | WRITABLE | PHOTO | PERSON | FITTED | SEEN | KEYPOINT | NEIGHBOUR | UNDO | HELD
    needed = frozenset().union(*(command.needs for command in COMMANDS))
    rest = (
        WORK
        | REDO
        | ORIGINAL
        | SEVERAL
        | PLACING
        | SEQUENCE
        | TRACK
        | frozenset().union(*(alternative(number) for number in range(1, 6)))
    )
    assert needed <= there | rest


def test_a_command_is_not_run_without_what_it_needs(desk, monkeypatch):
    monkeypatch.setitem(TIPS, "file.none", "Does nothing.")
    run = []
    command = Command("file.none", "none", "", lambda workbench, window, shown: run.append(shown), PERSON)
    Actions(desk.window, desk.workbench, [command], desk.settings)._run(command, desk.window)
    assert run == []
