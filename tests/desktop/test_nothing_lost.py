"""What is typed, drawn or nudged while something else happens is kept, and is the person's whom it was meant for."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.editing import moved


def key(desk, name):
    QTest.keyClick(QApplication.focusWidget() or desk.window, getattr(Qt.Key, f"Key_{name}"))


def focus(desk, widget):
    desk.window.activateWindow()
    widget.setFocus()
    desk.wait(lambda: QApplication.focusWidget() is widget)


def fit_everybody(desk):
    desk.do("fit.queue")
    desk.wait(lambda: not desk.workbench.job.running)


def on_disk(desk, person_id):
    return desk.workbench.project.person(person_id)


def others(desk):
    ids = desk.workbench.queue.ids().tolist()
    return [one for one in ids if one != desk.workbench.person_id]


@pytest.mark.parametrize("keys", [["PageDown"], ["PageDown", "Return"]])
def test_a_note_is_the_person_s_whom_it_was_typed_for(open_desk, keys):
    desk, note = open_desk, open_desk.window.people.note
    first, (second, *_) = desk.workbench.person_id, others(desk)
    focus(desk, note)
    QTest.keyClicks(note, "arm is wrong")
    desk.workbench.select(second)
    for one in keys[1:]:
        key(desk, one)
    assert on_disk(desk, first).note == "arm is wrong"
    assert on_disk(desk, second).note == ""
    assert note.text() == ""


def test_a_note_and_tags_still_being_typed_are_kept_when_the_window_closes(open_desk):
    desk, first = open_desk, open_desk.workbench.person_id
    path = desk.workbench.project.path
    focus(desk, desk.window.people.note)
    QTest.keyClicks(desk.window.people.note, "later")
    QTest.keyClicks(desk.window.people.tags, "#hard feet")
    desk.window.people.stop()
    assert on_disk(desk, first).note == "later"
    assert on_disk(desk, first).tags == ("hard", "feet")
    assert desk.workbench.project.path == path


def test_a_new_person_s_box_keeps_what_a_job_fitted_meanwhile(open_desk):
    desk = open_desk
    focus(desk, desk.window.canvas)
    ids = [person.id for person in desk.workbench.photo.people]
    key(desk, "N")
    fit_everybody(desk)
    focus(desk, desk.window.canvas)
    key(desk, "Return")
    assert len(desk.workbench.photo.people) == len(ids) + 1
    assert all(on_disk(desk, one).fit is not None for one in ids)


def test_a_box_that_is_adjusted_keeps_what_a_job_fitted_meanwhile(open_desk):
    desk, person_id = open_desk, open_desk.workbench.person_id
    focus(desk, desk.window.canvas)
    before = on_disk(desk, person_id).bbox
    desk.do("person.adjust_box")
    key(desk, "Right")
    fit_everybody(desk)
    focus(desk, desk.window.canvas)
    key(desk, "Return")
    kept = on_disk(desk, person_id)
    assert kept.fit is not None
    assert kept.bbox.center[0] > before.center[0]


@pytest.mark.parametrize("then", ["accept", "select", "leave"])
def test_a_nudge_is_kept_when_something_else_comes_before_the_arrow_is_let_go(open_desk, then):
    desk, workbench = open_desk, open_desk.workbench
    person_id, canvas = workbench.person_id, desk.window.canvas
    focus(desk, canvas)
    workbench.look(keypoint=0)
    before = workbench.person.keypoints.xy[0, 0]
    QTest.keyPress(canvas, Qt.Key.Key_Right)
    if then == "accept":
        desk.do("person.accept")
    elif then == "select":
        workbench.select(others(desk)[0])
    else:
        focus(desk, desk.window.people.list)
    QTest.keyRelease(canvas, Qt.Key.Key_Right)
    assert on_disk(desk, person_id).keypoints.xy[0, 0] == pytest.approx(before + 1)
    assert not workbench.previewing


def test_other_bodies_are_gone_when_the_keypoints_are_others(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    desk.do("fit.alternatives")
    desk.wait(lambda: not workbench.fits.looking)
    assert workbench.fits.alternatives
    person = workbench.person
    workbench.apply("Note", person.with_(note="the same keypoints"))
    assert workbench.fits.alternatives
    workbench.apply("Move", moved(person, 0, person.keypoints.xy[0] + 90))
    assert not workbench.fits.alternatives


def test_a_body_is_not_accepted_before_its_fit_has_ended(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    person_id = workbench.person_id
    desk.do("fit.fit")
    assert workbench.fits.running
    desk.do("person.accept")
    assert "accept the body when it is there" in desk.told[-1]
    desk.wait(lambda: not workbench.fits.running)
    desk.do("person.accept")
    assert on_disk(desk, person_id).verdict == "accepted"
    assert on_disk(desk, person_id).fit is not None


def test_undoing_what_a_job_wrote_stops_the_job(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    desk.do("fit.queue")
    desk.wait(lambda: workbench.job.done > 0 or not workbench.job.running)
    workbench.undo()
    assert not workbench.job.running
    assert all(on_disk(desk, one).fit is None for one in workbench.queue.ids().tolist())
