"""The window closes when all is written, stands still meanwhile for nothing, and stays where something is not kept."""

import threading
from contextlib import closing
from dataclasses import replace

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox

from core.errors import ProjectError
from core.formats.shared.report import Export
from core.formats.table import FORMATS
from core.store import Project
from desktop.jobs.files import save_files
from tests.waiting import LONGEST_S

pytestmark = pytest.mark.slow

FULL = "people.fitloop: writing failed: the disk is full."


@pytest.fixture
def full_disk(open_desk, monkeypatch):
    """Nothing can be written as long as its context goes on."""

    def fail(*edits):
        raise ProjectError(FULL)

    with monkeypatch.context() as patch:
        patch.setattr(open_desk.workbench.project, "commit", fail)
        yield patch


@pytest.fixture
def gate(monkeypatch):
    """Each export waits until this is set."""
    opened = threading.Event()

    def write(file, photos, **beside):
        assert opened.wait(LONGEST_S), "the test did not let the export go on"
        file.write_text("written")
        return Export(len(photos))

    monkeypatch.setitem(FORMATS, "coco", replace(FORMATS["coco"], write=write))
    yield opened
    opened.set()


def export(desk, monkeypatch, *files):
    for file in files:
        monkeypatch.setattr(desk.window, "ask_for_new_file", lambda kind, file=file: file)
        desk.do("file.export_coco")


def type_note(desk, words):
    note = desk.window.people.note
    desk.window.activateWindow()
    note.setFocus()
    QTest.keyClicks(note, words)


def test_a_note_that_cannot_be_kept_keeps_the_window_open_until_it_can(open_desk, full_disk):
    desk, first = open_desk, open_desk.workbench.person_id
    path = desk.workbench.project.path
    type_note(desk, "arm is wrong")
    assert not desk.window.close()
    assert desk.window.isVisible()
    assert [box.text() for box in desk.window.findChildren(QMessageBox) if box.isVisible()] == [FULL]
    assert desk.window.people.note.text() == "arm is wrong"
    full_disk.undo()
    assert desk.window.close()
    with closing(Project.open(path)) as project:
        assert project.person(first).note == "arm is wrong"


def test_a_nudge_that_cannot_be_kept_keeps_the_window_open(open_desk, full_disk):
    desk, workbench = open_desk, open_desk.workbench
    workbench.follow(workbench.person.with_(note="nudged"), due="Move nose")
    assert not desk.window.close()
    assert desk.said == [FULL]
    assert workbench.project is not None


def test_who_closes_a_second_time_leaves_what_cannot_be_kept(open_desk, full_disk):
    desk = open_desk
    type_note(desk, "arm is wrong")
    assert not desk.window.close()
    assert desk.window.close()


@pytest.mark.parametrize("command", ["file.close", "file.quit"])
def test_nothing_stands_still_while_what_waits_is_written_before_the_end(
    open_desk, tmp_path, monkeypatch, gate, command
):
    desk, workbench = open_desk, open_desk.workbench
    files = [tmp_path / "one.json", tmp_path / "other.json"]
    export(desk, monkeypatch, *files)
    desk.do(command)
    assert workbench.files.running, "it came back before anything was written"
    assert desk.window.isVisible()
    assert workbench.project is not None
    assert "closes as soon as all files are written" in desk.told[-1]
    gate.set()
    desk.wait(lambda: workbench.project is None)
    assert all(file.read_text() == "written" for file in files)
    assert desk.window.isVisible() == (command == "file.close")


@pytest.mark.parametrize("command", ["file.close", "file.quit"])
def test_an_export_that_fails_at_the_end_keeps_the_project_open_and_says_so(
    open_desk, tmp_path, monkeypatch, command
):
    desk, workbench = open_desk, open_desk.workbench
    monkeypatch.setattr(save_files, "PHOTOS_A_STEP", 1)
    good, bad = tmp_path / "good.json", tmp_path / "nowhere" / "bad.json"
    export(desk, monkeypatch, bad, good)
    desk.do(command)
    desk.wait(lambda: not workbench.files.running)
    assert good.is_file()
    assert len(desk.said) == 1
    assert "bad.json" in desk.said[0]
    assert workbench.project is not None
    desk.do(command)
    assert workbench.project is None


def test_an_export_that_is_stopped_keeps_the_window_open(open_desk, tmp_path, monkeypatch, gate):
    desk = open_desk
    export(desk, monkeypatch, tmp_path / "one.json")
    assert not desk.window.close()
    desk.do("fit.stop")
    gate.set()
    assert desk.window.isVisible()
    assert desk.workbench.project is not None
