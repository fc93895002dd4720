"""From the start page to an accepted body of one's own photo, through the real main, each act of the user counted.

An act is one key, one click, one drag, or one choice in a file dialog.
"""

import json
import os
import sys

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from core.body.keypoints import layout
from core.detect import Found
from core.errors import DetectorError
from core.records import Keypoints
from desktop.jobs import detecting, installing
from tests.desktop.making import HEIGHT, WIDTH, keypoints_of, write_photo
from tests.journeys.program import in_the_program

pytestmark = pytest.mark.slow
FIRST_BODY = 6  # keypoints
PRESENT = 13  # keypoints of a body without the face: nose, shoulders … wrists


class Acts:
    """Acts in a window, and counts them."""

    def __init__(self, desk, monkeypatch):
        self.desk, self.count, self._monkeypatch = desk, 0, monkeypatch

    def key(self, command):
        self.count += 1
        self.desk.do(command)

    def open_photos(self, folder):
        """The key of the start page's first card, and the folder chosen in the dialog."""
        self.count += 1
        self._monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
        self.key("file.open_photos")
        self.desk.wait(lambda: self.desk.workbench.photo is not None)

    def click(self, button):
        self.count += 1
        assert button.isVisible()
        assert button.isEnabled()
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def drag(self, start, end):
        self.count += 1
        self.desk.drag(start, end)

    def click_photo(self, xy):
        self.count += 1
        at = QPointF(*self.desk.window.canvas.placing.to_canvas(np.asarray(xy)))
        self.desk.press(at)
        self.desk.release(at)

    def accept(self):
        self.key("person.accept")
        workbench = self.desk.workbench
        self.desk.wait(lambda: any(person.locked for person in everybody(workbench)))


def everybody(workbench):
    return [person for photo in workbench.project.photos() for person in photo.people]


def accepted_fit(workbench):
    (person,) = [person for person in everybody(workbench) if person.locked]
    return person.fit


class StandIn:
    """A detector that finds two people in every photo, one of them with a wrist astray."""

    def __call__(self, image, bboxes=None):
        people = [Keypoints.from_array("coco17", keypoints_of(seed, 1.2 * seed - 0.6)) for seed in (0, 1)]
        astray = people[1].with_keypoint("left_wrist", xy=(5, 5))
        return [Found(people[0]), Found(astray)]

    def close(self):
        pass


def no_detector():
    raise DetectorError("No detector is installed.")


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "holiday"
    folder.mkdir()
    for number in range(2):
        write_photo(folder / f"{number}.jpg", number)
    return folder


def test_with_a_detector_an_accepted_body_takes_at_most_four_acts(photos, tmp_path, monkeypatch):
    monkeypatch.setattr(detecting, "installed", lambda wanted="": ["stand-in"])
    monkeypatch.setattr(detecting, "load_any", StandIn)

    def story(desk):
        acts, workbench = Acts(desk, monkeypatch), desk.workbench
        acts.open_photos(photos)
        desk.wait(lambda: not workbench.busy and len(everybody(workbench)) == 4)
        scores = [person.fit.score for person in everybody(workbench)]
        assert workbench.person.fit.score == max(scores)  # the worst first
        assert workbench.person.guess is not None
        acts.accept()
        return acts.count, accepted_fit(workbench)

    count, fit = in_the_program(None, story, tmp_path)
    assert count <= 4
    assert fit is not None


def test_by_hand_it_takes_at_most_twenty_acts_and_the_body_is_live_from_the_sixth_keypoint(
    photos, tmp_path, monkeypatch
):
    monkeypatch.setattr(detecting, "load_any", no_detector)
    truth = keypoints_of(3, 0.0)

    def story(desk):
        acts, workbench, window = Acts(desk, monkeypatch), desk.workbench, desk.window
        acts.open_photos(photos)
        desk.wait(lambda: not workbench.busy and window.people_card.isVisible() and not window.waiting)
        acts.click(window.people_card.buttons["person.draw"])
        low, high = truth[:, :2].min(axis=0) - 8, truth[:, :2].max(axis=0) + 8
        acts.drag(*(QPointF(*window.canvas.placing.to_canvas(corner)) for corner in (low, high)))
        assert window.placing_help.figure.isVisible()
        first_body = 0
        for placed in range(1, PRESENT + 1):
            index = workbench.view.keypoint
            before = workbench.person.fit
            acts.click_photo(truth[index, :2])
            if placed >= FIRST_BODY:
                desk.wait(lambda: workbench.person.fit is not None and not workbench.fits.running)
                first_body = first_body or placed
                assert workbench.person.fit is not before  # the body follows each keypoint
            else:
                assert workbench.person.fit is None
        acts.accept()
        return acts.count, first_body, accepted_fit(workbench)

    count, first_body, fit = in_the_program(None, story, tmp_path)
    assert count <= 20
    assert first_body == FIRST_BODY
    assert fit.score < 5


# A package in the place of mediapipe, and a pip that brings it.
POSE = """
import json, pathlib, types

class Pose:
    def __init__(self, **options):
        self._found = json.loads(pathlib.Path(__file__).with_name("found.json").read_text())
    def process(self, image):
        if image.shape != (240, 320, 3):  # a part of the photo
            return types.SimpleNamespace(pose_landmarks=None)
        points = [types.SimpleNamespace(x=x, y=y, visibility=v) for x, y, v in self._found]
        return types.SimpleNamespace(pose_landmarks=types.SimpleNamespace(landmark=points))
    def close(self):
        pass
"""
PIP = """
import pathlib, sys, time
site, wanted = pathlib.Path({site!r}), sys.argv[-1]
print("Collecting", wanted, flush=True)
if wanted.startswith("mediapipe"):
    solutions = site / "mediapipe" / "python" / "solutions"
    solutions.mkdir(parents=True, exist_ok=True)
    (solutions / "pose.py").write_text({pose!r})
    (solutions / "found.json").write_text({found!r})
    {stops}
    record = site / "mediapipe-0.10.21.dist-info"
    record.mkdir(exist_ok=True)
    (record / "METADATA").write_text("Metadata-Version: 2.1\\nName: mediapipe\\nVersion: 0.10.21\\n")
print("Successfully installed", wanted, flush=True)
"""


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """A function that makes a pip which brings a detector of one person; stops: what it does half way."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setattr(detecting, "PREFERRED", ("mediapipe",))
    names = layout("mediapipe33").keypoints
    truth = dict(zip(layout("coco17").keypoints, keypoints_of(3, 0.0), strict=True))
    found = [[*(truth[n][:2] / (WIDTH, HEIGHT)), 1.0] if n in truth else [0.0, 0.0, 0.0] for n in names]

    def make(stops="pass"):
        pip = tmp_path / "pip.py"
        told = {"site": str(site), "pose": POSE, "found": json.dumps(found), "stops": stops}
        pip.write_text(PIP.format(**told))
        monkeypatch.setattr(installing, "PIP", (sys.executable, str(pip)))

    make()
    return make


def test_where_a_registry_alone_is_reached_one_button_more_brings_a_detector(
    photos, tmp_path, monkeypatch, registry
):
    def story(desk):
        acts, workbench, card = Acts(desk, monkeypatch), desk.workbench, desk.window.people_card
        acts.open_photos(photos)
        desk.wait(lambda: not workbench.busy and card.isVisible() and not desk.window.waiting)
        assert "No detector" in card.title.text()
        acts.click(card.offer.buttons["mediapipe"])
        desk.wait(lambda: not workbench.busy and len(everybody(workbench)) == 2)
        assert not card.isVisible()
        assert "Successfully installed mediapipe" in workbench.finding.log
        acts.accept()
        return acts.count, accepted_fit(workbench)

    count, fit = in_the_program(None, story, tmp_path)
    assert count <= 5
    assert fit.score < 5


def test_an_installation_is_stopped_by_its_button_or_killed_and_the_next_one_succeeds(
    photos, tmp_path, monkeypatch, registry
):
    def story(desk):
        acts, workbench, card = Acts(desk, monkeypatch), desk.workbench, desk.window.people_card
        acts.open_photos(photos)
        desk.wait(lambda: not workbench.busy and card.isVisible())
        registry("time.sleep(600)")
        acts.click(card.offer.buttons["mediapipe"])
        desk.wait(lambda: "Collecting mediapipe" in workbench.finding.log)
        acts.click(card.offer.stop)
        desk.wait(lambda: not workbench.busy)
        assert card.offer.buttons["mediapipe"].isVisible()
        registry("import os, shutil; shutil.rmtree(site / 'mediapipe'); os.kill(os.getpid(), 9)")
        acts.click(card.offer.buttons["mediapipe"])
        desk.wait(lambda: bool(workbench.finding.failed) and card.offer.failed.isVisible())
        assert desk.said == []
        registry()
        acts.click(card.offer.buttons["mediapipe"])
        desk.wait(lambda: not workbench.busy and len(everybody(workbench)) == 2)

    in_the_program(None, story, tmp_path)


def test_opened_annotations_are_fitted_with_the_worst_first_and_that_is_undone_as_one(tmp_path):
    from tests.desktop.making import write_coco

    def story(desk):
        workbench = desk.workbench
        desk.wait(lambda: not workbench.busy and all(one.fit is not None for one in everybody(workbench)))
        assert workbench.person.fit.score == max(one.fit.score for one in everybody(workbench))
        desk.do("edit.undo")
        assert all(one.fit is None for one in everybody(workbench))
        desk.do("fit.at_opening")  # turned off
        path = workbench.project.path
        desk.do("file.close")
        desk.open(path)
        desk.wait(lambda: not workbench.busy)
        assert all(one.fit is None for one in everybody(workbench))

    in_the_program(write_coco(tmp_path), story, tmp_path)
