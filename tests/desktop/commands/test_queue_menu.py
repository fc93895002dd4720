"""What is done to everybody in the background: guesses, and networks that are none."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest

from core.records import Keypoints
from desktop.commands.people.queue_menu import guess_with
from desktop.views.window.status_bar import JobLine


@pytest.fixture
def desk(shared_desk):
    return shared_desk


def people(desk):
    return [person for photo in desk.workbench.project.photos() for person in photo.people]


def finish(desk):
    desk.wait(lambda: not desk.workbench.busy)


def test_everybody_in_the_queue_is_guessed_as_one_entry_and_fits_and_locked_people_stay(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    desk.do("person.accept")
    accepted = workbench.person
    desk.do("fit.guess_queue")
    finish(desk)
    others = [person for person in people(desk) if person.id != accepted.id]
    assert all(person.guess is not None and person.fit is None for person in others)
    assert workbench.project.person(accepted.id).guess.network == accepted.guess.network
    assert workbench.history.undoText() == "Guess everybody"
    desk.do("edit.undo")
    assert all(person.guess is None for person in people(desk) if person.id != accepted.id)


def test_only_who_the_queue_shows_is_guessed(open_desk):
    desk = open_desk
    one = desk.workbench.person_id
    desk.workbench.apply("Tag", desk.workbench.person.with_(tags=("mine",)))
    desk.workbench.queue.want(tag="mine")
    desk.do("fit.guess_queue")
    finish(desk)
    assert [person.id for person in people(desk) if person.guess is not None] == [one]


@pytest.mark.parametrize("content", [b"no weights", b""])
def test_a_file_that_is_no_network_is_refused_and_the_guess_stays_what_it_was(open_desk, tmp_path, content):
    desk = open_desk
    file = tmp_path / "checkpoint.pt"
    file.write_bytes(content)
    guess_with(desk.workbench, file)
    finish(desk)
    assert len(desk.said) == 1
    assert "checkpoint.pt" in desk.said[0]
    assert desk.workbench.fits.network.file is None
    assert desk.workbench.queue.wanted.order == "worst"
    assert not any(person.guess for person in people(desk))


def test_a_network_of_another_kind_is_refused_with_what_differs(open_desk, tmp_path):
    import torch

    desk = open_desk
    file = tmp_path / "other.pt"
    torch.save({"model": {"layer.weight": torch.zeros(3, 3)}}, file)
    guess_with(desk.workbench, file)
    finish(desk)
    assert "other.pt" in desk.said[0]
    assert desk.workbench.fits.network.file is None


def test_someone_locked_while_everybody_is_guessed_keeps_the_guess(open_desk):
    from desktop.commands.people.queue_menu import write

    desk = open_desk
    desk.do("person.accept")
    locked = desk.workbench.person_id
    other = next(person.id for person in people(desk) if person.id != locked)
    write(
        desk.workbench, "Note", dict.fromkeys((locked, other, 999), lambda person: person.with_(note="seen"))
    )
    assert {person.id for person in people(desk) if person.note == "seen"} == {other}
    assert np.array_equal(desk.workbench.project.queue_ids(text="seen"), [other])


@pytest.mark.parametrize(("command", "done"), [("fit.queue", "fitted"), ("fit.guess_queue", "guessed")])
def test_why_others_stay_as_they_are_is_told_at_the_end(open_desk, command, done):
    desk, workbench = open_desk, open_desk.workbench
    desk.do("person.accept")
    waits = next(person.id for person in people(desk) if not person.locked)
    workbench.select(waits)
    empty = Keypoints.from_array("coco17", np.zeros((17, 3)))
    workbench.apply("Empty", workbench.person.with_(keypoints=empty))
    desk.do(command)
    finish(desk)
    assert desk.told[-1].splitlines() == [f"2 of 4 people {done}; 1 locked, 1 without keypoints"]


def test_a_fit_that_fails_and_a_job_that_is_stopped_are_told_at_the_end(open_desk, monkeypatch):
    desk = open_desk
    monkeypatch.setattr("desktop.jobs.fitting_many._fit", lambda body, batch, *rest: None)
    desk.do("fit.queue")
    finish(desk)
    assert desk.told[-1] == "0 of 4 people fitted; 4 failed"
    desk.do("fit.queue")
    desk.workbench.job.cancel()
    assert desk.told[-1] == "0 of 4 people fitted; 4 not reached"


def test_a_job_whose_first_results_are_as_before_goes_on(open_desk, monkeypatch):
    desk, workbench = open_desk, open_desk.workbench
    monkeypatch.setattr("desktop.jobs.guessing_many.PEOPLE_A_STEP", 1)
    for _ in range(2):
        desk.do("fit.guess_queue")
        finish(desk)
        assert desk.told[-1] == "4 of 4 people guessed"
    assert workbench.history.count() == 1


def test_what_a_narrow_window_cuts_from_a_jobs_progress_the_mouse_tells(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    titles = ["Export people of a long name.json", "Fit everybody"]
    for job, title in zip((workbench.files, workbench.job), titles, strict=True):
        job.start(title, (SimpleNamespace(done=step, total=10**6) for step in itertools.count(1)))
    lines = [line for line in desk.window.findChildren(JobLine) if line.isVisible()]
    desk.window.resize(desk.window.minimumSizeHint())
    desk.wait(lambda: all("of 1000000" in line.title.text() and line.title.toolTip() for line in lines))
    assert sorted(line.title.toolTip().split(":")[0] for line in lines) == titles
    desk.window.resize(2000, 900)
    desk.wait(lambda: not any(line.title.toolTip() for line in lines))
    workbench.stop_jobs()


@pytest.mark.parametrize("command", ["fit.queue", "fit.guess_queue"])
def test_an_empty_queue_is_done_at_once_and_said(open_desk, command):
    open_desk.workbench.queue.want(text="nobody has this word")
    open_desk.do(command)
    finish(open_desk)
    assert open_desk.told[-1].startswith("0 of 0 people")
    assert open_desk.said == []
