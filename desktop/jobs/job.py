"""A job: background work on many people or files, with progress and a way to stop it."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.errors import FitloopError
from desktop.jobs.worker import Worker
from desktop.state.job_record import JobRecord, JobState
from desktop.text.translate import tr

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class _Asked:
    """The arguments of `Job.start`."""

    title: str
    steps: Iterator[Any]
    take: Callable[[Any], None] = lambda step: None
    end: Callable[[], None] = lambda: None
    whole: bool = False
    file: Path | None = None
    id: int = field(default_factory=count(1).__next__)

    def same(self, other: "_Asked") -> bool:
        """Whether both are the same work."""
        return (self.title, self.file) == (other.title, other.file)


_NOTHING = _Asked("", iter(()))


@dataclass(frozen=True)
class _Afterwards:
    """The arguments of `Job.afterwards`."""

    title: str = ""
    act: Callable[[], object] = lambda: None


_NO_MORE = _Afterwards()


class Job(QObject):
    """Runs one piece of work at a time and hands over each step. A step has `done` and `total` (0 while unknown)."""

    changed = Signal()
    refused = Signal(str)  # a message: the job cannot start now, or its input has an error
    ended = Signal(object)  # the JobRecord of work that has ended

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.done = self.total = 0
        self._ending: JobState | None = None  # how the work ended whose end is being taken
        self.handing = False  # True while a step or the end is taken: what is told then is the work's report
        self._started = 0.0
        self._now = _NOTHING
        self._waiting: list[_Asked] = []
        self._afterwards = _NO_MORE
        self._worker = Worker(self)
        self._worker.stepped.connect(self._take_step)
        self._worker.finished.connect(self._finish_well)
        self._worker.failed.connect(self._fail)

    @property
    def title(self) -> str:
        """The title of the running work; '' for none."""
        return self._now.title

    @property
    def next_title(self) -> str:
        """The title of the next work; '' for none."""
        return self._waiting[0].title if self._waiting else self._afterwards.title

    @property
    def running(self) -> bool:
        """Whether work runs."""
        return bool(self.title)

    @property
    def failed(self) -> bool:
        """Whether the end of work is being taken that an error has ended."""
        return self._ending == "failed"

    @property
    def stopped(self) -> bool:
        """Whether the end of work is being taken that was stopped."""
        return self._ending == "stopped"

    @property
    def writing(self) -> bool:
        """Whether work runs or waits that only `cancel` stops."""
        return self._now.whole or bool(self._waiting)

    @property
    def per_second(self) -> float | None:
        """The rate in items a second; None while unknown."""
        passed = time.monotonic() - self._started
        return self.done / passed if self.done > 0 and passed > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """The time left at the current rate; None while unknown."""
        rate = self.per_second
        return (self.total - self.done) / rate if rate and self.done <= self.total else None

    def records(self) -> list[JobRecord]:
        """The running work and the work that waits for its end."""
        running = [self._record("running")] if self.running else []
        return [
            *running,
            *(JobRecord(asked.title, "waiting", file=asked.file, id=asked.id) for asked in self._waiting),
        ]

    def start(
        self,
        title: str,
        steps: Iterator[Any],
        take: Callable[[Any], None] = lambda step: None,
        end: Callable[[], None] = lambda: None,
        whole: bool = False,
        file: Path | None = None,
    ) -> None:
        """Start work, or refuse it while other work runs. take: gets each step; end: called after the last step.

        whole: the work writes files. Only `cancel` stops it, closing the project waits for its end, and it queues while
        other work runs, because that may change the data. file: the work's file, to tell equal titles apart.
        """
        asked = _Asked(title, steps, take, end, whole, file)
        if not self.running:
            self._begin(asked)
        elif whole:
            self._waiting = [*(other for other in self._waiting if not asked.same(other)), asked]
            self.changed.emit()
        elif not asked.same(self._now):
            words = tr("{title} cannot start: {running} still runs. Try again after it, or stop it.")
            self.refused.emit(words.format(title=title, running=self.title))

    def afterwards(self, title: str, act: Callable[[], object]) -> None:
        """Call `act` after all `whole` work: at once if there is none, never if that fails or is cancelled.

        Other work is stopped.
        """
        if not self.writing:
            act()
            return
        self._afterwards = _Afterwards(title, act)
        if not self._now.whole:
            self._worker.stop()
            self._finish("stopped")
        self.changed.emit()

    def cancel(self) -> None:
        """Stop running and waiting work. Steps handed over stay, and `end` of the running work is called."""
        self._waiting.clear()
        self._afterwards = _NO_MORE
        if self.running:
            self._worker.stop()
            self._finish("stopped")

    def cancel_one(self, work_id: int) -> None:
        """Stop the running or waiting work of a JobRecord's id. Other waiting work stays, and begins in its turn."""
        self._afterwards = _NO_MORE
        if self.running and self._now.id == work_id:
            self._worker.stop()
            self._finish("stopped")
            return
        dropped = [asked for asked in self._waiting if asked.id == work_id]
        self._waiting = [asked for asked in self._waiting if asked.id != work_id]
        for asked in dropped:
            self.ended.emit(JobRecord(asked.title, "stopped", id=asked.id))
        self.changed.emit()

    def finish(self) -> None:
        """Run all `whole` work to its end, and cancel any other. Call this before the project closes."""
        waiting, self._waiting = self._waiting, []
        if self._now.whole:
            self._worker.finish()
        else:
            self.cancel()
        self._do_here(waiting)

    def close(self) -> None:
        """Run all `whole` work to its end, stop any other, and wait until no thread is left."""
        waiting, self._waiting = self._waiting, []
        if self._now.whole:
            self._worker.finish()
        self._worker.close()
        self._now = _NOTHING
        self._do_here(waiting)

    def _record(self, state: JobState, why: str = "") -> JobRecord:
        now = self._now
        written = now.file if now.whole else None
        left = self.seconds_left if self.total and state == "running" else None
        return JobRecord(now.title, state, self.done, self.total, self.per_second, left, why, written, now.id)

    @contextmanager
    def _handing(self) -> Iterator[None]:
        self.handing = True
        try:
            yield
        finally:
            self.handing = False

    def _begin(self, asked: _Asked) -> None:
        self._now, self.done, self.total = asked, 0, 0
        self._started = time.monotonic()
        self._worker.start(asked.steps, name=asked.title, every=True)
        self.changed.emit()

    def _do_here(self, waiting: list[_Asked]) -> None:
        for asked in waiting:
            try:
                for step in asked.steps:
                    asked.take(step)
            except FitloopError as error:
                self.refused.emit(str(error))
            asked.end()

    def _take_step(self, step: Any) -> None:
        self.done, self.total = getattr(step, "done", 0), getattr(step, "total", 0)
        with self._handing():
            self._now.take(step)
        self.changed.emit()

    def _finish_well(self) -> None:
        self._finish("done")

    def _finish(self, state: JobState, why: str = "") -> None:
        record = self._record(state, why)
        ended, self._now = self._now, _NOTHING
        self._ending = state
        try:
            with self._handing():
                ended.end()
        finally:
            self._ending = None
        self.ended.emit(record)
        self.changed.emit()
        if self._waiting and not self.running:
            self._begin(self._waiting.pop(0))
        elif not self.running:
            last, self._afterwards = self._afterwards, _NO_MORE
            last.act()

    def _fail(self, error: Exception) -> None:
        self._afterwards = _NO_MORE
        self._finish("failed", str(error))
        if not isinstance(error, FitloopError):
            raise error  # a bug, not bad input: `desktop.app.last_resort` shows it
        self.refused.emit(str(error))
