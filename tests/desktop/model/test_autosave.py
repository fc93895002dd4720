"""The fits dictionary is written by itself once nothing was changed for a while, if the setting says so."""

import pytest

from desktop.jobs.files.save_files import fits_file_of

pytestmark = pytest.mark.slow


@pytest.fixture
def desk(open_desk):
    open_desk.fit()
    open_desk.workbench.change_view(autosave=True)
    return open_desk


def file_of(desk):
    return fits_file_of(desk.workbench.project)


def test_a_while_after_the_last_change_the_file_is_there_without_a_notice(desk):
    desk.told.clear()
    autosave = desk.workbench.autosave
    autosave._count.setInterval(1)
    desk.do("person.accept")
    file = file_of(desk)
    desk.wait(lambda: file.exists() and not desk.workbench.busy)
    assert not autosave.due
    assert not [words for words in desk.told if file.name in words]


def test_nothing_is_written_while_the_setting_is_off(desk):
    desk.workbench.change_view(autosave=False)
    desk.do("person.accept")
    assert not desk.workbench.autosave.due


def test_what_is_due_is_written_before_the_project_closes(desk):
    desk.do("person.accept")
    file = file_of(desk)
    assert desk.workbench.autosave.due
    desk.do("file.close")
    desk.wait(lambda: desk.workbench.project is None)
    assert file.exists()
    assert desk.said == []


def test_a_window_that_is_closed_writes_what_is_due(desk):
    desk.do("person.accept")
    file = file_of(desk)
    desk.window.close()
    desk.wait(lambda: not desk.window.isVisible())
    assert file.exists()


def test_what_is_due_is_written_before_another_project_takes_the_place(desk, tmp_path):
    desk.do("person.accept")
    file = file_of(desk)
    desk.workbench.set_project(None)
    assert not desk.workbench.autosave.due
    assert file.exists()
    assert desk.said == []


def test_the_write_is_a_job_of_its_own_name_and_its_report_is_in_the_list_of_jobs(desk):
    desk.do("person.accept")
    desk.workbench.autosave.write()
    desk.wait(lambda: not desk.workbench.busy)
    newest = desk.workbench.jobs.records[0]
    assert newest.title == "Autosave"
    assert file_of(desk).name in newest.report


def test_people_who_cannot_be_written_are_reported_once(desk, monkeypatch):
    from desktop.jobs.files.save_files import Saving
    from desktop.model import autosave

    monkeypatch.setattr(autosave, "save_fits_steps", lambda *_: iter([Saving(1, 1, "left out", lost=True)]))
    reports = []
    desk.workbench.reported.connect(reports.append)
    for _ in range(2):
        desk.workbench.autosave.write()
        desk.wait(lambda: not desk.workbench.busy)
    assert reports == ["left out"]


def test_what_the_user_has_saved_is_no_longer_due(desk):
    desk.do("person.accept")
    desk.do("file.save_fits")
    assert not desk.workbench.autosave.due
    desk.wait(lambda: not desk.workbench.busy)


def test_what_is_due_stays_due_until_the_body_is_there(desk, monkeypatch):
    desk.do("person.accept")
    monkeypatch.setattr(desk.workbench.fits, "body", None)
    desk.workbench.autosave.write()
    assert desk.workbench.autosave.due


def test_a_setting_switched_off_meanwhile_writes_nothing(desk):
    desk.do("person.accept")
    desk.workbench.change_view(autosave=False)
    desk.workbench.autosave.write()
    assert not desk.workbench.busy
    assert not desk.workbench.autosave.due
