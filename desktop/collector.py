"""Python's garbage collection beside Qt: in the interface's thread alone, and without what lives until the end."""

import gc
import time

from PySide6.QtCore import QCoreApplication, QObject, QTimerEvent

from desktop.qt_override import qt_override

OFTEN = gc.get_threshold()
LOOK_MS = 1000
FULL_EVERY_S = 60.0  # between two full collections, where there was work …
NEVER = 2**31 - 1  # … and never by the number of collections, which come often during a job


class Collector(QObject):
    """Collects as Python would, but from a timer of the interface's thread.

    Python collects in the thread that happens to allocate. In a worker's thread this may destroy an object of Qt, which
    holds Qt's lock on signals and waits for Python's, while the interface's thread waits for them the other way round:
    the window then stands still for ever.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._full_at = time.monotonic()
        self.startTimer(LOOK_MS)

    @qt_override()
    def timerEvent(self, event: QTimerEvent) -> None:
        if not gc.isenabled():
            self.collect(time.monotonic())

    def collect(self, now: float) -> None:
        """Collect what is due. now: of a monotonic clock [s]."""
        young = collect_due()
        if (
            now - self._full_at >= FULL_EVERY_S and not young
        ):  # at rest: work makes young objects all the time
            self._full_at = now
            gc.collect()


def collect_in_this_thread() -> None:
    """Switch Python's own collection off, and collect from the interface's thread instead."""
    application = QCoreApplication.instance()
    if application is not None:
        gc.disable()
        if application.findChild(Collector) is None:
            Collector(application)


def collect_due() -> bool:
    """Collect the generations whose thresholds are passed. Returns whether there was one."""
    due = [count > most for count, most in zip(gc.get_count(), gc.get_threshold(), strict=True)]
    if due[0]:
        gc.collect(2 if all(due) else 1 if due[1] else 0)
    return due[0]


def spare_the_collector() -> None:
    """Exclude the objects of torch and of the body from garbage collection, once both are loaded.

    They live until the end. A full collection visited these 300 000 objects in 0.2 s, and no thread ran meanwhile. It
    came after every few thousand records of a job. Young cycles are collected as before, all others by the clock.
    """
    if not gc.get_freeze_count():
        gc.freeze()
        young, middle, _ = gc.get_threshold()
        gc.set_threshold(young, middle, NEVER)


def collect_again() -> None:
    """Undo `spare_the_collector` and `Collector` once the window is closed: the frozen window would never be freed."""
    gc.unfreeze()
    gc.set_threshold(*OFTEN)
    gc.enable()
