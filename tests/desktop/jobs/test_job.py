"""A job: how its work ended is there while the end is taken."""

import pytest

from core.errors import FitloopError
from desktop.jobs.job import Job
from tests.waiting import of_the_window, wait_until


@pytest.fixture
def job(qtbot):
    job = Job()
    yield job
    job.close()


def good():
    yield from range(3)


def bad():
    yield 0
    raise FitloopError("no.")


def endless():
    while True:
        yield 0


@pytest.mark.parametrize(
    ("steps", "stops", "ending"),
    [(good, False, (False, False)), (bad, False, (True, False)), (endless, True, (False, True))],
)
def test_work_that_was_stopped_is_told_apart_from_work_that_failed_or_succeeded(
    qtbot, job, steps, stops, ending
):
    seen = []
    job.start("work", steps(), end=lambda: seen.append((job.failed, job.stopped)))
    if stops:
        job.cancel()
    wait_until(lambda: seen, pause=of_the_window(qtbot))
    assert seen == [ending]
    assert (job.failed, job.stopped) == (False, False)
