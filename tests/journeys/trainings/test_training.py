"""SPIN's loop with a human in it: accept, save, train a little, and the run's checkpoint guesses."""

import json
import os
import re
import subprocess
import sys
import time

import pytest

from desktop.jobs.child import ROOT
from desktop.jobs.files.save_files import fits_file_of
from desktop.jobs.training.training_process import TrainingProcess
from tests.waiting import output_of

pytestmark = pytest.mark.slow

SMALL = "--backbone resnet10 --steps 12 --batch 2 --log-every 1 --workers 0 --threads 1"


@pytest.fixture
def training(qtbot):
    training = TrainingProcess()
    yield training
    training.close()


def test_what_was_accepted_is_trained_on_and_the_checkpoint_guesses(open_desk):
    desk, workbench, panel = open_desk, open_desk.workbench, open_desk.window.train_panel
    panel.start.click()
    assert "Save the fits first" in desk.said.pop()
    desk.do("fit.queue")
    desk.wait(lambda: not workbench.busy)
    desk.do("person.accept")
    desk.do("file.save_fits")
    desk.wait(lambda: not workbench.busy)
    panel.steps.setValue(2)
    panel.batch.setValue(2)
    panel.more.setText("--log-every 1 --workers 0 --threads 1")
    panel.start.click()
    training = desk.window.training
    assert training.running
    desk.wait(lambda: not training.running)
    training.poll()
    assert training.run.checkpoint is not None, training.run.last_words
    assert training.run.lines[-1]["step"] == 2
    assert panel.shown_metric.findText("loss") >= 0
    accepted = workbench.person_id
    panel.use.click()
    desk.wait(lambda: not workbench.busy)
    assert workbench.fits.network.loaded is not None
    guesses = {one.id: one.guess for photo in workbench.project.photos() for one in photo.people}
    assert {one for one, guess in guesses.items() if guess.network == "spin"} == guesses.keys() - {accepted}
    assert workbench.queue.wanted.order == "disagreement"
    rows = workbench.project.queue_rows(workbench.queue.ids())
    assert [row.disagreement for row in rows] == sorted((row.disagreement for row in rows), reverse=True)
    assert workbench.history.undoText() == "Guess everybody"
    workbench.select(next(row.id for row in rows if not row.locked))
    desk.fit("fit.guess")
    assert workbench.person.guess.network == "spin"
    assert desk.said == []


def test_a_run_started_elsewhere_is_followed_line_by_line(training, tmp_path):
    metrics = tmp_path / "metrics.jsonl"
    training.follow(tmp_path)
    assert training.run.lines == []
    metrics.write_text('{"step": 1, "loss": 4.0}\n{"step": 2, "lo')
    training.poll()
    assert [line["step"] for line in training.run.lines] == [1]
    with metrics.open("a") as file:
        file.write('ss": 3.5}\n' + json.dumps({"step": 3, "loss": 3.0}) + "\n")
    training.poll()
    assert [line["loss"] for line in training.run.lines] == [4.0, 3.5, 3.0]
    assert training.run.checkpoint is None
    assert not training.running


def test_a_run_from_a_terminal_is_followed_to_its_end_and_guesses(open_desk, tmp_path):
    desk, workbench, panel = open_desk, open_desk.workbench, open_desk.window.train_panel
    run, training = tmp_path / "elsewhere", desk.window.training
    desk.do("fit.queue")
    desk.wait(lambda: not workbench.busy)
    desk.do("file.save_fits")
    desk.wait(lambda: not workbench.busy)
    run.mkdir()
    training.follow(run)
    assert panel.said.text().startswith("No run has written into elsewhere yet.")
    command = ["-m", "train.spin", "--fits", fits_file_of(workbench.project), "--run", run, *SMALL.split()]
    with subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=subprocess.DEVNULL) as child:
        runs = re.compile(r"elsewhere runs elsewhere, step [1-9]\d* of 12")

        def is_told_to_run() -> bool:
            training.poll()  # its own look, once a second, may come before the first step and after the last
            return bool(runs.fullmatch(panel.said.text()))

        desk.wait(is_told_to_run)
        assert not panel.stop.isEnabled()
        assert "Ctrl+C" in panel.stop.toolTip()
        output_of(child)
        assert child.returncode == 0
    training.poll()
    assert panel.said.text() == "elsewhere has ended after step 12"
    panel.shown_metric.setCurrentText("loss")
    x, _ = panel.curves.lines[0].getData()
    assert x.tolist() == list(range(1, 13))
    panel.use.click()
    desk.wait(lambda: not workbench.busy)
    assert workbench.fits.network.loaded is not None
    assert desk.said == []


def test_a_run_that_writes_nothing_any_more_may_have_ended(desk, tmp_path):
    training, panel = desk.window.training, desk.window.train_panel
    (tmp_path / "config.json").write_text('{"options": {"steps": 9}}')
    metrics = tmp_path / "metrics.jsonl"
    metrics.write_text('{"step": 3, "loss": 4.0}\n')
    for name in ("config.json", "metrics.jsonl"):
        os.utime(tmp_path / name, (time.time() - 200,) * 2)
    training.follow(tmp_path)
    assert panel.said.text() == (
        f"{tmp_path.name}, step 3 of 9: nothing new for 3 minutes, so it has ended or hangs"
    )
    with metrics.open("a") as file:
        file.write('{"step": 4, "loss": 4.0}\n')
    training.poll()
    assert panel.said.text() == f"{tmp_path.name} runs elsewhere, step 4 of 9"


def test_a_long_run_is_taken_in_bit_by_bit_and_drawn_with_fewer_points(desk, tmp_path):
    training, panel = desk.window.training, desk.window.train_panel
    lines = 30_000
    text = "".join(f'{{"step": {step}, "loss": {1 / (step + 1)}, "lr": 0.0001}}\n' for step in range(lines))
    (tmp_path / "metrics.jsonl").write_text(text)
    training.follow(tmp_path)
    assert 0 < len(training.run.lines) < lines
    desk.wait(lambda: len(training.run.lines) == lines)
    assert [line["step"] for line in training.run.lines[:: lines // 10]] == list(range(0, lines, lines // 10))
    panel.shown_metric.setCurrentText("loss")
    x, _ = panel.curves.lines[0].getData()
    assert 500 < len(x) <= 2000
    assert x[-1] > lines - 50
