"""The workbench: preview, commit, cancel, undo, redo; bodies opened beside it."""

from pathlib import Path

import numpy as np
import pytest

from core.errors import BodyFileError
from desktop.posing import PosedBody
from desktop.workbench import View, Workbench

TALL = PosedBody.at_rest().with_beta(0, 2.0)
BENT = TALL.with_joint("left_elbow", np.array([0.0, -1.0, 0.0]))


class StandIn:
    """In place of a body: only its name is looked at."""

    def __init__(self, name):
        self.name = name


def load_stand_in(path):
    if path is not None and path.suffix == ".txt":
        raise BodyFileError(f"{path}: holds text. Take an SMPL file.")
    yield StandIn(path.name if path else "open body")


@pytest.fixture
def workbench(qtbot):
    workbench = Workbench(load=load_stand_in)
    yield workbench
    workbench.close()


def test_a_preview_is_shown_and_is_no_entry_of_the_history(workbench):
    workbench.preview(TALL)
    assert workbench.posed is TALL
    assert workbench.previewing
    assert workbench.history.count() == 0


def test_a_commit_is_one_entry_however_many_previews_came_before(workbench):
    for value in (0.5, 1.0, 2.0):
        workbench.preview(PosedBody.at_rest().with_beta(0, value))
    workbench.commit("Change beta 0")
    assert workbench.history.count() == 1
    assert workbench.history.undoText() == "Change beta 0"
    assert not workbench.previewing


def test_undo_and_redo_walk_through_the_very_same_records(workbench):
    start = workbench.posed
    workbench.apply("Change beta 0", TALL)
    workbench.apply("Turn left elbow", BENT)
    shown = []
    for step in (workbench.undo, workbench.undo, workbench.redo, workbench.redo):
        step()
        shown.append(workbench.posed)
    assert shown == [TALL, start, TALL, BENT]


def test_cancel_shows_what_was_committed(workbench):
    workbench.apply("Change beta 0", TALL)
    workbench.preview(BENT)
    workbench.cancel()
    assert workbench.posed is TALL


def test_undo_in_the_middle_of_a_preview_takes_back_the_preview_only(workbench):
    workbench.apply("Change beta 0", TALL)
    workbench.preview(BENT)
    workbench.undo()
    assert workbench.posed is TALL
    assert workbench.history.canUndo()


def test_a_commit_of_nothing_new_is_no_entry(workbench, qtbot):
    start = workbench.posed
    workbench.apply("Change beta 0", start.with_beta(0, 0.0))
    assert workbench.history.count() == 0
    assert workbench.posed is start


def test_views_hear_of_every_change_once(workbench):
    heard = []
    workbench.posed_changed.connect(lambda: heard.append(workbench.posed))
    workbench.preview(TALL)
    workbench.commit("Change beta 0")
    workbench.undo()
    assert [float(posed.betas[0]) for posed in heard] == [2.0, 0.0]


def test_a_records_arrays_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        TALL.betas[0] = 1.0


def test_an_unknown_joint_is_refused_with_the_names_that_exist():
    with pytest.raises(ValueError, match="left_elbow"):
        TALL.with_joint("left_tail", np.zeros(3))


def test_looking_otherwise_is_told_and_is_no_entry_of_the_history(workbench, qtbot):
    with qtbot.waitSignal(workbench.view_changed, timeout=1000):
        workbench.look(wireframe=True)
    assert workbench.view == View(wireframe=True)
    with qtbot.assertNotEmitted(workbench.view_changed):
        workbench.look(wireframe=True)
    assert workbench.history.count() == 0


def test_opening_a_body_says_so_until_it_is_there(workbench, qtbot):
    with qtbot.waitSignal(workbench.body_changed, timeout=5000):
        workbench.open_body(Path("SMPL_NEUTRAL.pkl"))
        assert "SMPL_NEUTRAL.pkl" in workbench.job
    qtbot.waitUntil(lambda: workbench.job == "")
    assert workbench.body.name == "SMPL_NEUTRAL.pkl"


def test_a_file_that_is_no_body_is_refused_and_the_body_stays(workbench, qtbot):
    with qtbot.waitSignal(workbench.body_changed, timeout=5000):
        workbench.open_body()
    with qtbot.waitSignal(workbench.refused, timeout=5000) as refused:
        workbench.open_body(Path("letter.txt"))
    assert refused.args == ["letter.txt: holds text. Take an SMPL file."]
    assert workbench.body.name == "open body"
    assert workbench.job == ""
