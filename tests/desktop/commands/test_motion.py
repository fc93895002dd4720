"""Motion is written from the window as the dialog says."""

import numpy as np
import pytest
from PySide6.QtWidgets import QCheckBox

from core.errors import FitsError
from desktop.jobs.files.save_motion import MOTION_KINDS, MotionChoice, motion_steps
from desktop.views.window.motion_dialog import MotionDialog
from tests.core.formats.motion.bvh_file import read_bvh
from tests.desktop.making import write_coco

pytestmark = pytest.mark.slow


@pytest.fixture
def walker(desk, tmp_path):
    """A project of three photos; somebody in the first and the last has a fit."""
    desk.open(write_coco(tmp_path, photos=3))
    project = desk.workbench.project
    for photo in (project.photo(project.photo_ids()[0]), project.photo(project.photo_ids()[2])):
        desk.workbench.select(photo.people[0].id)
        desk.fit()
    return desk


def dialog_of(desk):
    desk.do("file.export_motion")
    return next(found for found in desk.window.findChildren(MotionDialog) if found.isVisible())


def test_the_choices_of_the_dialog_are_those_of_the_file(walker, tmp_path, monkeypatch):
    file = tmp_path / "walk.bvh"
    monkeypatch.setattr(type(walker.window), "ask_for_new_file", lambda window, kind: file)
    reports = []
    walker.workbench.reported.connect(reports.append)
    dialog = dialog_of(walker)
    assert [dialog.kind.itemData(row) for row in range(dialog.kind.count())] == list(MOTION_KINDS)
    dialog.options["t_pose"].setChecked(True)
    dialog.rate.setValue(25)
    dialog._choose()
    walker.wait(lambda: file.exists() and not walker.workbench.files.running)
    read = read_bvh(file)
    assert read.frame_time == pytest.approx(0.04)
    assert len(read.values) == 1 + 3  # the T-pose, two fits, and the frame made between them
    np.testing.assert_allclose(read.values[1, [0, 2]], 0, atol=1e-3)
    assert "1 of the frames" in reports[0]


def test_the_next_dialog_begins_with_the_last_choice(walker, tmp_path, monkeypatch):
    monkeypatch.setattr(type(walker.window), "ask_for_new_file", lambda window, kind: None)
    dialog = dialog_of(walker)
    dialog.kind.setCurrentIndex(MOTION_KINDS.index("animation"))
    dialog.options["in_place"].setChecked(True)
    dialog._choose()
    assert dialog_of(walker).choice().kind == "animation"
    assert dialog_of(walker).choice().options.in_place


def test_every_kind_says_what_it_is_for_and_every_letter_is_its_own(qtbot):
    dialog = MotionDialog(MotionChoice(), 3)
    qtbot.addWidget(dialog)
    for row in range(dialog.kind.count()):
        dialog.kind.setCurrentIndex(row)
        assert dialog.use.text()
    words = [box.text() for box in dialog.findChildren(QCheckBox)]
    letters = [word[word.index("&") + 1].lower() for word in words]
    assert len(letters) == len(set(letters))
    dialog.whose.setChecked(True)
    assert dialog.choice().track == 3


def test_nobody_with_a_fit_is_one_clear_error(desk, tmp_path):
    desk.open(write_coco(tmp_path))
    body = desk.workbench.fits.the_body
    with pytest.raises(FitsError, match="no fit to write"):
        list(motion_steps(desk.workbench.project, tmp_path / "a.bvh", MotionChoice(), body))
    assert not (tmp_path / "a.bvh").exists()
