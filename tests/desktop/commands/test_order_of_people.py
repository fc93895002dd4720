"""The order of two people who overlap is kept with one of them, undone, saved and shown, and moves their bodies."""

from core.store import Project
from core.wishes import PersonOrder
from desktop.commands.people.order_of_people import overlapping
from desktop.views.panels.held_list import HeldList
from tests.desktop.desk import Desk


def into_each_other(desk: Desk) -> tuple[int, int]:
    """Both people of the photo with the same fit, keypoints and box. Returns the selected one's id and the other's."""
    workbench = desk.workbench
    desk.fit()
    person = workbench.person
    other = next(one for one in workbench.photo.people if one.id != person.id)
    same = other.with_(keypoints=person.keypoints, fit=person.fit, bbox=person.bbox)
    workbench.apply_photo("Into each other", workbench.photo.with_person(same), person.id)
    return person.id, other.id


def depths(desk: Desk) -> dict[int, float]:
    return {one.id: float(one.fit.cam_t[2]) for one in desk.workbench.photo.people}


def test_only_people_whose_boxes_overlap_are_offered_the_nearest_first_and_none_twice(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    _, other = into_each_other(desk)
    assert [person.id for person in overlapping(workbench.photo, workbench.person)] == [other]
    desk.do("person.behind")
    desk.do("person.behind")
    assert desk.told[-1] == "The order is known already."
    rejected = next(person for person in workbench.photo.people if person.id == other).with_(
        verdict="rejected"
    )
    assert overlapping(workbench.photo.with_person(rejected), workbench.person) == []


def test_the_list_of_what_is_held_names_the_order_and_lets_go_of_it(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    _, other = into_each_other(desk)
    desk.do("person.in_front")
    held = desk.window.findChild(HeldList)
    assert held.lines() == [f"In front of person {other}"]
    held.buttons[0].click()
    assert workbench.person.wishes == ()


def test_an_order_is_kept_undone_and_turned_round_by_either_person(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    one, other = into_each_other(desk)
    desk.do("person.in_front")
    assert workbench.person.wishes == (PersonOrder(other, True),)
    desk.do("edit.undo")
    assert workbench.person.wishes == ()
    desk.do("edit.redo")
    workbench.select(other)
    desk.do("person.in_front")
    assert workbench.person.wishes == (PersonOrder(one, True),)
    workbench.select(one)
    assert workbench.person.wishes == (), "two orders that contradict each other"
    with Project.open(workbench.project.path, read_only=True) as again:
        saved = {person.id: person for number in again.photo_ids() for person in again.photo(number).people}
    assert saved[other].wishes == (PersonOrder(one, True),)
    assert saved[one].wishes == ()


def test_bodies_are_moved_apart_in_the_order_that_was_chosen(open_desk):
    desk = open_desk
    one, other = into_each_other(desk)
    for command, nearer, farther in (("person.in_front", one, other), ("person.behind", other, one)):
        desk.do(command)
        desk.do("fit.together")
        desk.wait(lambda: not desk.workbench.busy)
        found = depths(desk)
        assert found[nearer] < found[farther] - 0.1
        desk.do("edit.undo")
        desk.do("edit.undo")
