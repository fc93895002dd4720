"""What is closed is forgotten: many windows may follow one another in one process."""

import gc
import re
import weakref
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent

from tests.desktop.desk import Desk
from tests.desktop.making import write_coco
from tests.journeys.program import in_the_program

ROOT = Path(__file__).parents[2]


def parts_of(desk):
    """What would stay, and keep all else."""
    workbench, window = desk.workbench, desk.window
    parts = (
        workbench,
        workbench.fits,
        workbench.project,
        window,
        window.canvas,
        window.body_panel,
        window.thumbnails,
    )
    return {type(part).__name__: weakref.ref(part) for part in parts}


def still_there(parts):
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    return [name for name, part in parts.items() if part() is not None]


@pytest.fixture
def file(tmp_path):
    return write_coco(tmp_path)


def test_nothing_is_left_of_a_closed_window(qtbot, tmp_path, file):
    desk = Desk(qtbot, tmp_path)
    desk.open(file)
    desk.fit()
    parts = parts_of(desk)
    assert desk.window.close()
    desk.window.deleteLater()
    del desk
    assert still_there(parts) == []


@pytest.mark.slow
def test_nothing_is_left_of_the_window_when_the_program_has_ended(qtbot, tmp_path, file):
    """Although the program freezes all that is there while it runs, the window too."""
    gc.unfreeze()  # what the tests themselves froze: the program freezes where nothing is frozen yet
    often = gc.get_threshold()
    parts = in_the_program(file, parts_of, tmp_path)
    assert still_there(parts) == []
    assert gc.get_freeze_count() == 0
    assert gc.get_threshold() == often


def test_no_signal_of_the_workbench_calls_a_function_that_is_nobodys_method():
    """Qt holds such a function, and with it all that it names, until the workbench itself goes: never."""
    nobodys = re.compile(r"workbench[\w.]*\.connect\(\s*(lambda|partial)")
    files = [file for file in (ROOT / "desktop").rglob("*.py") if file.name != "app.py"]
    assert [file.name for file in files if nobodys.search(file.read_text(encoding="utf-8"))] == []
