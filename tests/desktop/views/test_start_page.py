"""The start page by keyboard, and what keys of panels do there."""

import gc
from pathlib import Path

import pytest
from PySide6.QtCore import QDateTime, QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QToolBar

from desktop.app import build
from desktop.views.start.recent_card import PICTURE_PX, in_words
from tests.desktop.making import write_coco

pytestmark = pytest.mark.slow

ASKS = (
    "file.quit",
    "file.open",
    "file.open_project",
    "file.open_photos",
    "file.open_body",
    "file.open_sample",
    "help.first_steps",
)


def key(desk, name, modifier=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(QApplication.focusWidget() or desk.window, getattr(Qt.Key, f"Key_{name}"), modifier)


@pytest.fixture
def starting(desk):
    """A window on its start page that has the keyboard."""
    desk.window.activateWindow()
    desk.wait(lambda: QApplication.focusWidget() is not None)
    return desk


def works_on(desk, file):
    """Open a file and do what every command does: update menus, run, update again."""
    desk.open(file)
    assert desk.workbench.project is not None
    gc.collect()
    desk.fit()
    desk.do("view.sheet")
    desk.do("view.sheet")
    desk.do("file.close")
    gc.collect()
    assert desk.said == []


def some_file(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    return write_coco(folder)


@pytest.mark.parametrize("times", [1, 5, 12])
@pytest.mark.parametrize("name", ["panel.next", "panel.last"])
def test_after_jumps_between_panels_on_the_start_page_a_project_is_opened_and_worked_on(
    starting, tmp_path, name, times
):
    for _ in range(times):
        starting.do(name)
        gc.collect()
    works_on(starting, some_file(tmp_path))


def test_every_command_of_the_start_page_leaves_a_window_that_opens_a_project(starting, tmp_path):
    desk = starting
    for name, action in desk.window.actions_by_id.items():
        if action.isEnabled() and name not in ASKS:
            action.trigger()
            gc.collect()
            for dialog in desk.window.findChildren(QDialog):
                dialog.close()
    desk.window.reset_layout()
    works_on(desk, some_file(tmp_path))


def test_the_first_card_has_the_keyboard_and_arrows_go_from_card_to_card(starting):
    page = starting.window.start_page
    first, *_, last = page.cards
    assert QApplication.focusWidget() is first
    key(starting, "Down")
    assert QApplication.focusWidget() is page.cards[1]
    key(starting, "End")
    assert QApplication.focusWidget() is last
    key(starting, "Down")
    assert QApplication.focusWidget() is first
    key(starting, "Up")
    assert QApplication.focusWidget() is last
    key(starting, "Home")
    key(starting, "Tab")
    assert QApplication.focusWidget() is page.cards[1]


def test_the_card_with_the_keyboard_looks_different(starting):
    page = starting.window.start_page
    second = page.cards[1]
    before = second.grab().toImage()
    key(starting, "Down")
    starting.qtbot.wait(50)
    assert second.grab().toImage() != before


def test_right_and_left_go_to_the_recent_projects_and_back(starting, tmp_path):
    page = starting.window.start_page
    for number in range(6):
        starting.settings.add_recent(str(tmp_path / f"{number}.fitloop"))
    page.cards[1].setFocus()
    key(starting, "Right")
    assert QApplication.focusWidget() is page.cards[1]  # there is no second column yet
    page.show_recent(starting.settings.recent())
    key(starting, "Right")
    assert QApplication.focusWidget() is page.recent[1]
    key(starting, "End")
    key(starting, "Left")
    assert QApplication.focusWidget() is page.cards[-1]


@pytest.mark.parametrize("name", ["Return", "Enter", "Space"])
def test_enter_opens_a_recent_project_that_arrows_have_reached(starting, tmp_path, name):
    desk, file = starting, some_file(tmp_path)
    desk.open(file)
    opened = desk.workbench.project.path
    desk.do("file.close")
    desk.wait(lambda: QApplication.focusWidget() is desk.window.start_page.cards[0])
    key(desk, "End")
    assert QApplication.focusWidget() is desk.window.start_page.recent[-1]
    key(desk, name)
    desk.wait(lambda: desk.workbench.project is not None)
    assert desk.workbench.project.path == opened
    desk.wait(lambda: not desk.workbench.busy and not desk.window.waiting)


def test_in_a_small_window_the_cards_are_as_wide_as_the_page(starting):
    starting.window.resize(840, 480)
    starting.qtbot.wait(50)
    page = starting.window.start_page
    assert all(card.visibleRegion().boundingRect().width() == card.width() for card in page.cards[:1])


def closed_again(desk, tmp_path):
    """The start page after a project of four people was opened, one of them decided, and closed. Returns its card."""
    desk.open(some_file(tmp_path))
    desk.do("person.accept")
    desk.do("file.close")
    desk.wait(lambda: desk.workbench.project is None and not desk.window.waiting)
    (card,) = desk.window.start_page.recent
    return card


def test_panels_and_tools_are_hidden_until_a_project_is_open_and_then_where_they_were(starting, tmp_path):
    desk, window = starting, starting.window
    parts = [*window.docks.values(), *window.findChildren(QToolBar)]
    assert not any(part.isVisible() for part in parts)
    desk.open(some_file(tmp_path))
    assert all(part.isVisibleTo(window) for part in parts)
    window.docks["people"].close()
    window.docks["body"].raise_()
    desk.do("file.close")
    assert not any(part.isVisible() for part in parts)
    desk.open(next(tmp_path.rglob("*.fitloop")))
    assert not window.docks["people"].isVisible()
    assert not window.docks["body"].visibleRegion().isEmpty()
    assert window.docks["fit"].visibleRegion().isEmpty()


def test_a_session_that_ends_on_the_start_page_keeps_the_places_of_panels(starting, tmp_path, qtbot):
    desk = starting
    desk.open(some_file(tmp_path))
    desk.window.docks["people"].close()
    desk.do("file.close")
    desk.settings.keep_window(desk.window.saveGeometry(), desk.window.docks.places())
    _, again = build(desk.settings)
    qtbot.addWidget(again)
    again.restore()
    again.show()
    again.docks.bring_back()
    assert not again.docks["people"].isVisible()
    assert again.docks["fit"].isVisible()
    again.close()


def test_the_default_layout_asked_for_on_the_start_page_shows_no_empty_panel(starting, tmp_path):
    desk, docks = starting, starting.window.docks
    desk.open(some_file(tmp_path))
    docks["people"].close()
    desk.do("file.close")
    desk.do("panel.reset")
    assert not any(dock.isVisible() for dock in docks.values())
    desk.open(next(tmp_path.rglob("*.fitloop")))
    assert docks["people"].isVisible()


def test_a_recent_project_tells_how_many_are_decided_when_it_changed_and_shows_a_picture(starting, tmp_path):
    card = closed_again(starting, tmp_path)
    assert card.state.text() == "1 of 4 decided"
    assert card.date.text().startswith("today")
    starting.wait(lambda: card.picture.pixmap().width() >= PICTURE_PX)


def test_a_recent_project_that_is_gone_or_no_project_says_so_and_opens_nothing(starting, tmp_path):
    desk, text = starting, tmp_path / "text.fitloop"
    text.write_text("people")
    for path in (text, tmp_path / "gone.fitloop"):
        desk.settings.add_recent(str(path))
    page = desk.window.start_page
    page.show_recent(desk.settings.recent())
    desk.wait(lambda: not desk.window.waiting)
    gone, other = page.recent
    assert gone.state.text() == "not there"
    assert str(tmp_path / "gone.fitloop") in gone.toolTip()
    assert other.state.text() == "cannot be read"
    assert "text.fitloop" in other.toolTip()
    gone.click()
    desk.wait(lambda: desk.said != [] and not desk.workbench.busy)
    assert desk.workbench.project is None


def test_delete_takes_a_project_off_the_list_and_leaves_its_file(starting, tmp_path):
    desk, card = starting, closed_again(starting, tmp_path)
    card.setFocus()
    key(desk, "Delete")
    assert desk.window.start_page.recent == []
    assert desk.settings.recent() == []
    assert QApplication.focusWidget() is desk.window.start_page.cards[0]
    assert Path(card.path).is_file()


def test_names_of_200_characters_leave_the_page_as_wide_as_it_is(starting, tmp_path):
    desk, page = starting, starting.window.start_page
    desk.settings.add_recent(str(tmp_path / ("long name " * 20 + ".fitloop")))
    page.show_recent(desk.settings.recent())
    starting.qtbot.wait(50)
    assert page.widget().minimumSizeHint().width() <= page.viewport().width()
    assert page.recent[0].forget.visibleRegion().boundingRect().width() == page.recent[0].forget.width()


def test_the_drop_zone_lights_up_while_files_are_dragged_over_the_window(starting, tmp_path):
    window, data = starting.window, QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(9, 9), copy, data, left, none))
    assert window.start_page.drop_zone.lit
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert not window.start_page.drop_zone.lit


@pytest.mark.parametrize(
    ("ago_s", "words"), [(60, "today"), (86400, "yesterday"), (40 * 86400, "20"), (-1e300, ""), (1e12, "")]
)
def test_dates_are_said_as_readers_say_them(ago_s, words):
    noon = QDateTime(2026, 11, 20, 12, 0, 0)
    changed = noon.toSecsSinceEpoch() - ago_s if 0 < ago_s < 1e9 else ago_s
    told = in_words(changed, noon)
    assert (
        told.startswith(words)
        if words in ("today", "yesterday")
        else (words in told) and bool(told) == bool(words)
    )
