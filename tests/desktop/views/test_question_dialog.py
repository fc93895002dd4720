"""A file that can be read in several ways is asked about in the window, shown, and read again with the answer."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from core.errors import Undecided, Way
from core.formats.question import LOOK_PX
from core.store import Project
from desktop.views.window.question_dialog import QuestionDialog
from tests.core.formats.making import write_unnamed


@pytest.fixture
def desk(shared_desk):
    return shared_desk


@pytest.fixture
def unnamed(tmp_path):
    return write_unnamed(tmp_path)


def dialog_of(desk):
    (dialog,) = desk.window.findChildren(QuestionDialog)
    return dialog


def choose(dialog, way):
    (item,) = dialog.ways.findItems(way, Qt.MatchFlag.MatchExactly)
    dialog.ways.setCurrentItem(item)
    dialog.read.click()


def test_keypoints_without_a_layout_are_asked_about_shown_and_read_with_the_answer(desk, unnamed):
    desk.open(unnamed)
    dialog = dialog_of(desk)
    assert dialog.isVisible()
    ways = {dialog.ways.item(row).text() for row in range(dialog.ways.count())}
    assert ways == {"lsp14", "aic14", "crowdpose14"}
    assert not unnamed.with_suffix(".fitloop").exists()
    pictures = []
    for row in range(dialog.ways.count()):
        icon = dialog.ways.item(row).icon()
        assert not icon.isNull()
        image = icon.pixmap(LOOK_PX, LOOK_PX).toImage()
        pictures.append(bytes(image.constBits()))
    assert len(set(pictures)) == 3
    choose(dialog, "crowdpose14")
    desk.wait(lambda: desk.workbench.project is not None)
    assert desk.workbench.person.keypoints.layout == "crowdpose14"


def test_a_question_that_is_cancelled_opens_nothing(desk, unnamed):
    desk.open(unnamed)
    dialog_of(desk).reject()
    assert desk.workbench.project is None
    assert not unnamed.with_suffix(".fitloop").exists()
    assert not desk.said


def test_annotations_that_are_added_are_asked_about_too(desk, unnamed, tmp_path, monkeypatch):
    home = tmp_path / "mine.fitloop"
    Project.create(home).close()
    desk.open(home)
    monkeypatch.setattr(desk.window, "ask_for_file", lambda kind: unnamed)
    desk.do("file.add")
    desk.wait(lambda: not desk.workbench.busy)
    choose(dialog_of(desk), "aic14")
    desk.wait(lambda: desk.workbench.person is not None)
    assert desk.workbench.person.keypoints.layout == "aic14"


def test_the_question_of_a_frame_is_asked_in_words_and_answered(desk, unnamed, monkeypatch):
    from core.formats import exchange

    ways = (Way("photo", "the photo's camera"), Way("crop", "the crop's"))
    read_file = exchange.read_file

    def read(path, beside):
        if beside.frame is None:
            raise Undecided("its poses can be of two frames.", "frame", ways)
        assert beside.frame == "crop"
        return read_file(path, replace(beside, layout_name="lsp14"))

    monkeypatch.setattr(exchange, "read_file", read)
    desk.open(unnamed)
    dialog = dialog_of(desk)
    assert dialog.ways.item(0).icon().isNull()
    choose(dialog, "crop")
    desk.wait(lambda: desk.workbench.project is not None)
    assert np.isfinite(desk.workbench.person.keypoints.xy).all()
