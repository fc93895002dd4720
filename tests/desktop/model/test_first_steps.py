"""The first five minutes: each step is ticked when it was really done, and whoever has seen enough is left alone."""

import pytest
from PySide6.QtCore import QPointF

from desktop.model import first_steps
from desktop.model.first_steps import STEPS
from desktop.views.window.central import StepsLine

pytestmark = pytest.mark.slow


@pytest.fixture
def guided(open_desk, monkeypatch):
    """The small project passes for the sample."""
    project = open_desk.workbench.project.path
    open_desk.do("file.close")
    monkeypatch.setattr(first_steps, "sample_folder", lambda: project.parent)
    open_desk.open(project)
    return open_desk, line(open_desk).steps


def line(desk):
    return desk.window.findChild(StepsLine)


def test_a_curators_first_minutes_tick_every_step_in_turn(guided):
    desk, steps = guided
    assert line(desk).isVisible()
    assert steps.done == set()
    assert "drag the wrist" in line(desk).hint.text()
    start = desk.place_of("left_wrist")
    desk.drag(start, start + QPointF(10, -10))
    assert steps.done == {"drag"}
    desk.fit()
    assert steps.done == {"drag"}
    assert "T finds alternatives" in line(desk).hint.text()
    desk.do("fit.alternatives")
    desk.wait(lambda: not desk.workbench.alternatives.searching)
    assert "alternatives" in steps.done
    desk.do("person.next")
    assert "next" not in steps.done  # only after somebody was accepted
    desk.do("person.last")
    desk.do("person.accept")
    assert "accept" in steps.done
    desk.do("person.next_worst")
    assert steps.current == "save"
    desk.do("file.save_fits")
    desk.wait(lambda: not desk.workbench.busy)
    assert steps.done == set(STEPS)
    assert "All steps are done" in line(desk).hint.text()


def test_what_is_done_out_of_order_counts(guided):
    desk, steps = guided
    desk.fit()
    desk.do("person.accept")
    assert steps.done == {"accept"}
    assert steps.current == "drag"


def test_another_keypoint_or_a_cancelled_drag_is_no_wrist_dragged(guided):
    desk, steps = guided
    start = desk.place_of("left_ankle")
    desk.drag(start, start + QPointF(6, 0))
    wrist = desk.place_of("left_wrist")
    desk.press(wrist)
    desk.move(wrist + QPointF(20, 0))
    desk.do("edit.cancel")
    desk.release(wrist)
    assert "drag" not in steps.done


def test_sent_away_they_never_come_back(guided):
    desk, _ = guided
    line(desk).enough.click()
    assert not line(desk).isVisible()
    project = desk.workbench.project.path
    desk.do("file.close")
    desk.open(project)
    assert not line(desk).isVisible()
    assert desk.settings.first_steps_over


def test_nobody_is_guided_over_their_own_photos(open_desk):
    assert not line(open_desk).isVisible()


def test_over_their_own_photos_the_steps_do_not_count_every_move_of_the_mouse(open_desk):
    steps, told = line(open_desk).steps, []
    steps.changed.connect(lambda: told.append("changed"))
    start = open_desk.place_of("left_wrist")
    open_desk.drag(start, start + QPointF(10, -10))
    assert told == []


def test_the_hints_name_the_keys_that_the_user_chose(guided):
    desk, steps = guided
    steps.done = {"drag"}
    desk.window.actions_by_id["fit.alternatives"].setShortcut("Ctrl+F9")
    steps.changed.emit()
    assert "Ctrl+F9 finds alternatives" in line(desk).hint.text()
