"""A project's own keypoints teach its guesses: train in the window, guess with it, fit, accept."""

import cv2
import numpy as np
import pytest

from core.store import Project
from tests.train.methods.posenet3d.seen_people import FOCAL, HEIGHT, WIDTH, bodies, photos_of

pytestmark = pytest.mark.slow

PHOTOS, PEOPLE = 10, 52
SMALL = "--log-every 1 --threads 1 --width 32 --blocks 1 --teacher-width 32 --teacher-blocks 1"


@pytest.fixture
def people(tmp_path):
    """A project of 520 people with keypoints in 10 photos, and nothing else."""
    each = photos_of(bodies(PHOTOS * PEOPLE))
    with Project.create(tmp_path / "people.fitloop") as project:
        for number in range(PHOTOS):
            name = f"photo_{number}.jpg"
            assert cv2.imwrite(str(tmp_path / name), np.full((HEIGHT, WIDTH, 3), 90, np.uint8))
            some = each[number * PEOPLE : (number + 1) * PEOPLE]
            crowd = tuple(one.people[0].with_(id=place + 1) for place, one in enumerate(some))
            project.add_photos([some[0].with_(path=name, people=crowd, focal_length=FOCAL)])
    return tmp_path / "people.fitloop"


def test_a_projects_keypoints_teach_its_guesses(desk, people):
    desk.open(people)
    workbench, panel, training = desk.workbench, desk.window.train_panel, desk.window.training
    panel.method.setCurrentText("PoseNet3D")
    panel.steps.setValue(20)
    panel.batch.setValue(16)
    panel.more.setText(SMALL)
    panel.start.click()
    desk.wait(lambda: not training.running)
    training.poll()
    assert training.run.step == 20, training.last_words
    assert panel.shown_metric.findText("distilled_mm") >= 0
    assert panel.shown_metric.findText("nats_of_views") >= 0
    assert training.run.picture is not None
    panel.use.click()
    desk.wait(lambda: not workbench.busy)
    assert workbench.fits.network.title == training.run.folder.name
    guesses = [person.guess for photo in workbench.project.photos() for person in photo.people]
    assert len(guesses) == PHOTOS * PEOPLE
    assert {guess.network for guess in guesses} == {"lifter"}
    workbench.select(workbench.queue.ids()[0])
    desk.fit("fit.guess")
    assert workbench.person.fit is not None
    desk.do("person.accept")
    desk.wait(lambda: not workbench.busy)
    accepted = [p for photo in workbench.project.photos() for p in photo.people if p.verdict == "accepted"]
    assert len(accepted) == 1
    assert desk.said == []
