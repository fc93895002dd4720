"""What is typed, drawn or nudged while something else happens is kept, and is the person's whom it was meant for."""

import itertools
from contextlib import closing
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.formats.recognise import recognise
from core.store import Project
from desktop.commands.file_menu import open_path
from desktop.jobs.files import save_files
from desktop.jobs.files.save_files import fits_file_of
from desktop.state.person_edits import moved
from desktop.views.window.status_bar import JobLine

pytestmark = pytest.mark.slow


def key(desk, name):
    QTest.keyClick(QApplication.focusWidget() or desk.window, getattr(Qt.Key, f"Key_{name}"))


def focus(desk, widget):
    desk.window.activateWindow()
    widget.setFocus()
    desk.wait(lambda: QApplication.focusWidget() is widget)


def fit_everybody(desk):
    desk.do("fit.queue")
    desk.wait(lambda: not desk.workbench.busy)


def run_job(desk):
    """A job without an end, which writes one tag of the person on show after another."""
    workbench = desk.workbench
    person_id = workbench.person_id

    def take(step):
        photo = workbench.project.photo_of(person_id)
        person = next(person for person in photo.people if person.id == person_id)
        workbench.write("Count", [(photo, photo.with_person(person.with_(tags=(f"seen{step.done}",))))])

    steps = (SimpleNamespace(done=done, total=0) for done in itertools.count(1))
    workbench.job.start("Count", steps, take, lambda: workbench.remember())


def on_disk(desk, person_id):
    return desk.workbench.project.person(person_id)


def others(desk):
    ids = desk.workbench.queue.ids().tolist()
    return [one for one in ids if one != desk.workbench.person_id]


@pytest.mark.parametrize("entered", [False, True])
def test_a_note_is_the_person_s_whom_it_was_typed_for(open_desk, entered):
    desk, note = open_desk, open_desk.window.people.note
    first, (second, *_) = desk.workbench.person_id, others(desk)
    focus(desk, note)
    QTest.keyClicks(note, "arm is wrong")
    desk.workbench.select(second)
    if entered:
        key(desk, "Return")
    assert on_disk(desk, first).note == "arm is wrong"
    assert on_disk(desk, second).note == ""
    assert note.text() == ""


def test_a_note_and_tags_still_being_typed_are_kept_when_the_window_closes(open_desk):
    desk, first = open_desk, open_desk.workbench.person_id
    path = desk.workbench.project.path
    focus(desk, desk.window.people.tags)
    QTest.keyClicks(desk.window.people.note, "later")
    QTest.keyClicks(desk.window.people.tags, "#hard feet")
    desk.window.close()
    with closing(Project.open(path)) as project:
        assert project.person(first).note == "later"
        assert project.person(first).tags == ("hard", "feet")


@pytest.mark.parametrize("other", [False, True])
def test_a_note_still_being_typed_is_kept_when_its_project_is_closed_or_another_is_opened(
    open_desk, tmp_path, other
):
    desk, first = open_desk, open_desk.workbench.person_id
    project = desk.workbench.project
    focus(desk, desk.window.people.note)
    QTest.keyClicks(desk.window.people.note, "arm is wrong")
    if other:
        Project.create(tmp_path / "other.fitloop").close()
        desk.open(tmp_path / "other.fitloop")
    else:
        desk.do("file.close")
    assert desk.workbench.project is not project
    assert desk.window.people.note.text() == ""
    with closing(Project.open(project.path)) as again:
        assert again.person(first).note == "arm is wrong"


def test_a_note_that_is_as_before_stops_no_job(open_desk):
    desk, note = open_desk, open_desk.window.people.note
    focus(desk, note)
    QTest.keyClicks(note, "x")
    QTest.keyClick(note, Qt.Key.Key_Backspace)
    run_job(desk)
    desk.workbench.select(others(desk)[0])
    assert desk.workbench.job.running


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
    workbench.change_view(keypoint=0)
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
    desk.wait(lambda: not workbench.alternatives.searching)
    assert workbench.alternatives.found
    person = workbench.person
    workbench.apply("Note", person.with_(note="the same keypoints"))
    assert workbench.alternatives.found
    workbench.apply("Move", moved(person, 0, person.keypoints.xy[0] + 90))
    assert not workbench.alternatives.found


def test_a_body_is_accepted_when_its_fit_has_ended(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    person_id = workbench.person_id
    desk.do("fit.fit")
    assert workbench.fits.running
    desk.do("person.accept")
    assert on_disk(desk, person_id).verdict == "todo"
    desk.wait(lambda: not workbench.fits.running)
    assert on_disk(desk, person_id).verdict == "accepted"
    assert on_disk(desk, person_id).fit is not None


def test_a_fit_that_is_stopped_accepts_nobody(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    person_id = workbench.person_id
    desk.do("fit.fit")
    desk.do("person.accept")
    workbench.cancel()
    desk.fit()
    assert on_disk(desk, person_id).verdict == "todo"


def test_undoing_what_a_job_wrote_stops_the_job(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    person_id = workbench.person_id
    run_job(desk)
    desk.wait(lambda: workbench.job.done > 2)
    assert on_disk(desk, person_id).tags
    workbench.undo()
    assert not workbench.job.running
    desk.qtbot.wait(100)
    assert on_disk(desk, person_id).tags == ()


@pytest.mark.parametrize("command", ["file.save_fits", "file.export_coco"])
def test_a_job_goes_on_while_files_are_written(open_desk, tmp_path, monkeypatch, command):
    desk, workbench = open_desk, open_desk.workbench
    monkeypatch.setattr(desk.window, "ask_for_new_file", lambda kind: tmp_path / "written.json")
    run_job(desk)
    desk.do(command)
    desk.wait(lambda: not workbench.files.running)
    assert len(desk.told) == 2  # what was opened at first, and what was written
    done = workbench.job.done
    desk.wait(lambda: workbench.job.done > done)
    assert workbench.job.title == "Count"


@pytest.mark.parametrize("name", ["bad.json", "bad.fitloop", "nowhere"])
def test_a_job_goes_on_when_a_file_cannot_be_opened(open_desk, tmp_path, name):
    desk, workbench = open_desk, open_desk.workbench
    project, file = workbench.project, tmp_path / name
    if name != "nowhere":
        file.write_text("nothing that can be read")
    run_job(desk)
    open_path(workbench, file)
    desk.wait(lambda: len(desk.said) == 1)
    assert name in desk.said[0]
    assert workbench.project is project
    assert workbench.job.title == "Count"


def test_a_job_ends_when_another_project_takes_the_place_of_its_own(open_desk, tmp_path):
    desk, workbench = open_desk, open_desk.workbench
    other = tmp_path / "other.fitloop"
    Project.create(other).close()
    run_job(desk)
    open_path(workbench, other)
    desk.wait(lambda: workbench.project.path == other)
    assert not workbench.busy


def test_files_are_worked_on_one_after_another(open_desk, tmp_path):
    desk, workbench = open_desk, open_desk.workbench
    other = tmp_path / "other.fitloop"
    Project.create(other).close()
    desk.do("file.save_fits")
    open_path(workbench, other)
    assert "Open other.fitloop cannot start: Save the fits dictionary" in desk.said[0]
    desk.wait(lambda: not workbench.busy)
    assert len(desk.told) == 2  # what was opened at first, and what was saved
    open_path(workbench, other)
    desk.wait(lambda: workbench.project.path == other)


@pytest.mark.parametrize("command", ["file.close", "file.quit"])
def test_what_is_being_saved_is_saved_when_the_project_or_the_window_is_closed(
    open_desk, monkeypatch, command
):
    desk, workbench = open_desk, open_desk.workbench
    file = fits_file_of(workbench.project)
    monkeypatch.setattr(save_files, "PHOTOS_A_STEP", 1)
    desk.do("file.save_fits")
    desk.do(command)
    desk.wait(lambda: workbench.project is None)
    assert file.is_file()
    assert desk.told[-1].startswith(file.name)


def test_what_is_changed_while_it_is_saved_is_saved_when_it_is_asked_for_again(open_desk, monkeypatch):
    desk, workbench = open_desk, open_desk.workbench
    monkeypatch.setattr(save_files, "PHOTOS_A_STEP", 1)
    asked = []

    def change():
        if workbench.files.done and not asked:  # the first people were read
            asked.append(True)
            workbench.apply("Reject", workbench.person.with_(verdict="rejected"))
            for _ in range(3):
                desk.do("file.save_fits")

    workbench.files.changed.connect(change)
    desk.do("file.save_fits")
    desk.wait(lambda: bool(asked) and not workbench.busy)
    assert desk.said == []
    assert len(desk.told) == 3  # what was opened at first, and twice what was saved
    assert "rejected" in np.load(fits_file_of(workbench.project))["verdict"]


@pytest.mark.parametrize("command", ["file.close", "file.quit", "fit.stop"])
def test_a_file_that_waits_for_another_is_written_unless_it_is_stopped(
    open_desk, tmp_path, monkeypatch, command
):
    desk = open_desk
    monkeypatch.setattr(save_files, "PHOTOS_A_STEP", 1)
    files = [tmp_path / folder / "people.json" for folder in ("one", "other")]
    for file in files:
        file.parent.mkdir()
        monkeypatch.setattr(desk.window, "ask_for_new_file", lambda kind, file=file: file)
        desk.do("file.export_coco")
    desk.do(command)
    desk.wait(lambda: not desk.workbench.files.running)
    assert [file.is_file() for file in files] == [command != "fit.stop"] * 2


def test_of_two_exports_to_one_file_the_last_one_asked_for_is_what_it_holds(open_desk, tmp_path, monkeypatch):
    desk, workbench = open_desk, open_desk.workbench
    monkeypatch.setattr(desk.window, "ask_for_new_file", lambda kind: tmp_path / "people.json")
    desk.do("file.save_fits")
    for command in ("file.export_eft", "file.export_coco"):
        desk.do(command)
    (line,) = (line for line in desk.window.findChildren(JobLine) if line.isVisible())
    assert line.title.text().endswith("then: Export people.json")
    desk.wait(lambda: not workbench.busy)
    assert recognise(tmp_path / "people.json") == "coco"


def test_saving_can_be_stopped(open_desk, monkeypatch):
    desk, workbench = open_desk, open_desk.workbench
    file = fits_file_of(workbench.project)
    monkeypatch.setattr(save_files, "PHOTOS_A_STEP", 1)
    desk.do("file.save_fits")
    desk.do("fit.stop")
    desk.do("file.close")
    assert not file.exists()


@pytest.mark.parametrize("command", ["person.detect", "fit.guess_queue", "fit.queue"])
def test_a_job_goes_on_when_another_one_is_asked_for(open_desk, command):
    desk, workbench = open_desk, open_desk.workbench
    run_job(desk)
    desk.do(command)
    assert len(desk.said) == 1
    assert "cannot start: Count still runs" in desk.said[0]
    assert workbench.job.title == "Count"


def test_a_job_goes_on_when_no_moved_photo_is_found(open_desk, tmp_path, monkeypatch):
    desk, workbench = open_desk, open_desk.workbench
    project = workbench.project
    monkeypatch.setattr(desk.window, "ask_for_file", lambda kind: tmp_path)
    run_job(desk)
    desk.do("file.find_photos")
    desk.wait(lambda: not workbench.files.running)
    assert "0 photos found" in desk.told[-1]
    assert workbench.project is project
    assert workbench.job.title == "Count"


def test_a_keypoint_that_is_dragged_keeps_what_a_job_wrote_meanwhile(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    person, before = workbench.person, workbench.person.keypoints
    start = desk.place_of("left_wrist")
    desk.press(start)
    desk.move(start + QPointF(8, 5))
    photo = workbench.committed
    workbench.write("Count", [(photo, photo.with_person(person.with_(tags=("seen",))))])
    desk.move(start + QPointF(30, 20))
    desk.release(start + QPointF(30, 20))
    kept = on_disk(desk, person.id)
    assert kept.tags == ("seen",)
    assert kept.keypoints.xy[desk.index("left_wrist"), 0] > before.xy[desk.index("left_wrist"), 0] + 5
    assert np.array_equal(kept.original_keypoints.array, before.array)
