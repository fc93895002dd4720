"""Each command says in its tool tip what it does."""

import pytest

from desktop.commands.menus import COMMANDS
from desktop.text.command_tips import TIPS
from desktop.text.translate import plain

LONGEST = 100  # characters of a line in a tool tip


def test_every_command_says_what_it_does_and_nothing_else_does():
    assert TIPS.keys() == {command.id for command in COMMANDS}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_a_tip_is_one_sentence_that_says_more_than_the_name(command):
    tip = TIPS[command.id]
    assert tip[0].isupper()
    assert tip.endswith(".")
    assert tip.count(". ") == 0
    assert len(tip) <= LONGEST
    assert tip.rstrip(".").casefold() != plain(command.text).casefold()


def test_the_mark_of_a_menu_key_is_no_part_of_a_name():
    assert plain("A&ccept") == "Accept"
    assert plain("All people of the photo (&x)") == "All people of the photo"
    assert not any("&" in plain(command.text) or "(x)" in plain(command.text) for command in COMMANDS)
