"""A training command from start to end: set up or go on, run the loop, log, save, and end well whatever happens."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from train.run.distributed import Processes
from train.run.folder import CHECKPOINT, CONFIG, RunFolder, loop_state, read_config, resume
from train.run.interrupt import Stopping
from train.run.loop import Learner, Limits, learn
from train.run.method_record import ACCUMULATE, Method, Options, Plan, RunProgress, TrainStep
from train.run.metrics_log import MetricsLog
from train.run.options import Given, as_stored, default_run, merge, parse, unchanging
from train.run.parser import INTERRUPTED, run_to_end
from train.run.terminal import Terminal


@dataclass(eq=False)
class Training:
    """One run at work."""

    plan: Plan
    run: RunFolder | None  # of the first process alone
    learner: Learner

    @property
    def limits(self) -> Limits:
        options = self.plan.options
        return Limits(options.steps, options.epochs, options.minutes)

    def save(self) -> str:
        """Write the run's files. Returns what went wrong, '' for nothing; only the first process writes."""
        if self.run is None:
            return ""
        lesson, progress = self.learner.lesson, self.learner.progress
        state = loop_state(progress, lesson.optimizer, unchanging(self.plan.config))
        return self.run.save(lesson.checkpoint(progress.step, state), lesson.write)


def run_command(method: Method, arguments: list[str] | None = None) -> int:
    """Train by a command line. Returns the exit code."""
    return run_given(method, parse(method, arguments))


def run_given(method: Method, given: Given) -> int:
    """Train by a parsed command line. Returns the exit code."""
    return run_to_end(lambda: _run(method, given))


def _run(method: Method, given: Given) -> int:
    processes: Processes | None = None
    training: Training | None = None
    try:
        processes = Processes.join(given.options.get("device", Options.device))
        training = prepare(method, given, processes)
        return _train(training)
    finally:
        if training is not None and training.run is not None:
            training.run.close()
        if processes is not None:
            processes.leave()


def prepare(method: Method, given: Given, processes: Processes) -> Training:
    """Everything before the first step: a new run, or one that goes on."""
    given = _with_folder(method, given, processes)
    plan = merge(method, given, _stored(given), processes.count)
    if processes.first and not plan.goes_on:
        RunFolder.check_new(plan.folder)  # before the data are read, which may take minutes
    if plan.options.threads:
        torch.set_num_threads(plan.options.threads)
    fresh = not (
        plan.goes_on and (plan.folder / CHECKPOINT).exists()
    )  # it may have been killed before its first
    lesson = method.begin(plan, processes, fresh)
    run = _open_run(method, plan, lesson.about) if processes.first else None
    try:
        learner = Learner(lesson, processes, RunProgress(accumulate=max(1, lesson.pieces)))
        processes.wait()  # a run folder is there before anyone looks into it
        if not fresh:
            parts = learner.progress.accumulate
            learner.progress = resume(plan.folder, lesson, unchanging(plan.config))
            if ACCUMULATE in plan.given_now:
                learner.progress.accumulate = parts
        return Training(plan, run, learner)
    except BaseException:  # whatever it was, the folder is free again
        if run is not None:
            run.close()
        raise


def _with_folder(method: Method, given: Given, processes: Processes) -> Given:
    """Several processes without --run take one name from the first. Processes that torchrun may restart would not find
    that name again, so they need --run."""
    restarts = int(os.environ.get("TORCHELASTIC_MAX_RESTARTS", "0"))
    if "run" in given.options or given.options.get("resume", False) or processes.count == 1 or restarts:
        return given
    folder = Path(processes.agreed(str(default_run(method))))
    return replace(given, options={**given.options, "run": folder})


def _stored(given: Given) -> dict[str, Any] | None:
    """The config.json of the run that is to go on; None for a new run. torchrun starts a run that was restarted with
    the same command again, and a count in its environment."""
    path = given.options.get("run")
    if path is None:
        return None
    restarted = int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")) > 0
    goes_on = given.options.get("resume", False) or (restarted and (path / CONFIG).exists())
    return read_config(path) if goes_on else None


def _open_run(method: Method, plan: Plan, about: Any) -> RunFolder:
    if plan.goes_on:
        return RunFolder.reopen(plan.folder)
    config = {"method": method.name, **as_stored(plan), **about, "torch": torch.__version__}
    return RunFolder.create(plan.folder, config)


def _train(training: Training) -> int:
    """The loop with everything around it. Returns the exit code: 1 where what was learned last could not be saved."""
    learner = training.learner
    terminal = Terminal(
        training.plan,
        learner.processes.first,
        training.limits,
        learner.lesson.in_epoch,
        learner.lesson.remark,
    )
    terminal.say(*learner.lesson.notices)
    log = None
    with Stopping() as stopping:
        try:
            if training.run is not None:
                log = MetricsLog(training.run.path, learner.progress.step)
            terminal.say(training.save())  # from here on there is something to go on with
            _steps(training, stopping, log, terminal)
        except (
            RuntimeError,
            EOFError,
            ConnectionError,
        ):  # a cluster ends the loader's workers too, and these are missed first
            if not stopping.requested:
                raise
        finally:  # at the end, at Ctrl-C and at a crash
            lost = training.save()
            terminal.say(lost)
            if log is not None:
                with _said_if_not_written(terminal, "the last line of metrics"):
                    log.close()
            terminal.end(learner.progress)
    return INTERRUPTED if stopping.requested else int(bool(lost))


def _steps(training: Training, stopping: Stopping, log: MetricsLog | None, terminal: Terminal) -> None:
    """Take steps, and log and save between them, until a limit or until someone asks to stop."""
    options, learner, limits = training.plan.options, training.learner, training.limits
    saved = time.monotonic()
    for report in learn(learner, limits, training.plan.folder):
        if training.run is not None:
            report = _reviewed(learner, report, limits, terminal)
        _tell(report, learner.progress, options, log, terminal)
        if time.monotonic() - saved > 60 * options.save_minutes:
            terminal.say(training.save())
            saved = time.monotonic()
        if learner.processes.any(stopping.requested):
            return


def _reviewed(learner: Learner, report: TrainStep, limits: Limits, terminal: Terminal) -> TrainStep:
    """The report with what the method measured after the step."""
    measured: dict[str, float] = {}
    with _said_if_not_written(terminal, "a picture"):
        measured = learner.lesson.after(report.step, limits.reached(learner.progress))
    return replace(report, measured=measured)


def _tell(
    report: TrainStep, progress: RunProgress, options: Options, log: MetricsLog | None, terminal: Terminal
) -> None:
    terminal.say(*report.notices)
    terminal.show(report, progress)
    spoken = report.step % options.log_every == 0 or report.step == 1 or report.notices or report.measured
    if log is not None and spoken:
        with _said_if_not_written(terminal, "a line of metrics"):
            terminal.line(log.write(report.step, report.numbers()))


@contextlib.contextmanager
def _said_if_not_written(terminal: Terminal, what: str) -> Iterator[None]:
    """A full disk costs a line or a picture, not the training."""
    try:
        yield
    except OSError as error:
        terminal.say(f"{what} could not be written ({error.strerror}). Free some space.")
