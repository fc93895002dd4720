"""Words can be read in both themes: 4.5 : 1 at least, by the themes' colours and as drawn.

Disabled words may be fainter, as WCAG allows.
"""

from pathlib import Path

import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QAbstractButton, QComboBox, QDialog, QLabel, QLineEdit

from desktop import theme
from desktop.theme import DARK, LIGHT
from tests.desktop.contrast import GRAPHICS, TEXT, drawn, of_names, of_words
from tests.desktop.making import write_coco

THEMES = (LIGHT, DARK)
GROUNDS = ("window", "base")
WORDS = ("text", "muted", "accent", "warning", "accepted", "rejected", "later")
PAIRS = [(words, ground) for words in WORDS for ground in GROUNDS] + [("on_accent", "accent")]
# A word is drawn with its own colour at the middle of a stroke only where a stroke is a pixel wide or more: small faint
# words come out this much fainter than their colour.
BLENDED = 0.9


@pytest.mark.parametrize("colours", THEMES, ids=lambda one: one.name)
@pytest.mark.parametrize("pair", PAIRS, ids="-on-".join)
def test_each_colour_of_words_can_be_read_on_each_ground(colours, pair):
    words, ground = (getattr(colours, name) for name in pair)
    assert of_names(words, ground) >= TEXT


@pytest.mark.parametrize("colours", THEMES, ids=lambda one: one.name)
@pytest.mark.parametrize("ground", GROUNDS)
def test_sides_and_floor_can_be_told_from_their_ground(colours, ground):
    for colour in (*colours.sides.values(), colours.accent):
        assert of_names(colour, getattr(colours, ground)) >= GRAPHICS


@pytest.mark.parametrize("colours", THEMES, ids=lambda one: one.name)
def test_the_palette_hands_these_pairs_to_widgets(colours, qapp):
    role, palette = QPalette.ColorRole, theme.palette(colours)
    for words, ground in (
        (role.WindowText, role.Window),
        (role.Text, role.Base),
        (role.Text, role.AlternateBase),
        (role.ButtonText, role.Button),
        (role.ToolTipText, role.ToolTipBase),
        (role.HighlightedText, role.Highlight),
        (role.PlaceholderText, role.Base),
        (role.PlaceholderText, role.Window),
        (role.Link, role.Window),
    ):
        assert of_names(palette.color(words).name(), palette.color(ground).name()) >= TEXT, (words, ground)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["light", "dark"])
def test_words_that_are_drawn_can_be_read(desk, tmp_path, name):
    desk.workbench.change_view(theme=name)
    window, faint = desk.window, {}

    def look(where, root):
        for widget in read_in(root):
            found = of_words(drawn(widget))
            if found < BLENDED * TEXT:
                faint[f"{where}: {type(widget).__name__} {words_of(widget)!r}"] = round(found, 2)

    desk.settings.add_recent(str(Path("/nowhere/gone.fitloop")))
    window.start_page.show_recent(desk.settings.recent())
    desk.wait(lambda: not window.waiting)
    look("start", window)
    folder = tmp_path / "photos"
    folder.mkdir()
    desk.open(write_coco(folder))
    desk.fit()
    for dock in window.docks.values():
        dock.raise_()
        desk.qtbot.wait(50)
        look(dock.windowTitle(), dock)
    look("window", window)
    for command in ("edit.settings", "help.change_shortcuts", "help.shortcuts", "help.palette"):
        desk.do(command)
        desk.qtbot.wait(50)
        dialog = next(one for one in window.findChildren(QDialog) if one.isVisible())
        look(command, dialog)
        dialog.close()
    assert faint == {}


def read_in(root):
    """Widgets of `root` whose words are shown, and that are not disabled."""
    for kind in (QLabel, QAbstractButton, QComboBox, QLineEdit):
        for widget in root.findChildren(kind):
            seen = widget.isVisible() and widget.isEnabled() and not widget.visibleRegion().isEmpty()
            if seen and len(words_of(widget)) > 1:  # a single comma is lost with the edge
                yield widget


def words_of(widget):
    if isinstance(widget, QComboBox):
        return widget.currentText()
    icon_alone = isinstance(widget, QAbstractButton) and not widget.icon().isNull()
    return (
        "" if icon_alone or (isinstance(widget, QLabel) and not widget.pixmap().isNull()) else widget.text()
    )
