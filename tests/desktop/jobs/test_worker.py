"""The worker: newest step only, a clean stop, nothing left behind."""

import threading
import time

import pytest
from PySide6.QtCore import QTimer

from desktop.jobs.worker import Worker
from tests.waiting import LONGEST_MS, LONGEST_S, of_the_window, wait_until


@pytest.fixture
def worker(qtbot):
    worker = Worker()
    yield worker
    worker.close()


def test_the_last_step_arrives_before_the_end_is_told(qtbot, worker):
    told = []
    worker.stepped.connect(told.append)
    worker.finished.connect(lambda: told.append("end"))
    with qtbot.waitSignal(worker.finished, timeout=LONGEST_MS):
        worker.start(iter(range(500)))
    assert told[-2:] == [499, "end"]
    assert not worker.running


def test_steps_that_nobody_looked_at_are_skipped_and_never_queue_up(qtbot, worker):
    told = []
    worker.stepped.connect(told.append)
    ready = threading.Event()

    def steps():
        yield from range(1000)
        ready.set()

    worker.start(steps())
    # The window is busy all the while: its event loop does not run.
    assert ready.wait(LONGEST_S), "the last step was not reached"
    with qtbot.waitSignal(worker.finished, timeout=LONGEST_MS):
        pass
    assert told == [999]


def test_steps_come_in_the_thread_that_made_the_worker(qtbot, worker):
    threads = []
    worker.stepped.connect(lambda step: threads.append(threading.current_thread()))
    with qtbot.waitSignal(worker.finished, timeout=LONGEST_MS):
        worker.start(iter([1]))
    assert threads == [threading.current_thread()]


def test_a_stopped_worker_closes_its_generator_and_says_nothing_more(qtbot, worker):
    told = []
    for signal in (worker.stepped, worker.finished, worker.failed):
        signal.connect(lambda *what: told.append(what))
    closed = threading.Event()
    begun = threading.Event()

    def steps():
        try:
            while True:
                begun.set()
                time.sleep(0.001)
                yield 0
        finally:
            closed.set()

    worker.start(steps())
    assert begun.wait(LONGEST_S), "the work did not begin"
    worker.close()
    assert closed.is_set()
    qtbot.wait(50)
    assert told == []


def test_a_new_start_replaces_what_is_running(qtbot, worker):
    told = []
    worker.stepped.connect(told.append)
    let_go = threading.Event()

    def slow():
        let_go.wait(LONGEST_S)
        yield "old"

    worker.start(slow())
    with qtbot.waitSignal(worker.finished, timeout=LONGEST_MS):
        worker.start(iter(["new"]))
    let_go.set()
    qtbot.wait(50)
    assert told == ["new"]


def test_an_error_is_handed_over_after_the_steps_before_it(qtbot, worker):
    told = []
    worker.stepped.connect(told.append)

    def steps():
        yield 1
        raise ValueError("no more")

    with qtbot.waitSignal(worker.failed, timeout=LONGEST_MS) as failed:
        worker.start(steps())
    assert told == [1]
    assert str(failed.args[0]) == "no more"
    assert not worker.running


def test_whoever_hears_a_step_may_stop_the_work(qtbot, worker):
    told = []

    def hear(step):
        told.append(step)
        worker.stop()

    worker.stepped.connect(hear)
    worker.finished.connect(lambda: told.append("end"))
    worker.start(iter([1]))
    wait_until(lambda: told, pause=of_the_window(qtbot))
    qtbot.wait(20)
    assert told == [1]


def test_between_two_results_the_window_has_a_turn(worker, qtbot):
    turns, seen = [0], []
    clock = QTimer()
    clock.setInterval(0)
    clock.timeout.connect(lambda: turns.__setitem__(0, turns[0] + 1))
    clock.start()
    worker.stepped.connect(lambda step: seen.append(turns[0]))
    with qtbot.waitSignal(worker.finished, timeout=LONGEST_MS):
        worker.start(iter(range(5)), every=True)
    clock.stop()
    assert len(seen) == 5
    assert len(set(seen)) == 5
