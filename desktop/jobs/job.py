"""One piece of work for many people or files in the background, with how far it is and a way to stop it."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.errors import FitloopError
from desktop.jobs.worker import Worker
from desktop.text.translate import tr

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class _Asked:
    """What `Job.start` was given."""

    title: str
    steps: Iterator[Any]
    take: Callable[[Any], None] = lambda step: None
    end: Callable[[], None] = lambda: None
    whole: bool = False
    file: Path | None = None

    def same(self, other: "_Asked") -> bool:
        """Whether doing one of them is doing both."""
        return (self.title, self.file) == (other.title, other.file)


_NOTHING = _Asked("", iter(()))


@dataclass(frozen=True)
class _Afterwards:
    """What `Job.afterwards` was given."""

    title: str = ""
    act: Callable[[], object] = lambda: None


_NO_MORE = _Afterwards()


class Job(QObject):
    """Runs one at a time. A step has `done` and `total` (0 while unknown); each is handed over."""

    changed = Signal()
    refused = Signal(str)  # why something cannot be done now, or an error of the input, in words

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.done = self.total = 0
        self._started = 0.0
        self._now = _NOTHING
        self._waiting: list[_Asked] = []
        self._afterwards = _NO_MORE
        self._worker = Worker(self)
        self._worker.stepped.connect(self._take_step)
        self._worker.finished.connect(self._finish)
        self._worker.failed.connect(self._fail)

    @property
    def title(self) -> str:
        """What runs, in words; '' while nothing does."""
        return self._now.title

    @property
    def next_title(self) -> str:
        """What comes after it; '' while nothing waits."""
        return self._waiting[0].title if self._waiting else self._afterwards.title

    @property
    def running(self) -> bool:
        """Whether something runs."""
        return bool(self.title)

    @property
    def writing(self) -> bool:
        """Whether something runs or waits that only `cancel` stops."""
        return self._now.whole or bool(self._waiting)

    @property
    def per_second(self) -> float | None:
        """How many it does a second; None while nobody can tell."""
        passed = time.monotonic() - self._started
        return self.done / passed if self.done > 0 and passed > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """As long as it will take if it goes on as it did; None while nobody can tell."""
        rate = self.per_second
        return (self.total - self.done) / rate if rate and self.done <= self.total else None

    def start(
        self,
        title: str,
        steps: Iterator[Any],
        take: Callable[[Any], None] = lambda step: None,
        end: Callable[[], None] = lambda: None,
        whole: bool = False,
        file: Path | None = None,
    ) -> None:
        """Begin; while something else runs, that is told. take: gets each step; end: called after the last.

        whole: only `cancel` stops it, who closes what it works on waits for its end, and it waits for its turn, as what
        it is about to write may have changed. file: the one that it is about, where its title does not say.
        """
        asked = _Asked(title, steps, take, end, whole, file)
        if not self.running:
            self._begin(asked)
        elif whole:
            self._waiting = [*(other for other in self._waiting if not asked.same(other)), asked]
            self.changed.emit()
        elif not asked.same(self._now):
            words = tr("{title} has to wait: {running} is not done yet. Ask again after it, or stop it.")
            self.refused.emit(words.format(title=title, running=self.title))

    def afterwards(self, title: str, act: Callable[[], object]) -> None:
        """Do this once all that is being written is written: at once where nothing is, never where that fails or is
        stopped. What is no whole one is stopped."""
        if not self.writing:
            act()
            return
        self._afterwards = _Afterwards(title, act)
        if not self._now.whole:
            self._worker.stop()
            self._finish()
        self.changed.emit()

    def cancel(self) -> None:
        """Stop it, and what waits; what was handed over stays, and its end is told all the same."""
        self._waiting.clear()
        self._afterwards = _NO_MORE
        if self.running:
            self._worker.stop()
            self._finish()

    def finish(self) -> None:
        """Before what it works on is closed: whole ones are done to their end, any other is cancelled."""
        waiting, self._waiting = self._waiting, []
        if self._now.whole:
            self._worker.finish()
        else:
            self.cancel()
        self._do_here(waiting)

    def close(self) -> None:
        """Stop, or end whole ones, and wait until no thread is left."""
        waiting, self._waiting = self._waiting, []
        if self._now.whole:
            self._worker.finish()
        self._worker.close()
        self._now = _NOTHING
        self._do_here(waiting)

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
        self._now.take(step)
        self.changed.emit()

    def _finish(self) -> None:
        ended, self._now = self._now, _NOTHING
        ended.end()
        self.changed.emit()
        if self._waiting and not self.running:
            self._begin(self._waiting.pop(0))
        elif not self.running:
            last, self._afterwards = self._afterwards, _NO_MORE
            last.act()

    def _fail(self, error: Exception) -> None:
        self._afterwards = _NO_MORE
        self._finish()
        if not isinstance(error, FitloopError):
            raise error  # a fault of ours: the window's last resort shows it
        self.refused.emit(str(error))
