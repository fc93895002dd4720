"""The window on a small screen, and panels after the window was small."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.views.window.docks import FRAME_PX, SIZE_PX, first_size
from tests.desktop.making import write_coco
from tests.waiting import LONGEST_S

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
SHOWS_ITS_SIZE = """
import sys
from pathlib import Path
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
application = QApplication([])
from desktop.app import build
from desktop.commands.file_menu import open_path
from desktop.settings import Settings
from desktop.state.view import View
from tests.journeys.program import OpenWindow
settings = Settings(QSettings(sys.argv[1], QSettings.Format.IniFormat))
workbench, window = build(settings)
window.restore()
window.show()
application.processEvents()

def tell():
    room, place = window.screen().availableSize(), window.frameGeometry().topLeft()
    print(room.width(), room.height(), place.x(), place.y(), window.width(), window.height())

tell()
if len(sys.argv) > 2:
    desk = OpenWindow(workbench, window)
    open_path(workbench, Path(sys.argv[2]))
    desk.wait(lambda: workbench.project is not None and not workbench.busy and not window.waiting)
    desk.qtbot.wait(100)
    tell()
settings.keep_window(window.saveGeometry(), window.docks.places())
settings._store.sync()
window.close()
"""


def started(settings, screen, scale, *files):
    """Sizes of the window after a start on such a screen, as (screen, place, window) each."""
    screens = settings.with_name("screens.json")
    wanted = {"name": "one", "x": 0, "y": 0, "width": screen[0], "height": screen[1]}
    wanted |= {"logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}
    screens.write_text(json.dumps({"screens": [wanted]}))
    platform = {"QT_QPA_PLATFORM": f"offscreen:configfile={screens}", "QT_SCALE_FACTOR": scale}
    done = subprocess.run(
        [sys.executable, "-c", SHOWS_ITS_SIZE, str(settings), *map(str, files)],
        env=os.environ | platform | {"PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
    )
    assert done.returncode == 0, done.stderr
    numbers = [[int(part) for part in line.split()] for line in done.stdout.splitlines()]
    return [(line[:2], line[2:4], line[4:]) for line in numbers]


@pytest.mark.parametrize("screen", [(1366, 768), (1280, 720), (1024, 768), (3840, 2160)])
def test_the_first_size_is_never_larger_than_the_screen_and_its_frame(screen):
    size = first_size(QSize(*screen))
    assert size.width() <= min(screen[0], SIZE_PX[0])
    assert size.height() <= min(screen[1] - FRAME_PX, SIZE_PX[1])
    assert screen != (3840, 2160) or size == QSize(*SIZE_PX)


SCREENS = {
    "1366x768": ("1", "1.25", "1.5"),
    "1280x720": ("1", "1.5"),
    "1920x1080": ("1.75", "2"),
    "2560x1440": ("2",),
}


@pytest.mark.parametrize(
    ("screen", "scale"),
    [(tuple(map(int, screen.split("x"))), scale) for screen, scales in SCREENS.items() for scale in scales],
)
def test_the_window_is_whole_on_a_small_screen_also_scaled_and_with_its_panels(tmp_path, screen, scale):
    folder = tmp_path / "photos"
    folder.mkdir()
    for room, place, own in started(tmp_path / "settings.ini", screen, scale, write_coco(folder)):
        assert room[0] == pytest.approx(screen[0] / float(scale), abs=1)
        assert own[0] <= room[0]
        assert own[1] <= room[1]
        assert min(place) >= -FRAME_PX


def test_a_window_of_a_large_screen_is_whole_on_a_small_one_the_next_time(tmp_path):
    ((_, _, large),) = started(tmp_path / "settings.ini", (2560, 1440), "1")
    assert large == list(SIZE_PX)
    ((room, place, small),) = started(tmp_path / "settings.ini", (1024, 600), "1")
    assert place[0] + small[0] <= room[0]
    assert place[1] + small[1] <= room[1]


def sizes(desk):
    docks = desk.window.docks
    return {
        "people": docks["people"].width(),
        "viewport": docks["viewport"].width(),
        "fit": docks["fit"].height(),
        "plots": docks["plots"].height(),
    }


def resize(desk, width, height):
    desk.window.resize(width, height)
    desk.qtbot.wait(100)


def take_keyboard(desk):
    """The list of people has the keyboard."""
    desk.window.activateWindow()
    desk.window.people.note.setFocus()
    desk.wait(lambda: QApplication.focusWidget() is desk.window.people.note)


def test_panels_have_their_sizes_again_after_the_window_was_small(open_desk):
    desk = open_desk
    resize(desk, 1400, 900)
    before = sizes(desk)
    resize(desk, 600, 400)
    assert sizes(desk) != before
    resize(desk, 1400, 900)
    assert sizes(desk) == pytest.approx(before, abs=3)


def test_a_panel_that_the_user_made_larger_is_that_large_again(open_desk):
    desk = open_desk
    resize(desk, 1400, 900)
    take_keyboard(desk)
    for _ in range(3):
        desk.do("panel.wider")
    wide = desk.window.docks["people"].width()
    assert wide > 300
    resize(desk, 600, 400)
    resize(desk, 1400, 900)
    assert desk.window.docks["people"].width() == pytest.approx(wide, abs=3)


def test_a_drag_between_docks_is_remembered_and_no_other_panels_shrunk_size(open_desk):
    desk, docks = open_desk, open_desk.window.docks
    resize(desk, 1400, 900)
    plots = docks["plots"].height()
    resize(desk, 900, 420)
    desk.window.activateWindow()
    edge = docks["people"].geometry()
    at = edge.topRight() + edge.center() - edge.topLeft()
    at.setX(edge.right() + 3)
    at.setY(edge.center().y())
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(desk.window, left, Qt.KeyboardModifier.NoModifier, at)
    at.setX(at.x() + 40)
    QTest.mouseMove(desk.window, at)
    desk.qtbot.wait(50)
    QTest.mouseRelease(desk.window, left, Qt.KeyboardModifier.NoModifier, at)
    resize(desk, 1400, 900)
    assert docks["plots"].height() == pytest.approx(plots, abs=3)


def test_the_next_session_knows_the_sizes_of_panels_of_a_session_that_ended_small(open_desk):
    desk = open_desk
    resize(desk, 1400, 900)
    take_keyboard(desk)
    desk.do("panel.wider")
    wide = desk.window.docks["people"].width()
    resize(desk, 600, 400)
    desk.window.close()
    assert desk.settings.dock_sizes["people"][0] == pytest.approx(wide, abs=3)
