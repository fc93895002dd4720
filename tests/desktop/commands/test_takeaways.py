"""File › Export: pictures of the views, a film of the body, a sheet and a report, through the window."""

import cv2
import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog

from desktop.jobs.takeaways import turntable
from desktop.views.gl.cameras import Orbit
from desktop.views.window.takeaway_views import TURN_PX, around_all_sides

pytestmark = pytest.mark.slow


@pytest.fixture
def write(open_desk, tmp_path, monkeypatch):
    """Runs a command, gives its dialog a name and the kind at a place, and returns the file."""

    def act(command, name, kind=0):
        file = tmp_path / name
        monkeypatch.setattr(
            QFileDialog, "getSaveFileName", lambda *given: (str(file), given[3].split(";;")[kind])
        )
        open_desk.do(command)
        open_desk.wait(lambda: not open_desk.workbench.busy)
        return file

    return act


def test_a_picture_of_the_photo_is_what_the_canvas_shows_twice_as_sharp(open_desk, write):
    picture = cv2.imread(str(write("file.export_picture", "view.png")))
    size = open_desk.window.canvas.size()
    assert picture.shape[:2] == (2 * size.height(), 2 * size.width())
    assert picture.std() > 10
    assert open_desk.said == []


@pytest.mark.gl
@pytest.mark.parametrize(
    ("kind", "name", "clear"), [(0, "a.png", True), (1, "b.png", False), (2, "c.jpg", False)]
)
def test_a_picture_of_the_body_has_a_clear_ground_if_that_is_chosen(open_desk, write, kind, name, clear):
    open_desk.fit()
    picture = cv2.imread(str(write("file.export_picture_3d", name, kind)), cv2.IMREAD_UNCHANGED)
    alpha = picture[..., 3] if picture.shape[2] == 4 else np.full(picture.shape[:2], 255)
    assert (alpha[0, 0] == 0) == clear
    assert (alpha == 255).mean() > 0.02


@pytest.mark.gl
def test_a_film_of_the_body_turns_it_once(open_desk, write, monkeypatch):
    monkeypatch.setattr(turntable, "PICTURES", 6)
    open_desk.fit()
    file = write("file.export_turntable", "turn.gif")
    _, film = cv2.imreadanimation(str(file))
    pictures = [np.array(frame)[..., :3] for frame in film.frames]
    assert len(pictures) == 6
    assert pictures[0].shape[:2] == TURN_PX[::-1]
    assert not np.array_equal(pictures[0], pictures[3])


def test_the_body_is_whole_in_a_film_from_all_sides():
    from dataclasses import replace

    from PySide6.QtCore import QSize

    reach = np.array([[0.9, 1.4, 0.2], [-0.8, 0.3, 0.4], [0.0, 0.0, 0.0], [0.1, 1.8, -0.6]])
    orbit = around_all_sides(Orbit(), reach, QSize(*TURN_PX))
    for angle in range(0, 360, 15):
        turned = replace(orbit, azimuth_deg=orbit.azimuth_deg + angle)
        assert turned.shows(reach, QSize(*TURN_PX))


def test_a_sheet_and_a_report_of_the_project_are_written(open_desk, write):
    assert write("file.export_sheet", "sheet.pdf").read_bytes().startswith(b"%PDF")
    assert "photos" in write("file.export_report", "report.html").read_text(encoding="utf-8")
    assert open_desk.said == []


@pytest.mark.parametrize("command", ["file.export_sheet", "file.export_report", "file.export_picture"])
def test_a_file_that_cannot_be_written_is_told(open_desk, write, command):
    write(command, "nowhere/file.png")
    assert "cannot be written" in open_desk.said[-1]


def test_a_cancelled_dialog_writes_nothing(open_desk, monkeypatch):
    open_desk.fit()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *given: ("", ""))
    for command in (
        "file.export_picture",
        "file.export_picture_3d",
        "file.export_sheet",
        "file.export_report",
    ):
        open_desk.do(command)
    assert not open_desk.workbench.files.running
