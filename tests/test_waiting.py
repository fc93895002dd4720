"""A wait that ends a test says what it waited for."""

import subprocess
import sys

import pytest

from tests import waiting
from tests.waiting import output_of, wait_until


def test_a_wait_ends_when_what_it_waits_for_is_there():
    looks = iter([False, False, True])
    wait_until(lambda: next(looks), pause=lambda seconds: None)


def test_a_wait_in_vain_says_what_it_waited_for(monkeypatch):
    monkeypatch.setattr(waiting, "LONGEST_S", 0.0)
    with pytest.raises(AssertionError, match="Waited 0 s for: the fit's end"):
        wait_until(lambda: False, "the fit's end")
    busy = True
    with pytest.raises(AssertionError, match="lambda: not busy"):
        wait_until(lambda: not busy)


@pytest.mark.slow
def test_a_process_that_ends_early_ends_the_wait_for_it_with_its_last_words():
    command = [sys.executable, "-c", "raise SystemExit('no more paper')"]
    with (
        subprocess.Popen(command, stderr=subprocess.PIPE) as process,
        pytest.raises(AssertionError, match=r"before: its file\. Exit status 1\. no more paper"),
    ):
        wait_until(lambda: False, "its file", process)


@pytest.mark.slow
def test_a_process_that_does_not_end_is_ended_and_named(monkeypatch):
    monkeypatch.setattr(waiting, "LONGEST_S", 0.1)
    with (
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process,
        pytest.raises(AssertionError, match=r"the end of: .*sleep\(600\)"),
    ):
        output_of(process)
    assert process.returncode != 0


@pytest.mark.slow
def test_a_process_that_is_waited_for_in_vain_is_ended(monkeypatch):
    monkeypatch.setattr(waiting, "LONGEST_S", 0.0)
    with (
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process,
        pytest.raises(AssertionError, match="its file"),
    ):
        wait_until(lambda: False, "its file", process)
    assert process.returncode != 0
