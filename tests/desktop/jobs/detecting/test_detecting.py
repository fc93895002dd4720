"""People found by a detector: a stand-in here, as detectors are installed beside the program."""

import time

import numpy as np
import pytest

from core.detect import Found
from core.errors import DetectorError
from core.records import BBox, Keypoints
from desktop.commands.file_menu import open_path
from desktop.jobs import detecting
from desktop.views.photo.gestures import add_person, nobody_yet
from tests.desktop.making import keypoints_of, write_photo


@pytest.fixture
def desk(shared_desk):
    return shared_desk


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


def test_without_a_detector_a_card_on_the_photo_says_so_and_offers_some(desk, folder, monkeypatch):
    def nothing():
        raise DetectorError("The weights cannot be downloaded.")

    monkeypatch.setattr(detecting, "load_any", nothing)
    desk.open(folder)
    desk.do("person.detect")
    desk.wait(lambda: not desk.workbench.busy)
    card = desk.window.people_card
    assert card.isVisible()
    assert card.why.text() == "The weights cannot be downloaded."
    assert card.offer.buttons["mediapipe"].isVisible()
    assert (desk.said, desk.told) == ([], [])
    assert np.all([not photo.people for photo in desk.workbench.project.photos()])


class FailsAt(StandIn):
    """Fails at some of its calls, counted over all that were loaded."""

    calls = 0
    wrong: tuple = ()

    def __call__(self, image, bboxes=None):
        FailsAt.calls += 1
        if FailsAt.calls in self.wrong:
            raise DetectorError("out of memory")
        return super().__call__(image, bboxes)


@pytest.mark.parametrize("wrong", [(2,), (2, 3)])
def test_a_detector_that_fails_half_way_keeps_what_it_found_and_says_the_rest(
    desk, folder, monkeypatch, wrong
):
    monkeypatch.setattr(FailsAt, "calls", 0)
    monkeypatch.setattr(FailsAt, "wrong", wrong)
    monkeypatch.setattr(detecting, "load_any", FailsAt)
    write_photo(folder / "3.jpg", 3)
    desk.open(folder)
    desk.do("person.detect")
    desk.wait(lambda: not desk.workbench.busy)
    found = [len(photo.people) for photo in desk.workbench.project.photos()]
    left = 1 if len(wrong) > 1 else 0
    assert found == ([2, 0, 0, 0] if left else [2, 0, 2, 2])
    assert desk.told[-1].startswith(f"{sum(found)} people found")
    assert "1.jpg: the detector failed. out of memory" in desk.told[-1]
    assert ("Photos not searched after that: 1." in desk.told[-1]) == bool(left)
    assert desk.said == []


def test_a_photo_on_which_somebody_was_drawn_meanwhile_keeps_that_person(desk, folder, monkeypatch):
    class Draws(StandIn):
        def __call__(self, image, bboxes=None):
            if not any(photo.people for photo in desk.workbench.project.photos()):
                Draws.waiting = True
                while Draws.waiting:
                    time.sleep(0.01)
            return super().__call__(image, bboxes)

    monkeypatch.setattr(detecting, "load_any", Draws)
    desk.open(folder)
    workbench = desk.workbench
    desk.do("person.detect")
    desk.wait(lambda: getattr(Draws, "waiting", False))
    person = nobody_yet(workbench, BBox.from_xywh((10, 10, 100, 100)))
    add_person(workbench, person)
    Draws.waiting = False
    desk.wait(lambda: not workbench.busy)
    first, *others = workbench.project.photos()
    assert [one.id for one in first.people] == [person.id]
    assert [len(photo.people) for photo in others] == [2, 2]


def test_where_every_photo_has_people_that_is_told(desk, folder, monkeypatch):
    monkeypatch.setattr(detecting, "load_any", StandIn)
    desk.open(folder)
    for _ in range(2):
        desk.do("person.detect")
        desk.wait(lambda: not desk.workbench.busy)
    assert desk.told[-1] == "Every photo has people already."


def test_weights_are_downloaded_before_the_search_and_where_they_cannot_be_the_card_says_why(
    desk, folder, monkeypatch
):
    from core.detect.weights import Fetched

    def fetched():
        yield Fetched(0, 20_000_000)
        yield Fetched(10_000_000, 20_000_000)
        if fails:
            raise DetectorError("No server can be reached.")
        yield Fetched(20_000_000, 20_000_000)

    monkeypatch.setattr(detecting, "installed", lambda wanted="": ["rtmpose"])
    monkeypatch.setattr(detecting, "lacks_weights", lambda names: True)
    monkeypatch.setattr(detecting, "weights_steps", fetched)
    monkeypatch.setattr(detecting, "load_any", StandIn)
    fails = True
    desk.open(folder)
    desk.do("person.detect")
    desk.wait(lambda: not desk.workbench.busy)
    card = desk.window.people_card
    assert card.why.text() == "No server can be reached."
    assert not card.offer.failed.isVisible()
    assert card.offer.buttons["mediapipe"].isVisible()
    fails = False
    seen = []
    job = desk.workbench.downloads
    job.changed.connect(lambda: seen.append((job.title, job.done)))
    desk.do("person.detect")
    desk.wait(lambda: not desk.workbench.busy)
    assert ("Download the detector's weights", 10) in seen
    assert all(len(photo.people) == 2 for photo in desk.workbench.project.photos())
    assert not card.isVisible()


def test_a_search_that_is_stopped_leaves_the_view_where_it_is(desk, folder, monkeypatch):
    class Waits(StandIn):
        def __call__(self, image, bboxes=None):
            Waits.calls = getattr(Waits, "calls", 0) + 1
            while Waits.calls > 1 and not Waits.free:
                time.sleep(0.01)
            return super().__call__(image, bboxes)

    Waits.free = False
    monkeypatch.setattr(detecting, "load_any", Waits)
    desk.open(folder)
    workbench = desk.workbench
    workbench.show_photo(workbench.project.photo_ids()[1])
    desk.do("person.detect")
    desk.wait(lambda: getattr(Waits, "calls", 0) > 1)
    shown = workbench.photo.path
    workbench.job.cancel()
    Waits.free = True
    desk.wait(lambda: not workbench.busy)
    assert workbench.photo.path == shown


def test_an_installation_goes_on_when_another_project_is_opened_and_people_are_found_there(
    desk, folder, tmp_path, monkeypatch
):
    from desktop.commands.people import finding_people
    from desktop.jobs.installing import Installing

    def slow(name):
        yield Installing(0, 2_000_000, "Collecting")
        while not slow.free:
            time.sleep(0.01)
            yield Installing(1_000_000, 2_000_000)
        yield Installing(2_000_000, 2_000_000)

    slow.free = False
    monkeypatch.setattr(finding_people, "install_steps", slow)
    monkeypatch.setattr(detecting, "load_any", StandIn)
    desk.open(folder)
    finding_people.install(desk.workbench, "mediapipe")
    desk.wait(lambda: desk.workbench.downloads.running)
    other = tmp_path / "other"
    other.mkdir()
    write_photo(other / "9.jpg", 9)
    project = desk.workbench.project
    open_path(desk.workbench, other)
    desk.wait(lambda: desk.workbench.project is not project)
    assert desk.workbench.downloads.running
    assert desk.workbench.finding.work == "install"
    slow.free = True
    desk.wait(lambda: not desk.workbench.busy)
    assert [len(photo.people) for photo in desk.workbench.project.photos()] == [2]
    assert desk.workbench.finding.work is None
