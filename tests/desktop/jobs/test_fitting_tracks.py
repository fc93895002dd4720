"""A fit over time reports each try of the solver, so that a long track shows progress and can be stopped."""

import pytest

from core.store import Edit, Project
from desktop.jobs.fitting_tracks import fit_track_steps
from tests.core.fitting.sequence.making_walks import FRAMES, walk
from tests.desktop.making import open_body


@pytest.fixture
def walking(tmp_path):
    """A project of one track, each person with a fit, and the ids of its people."""
    _, photos = walk(open_body())
    with Project.create(tmp_path / "walk.fitloop") as project:
        project.add_photos(photos, "Add a walk")
        yield project, [person.id for photo in project.photos() for person in photo.people]


def test_a_track_is_fitted_in_many_steps_of_which_the_last_has_its_people(walking):
    project, ids = walking
    steps = list(fit_track_steps(open_body(), project, ids[:1]))
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert {step.total for step in steps} == {FRAMES}
    assert sum(not step.fits for step in steps) > 3
    assert sorted(steps[-1].fits) == sorted(ids)
    assert steps[-1].done == FRAMES


def test_people_with_a_fit_are_not_guessed(walking):
    project, ids = walking
    assert all(not step.guesses for step in fit_track_steps(open_body(), project, ids))


def test_a_locked_person_without_a_fit_is_counted_as_locked(walking):
    project, ids = walking
    photo = next(iter(project.photos()))
    bare = photo.people[0].with_(fit=None, locked=True)
    project.commit(Edit("Lock", photo, photo.with_person(bare)))
    steps = list(fit_track_steps(open_body(), project, ids))
    assert [reason for step in steps for reason in step.left_out] == ["locked"]
    assert sum(len(step.fits) for step in steps) == FRAMES - 1
