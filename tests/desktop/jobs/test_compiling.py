"""After an installation machine code is made in a process of its own, and afterwards only read."""

import subprocess
from types import SimpleNamespace

import pytest

from core.compute import machine_code
from desktop.jobs import compiling
from desktop.jobs.child import run_child
from desktop.jobs.files.open_body import load_steps


@pytest.fixture
def children(tmp_path, monkeypatch):
    """Modules that were run as children, each for two looks; what is made is remembered in a folder of the test."""
    called = []

    def one(module, arguments):
        called.append(module)
        yield
        yield
        return 1, "no room on the disk"

    monkeypatch.setattr(compiling, "run_child", one)
    monkeypatch.setattr(machine_code, "config", SimpleNamespace(CACHE_DIR=str(tmp_path)))
    return called


def test_a_child_makes_it_once_for_each_version(children, monkeypatch):
    for _ in range(2):
        list(compiling.ready_steps())
    assert children == ["desktop.jobs.compiling"]
    monkeypatch.setattr(machine_code, "numba_version", "another")
    list(compiling.ready_steps())
    assert len(children) == 2


def test_a_child_that_fails_is_told_in_the_log_and_all_is_made_here(children, caplog):
    list(compiling.ready_steps())
    assert "no room on the disk" in caplog.text
    assert machine_code.made_before()


def test_where_nothing_can_be_remembered_it_is_made_all_the_same(children, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr(machine_code, "config", SimpleNamespace(CACHE_DIR=str(tmp_path / "file")))
    for _ in range(2):
        list(compiling.ready_steps())
    assert len(children) == 2


def test_a_mark_that_is_no_text_is_none(tmp_path, children):
    (tmp_path / "fitloop_made").write_bytes(b"\xff\xfe\x00")
    assert not machine_code.made_before()


def test_the_body_is_there_before_and_a_window_may_close_meanwhile(children):
    steps = load_steps(None)
    body = next(steps)
    assert children == []
    assert next(steps) is body
    assert children == ["desktop.jobs.compiling"]
    steps.close()
    assert not machine_code.made_before()


@pytest.mark.slow
def test_a_child_ends_with_the_work_that_waits_for_it(monkeypatch):
    started, start = [], subprocess.Popen

    def watched(*arguments, **options):
        started.append(start(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", watched)
    steps = run_child("timeit", ["-n", "1", "-r", "1", "import time; time.sleep(600)"])
    next(steps)
    assert started[0].poll() is None
    steps.close()
    assert started[0].poll() is not None
