"""The document alone, without a fit, a view or a window; and what a drag wakes."""

import pytest

from core.store import Project
from desktop.jobs.files.open_files import open_steps
from desktop.model.document import Document
from desktop.model.workbench import Workbench
from desktop.state.person_edits import moved
from tests.desktop.making import same_person, write_coco


@pytest.fixture
def document(qtbot, tmp_path):
    *_, opened = open_steps(write_coco(tmp_path))
    document = Document()
    document.project = opened.project
    document.show_photo(opened.project.photo_ids()[0])
    yield document
    opened.project.close()


def test_a_document_is_edited_taken_back_and_done_again_without_a_fit(document):
    before = document.person
    document.preview(moved(before, 0, before.keypoints.xy[0] + 9))
    document.commit("Move nose")
    after = document.person
    assert isinstance(document.project, Project)
    assert same_person(document.project.person(after.id), after)
    document.undo()
    assert same_person(document.project.person(after.id), before)
    document.redo()
    assert same_person(document.person, after)


def test_a_move_of_a_drag_is_told_apart_and_its_end_tells_everybody_once(document):
    told = []
    document.photo_changed.connect(lambda: told.append("photo"))
    document.previewed.connect(lambda: told.append("move"))
    document.project_changed.connect(lambda: told.append("project"))
    for by in (1, 2, 3):
        document.preview_move(moved(document.person, 0, document.person.keypoints.xy[0] + by))
    assert told == ["move"] * 3
    document.commit("Move nose")
    assert told[3:] == ["photo", "project"]
    document.preview_move(moved(document.person, 0, document.person.keypoints.xy[0] + 1))
    document.cancel()
    assert told[5:] == ["move", "photo"]


def test_what_is_on_show_is_one_record_a_change(qtbot, tmp_path):
    *_, opened = open_steps(write_coco(tmp_path))
    workbench = Workbench(load=lambda path: iter(()))
    workbench.set_project(opened.project)
    first = workbench.shown
    assert (first.project, first.photo, first.person) == (opened.project, workbench.photo, workbench.person)
    assert workbench.shown is first
    workbench.preview(moved(first.the_person, 0, first.the_person.keypoints.xy[0] + 9))
    assert workbench.shown is not first
    assert workbench.shown.person is workbench.person
    workbench.cancel()
    assert workbench.shown.person is first.person
    workbench.set_project(None)
    with pytest.raises(LookupError, match="PERSON"):
        _ = workbench.shown.the_person
    workbench.close()
