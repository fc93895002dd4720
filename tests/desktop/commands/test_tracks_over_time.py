"""A track is fitted over time from the window, as one entry of the history."""

import pytest

from tests.desktop.making import write_coco


@pytest.fixture
def tracked(desk, tmp_path):
    """A project of three photos; the first person of each is track 7, and the first photo's is accepted."""
    desk.open(write_coco(tmp_path, photos=3))
    for photo in list(desk.workbench.project.photos()):
        desk.workbench.select(photo.people[0].id)
        desk.workbench.apply("Track", desk.workbench.person.with_(track=7))
    return desk


def first_people(desk):
    return [photo.people[0] for photo in desk.workbench.project.photos()]


def test_a_track_is_fitted_as_one_entry_and_a_locked_person_stays(tracked):
    desk = tracked
    desk.workbench.select(first_people(desk)[0].id)
    desk.fit()
    desk.do("person.accept")
    accepted = first_people(desk)[0].fit
    desk.workbench.select(first_people(desk)[0].id)
    desk.do("fit.over_time")
    desk.wait(lambda: not desk.workbench.busy)
    fits = [person.fit for person in first_people(desk)]
    assert all(fit is not None for fit in fits)
    assert (fits[0].pose == accepted.pose).all()
    assert desk.workbench.history.undoText() == "Fit tracks over time"
    others = [photo.people[1].fit for photo in desk.workbench.project.photos()]
    assert others == [None] * 3
    desk.do("edit.undo")
    assert [person.fit is None for person in first_people(desk)] == [False, True, True]
