"""Garbage is collected in the thread of the interface: a QObject destroyed elsewhere can stop the window for ever."""

import gc
import threading
import weakref

from PySide6.QtCore import QCoreApplication, QObject

from desktop.collector import Collector, collect_again, collect_in_this_thread


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
