"""A window on a small project, for the tests of the desktop and for the journeys."""

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QDialog

from core.body import model
from desktop.state.view import FitOptions, View
from desktop.views.window.docks import SIZE_PX
from tests.desktop.desk import Desk
from tests.desktop.making import open_body, write_coco
from tests.journeys.program import Waiter


@pytest.fixture
def desk(qtbot, tmp_path, monkeypatch):
    """A window with the open body, nothing open."""
    load = model.load_body
    monkeypatch.setattr(model, "load_body", lambda path=None: open_body() if path is None else load(path))
    desk = Desk(qtbot, tmp_path)
    yield desk
    close(desk)


@pytest.fixture
def open_desk(desk, tmp_path):
    """The same, on two photos with two people each."""
    return with_photos(desk, tmp_path)


def with_photos(desk, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    desk.open(write_coco(folder))
    assert desk.workbench.project is not None, desk.said
    return desk


@pytest.fixture(scope="module")
def desk_of_the_module(tmp_path_factory):
    """One window for all tests of a module: half of a test's time is a window of its own. See `shared_desk`."""
    desk = Desk(Waiter(), tmp_path_factory.mktemp("settings"))
    yield desk
    close(desk)


@pytest.fixture
def shared_desk(desk_of_the_module, qtbot):
    """As `desk`, in the one window of the module: a module whose tests leave settings, shortcuts and body as they are
    has its `desk` hand this on.
    """
    desk_of_the_module.qtbot = qtbot
    yield desk_of_the_module
    as_new(desk_of_the_module)


def as_new(desk):
    """Nothing open, nothing on its way, view and layout as in a window just opened."""
    workbench, window = desk.workbench, desk.window
    workbench.stop_jobs()
    for dialog in window.findChildren(QDialog):
        dialog.close()
    workbench.set_project(None)
    workbench.fits.set_options(FitOptions())
    workbench.change_view(**vars(View(theme="light", at_opening=False, hints=False)))
    window.reset_layout()
    window.resize(*SIZE_PX)
    desk.wait(lambda: not workbench.busy and not window.waiting)
    desk.wait(
        lambda: not any(timer.isActive() for timer in window.findChildren(QTimer) if timer.isSingleShot())
    )
    desk.said.clear()
    desk.told.clear()


def close(desk):
    if not desk.window.close():
        desk.workbench.files.close()
        desk.window.close()
