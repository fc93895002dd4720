"""After an installation machine code is made in a process of its own, and afterwards only read."""

from types import SimpleNamespace

import pytest

from core.body.compiled import making
from desktop.jobs import ready
from desktop.jobs.body_file import load_steps


@pytest.fixture
def children(tmp_path, monkeypatch):
    """Modules that were run as children, each for two looks; what is made is remembered in a folder of the test."""
    called = []

    def run_child(module, arguments):
        called.append(module)
        yield
        yield
        return 0, ""

    monkeypatch.setattr(ready, "run_child", run_child)
    monkeypatch.setattr(making, "config", SimpleNamespace(CACHE_DIR=str(tmp_path)))
    return called


def test_a_child_makes_it_once_for_each_version(children, monkeypatch):
    for _ in range(2):
        list(ready.ready_steps())
    assert children == ["desktop.jobs.ready"]
    monkeypatch.setattr(making, "numba_version", "another")
    list(ready.ready_steps())
    assert len(children) == 2


def test_where_nothing_can_be_remembered_it_is_made_all_the_same(children, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr(making, "config", SimpleNamespace(CACHE_DIR=str(tmp_path / "file")))
    for _ in range(2):
        list(ready.ready_steps())
    assert len(children) == 2


def test_a_mark_that_is_no_text_is_none(tmp_path, children):
    (tmp_path / "fitloop_made").write_bytes(b"\xff\xfe\x00")
    assert not making.made_before()


def test_the_body_is_there_before_and_a_window_may_close_meanwhile(children):
    steps = load_steps(None)
    body = next(steps)
    assert children == []
    assert next(steps) is body
    assert children == ["desktop.jobs.ready"]
    steps.close()
    assert not making.made_before()
