"""The start page by keyboard, and what keys of panels do there."""

import gc

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog

from tests.desktop.making import write_coco

pytestmark = pytest.mark.slow

ASKS = (
    "file.quit",
    "file.open",
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


def test_the_first_link_has_the_keyboard_and_arrows_go_from_link_to_link(starting):
    page = starting.window.start_page
    first, *_, last = page._links
    assert QApplication.focusWidget() is first
    key(starting, "Down")
    assert QApplication.focusWidget() is page._links[1]
    key(starting, "End")
    assert QApplication.focusWidget() is last
    key(starting, "Down")
    assert QApplication.focusWidget() is first
    key(starting, "Up")
    assert QApplication.focusWidget() is last
    key(starting, "Home")
    key(starting, "Tab")
    assert QApplication.focusWidget() is page._links[1]


def test_the_link_with_the_keyboard_looks_different(starting):
    page = starting.window.start_page
    second = page._links[1]
    before = second.grab().toImage()
    key(starting, "Down")
    starting.qtbot.wait(50)
    assert second.grab().toImage() != before


@pytest.mark.parametrize("name", ["Return", "Enter", "Space"])
def test_enter_opens_a_recent_project_that_arrows_have_reached(starting, tmp_path, name):
    desk, file = starting, some_file(tmp_path)
    desk.open(file)
    opened = desk.workbench.project.path
    desk.do("file.close")
    desk.wait(lambda: QApplication.focusWidget() is desk.window.start_page._links[0])
    key(desk, "End")
    assert QApplication.focusWidget() is desk.window.start_page._recent[-1]
    key(desk, name)
    desk.wait(lambda: desk.workbench.project is not None)
    assert desk.workbench.project.path == opened
    desk.wait(lambda: not desk.workbench.busy and not desk.window.waiting)


def test_in_a_small_window_the_links_are_as_wide_as_the_page(starting):
    starting.window.resize(840, 480)
    starting.qtbot.wait(50)
    page = starting.window.start_page
    assert not page.horizontalScrollBar().isVisible()
    assert all(link.visibleRegion().boundingRect().width() == link.width() for link in page._links[:1])
