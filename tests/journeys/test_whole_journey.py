"""All of a curator's work through the real `main`, on real photos and on those of the sample: the program is killed in
the middle, and what was confirmed is there."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.body.keypoints import layout
from core.formats.keypoints import coco
from core.store import FitsDictionary, Project
from desktop.jobs.files.save_files import fits_file_of
from tests.journeys.program import in_the_program
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TRAIN = "--backbone resnet10 --log-every 1 --workers 0 --threads 1"


def keep(photos, folder, source):
    """Copy the photos, and write who is in them for the stand-in of a detector."""
    folder.mkdir()
    found = {"names": []}
    for photo in photos:
        name = Path(photo.path).name
        people = [person for person in photo.people if person.keypoints.confidence.any()]
        shutil.copy(source / photo.path, folder / name)
        found["names"].append(name)
        found[f"layout {name}"] = people[0].keypoints.layout
        found[name] = np.stack([person.keypoints.array for person in people])
    np.savez(folder.parent / "found.npz", **found)
    return folder, folder.parent / "found.npz"


@pytest.fixture
def real_photos(shared_data, tmp_path):
    source = shared_data / "photos"
    photos = [*coco.read(source / "coco.json").photos, *coco.read(source / "mpii.json").photos]
    return keep(photos, tmp_path / "photos", source)


@pytest.fixture
def sample_photos(tmp_path):
    file = tmp_path / "made" / "sample.fitloop"
    command = [sys.executable, "-m", "train.synthetic", "--project", "--out", str(file)]
    subprocess.run([*command, "--count", "3", "--size", "320", "--seed", "7"], cwd=ROOT, check=True)
    with Project.open(file) as project:
        return keep(list(project.photos()), tmp_path / "photos", file.parent)


@pytest.fixture(params=["real_photos", "sample_photos"])
def start(request):
    return request.getfixturevalue(request.param)


def first_day(photos, found, told):
    """What was on the desk when a program that was then killed had saved everything."""
    command = [sys.executable, "-m", "tests.journeys.first_day", photos, found, told]
    running = subprocess.Popen([str(word) for word in command], cwd=ROOT)
    try:
        wait_until(told.exists, "the end of the first day", running)
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
    return json.loads(told.read_text())


def test_from_photos_to_a_network_that_guesses_through_a_kill(start, tmp_path, monkeypatch):
    day = first_day(*start, tmp_path / "told.json")
    project = Path(day["project"])

    def second_day(desk):
        workbench, panel = desk.workbench, desk.window.train_panel
        assert not workbench.project.read_only
        assert workbench.project.check() == []
        people = {person.id: person for photo in workbench.project.photos() for person in photo.people}
        assert len(people) == day["people"]
        accepted = people[day["accepted"]]
        assert accepted.locked
        place = layout(accepted.keypoints.layout).index(day["corrected"])
        assert accepted.keypoints.xy[place].tolist() == day["xy"]
        assert accepted.fit.pose.tolist() == day["pose"]
        assert accepted.fit.betas.tolist() == day["betas"]
        fits = FitsDictionary.load(fits_file_of(workbench.project))
        assert fits.locked.sum() == 1

        desk.do("fit.queue")
        desk.wait(lambda: not workbench.busy)
        desk.do("file.save_fits")
        desk.wait(lambda: not workbench.busy)
        monkeypatch.setattr(desk.window, "ask_for_new_file", lambda kind: tmp_path / "out.json")
        desk.do("file.export_coco")
        desk.wait(lambda: not workbench.busy)
        panel.steps.setValue(2)
        panel.batch.setValue(2)
        panel.more.setText(TRAIN)
        panel.start.click()
        training = desk.window.training
        assert training.running, desk.said
        desk.wait(lambda: not training.running)
        training.poll()
        assert training.run.checkpoint is not None, training.run.last_words
        panel.use.click()
        desk.wait(lambda: not workbench.busy and workbench.fits.network.loaded is not None)
        assert desk.said == []
        return {person.id: person for photo in workbench.project.photos() for person in photo.people}

    people = in_the_program(project, second_day, tmp_path)
    others = [person for person in people.values() if person.id != day["accepted"]]
    assert all(person.guess.network == "spin" for person in others)
    assert people[day["accepted"]].fit.pose.tolist() == day["pose"]
    photos = coco.read(tmp_path / "out.json").photos
    assert sum(len(photo.people) for photo in photos) == day["people"]
