"""Somebody else's keypoints: copied from the neighbouring photo, given back where a detector mixed people up."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from core.body.keypoints import layout
from core.errors import LayoutError
from core.records import BBox, Keypoints, Person
from desktop.state import person_edits
from tests.desktop.making import same_people, same_person

NAMES = layout("coco17")


@pytest.fixture
def desk(shared_desk):
    return shared_desk


def person_at(person_id, x, side=200.0):
    rng = np.random.default_rng(person_id)
    xy = np.array([x, 100.0]) + rng.uniform(-40, 40, (17, 2))
    return Person(person_id, BBox(np.array([x, 100.0]), side / 200), Keypoints("coco17", xy, np.ones(17)))


def test_copied_keypoints_lie_in_the_box_as_they_lay_in_the_others():
    person, other = person_at(1, 100.0, 100.0), person_at(2, 500.0, 200.0)
    copied = person_edits.copied(person, other)
    expected = (other.keypoints.xy - other.bbox.center) / 2 + person.bbox.center
    assert copied.keypoints.xy == pytest.approx(expected, abs=1e-3)
    assert copied.original_keypoints is person.keypoints


def test_a_single_keypoint_is_copied_alone():
    person, other = person_at(1, 100.0), person_at(2, 500.0)
    copied = person_edits.copied(person, other, (3,))
    changed = (copied.keypoints.xy != person.keypoints.xy).any(axis=1)
    assert np.flatnonzero(changed).tolist() == [3]


def test_keypoints_of_another_layout_are_not_copied():
    other = person_at(2, 500.0)
    other = other.with_(keypoints=Keypoints("openpose18", np.zeros((18, 2)), np.ones(18)))
    with pytest.raises(LayoutError, match="Copy from a person of the same layout"):
        person_edits.copied(person_at(1, 100.0), other)


def test_exchanged_keypoints_stay_where_they_are_and_change_hands_there_and_back():
    one, other = person_at(1, 100.0), person_at(2, 500.0)
    arm = person_edits.limb_of(NAMES, NAMES.index("left_wrist"))
    changed = person_edits.exchanged(one, other, arm)
    assert changed[0].keypoints.xy[list(arm)] == pytest.approx(other.keypoints.xy[list(arm)])
    back = person_edits.exchanged(*changed, arm)
    assert back[0].keypoints.array == pytest.approx(one.keypoints.array)
    assert back[1].keypoints.array == pytest.approx(other.keypoints.array)


def test_who_is_nearest_is_told_by_keypoints_or_by_boxes():
    one, near, far = person_at(1, 100.0), person_at(2, 200.0), person_at(3, 600.0)
    assert person_edits.nearest_person(one, (one, far, near)) is near
    assert person_edits.nearest_person(one, (one, far, near), np.array([580.0, 100.0])) is far
    assert person_edits.nearest_person(one, (one,)) is None


def people(desk):
    """The one on show and the other of the photo."""
    workbench = desk.workbench
    return workbench.person, next(p for p in workbench.photo.people if p.id != workbench.person_id)


def test_a_key_exchanges_the_limb_with_who_is_nearest_and_both_bodies_follow(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    workbench.select(people(desk)[1].id)
    desk.fit()
    before, other = people(desk)
    wrist = desk.index("left_wrist")
    workbench.change_view(keypoint=wrist)
    desk.do("edit.exchange_limb")
    after, other_after = people(desk)
    assert after.keypoints.xy[wrist] == pytest.approx(other.keypoints.xy[wrist])
    assert other_after.keypoints.xy[wrist] == pytest.approx(before.keypoints.xy[wrist])
    assert after.fit.score > before.fit.score + 1  # the limbs were right before
    assert other_after.fit is not other.fit
    desk.do("edit.undo")
    assert same_person(people(desk)[0], before)
    assert same_person(people(desk)[1], other)


def test_whole_detections_change_places_and_verdicts_stay(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    workbench.apply("Note", workbench.person.with_(note="mine"))
    before, other = people(desk)
    desk.do("edit.exchange_detection")
    after, other_after = people(desk)
    assert (after.id, after.note, after.fit) == (before.id, "mine", None)
    assert after.keypoints is other.keypoints
    assert after.bbox is other.bbox
    assert other_after.fit is before.fit
    desk.do("edit.undo")
    assert same_person(people(desk)[0], before)


def test_who_is_accepted_gives_nothing_away(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.do("person.accept")
    workbench.select(people(desk)[1].id)
    before = workbench.photo
    workbench.change_view(keypoint=desk.index("nose"))
    for command in ("edit.exchange_limb", "edit.exchange_detection"):
        desk.do(command)
    assert workbench.photo is before
    assert "locked" in desk.told[-1]


@pytest.mark.parametrize("fitting", [False, True])
def test_ctrl_and_a_drag_gives_a_limb_to_whom_it_is_dropped_on(open_desk, fitting):
    """Also while a fit runs, whose place it takes."""
    desk, workbench = open_desk, open_desk.workbench
    before, other = people(desk)
    canvas, wrist = desk.window.canvas, desk.index("left_wrist")
    start = desk.place_of("left_wrist")
    end = QPointF(*canvas.placing.to_canvas(other.keypoints.xy[desk.index("right_hip")]))

    def send(kind, at, button, held):
        ctrl = Qt.KeyboardModifier.ControlModifier
        QApplication.sendEvent(
            canvas, QMouseEvent(kind, at, QPointF(canvas.mapToGlobal(at)), button, held, ctrl)
        )

    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    if fitting:
        desk.do("fit.fit")
    send(QEvent.Type.MouseButtonPress, start, left, left)
    send(QEvent.Type.MouseMove, end, none, left)
    assert workbench.previewing
    desk.wait(lambda: not workbench.fits.running)
    assert workbench.person.keypoints.xy[wrist] == pytest.approx(other.keypoints.xy[wrist])
    send(QEvent.Type.MouseMove, QPointF(2, 2), none, left)
    assert same_people(workbench.photo, workbench.committed)
    send(QEvent.Type.MouseMove, end, none, left)
    send(QEvent.Type.MouseButtonRelease, end, left, none)
    assert not workbench.previewing
    assert workbench.history.count() == 1
    assert workbench.history.undoText() == f"Exchange keypoints with person {other.id}"
    assert people(desk)[1].keypoints.xy[wrist] == pytest.approx(before.keypoints.xy[wrist])


def test_keypoints_come_from_who_stands_at_the_same_place_in_the_next_photo(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    workbench.show_photo(workbench.project.photo_ids()[0])
    person = workbench.person
    there = workbench.project.photo(workbench.project.photo_ids()[1])
    other = person_edits.nearest_person(person.with_(id=-1), there.people)
    desk.do("edit.copy_next")
    assert workbench.person.keypoints.array == pytest.approx(
        person_edits.copied(person, other).keypoints.array, abs=1e-3
    )
    desk.do("edit.undo")
    assert workbench.person.keypoints is person.keypoints
    desk.do("edit.copy_last")
    assert workbench.person.keypoints is person.keypoints
    assert "no other photo" in desk.told[-1]


def test_a_key_draws_the_box_around_the_keypoints(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    workbench.apply("Large", workbench.person.with_(bbox=BBox(np.array([10.0, 10.0]), 3.0)))
    desk.do("person.box")
    seen = workbench.person.keypoints.xy
    assert np.abs(seen - workbench.person.bbox.center).max() <= workbench.person.bbox.side / 2
    assert workbench.person.bbox.side == pytest.approx(1.2 * np.ptp(seen, axis=0).max(), rel=1e-4)
