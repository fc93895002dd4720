"""Keypoints placed by hand: the next one is named at the cursor and lit on a figure, and the last one is taken back."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from core.records import BBox
from desktop.state.view import NO_KEYPOINT
from desktop.views.photo.gestures import add_person, nobody_yet
from tests.desktop.making import HEIGHT, WIDTH, keypoints_of, write_photo


@pytest.fixture
def placing(desk, tmp_path):
    """A photo with somebody drawn, whose keypoints are placed."""
    write_photo(tmp_path / "one.jpg", 1)
    desk.open(tmp_path / "one.jpg")
    desk.wait(lambda: not desk.window.waiting)
    person = nobody_yet(desk.workbench, BBox.from_xywh((0, 0, WIDTH, HEIGHT)))
    add_person(desk.workbench, person)
    return desk


def place(desk, count):
    for _ in range(count):
        xy = keypoints_of(3, 0.0)[desk.workbench.view.keypoint, :2]
        at = QPointF(*desk.window.canvas.placing.to_canvas(xy))
        desk.press(at)
        desk.release(at)


def test_the_next_keypoint_is_named_beside_the_cursor(placing):
    desk, help_there = placing, placing.window.placing_help
    desk.move(QPointF(60, 50))
    assert help_there.tag.isVisible()
    assert help_there.tag.name == "nose"
    assert help_there.tag.pos().x() > 60
    place(desk, 1)
    assert help_there.tag.name == "left shoulder"
    canvas = desk.window.canvas
    desk.move(QPointF(canvas.width() - 3, canvas.height() - 3))
    assert canvas.rect().contains(help_there.tag.geometry())
    assert help_there.figure.isVisible()
    assert not help_there.figure.grab().toImage().isNull()
    desk.do("edit.cancel")
    assert not help_there.tag.isVisible()
    assert not help_there.figure.isVisible()


def test_the_last_placed_keypoint_is_taken_back_and_placed_anew(placing):
    desk, workbench = placing, placing.workbench
    place(desk, 2)
    assert workbench.person.keypoints.confidence[desk.index("left_shoulder")] == 1
    desk.do("edit.place_back")
    assert workbench.person.keypoints.confidence[desk.index("left_shoulder")] == 0
    assert workbench.view.keypoint == desk.index("left_shoulder")
    place(desk, 1)
    assert workbench.person.keypoints.confidence[desk.index("left_shoulder")] == 1
    desk.do("edit.place_back")
    desk.do("edit.place_back")
    desk.do("edit.place_back")
    assert desk.told[-1] == "No keypoint before this one is placed."
    assert not (workbench.person.keypoints.confidence > 0).any()


def test_from_the_sixth_keypoint_on_a_body_follows_also_when_one_is_taken_back(placing):
    desk, workbench = placing, placing.workbench
    place(desk, 5)
    assert workbench.person.fit is None
    place(desk, 1)
    desk.wait(lambda: workbench.person.fit is not None and not workbench.fits.running)
    first = workbench.person.fit
    place(desk, 1)
    second = workbench.person.fit
    assert second is not first
    desk.do("edit.place_back")
    assert workbench.person.fit is not second
    place(desk, 1)
    assert workbench.view.placing


def test_after_the_last_keypoint_placing_is_over(placing):
    desk, workbench = placing, placing.workbench
    place(desk, 17)
    desk.wait(lambda: not workbench.fits.running)
    assert workbench.view.keypoint == NO_KEYPOINT
    assert not workbench.view.placing
    assert np.all(workbench.person.keypoints.confidence > 0)
    assert not desk.window.actions_by_id["edit.place_back"].isEnabled()
