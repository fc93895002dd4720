"""One piece of work for many people or files in the background, with how far it is and a way to stop it."""

import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.errors import FitloopError
from desktop.jobs.worker import Worker
from desktop.words import tr

log = logging.getLogger(__name__)


class Job(QObject):
    """Runs one at a time. A step has `done` and `total` (0 while unknown); each is handed over."""

    changed = Signal()
    refused = Signal(str)  # why something cannot be done now, or an error of the input, in words

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.title = ""
        self.done = self.total = 0
        self._started = 0.0
        self._whole = False
        self._take: Callable[[Any], None] = lambda step: None
        self._end: Callable[[], None] = lambda: None
        self._worker = Worker(self)
        self._worker.stepped.connect(self._take_step)
        self._worker.finished.connect(self._finish)
        self._worker.failed.connect(self._fail)

    @property
    def running(self) -> bool:
        """Whether something runs."""
        return bool(self.title)

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
    ) -> None:
        """Begin, unless something else runs, which is told. take: gets each step; end: called after the last.

        whole: only `cancel` stops it; who closes what it works on waits for its end.
        """
        if self.running:
            if title != self.title:  # the same asked twice is done once
                words = tr("{title} has to wait: {running} is not done yet. Ask again after it, or stop it.")
                self.refused.emit(words.format(title=title, running=self.title))
            return
        self.title, self.done, self.total, self._whole = title, 0, 0, whole
        self._take, self._end = take, end
        self._started = time.monotonic()
        self._worker.start(steps, name=title, every=True)
        self.changed.emit()

    def cancel(self) -> None:
        """Stop it; what was handed over stays, and its end is told all the same."""
        if self.running:
            self._worker.stop()
            self._finish()

    def finish(self) -> None:
        """Before what it works on is closed: a whole one is waited for, any other is cancelled."""
        if self._whole:
            self._worker.finish()
        else:
            self.cancel()

    def close(self) -> None:
        """Stop, or end a whole one, and wait until no thread is left."""
        if self._whole:
            self._worker.finish()
        self._worker.close()
        self.title = ""

    def _take_step(self, step: Any) -> None:
        self.done, self.total = getattr(step, "done", 0), getattr(step, "total", 0)
        self._take(step)
        self.changed.emit()

    def _finish(self) -> None:
        end, self._end = self._end, lambda: None
        self.title = ""
        end()
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        self._finish()
        if not isinstance(error, FitloopError):
            raise error  # a fault of ours: the window's last resort shows it
        self.refused.emit(str(error))
