"""The window opens each hostile project and each hostile run folder, is used for a moment, and goes on."""

import shutil
import sys
import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.errors import FitloopError, ProjectError
from desktop import qt_override
from tests.core.store.hostile_projects import KINDS, make_intact
from tests.desktop.jobs.training.test_hostile_runs import KINDS as RUNS
from tests.desktop.jobs.training.test_hostile_runs import make
from tests.desktop.making import write_photo

pytestmark = pytest.mark.slow

CLOSED_S = 20.0  # generous: a busy machine closes late


@pytest.fixture
def desk(shared_desk):
    return shared_desk


@pytest.fixture(scope="module")
def intact(tmp_path_factory) -> Path:
    return make_intact(tmp_path_factory.mktemp("intact") / "a.fitloop")


@pytest.fixture
def unexpected(monkeypatch):
    """Exceptions that no code of ours expected."""
    found: list[BaseException] = []

    def take(kind, error, trace):
        if not isinstance(error, FitloopError):  # those are shown as they are
            found.append(error)

    monkeypatch.setattr(sys, "excepthook", take)
    monkeypatch.setattr(qt_override, "_told", {})
    return found


def use(desk):
    """What a user does in a moment: look at all people, type a note, undo, look at the other panels."""
    window, workbench = desk.window, desk.workbench
    try:
        ids = workbench.queue.ids().tolist()
    except ProjectError:  # found damaged and closed meanwhile; `unexpected` names any other error
        return
    for person_id in [*ids[:4], *ids[-2:]]:
        workbench.select(person_id)
        window.canvas.grab()
    for command in ("person.accept", "edit.undo", "edit.redo", "person.next", "view.whole"):
        action = window.actions_by_id.get(command)
        if action is not None and action.isEnabled():
            action.trigger()
    for panel in (window.people, window.fit_panel, window.data_plots, window.plots, window.alternatives):
        panel.grab()
    QTest.keyClick(window.canvas, Qt.Key.Key_Right)
    window.grab()
    desk.wait(lambda: not workbench.busy and not window.waiting)


def follow(desk, folder):
    """What a user does with a run: look at it for a while, and at its first curves."""
    training, panel = desk.window.training, desk.window.train_panel
    training.follow(folder)
    for _ in range(4):
        training.poll()
        for place in range(min(panel.shown_metric.count(), 5)):
            panel.shown_metric.setCurrentIndex(place)
        panel.grab()


@pytest.mark.parametrize("kind", KINDS)
def test_a_hostile_project_is_told_or_shown_and_the_window_goes_on(desk, intact, tmp_path, kind, unexpected):
    path = Path(shutil.copyfile(intact, tmp_path / "a.fitloop"))
    write_photo(tmp_path / "0.jpg", 1)
    KINDS[kind](path)
    desk.open(path)
    if desk.workbench.project is None:
        assert desk.said, "nothing was told"
        assert all(len(words) < 3000 for words in desk.said)
    else:
        use(desk)
    start = time.monotonic()
    desk.workbench.set_project(None)
    assert time.monotonic() - start < CLOSED_S
    assert not unexpected, unexpected


@pytest.mark.parametrize("kind", RUNS)
def test_a_hostile_run_folder_is_followed_and_the_window_goes_on(desk, tmp_path, kind, unexpected):
    follow(desk, make(kind, tmp_path / "run"))
    desk.window.training.close()
    assert desk.window.train_panel.said.text()
    assert not unexpected, unexpected


def test_there_are_enough_runs():
    assert len(RUNS) >= 30
