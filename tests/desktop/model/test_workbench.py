"""The workbench: preview, commit, cancel, undo, redo, each on the disk; bodies opened beside it."""

from pathlib import Path

import pytest

from core.errors import BodyFileError, ProjectError
from core.store import Project
from desktop.jobs.files.open_files import open_steps
from desktop.model.workbench import Workbench
from desktop.state.person_edits import moved, with_verdict
from tests.desktop.making import same_person, write_coco
from tests.waiting import LONGEST_MS


class StandIn:
    """In place of a body: only its name is looked at."""

    def __init__(self, name):
        self.name = name


def load_stand_in(path):
    if path is not None and path.suffix == ".txt":
        raise BodyFileError(f"{path}: holds text. Take an SMPL file.")
    yield StandIn(path.name if path else "open body")


@pytest.fixture
def workbench(qtbot, tmp_path):
    *_, opened = open_steps(write_coco(tmp_path))
    workbench = Workbench(load=load_stand_in)
    workbench.set_project(opened.project)
    yield workbench
    workbench.close()


def on_disk(workbench):
    return workbench.project.person(workbench.person_id)


def shifted(workbench, by):
    person = workbench.person
    return moved(person, 0, person.keypoints.xy[0] + by)


def test_a_preview_is_shown_and_is_neither_in_the_history_nor_on_the_disk(workbench):
    before = workbench.person
    workbench.preview(shifted(workbench, 9))
    assert workbench.previewing
    assert workbench.person.keypoints.xy[0, 0] == before.keypoints.xy[0, 0] + 9
    assert workbench.history.count() == 0
    assert same_person(on_disk(workbench), before)


def test_a_commit_is_one_entry_on_the_disk_however_many_previews_came_before(workbench):
    for by in (1, 2, 3):
        workbench.preview(shifted(workbench, by))
    workbench.commit("Move nose")
    assert workbench.history.count() == 1
    assert workbench.history.undoText() == "Move nose"
    assert not workbench.previewing
    assert same_person(on_disk(workbench), workbench.person)
    assert [logged.label for logged in workbench.project.history()] == ["Move nose", "Import people.json"]


def test_undo_and_redo_walk_through_the_very_same_records_and_write_them(workbench):
    start = workbench.person
    workbench.apply("Move nose", shifted(workbench, 5))
    once = workbench.person
    workbench.apply("Reject", with_verdict(once, "rejected"))
    twice = workbench.person
    for step, expected in (
        (workbench.undo, once),
        (workbench.undo, start),
        (workbench.redo, once),
        (workbench.redo, twice),
    ):
        step()
        assert workbench.person is expected
        assert same_person(on_disk(workbench), expected)


def test_undo_goes_to_the_photo_where_the_edit_was_made(workbench):
    first = workbench.person_id
    workbench.apply("Move nose", shifted(workbench, 5))
    other = next(row.id for row in workbench.project.queue() if row.path != workbench.photo.path)
    workbench.select(other)
    workbench.undo()
    assert workbench.person_id == first
    assert not workbench.history.canUndo()


def test_cancel_and_undo_both_take_back_a_preview_and_leave_the_history(workbench):
    workbench.apply("Move nose", shifted(workbench, 5))
    kept = workbench.person
    for take_back in (workbench.cancel, workbench.undo):
        workbench.preview(shifted(workbench, 50))
        take_back()
        assert workbench.person is kept
    assert workbench.history.index() == 1


def test_a_commit_that_changes_nothing_is_no_entry(workbench):
    workbench.commit("Nothing")
    workbench.apply("The same", workbench.person.with_(note=""))
    assert workbench.history.count() == 0
    assert not workbench.previewing


def test_a_commit_that_cannot_be_written_is_told_and_taken_back(workbench, monkeypatch):
    before, said = workbench.person, []
    workbench.refused.connect(said.append)

    def full(*edits):
        raise ProjectError("people.fitloop: the disk is full. Make room.")

    monkeypatch.setattr(workbench.project, "commit", full)
    workbench.apply("Move nose", shifted(workbench, 5))
    assert said == ["people.fitloop: the disk is full. Make room."]
    assert workbench.person is before
    assert workbench.history.count() == 0


def test_an_undo_that_cannot_be_written_leaves_history_and_person_as_they_are(workbench, monkeypatch):
    workbench.apply("Move nose", shifted(workbench, 5))
    moved_person, said = workbench.person, []
    workbench.refused.connect(said.append)

    def full(*edits):
        raise ProjectError("people.fitloop: the disk is full. Make room.")

    monkeypatch.setattr(workbench.project, "commit", full)
    workbench.undo()
    assert len(said) == 1
    assert workbench.person is moved_person
    assert workbench.history.index() == 1


def test_a_project_that_somebody_else_writes_is_shown_and_refuses_changes(workbench, qtbot):
    *_, opened = open_steps(workbench.project.path)
    assert "reading only" in opened.notes
    second, said = Workbench(load=load_stand_in), []
    second.refused.connect(said.append)
    second.set_project(opened.project)
    assert second.person is not None
    assert not second.editable
    second.apply("Move nose", shifted(second, 5))
    assert "writes this project" in said[0]
    second.close()


def test_changes_of_a_job_keep_their_place_in_the_history_when_the_user_works_on(workbench):
    photo, person = workbench.photo, workbench.person
    other = photo.people[1]
    workbench.preview(shifted(workbench, 7))
    workbench.write("Tag", [(photo, photo.with_person(other.with_(tags=("far",))))])
    assert workbench.previewing
    assert workbench.photo.people[1].tags == ("far",)
    workbench.commit("Move nose")
    workbench.write(
        "Tag", [(workbench.photo, workbench.photo.with_person(workbench.photo.people[1].with_(note="n")))]
    )
    workbench.remember()
    texts = [workbench.history.text(index) for index in range(workbench.history.count())]
    assert len(texts) == 3
    assert texts[1:] == ["Move nose", "Tag"]
    while workbench.history.canUndo():
        workbench.undo()
    assert same_person(workbench.project.person(person.id), person)
    assert same_person(workbench.project.person(other.id), other)


def test_the_next_to_look_at_is_the_worst_without_a_verdict(workbench):
    seen = {workbench.person_id}
    while (following := workbench.queue.next_undecided()) is not None:
        workbench.apply("Reject", with_verdict(workbench.person, "rejected"))
        workbench.select(following)
        seen.add(following)
    assert len(seen) == 4
    workbench.queue.want(verdict="rejected")
    assert len(workbench.queue.ids()) == 3


def test_looking_otherwise_is_told_once_and_is_no_entry_of_the_history(workbench):
    told = []
    workbench.view_changed.connect(lambda: told.append(workbench.view))
    workbench.change_view(wireframe=True)
    workbench.change_view(wireframe=True)
    assert [view.wireframe for view in told] == [True]
    assert workbench.history.count() == 0


def test_a_body_is_opened_beside_the_window_and_a_file_that_is_none_leaves_it(workbench, qtbot):
    with qtbot.waitSignal(workbench.fits.body_changed, timeout=LONGEST_MS):
        workbench.fits.open_body()
    with qtbot.waitSignal(workbench.refused, timeout=LONGEST_MS) as refused:
        workbench.fits.open_body(Path("letter.txt"))
    assert refused.args == ["letter.txt: holds text. Take an SMPL file."]
    assert workbench.fits.body.name == "open body"
    assert not workbench.fits.loading


def test_a_closed_project_is_closed_and_nobody_is_shown(workbench):
    path = workbench.project.path
    workbench.set_project(None)
    assert workbench.photo is None
    assert workbench.person is None
    with Project.open(path) as project:
        assert not project.read_only
