"""Run a step generator in a thread and hand over only its newest step."""

import logging
import threading
from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

log = logging.getLogger(__name__)


class Worker(QObject):
    """One piece of long work at a time. Its signals arrive in the thread that made the worker.

    A new start replaces what is running: that one ends at its next step, and nothing of it is heard any more.
    """

    stepped = Signal(
        object
    )  # the newest step; those that came while nobody looked are skipped, the last never
    finished = Signal()  # the generator ended by itself, after its last step was handed over
    failed = Signal(Exception)  # the generator raised

    _news = Signal(object)  # a run has something to hand over; crosses the threads

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._run: _Run | None = None
        self._threads: list[threading.Thread] = []
        self._news.connect(self._hand_over)

    @property
    def running(self) -> bool:
        """Whether work is going on whose end has not been told."""
        return self._run is not None

    def start(self, steps: Iterator[Any], name: str = "worker", every: bool = False) -> None:
        """Take steps from the generator in a thread of its own.

        every: hand over each step, and let the generator wait until it was taken; for work whose steps are results.
        """
        self.stop()
        run = self._run = _Run(steps, self._tell, every)
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._threads.append(threading.Thread(target=run.take_steps, name=name))
        self._threads[-1].start()

    def stop(self) -> None:
        """Let the work end at its next step, and hear nothing of it any more. Does not wait."""
        if self._run is not None:
            self._run.stop()
            self._run = None

    def finish(self) -> None:
        """Wait for the end of the work; its last step and its end are told afterwards."""
        if self._run is not None:
            self._run.wait_for_nobody()
            self._threads[-1].join()

    def close(self) -> None:
        """Stop, and wait until no thread is left."""
        self.stop()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _tell(self, run: "_Run") -> None:
        self._news.emit(run)

    def _hand_over(self, run: "_Run") -> None:
        news = run.take_news()
        if news.step is not _NOTHING and run is self._run:
            self.stepped.emit(news.step)
        # Only with the next turn of the event loop: else one step after the other is taken before anything is drawn.
        QTimer.singleShot(0, run.go_on)
        if not news.ended or run is not self._run:  # whoever heard the step may have stopped the work
            return
        self._run = None
        if news.error is None:
            self.finished.emit()
        else:
            self.failed.emit(news.error)


_NOTHING = object()


class _News:
    """What a run has to tell: its newest step, whether it ended, and how."""

    def __init__(self) -> None:
        self.step: Any = _NOTHING
        self.ended = False
        self.error: Exception | None = None


class _Run:
    """One generator's life. The thread calls `tell` once for all news that nobody took yet."""

    def __init__(self, steps: Iterator[Any], tell: Any, every: bool = False) -> None:
        self.stopped = threading.Event()
        self._steps = steps
        self._tell = tell
        self._every = every
        self._taken = threading.Event()
        self._lock = threading.Lock()
        self._news: _News | None = None

    def stop(self) -> None:
        """Do not wait for its end, and do not let it wait for anybody."""
        self.stopped.set()
        self._taken.set()

    def take_steps(self) -> None:
        """The thread: until the generator ends, fails or is stopped."""
        error = None
        try:
            for step in self._steps:
                if self.stopped.is_set():
                    break
                self._taken.clear()
                self._put(step=step)
                if self._every and not self.stopped.is_set():
                    self._taken.wait()
        except Exception as raised:  # the thread's edge: whatever it is, the window has to hear of it
            log.debug("work in the background failed", exc_info=True)
            error = raised
        finally:
            close = getattr(self._steps, "close", None)
            if close is not None:
                close()
        self._put(ended=True, error=error)

    def take_news(self) -> _News:
        """All that is new, at most one step."""
        with self._lock:
            news, self._news = self._news or _News(), None
        return news

    def go_on(self) -> None:
        """The step was taken: the generator may make the next one."""
        self._taken.set()

    def wait_for_nobody(self) -> None:
        """From now on steps are made whether they were taken or not."""
        self._every = False
        self._taken.set()

    def _put(self, **news: Any) -> None:
        with self._lock:
            waiting = self._news is not None
            self._news = self._news or _News()
            for name, value in news.items():
                setattr(self._news, name, value)
        if not waiting and not self.stopped.is_set():
            self._tell(self)
