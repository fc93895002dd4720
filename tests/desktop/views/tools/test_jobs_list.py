"""The list of jobs: what runs, waits and has ended, with a stop, its report, and the folder of what was written."""

import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtGui import QDesktopServices, QGuiApplication

from core.errors import FitloopError
from core.methods import method_rows
from desktop.jobs.fitting_many import fit_many_steps
from desktop.jobs.training import followed_run
from desktop.jobs.training.training_process import TrainingProcess
from desktop.state.job_record import JobRecord
from desktop.views.drawing import duration
from desktop.views.tools.jobs_list import JobsList

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Step:
    done: int
    total: int


def steps(go_on=None, count=3, error=None):
    for number in range(count):
        yield Step(number, count)
        if go_on is not None:
            go_on.wait(60)
    if error is not None:
        raise FitloopError(error)
    yield Step(count, count)


@pytest.fixture
def jobs(open_desk):
    """The list, open."""
    open_desk.do("help.jobs")
    return open_desk.window.findChild(JobsList)


def shown(jobs):
    jobs.refresh()
    return [(row.record.title, row.record.state) for row in jobs.rows]


def test_work_that_runs_waits_and_has_ended_stands_in_one_list(open_desk, jobs):
    files, go_on = open_desk.workbench.files, threading.Event()
    before = shown(jobs)  # the file that was opened
    files.start("First", steps(go_on), whole=True)
    files.start("Second", steps(), whole=True)
    assert shown(jobs)[:2] == [("First", "running"), ("Second", "waiting")]
    open_desk.wait(lambda: files.total == 3)
    jobs.refresh()
    assert jobs.rows[0].bar.maximum() == 3
    assert "of 3" in jobs.rows[0].state.text() or files.done == 0
    go_on.set()
    open_desk.wait(lambda: not files.running)
    assert shown(jobs) == [("Second", "done"), ("First", "done"), *before]


def test_a_row_stays_with_its_work_when_other_work_comes_before_it(open_desk, jobs, monkeypatch):
    files, go_on = open_desk.workbench.files, threading.Event()
    files.start("First", steps(go_on), whole=True)
    jobs.refresh()
    row = jobs.rows[0]
    run = JobRecord("Train spin", "running", 40, 100)
    monkeypatch.setattr(type(jobs._training), "record", lambda training: run)
    assert shown(jobs)[:2] == [("Train spin", "running"), ("First", "running")]
    assert jobs.rows[1] is row
    assert jobs._column.indexOf(row) == 2
    go_on.set()
    open_desk.wait(lambda: not files.running)
    jobs.refresh()
    assert row.record.title == "First"
    assert row in jobs.rows


def test_there_is_one_list_however_often_it_is_asked_for(open_desk, jobs):
    open_desk.do("help.jobs")
    open_desk.window.status.all_jobs.click()
    assert open_desk.window.findChildren(JobsList) == [jobs]


def test_stop_ends_the_work_of_its_row(open_desk, jobs):
    job, go_on = open_desk.workbench.job, threading.Event()
    job.start("Fit many", steps(go_on, 1000))
    jobs.refresh()
    jobs.rows[0].stop.click()
    assert not job.running
    go_on.set()
    assert shown(jobs)[0] == ("Fit many", "stopped")
    assert jobs.rows[0].stop.isHidden()


def test_why_work_failed_is_in_its_report_and_is_copied(open_desk, jobs):
    open_desk.workbench.job.start("Fit many", steps(error="a.jpg is broken. Take it out."))
    open_desk.wait(lambda: not open_desk.workbench.busy)
    assert shown(jobs)[0] == ("Fit many", "failed")
    row = jobs.rows[0]
    assert not row.report.isHidden()
    row.copy.click()
    assert QGuiApplication.clipboard().text() == "a.jpg is broken. Take it out."


def test_what_work_tells_at_its_end_is_its_report_and_nothing_else_is(open_desk, jobs):
    workbench = open_desk.workbench
    workbench.told.emit("Something else")
    workbench.job.start("Detect", steps(), end=lambda: workbench.told.emit("3 people found"))
    open_desk.wait(lambda: not workbench.busy)
    workbench.told.emit("Later")
    shown(jobs)
    assert jobs.rows[0].record.report == "3 people found"


def test_a_file_that_was_written_is_shown_in_its_folder(open_desk, jobs, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    file = tmp_path / "out.json"
    file.write_text("{}")
    workbench, status = open_desk.workbench, open_desk.window.status
    workbench.files.start("Export", steps(), whole=True, file=file)
    open_desk.wait(lambda: not workbench.busy)
    shown(jobs)
    jobs.rows[0].folder.click()
    assert status.folder.isVisible()
    status.folder.click()
    assert opened == [str(tmp_path)] * 2
    workbench.told.emit("another notice")
    assert not status.folder.isVisible()


def test_opening_a_file_offers_no_folder(open_desk, jobs):
    shown(jobs)
    assert all(row.folder.isHidden() for row in jobs.rows)


def test_a_training_stands_first_with_its_steps_and_is_stopped_from_the_list(open_desk, jobs, monkeypatch):
    stopped = []
    run = JobRecord("Train spin", "running", 40, 100, 2.0, 30.0, file=Path("/nowhere"))
    monkeypatch.setattr(TrainingProcess, "record", lambda self: run)
    monkeypatch.setattr(TrainingProcess, "stop", lambda self: stopped.append(True))
    assert shown(jobs)[0] == ("Train spin", "running")
    assert jobs.rows[0].state.text() == "40 of 100, 2 a second, 0:30 left"
    jobs.rows[0].stop.click()
    assert stopped == [True]


def test_stop_of_waiting_work_leaves_the_running_and_the_other_waiting_work(open_desk, jobs):
    files, go_on = open_desk.workbench.files, threading.Event()
    for name in ("First", "Second", "Third"):
        files.start(name, steps(go_on), whole=True)
    jobs.refresh()
    jobs.rows[1].stop.click()
    assert shown(jobs)[:3] == [("First", "running"), ("Third", "waiting"), ("Second", "stopped")]
    jobs.rows[0].stop.click()
    assert shown(jobs)[0] == ("Third", "running")
    go_on.set()
    open_desk.wait(lambda: not files.running)
    assert shown(jobs)[0] == ("Third", "done")


def test_a_training_stays_in_the_list_while_another_run_is_followed(open_desk, jobs, tmp_path, monkeypatch):
    class Child:
        def __init__(self, command, **_):
            pass

        def poll(self):
            return None

    monkeypatch.setattr("desktop.jobs.training.training_process.subprocess.Popen", Child)
    training, own, other = open_desk.window.training, tmp_path / "own", tmp_path / "other"
    training.start(own, method_rows()[0], [])
    (own / "metrics.jsonl").write_text('{"step": 7, "loss": 1.0}\n')
    other.mkdir()
    (other / "metrics.jsonl").write_text('{"step": 3, "loss": 1.0}\n')
    training.follow(other)
    assert shown(jobs)[0] == ("Train own", "running")
    assert jobs.rows[0].record.done == 7
    assert training.run.step == 3
    assert not training.own


def test_a_runs_config_is_parsed_once_until_its_file_changes(tmp_path, monkeypatch):
    read, texts = followed_run.text_of, []
    monkeypatch.setattr(followed_run, "text_of", lambda *given: texts.append(given) or read(*given))
    run = followed_run.FollowedRun(tmp_path)
    (tmp_path / "config.json").write_text('{"options": {"steps": 9}}')
    assert (run.steps, run.steps, run.method is not None) == (9, 9, True)
    assert len(texts) == 1
    (tmp_path / "config.json").write_text('{"options": {"steps": 100}}')
    assert run.steps == 100


def test_names_of_200_characters_and_hundreds_of_jobs_are_shown_in_bounds(open_desk, jobs):
    for number in range(80):
        open_desk.workbench.job.start(f"{'n' * 200} {number}", steps(count=1))
        open_desk.wait(lambda: not open_desk.workbench.busy)
    shown(jobs)
    assert len(jobs.rows) <= 30
    assert len(open_desk.workbench.jobs.records) <= 50


@pytest.mark.parametrize(("seconds", "words"), [(0, "0:00"), (61, "1:01"), (3661.4, "1:01:01")])
def test_times_are_written_in_minutes_and_hours(seconds, words):
    assert duration(seconds) == words


def test_fitting_nobody_is_work_that_ends_at_once(open_desk):
    workbench = open_desk.workbench
    steps_of_nobody = fit_many_steps(workbench.fits.the_body, workbench.project, [], workbench.fits.options)
    assert list(steps_of_nobody) == []
