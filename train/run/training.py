"""A training command from start to end: set up or go on, run the loop, log, save, and end well whatever happens."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch

from core.body.model import Body, load_body
from core.errors import FitloopError
from core.networks.spin import SpinNetwork, spin_checkpoint
from core.store.fits.dictionary import FitsDictionary
from train.data.batches import Crops, Turns, batches_of, load_batches
from train.data.sources import Sources, read_sources
from train.methods.spin.initial_weights import start_from
from train.methods.spin.pictures import draw_pictures
from train.run.distributed import Processes, share_batches
from train.run.folder import RunFolder, RunProgress, loop_state, read_config, resume
from train.run.interrupt import Stopping
from train.run.loop import Learner, Limits, Method, TrainStep, learn
from train.run.metrics_log import MetricsLog
from train.run.options import (
    LENGTH,
    SOURCES,
    STARTS,
    Given,
    Options,
    check_stored,
    default_run,
    flat,
    options_of,
    parse,
    plain,
    with_changes,
)
from train.run.parser import INTERRUPTED, run_to_end
from train.run.terminal import Terminal

C = TypeVar("C")
MAY_CHANGE = "accumulate"  # of a Config when a run goes on: a smaller GPU may need more pieces

Build = Callable[[Any, Body], SpinNetwork]
StepOf = Callable[[Any, SpinNetwork, Body, FitsDictionary, Processes], Method]


@dataclass(eq=False)
class Training:
    """One run at work."""

    options: Options
    config: Any
    run: RunFolder | None  # of the first process alone
    learner: Learner
    network: SpinNetwork
    sources: Sources
    fits: FitsDictionary
    body: Body

    def save(self) -> str:
        """Write the run's files. Returns what went wrong, '' for nothing; only the first process writes."""
        if self.run is None:
            return ""
        state = loop_state(self.learner.progress, self.learner.optimizer, resolved(self.config), self.fits)
        return self.run.save(spin_checkpoint(self.network, self.learner.progress.step, state), self.fits)


def run_command(
    program: str, words: str, arguments: list[str] | None, defaults: C, build: Build, step_of: StepOf
) -> int:
    """Train as a command line says. words: what its help begins with; defaults: the method's Config; build makes its
    network, step_of the Method that teaches it. Returns the exit code."""
    given = parse(program, words, arguments, defaults)
    return run_to_end(lambda: _run(program, given, defaults, build, step_of))


def _run(program: str, given: Given, defaults: C, build: Build, step_of: StepOf) -> int:
    processes: Processes | None = None
    training: Training | None = None
    try:
        processes = Processes.join(given.options.get("device", Options.device))
        training = prepare(program, given, defaults, build, processes)
        return _train(training, step_of)
    finally:
        if training is not None and training.run is not None:
            training.run.close()
        if processes is not None:
            processes.leave()


def prepare(program: str, given: Given, defaults: C, build: Build, processes: Processes) -> Training:
    """Everything before the first step: a new run, or one that goes on."""
    restarted = int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")) > 0
    if processes.count > 1 and "run" not in given.options:
        raise FitloopError("several processes need one folder for their run. Give --run FOLDER.")
    if given.options.get("resume", False) and "run" not in given.options:
        raise FitloopError("--resume goes on with the run of a folder. Give --run FOLDER.")
    path = Path(given.options.get("run") or default_run(program))
    going_on = given.options.get("resume", False) or (restarted and (path / "config.json").exists())
    if processes.first and not going_on:
        RunFolder.check_new(path)  # before the data are read, which may take minutes
    stored = read_config(path) if going_on else {"options": {}, "config": {}}
    check_stored(stored, defaults, path)
    options, config = merged(given, stored, path, defaults)
    if options.threads:
        torch.set_num_threads(options.threads)
    _check_batch(config, processes)
    body = load_body(options.body)
    kept = path / "fits.npz" if going_on and (path / "fits.npz").exists() else None
    halves = config.losses.openpose, config.losses.annotated
    sources = read_sources(options, body, halves, config.seed, kept)
    network = build(config, body)
    begins = not (going_on and (path / "checkpoint.pt").exists())  # it may have been killed before its first
    if begins:
        notices = start_from(network, options, body)
        sources = dataclasses.replace(sources, notices=(*sources.notices, *notices))
    run = _open_run(path, going_on, options, config, body) if processes.first else None
    try:
        training = _started(options, config, run, network, sources, body, processes)
        processes.wait()  # a run folder is there before anyone looks into it
        if not begins:
            learner = training.learner
            learner.progress = resume(
                RunFolder(path), network, learner.optimizer, training.fits, resolved(config)
            )
            learner.progress.accumulate = given.config.get(MAY_CHANGE, learner.progress.accumulate)
        return training
    except BaseException:  # whatever it was, the folder is free again
        if run is not None:
            run.close()
        raise


def merged(given: Given, stored: dict[str, Any], path: Path, defaults: C) -> tuple[Options, Any]:
    """Options and config: what was said now, then what a run was started with, then the defaults.

    How long a run goes on is what is said now, and is not cut short by what was said before, or by a default.
    Raises FitloopError when a run that goes on is told another config, start or data than it was begun with.
    """
    if stored["config"]:
        _check_as_begun(given, stored, path)
    before, said = dict(stored["options"]), dict(given.options)
    if said.keys() & LENGTH:
        before |= dict.fromkeys(LENGTH)
    if "data_photos" in said:
        named = [name for name, _ in said["data_photos"]]
        others = [(name, folder) for name, folder in before.get("data_photos", ()) if name not in named]
        said["data_photos"] = [*others, *said["data_photos"]]
    config = with_changes(defaults, {**stored["config"], **given.config})
    return options_of({**before, **said, "run": path}), config


def _check_as_begun(given: Given, stored: dict[str, Any], path: Path) -> None:
    told = {
        name: value
        for name, value in given.config.items()
        if name != MAY_CHANGE and value != stored["config"].get(name)
    }
    said = {name: value for name, value in plain_given(given).items() if name in (*SOURCES, *STARTS)}
    told |= {name: value for name, value in said.items() if value != stored["options"].get(name)}
    if told:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in told)
        raise FitloopError(
            f"{path}: was started with another {names}. Resume without, or start a new run with "
            f"--guess {path / 'checkpoint.pt'}."
        )


def plain_given(given: Given) -> dict[str, Any]:
    """What was said, in the form that config.json has it."""
    fields: dict[str, Any] = {
        name: value if not isinstance(value, list) else tuple(value) for name, value in given.options.items()
    }
    return {name: value for name, value in plain(Options(**fields)).items() if name in fields}


def resolved(config: Any) -> dict[str, Any]:
    """A Config as a checkpoint holds it: what may not change when a run goes on."""
    values = json.loads(json.dumps(flat(config)))
    values.pop(MAY_CHANGE)
    return dict(values)


def _check_batch(config: Any, processes: Processes) -> None:
    if config.batch < 1:
        raise FitloopError(f"--batch {config.batch}: there must be somebody in it. Choose one from 1 on.")
    if config.accumulate < 1:
        raise FitloopError(
            f"--accumulate {config.accumulate}: there must be a piece. Choose 1 for a whole batch."
        )
    pieces = processes.count * config.accumulate
    if config.batch % pieces:
        raise FitloopError(
            f"--batch {config.batch} cannot be shared by {processes.count} processes in {config.accumulate} pieces "
            f"each. Choose a multiple of {pieces}."
        )


def _open_run(path: Path, going_on: bool, options: Options, config: Any, body: Body) -> RunFolder:
    if going_on:
        return RunFolder.reopen(path)
    about = {"body": {"name": body.name, "fingerprint": body.fingerprint}, "torch": torch.__version__}
    return RunFolder.create(path, {"options": plain(options), "config": flat(config), **about})


def _started(
    options: Options,
    config: Any,
    run: RunFolder | None,
    network: SpinNetwork,
    sources: Sources,
    body: Body,
    processes: Processes,
) -> Training:
    """What a run is at its first step."""
    network = network.to(processes.device, memory_format=torch.channels_last)
    dropout = share_batches(network, processes, config.seed)
    optimizer = torch.optim.Adam(network.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    fits = sources.fits.to(processes.device)
    learner = Learner(
        network,
        optimizer,
        dropout,
        processes,
        config.batch,
        config.learning_rate,
        RunProgress(accumulate=config.accumulate),
        config.last_rate,
        config.warm_up,
        config.clip,
    )
    return Training(options, config, run, learner, network, sources, fits, body.to(processes.device))


def _train(training: Training, step_of: StepOf) -> int:
    """The loop with everything around it. Returns the exit code: 1 where what was learned last could not be saved."""
    options, learner, order = training.options, training.learner, training.sources.order
    terminal = Terminal(options, learner.processes.first, batches_of(order, learner.batch))
    terminal.say(*training.sources.notices)
    log = None
    with Stopping() as stopping:
        try:
            if training.run is not None:
                log = MetricsLog(training.run.path, learner.progress.step)
            terminal.say(training.save())  # from here on there is something to go on with
            _steps(training, step_of, stopping, log, terminal)
        except (
            RuntimeError,
            EOFError,
            ConnectionError,
        ):  # a cluster ends the loader's workers too, and these are missed first
            if not stopping.asked:
                raise
        finally:  # at the end, at Ctrl-C and at a crash
            lost = training.save()
            terminal.say(lost)
            if log is not None:
                with _said_if_not_written(terminal, "the last line of metrics"):
                    log.close()
            terminal.end(learner.progress)
    return INTERRUPTED if stopping.asked else int(bool(lost))


def _steps(
    training: Training, step_of: StepOf, stopping: Stopping, log: MetricsLog | None, terminal: Terminal
) -> None:
    """Take steps, and log, draw and save between them, until a limit or until someone asks to stop."""
    options, learner, sources = training.options, training.learner, training.sources
    assert options.run is not None
    crops = Crops(sources.samples, sources.order, training.config.augment)
    progress, share = learner.progress, learner.processes.share
    turns = Turns(sources.order, progress.epoch, progress.batch, learner.batch, share)
    batches = load_batches(crops, turns, options.workers, learner.processes.device.type == "cuda")
    method = step_of(training.config, training.network, training.body, training.fits, learner.processes)
    in_epoch = batches_of(sources.order, learner.batch)
    saved = time.monotonic()
    for report in learn(
        learner, batches, in_epoch, method, Limits(options.steps, options.epochs), options.run
    ):
        _tell(report, options, log, terminal)
        if training.run is not None and options.picture_every and report.step % options.picture_every == 0:
            with _said_if_not_written(terminal, "a picture"):
                draw_pictures(options.run, report.step, training.network, training.body, training.fits, crops)
        if time.monotonic() - saved > 60 * options.save_minutes:
            terminal.say(training.save())
            saved = time.monotonic()
        if learner.processes.any(stopping.asked):
            return


def _tell(report: TrainStep, options: Options, log: MetricsLog | None, terminal: Terminal) -> None:
    terminal.say(*report.notices)
    terminal.show(report)
    if log is not None and (report.step % options.log_every == 0 or report.step == 1 or report.notices):
        with _said_if_not_written(terminal, "a line of metrics"):
            terminal.line(log.write(report.step, report.numbers()))


@contextlib.contextmanager
def _said_if_not_written(terminal: Terminal, what: str) -> Iterator[None]:
    """A full disk costs a line or a picture, not the training."""
    try:
        yield
    except OSError as error:
        terminal.say(f"{what} could not be written ({error.strerror}). Free some space.")
