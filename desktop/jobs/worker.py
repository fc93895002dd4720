"""Runs a step generator in a thread, and hands over only its newest step."""

import logging
import threading
import time
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

READER_S = 0.5  # that the window waits at most for a reader when it closes

log = logging.getLogger(__name__)
_here = threading.local()  # the run of a worker's thread


def is_stopped() -> bool:
    """Whether the work of this thread was stopped. Steps that wait for long look, and give up their wait."""
    run: _Run | None = getattr(_here, "run", None)
    return run is not None and run.stopped.is_set()


class Worker(QObject):
    """Runs one generator at a time. Its signals arrive in the thread that made the worker.

    A new start replaces the running generator: that one ends at its next step, and its steps are ignored.
    """

    stepped = Signal(object)  # the newest step; older waiting steps are skipped, but never the last
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
        """Whether a generator runs, or its end has not been emitted yet."""
        return self._run is not None

    def start(self, steps: Iterator[Any], name: str = "worker", every: bool = False) -> None:
        """Run a generator in its own thread.

        every: hand over each step, and let the generator wait until the step is taken. For steps that are results.
        """
        self.stop()
        run = self._run = _Run(steps, self._tell, every)
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._threads.append(threading.Thread(target=run.take_steps, name=name, daemon=True))
        self._threads[-1].start()

    def stop(self) -> None:
        """Let the generator end at its next step, and ignore its steps. Does not wait."""
        if self._run is not None:
            self._run.stop()
            self._run = None

    def finish(self) -> None:
        """Wait for the end of the generator. Its last step and its end are emitted afterwards."""
        if self._run is not None:
            self._run.wait_for_nobody()
            self._threads[-1].join()

    def close(self, longest_s: float | None = None) -> None:
        """Stop, and wait until no thread is left. longest_s: of a reader, whose end nobody needs; it is left then."""
        self.stop()
        end = None if longest_s is None else time.monotonic() + longest_s
        for thread in self._threads:
            thread.join(None if end is None else max(0.0, end - time.monotonic()))
        self._threads.clear()

    def _tell(self, run: "_Run") -> None:
        self._news.emit(run)

    def _hand_over(self, run: "_Run") -> None:
        news = run.take_news()
        if news.step is not _NOTHING and run is self._run:
            self.stepped.emit(news.step)
        # In the next turn of the event loop: otherwise steps follow each other before anything is drawn.
        QTimer.singleShot(0, run.go_on)
        if not news.ended or run is not self._run:  # a receiver of the step may have stopped the run
            return
        self._run = None
        if news.error is None:
            self.finished.emit()
        else:
            self.failed.emit(news.error)


_NOTHING = object()


class _News:
    """News of a run: its newest step, its end and its error."""

    def __init__(self) -> None:
        self.step: Any = _NOTHING
        self.ended = False
        self.error: Exception | None = None


class _Run:
    """A generator in its thread. The thread calls `tell` once for all news not taken yet."""

    def __init__(self, steps: Iterator[Any], tell: Any, every: bool = False) -> None:
        self.stopped = threading.Event()
        self._steps = steps
        self._tell = tell
        self._every = every
        self._taken = threading.Event()
        self._lock = threading.Lock()
        self._news: _News | None = None

    def stop(self) -> None:
        """End the generator at its next step, without waiting on either side."""
        self.stopped.set()
        self._taken.set()

    def take_steps(self) -> None:
        """The thread's function: take steps until the generator ends, fails or is stopped."""
        error, _here.run = None, self
        try:
            for step in self._steps:
                if self.stopped.is_set():
                    break
                self._taken.clear()
                self._put(step=step)
                if self._every and not self.stopped.is_set():
                    self._taken.wait()
        except Exception as raised:  # the thread's boundary: the window must learn of any error
            log.debug("work in the background failed", exc_info=True)
            error = raised
        finally:
            close = getattr(self._steps, "close", None)
            if close is not None:
                close()
        self._put(ended=True, error=error)

    def take_news(self) -> _News:
        """Take the news, with at most one step."""
        with self._lock:
            news, self._news = self._news or _News(), None
        return news

    def go_on(self) -> None:
        """Let the generator make the next step, after a step was taken."""
        self._taken.set()

    def wait_for_nobody(self) -> None:
        """Let the generator run to its end without waiting for steps to be taken."""
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


Request = TypeVar("Request")


class Mailbox(Generic[Request]):
    """Holds only the newest request of a drag, for the thread that works on it."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._request: Request | None = None
        self._closed = False

    def put(self, request: Request) -> None:
        """Put a request in place of a waiting one."""
        with self._condition:
            self._request = request
            self._condition.notify()

    def close(self) -> None:
        """End all waits: no more requests come."""
        with self._condition:
            self._closed = True
            self._condition.notify()

    def take(self) -> Request | None:
        """Wait for the newest request. None if the mailbox is closed."""
        with self._condition:
            self._condition.wait_for(lambda: self._closed or self._request is not None)
            request, self._request = self._request, None
            return None if self._closed else request
