"""A project that somebody else writes: the window says so for as long as it is so, and shows what is changed there."""

import os
from contextlib import closing

import pytest

from core.store import Edit, Project
from desktop.commands.file_menu import open_path
from tests.desktop.making import write_photo

pytestmark = pytest.mark.slow

WRITER = f"process {os.getpid()} writes"
EDITING = ("person.accept", "fit.fit", "edit.swap_person", "person.draw", "fit.queue", "file.add")


@pytest.fixture
def elsewhere(open_desk):
    """The project of the desk as another program has it open, which writes it; the desk can only read."""
    path = open_desk.workbench.project.path
    open_desk.do("file.close")
    with closing(Project.open(path)) as project:
        open_desk.open(path)
        yield project


def actions(desk):
    return desk.window.actions_by_id


def write(project, **changes):
    """One commit of the other program, on the first person."""
    before = project.photo(project.photo_ids()[0])
    after = before.with_person(before.people[0].with_(**changes))
    project.commit(Edit("Elsewhere", before, after))
    return before.people[0].id


def test_the_window_goes_on_saying_that_it_only_reads(open_desk, elsewhere):
    desk, status = open_desk, open_desk.window.status
    desk.window.statusBar().clearMessage()
    desk.do("person.next")
    assert "read-only" in desk.window.windowTitle()
    assert status.read_only.isVisible()
    assert WRITER in status.hint.text()
    for name in EDITING:
        assert not actions(desk)[name].isEnabled(), name
        assert WRITER in actions(desk)[name].toolTip(), name
    desk.do("file.close")
    assert "read-only" not in desk.window.windowTitle()
    assert not status.read_only.isVisible()
    assert WRITER not in actions(desk)["person.accept"].toolTip()


def test_what_is_changed_elsewhere_is_shown(open_desk, elsewhere):
    desk, workbench = open_desk, open_desk.workbench
    changed = write(elsewhere, note="seen elsewhere", verdict="rejected")
    workbench.select(changed)
    desk.wait(lambda: workbench.person.note == "seen elsewhere")
    desk.wait(lambda: desk.window.people.model.row(changed).verdict == "rejected")
    assert desk.window.people.note.text() == "seen elsewhere"
    assert workbench.person_id == changed


def test_who_is_deleted_elsewhere_is_no_longer_on_show(open_desk, elsewhere):
    desk, workbench = open_desk, open_desk.workbench
    before = elsewhere.photo_of(workbench.person_id)
    gone = workbench.person_id
    elsewhere.commit(
        Edit("Delete", before, before.with_(people=tuple(one for one in before.people if one.id != gone)))
    )
    desk.wait(lambda: workbench.person_id != gone)
    assert workbench.person is not None
    assert desk.said == []


def test_a_project_is_opened_for_writing_by_opening_it_again(open_desk, elsewhere):
    desk, workbench = open_desk, open_desk.workbench
    elsewhere.close()
    desk.open(workbench.project.path)
    desk.wait(lambda: workbench.project is not None)
    assert workbench.writable
    assert actions(desk)["person.accept"].isEnabled()


@pytest.mark.parametrize("name", ["people.json", "people.fitloop"])
def test_a_file_whose_project_is_open_already_leaves_it_open_for_writing(open_desk, name):
    desk, project = open_desk, open_desk.workbench.project
    desk.open(project.folder / name)
    assert desk.workbench.project is project
    assert desk.workbench.writable


def test_a_folder_that_is_open_already_is_looked_through_for_new_photos(desk, tmp_path):
    folder = tmp_path / "march"
    folder.mkdir()
    write_photo(folder / "one.jpg", 1)
    desk.open(folder)
    write_photo(folder / "two.jpg", 2)
    open_path(desk.workbench, folder)
    desk.wait(lambda: desk.workbench.project is not None and not desk.workbench.busy)
    assert desk.workbench.writable
    assert len(desk.workbench.project.photo_ids()) == 2


def test_a_project_that_is_only_read_can_be_looked_through_as_any_other(open_desk, elsewhere):
    desk, workbench = open_desk, open_desk.workbench
    desk.do("view.person")
    first = workbench.person_id
    desk.do("person.next_here")
    assert workbench.person_id != first
    desk.do("edit.next_keypoint")
    assert workbench.view.keypoint == 0
