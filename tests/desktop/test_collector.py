"""Garbage is collected in the thread of the interface: a QObject destroyed elsewhere can stop the window for ever."""

import gc
import threading
import time
import weakref

from PySide6.QtCore import QCoreApplication, QObject

from desktop import collector
from desktop.collector import FULL_EVERY_S, Collector, collect_again, collect_in_this_thread


class Knot(QObject):
    """An object of Qt in a circle of references."""

    def __init__(self, seen):
        super().__init__()
        self.own = self
        weakref.finalize(self, lambda: seen.append(threading.current_thread()))


def make_much():
    """Allocate so much that Python would collect."""
    for _ in range(50):
        circles = [[] for _ in range(2000)]
        for circle in circles:
            circle.append(circle)


def test_no_worker_ever_destroys_an_object_of_qt(qtbot):
    seen = []
    collect_in_this_thread()
    try:
        for _ in range(50):
            Knot(seen)
        worker = threading.Thread(target=make_much)
        worker.start()
        worker.join()
        assert seen == []
        qtbot.waitUntil(lambda: bool(seen), timeout=30_000)
        assert set(seen) == {threading.main_thread()}
    finally:
        collect_again()


def test_there_is_one_collector_however_many_windows_there_are(qtbot):
    for _ in range(3):
        collect_in_this_thread()
    assert len(QCoreApplication.instance().findChildren(Collector)) == 1
    assert not gc.isenabled()
    collect_again()
    assert gc.isenabled()


def test_everything_is_collected_by_the_clock_and_only_at_rest(qtbot, monkeypatch):
    found, busy = [], True
    one = Collector(QCoreApplication.instance())
    monkeypatch.setattr(collector, "collect_due", lambda: busy)
    monkeypatch.setattr(collector.gc, "collect", lambda: found.append(True))
    start = time.monotonic()
    one.collect(start + 2 * FULL_EVERY_S)
    assert found == []
    busy = False
    for later_s in (0.5, 2, 2.5, 3.5):
        one.collect(start + later_s * FULL_EVERY_S)
    assert len(found) == 2
    one.deleteLater()
