"""The command table: everything reachable, nothing twice."""

from desktop.commands.menus import COMMANDS, MENUS


def test_every_command_has_its_own_id_and_its_own_shortcut():
    ids = [command.id for command in COMMANDS]
    shortcuts = [command.shortcut for command in COMMANDS if command.shortcut]
    assert len(ids) == len(set(ids))
    assert len(shortcuts) == len(set(shortcuts))


def test_every_command_stands_in_a_menu_with_a_letter_of_its_own():
    for menu in MENUS:
        letters = [c.text[c.text.index("&") + 1].lower() for c in COMMANDS if c.menu == menu]
        assert len(letters) == len(set(letters)), (menu, letters)
    assert {command.menu for command in COMMANDS} == set(MENUS)


def test_choices_of_one_are_ticks():
    assert all(command.is_tick for command in COMMANDS if command.group)
