"""People found by a detector: a stand-in here, as detectors are installed beside the program."""

import numpy as np
import pytest

from core.detect import Found
from core.errors import DetectorError
from core.records import Keypoints
from desktop.jobs import detecting
from tests.desktop.making import keypoints_of, write_photo


class StandIn:
    """Finds two people in every photo."""

    closed = False

    def __call__(self, image, bboxes=None):
        return [
            Found(Keypoints.from_array("coco17", keypoints_of(seed, x))) for seed, x in ((1, -0.6), (2, 0.6))
        ]

    def close(self):
        self.closed = True


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "holiday"
    folder.mkdir()
    for number in range(3):
        write_photo(folder / f"{number}.jpg", number)
    return folder


def test_people_are_found_in_photos_without_any_and_all_of_it_is_one_entry(desk, folder, monkeypatch):
    detector = StandIn()
    monkeypatch.setattr(detecting, "load_any", lambda: detector)
    desk.open(folder)
    workbench = desk.workbench
    desk.do("person.detect")
    desk.wait(lambda: not workbench.busy)
    photos = list(workbench.project.photos())
    assert [len(photo.people) for photo in photos] == [2, 2, 2]
    assert len({person.id for photo in photos for person in photo.people}) == 6
    assert workbench.person is not None
    assert detector.closed
    desk.fit()
    assert workbench.person.fit.score < 4
    desk.do("edit.undo")
    desk.do("edit.undo")
    assert all(not photo.people for photo in workbench.project.photos())


def test_without_a_detector_the_window_says_how_to_get_one(desk, folder, monkeypatch):
    def nothing():
        raise DetectorError("rtmlib is not installed. Install it with: pip install rtmlib")

    monkeypatch.setattr(detecting, "load_any", nothing)
    desk.open(folder)
    desk.do("person.detect")
    desk.wait(lambda: bool(desk.said))
    assert "pip install" in desk.said[0]
    assert np.all([not photo.people for photo in desk.workbench.project.photos()])
