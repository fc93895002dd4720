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


def test_another_project_begins_with_nothing_due(desk):
    desk.do("person.accept")
    desk.workbench.set_project(None)
    assert not desk.workbench.autosave.due
