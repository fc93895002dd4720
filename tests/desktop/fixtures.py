"""A window on a small project, for the tests of the desktop and for the journeys."""

import pytest

from tests.desktop.desk import Desk
from tests.desktop.making import write_coco


@pytest.fixture
def desk(qtbot, tmp_path):
    """A window with the open body, nothing open."""
    desk = Desk(qtbot, tmp_path)
    yield desk
    if not desk.window.close():
        desk.workbench.files.close()
        desk.window.close()


@pytest.fixture
def open_desk(desk, tmp_path):
    """The same, on two photos with two people each."""
    folder = tmp_path / "photos"
    folder.mkdir()
    desk.open(write_coco(folder))
    assert desk.workbench.project is not None, desk.said
    return desk
