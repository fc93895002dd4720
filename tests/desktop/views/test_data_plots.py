"""Plots of the whole data set: what they count, and whose bar was chosen."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from core.fitting.terms import all_terms
from desktop.jobs.fitting import fit_steps
from desktop.jobs.measuring import measure_steps
from desktop.state import person_edits
from desktop.state.measures import (
    PCK_PX,
    VERDICTS,
    Measures,
    beta_bars,
    farther_than,
    pck,
    score_bars,
    verdict_bars,
)
from desktop.state.view import FitOptions
from desktop.views.verdict_marks import colour_of
from tests.core.fitting.terms.toy_term import FEW_AND_TOY


@pytest.fixture
def desk(shared_desk):
    return shared_desk


def people(ids, score=1.0, beta=0.5, verdict="todo", near=17, seen=17):
    """As many as there are ids, all alike; `near` of their keypoints lie on the body."""
    n = len(ids)
    return Measures(
        np.array(ids),
        np.full(n, score, np.float32),
        np.full(n, VERDICTS.index(verdict), np.uint8),
        np.full(n, beta, np.float32),
        np.full((n, len(PCK_PX)), near, np.uint8),
        np.full(n, seen, np.uint8),
    )


def test_each_bar_knows_its_people_and_who_is_not_fitted_is_in_none():
    measures = people([1, 2], score=0.7).with_(people([3], score=99.0)).with_(people([4], score=np.nan))
    bars = score_bars(measures)
    assert bars.height[1] == 2
    assert bars.height[-1] == 1
    assert bars.height.sum() == 3
    assert measures.ids[bars.member == 1].tolist() == [1, 2]
    assert measures.ids[bars.member == -1].tolist() == [4]


def test_newer_numbers_take_the_place_of_older_ones():
    measures = people([1, 2, 3], beta=0.6).with_(people([2], beta=3.1))
    assert sorted(measures.ids.tolist()) == [1, 2, 3]
    bars = beta_bars(measures)
    assert measures.ids[bars.member == 12].tolist() == [2]
    assert measures.without(np.array([2, 3])).ids.tolist() == [1]


def test_the_share_of_near_keypoints_is_over_keypoints_and_names_who_has_far_ones():
    measures = people([1], near=17).with_(people([2], near=7, seen=17))
    assert pck(measures)[0] == pytest.approx(24 / 34)
    assert farther_than(measures, 0).tolist() == [2]
    assert np.isnan(pck(Measures.empty())).all()


def test_verdicts_are_counted():
    measures = people([1, 2]).with_(people([3], verdict="accepted"))
    assert dict(zip(VERDICTS, verdict_bars(measures).height.tolist(), strict=True))["accepted"] == 1


@pytest.fixture
def measured(open_desk):
    """Everybody is fitted and the plots are on show."""
    desk = open_desk
    desk.do("fit.queue")
    desk.wait(lambda: not desk.workbench.busy)
    desk.window.docks["data"].raise_()
    settle(desk)
    return desk


def settle(desk):
    desk.qtbot.wait(50)
    desk.wait(lambda: not desk.window.data_plots.measuring.running)


def test_distances_are_those_of_the_body_in_the_fit_panel(measured):
    desk, measures = measured, measured.window.data_plots.measuring.measures
    person, posed = desk.workbench.person, desk.workbench.shown.posed
    away = posed.residual_px * 200 / (person.bbox.side / 1.2)
    row = int(np.flatnonzero(measures.ids == person.id)[0])
    assert measures.within[row].tolist() == [(away <= px).sum() for px in PCK_PX]
    assert measures.score[row] == pytest.approx(person.fit.score)


def test_a_chosen_bar_becomes_the_queue(measured):
    desk, plots = measured, measured.window.data_plots
    spoilt = desk.workbench.person.with_(fit=person_edits.with_beta(desk.workbench.person.fit, 0, 3.3))
    desk.workbench.apply("Spoil", spoilt)
    settle(desk)
    bar = int(np.flatnonzero(plots.betas.bars.height)[-1])
    plots.betas.choose(bar)
    assert desk.workbench.queue.ids().tolist() == [spoilt.id]
    desk.wait(lambda: not desk.window.people.waiting)
    assert "3.25 to 3.5" in desk.window.people.filters.chosen.text()
    desk.window.people.filters.chosen.click()
    assert len(desk.workbench.queue.ids()) == 4


def test_bars_and_curve_are_chosen_with_the_keyboard_too(measured, qtbot):
    desk, plots = measured, measured.window.data_plots
    todo = VERDICTS.index("todo")
    for _ in range(todo + 1):
        qtbot.keyClick(plots.verdicts, Qt.Key.Key_Right)
    qtbot.keyClick(plots.verdicts, Qt.Key.Key_Return)
    assert len(desk.workbench.queue.ids()) == 4
    qtbot.keyClick(plots.pck, Qt.Key.Key_Right)
    qtbot.keyClick(plots.pck, Qt.Key.Key_Return)
    assert "beyond 0.5 px" in desk.workbench.queue.wanted.chosen.words


def test_a_click_on_the_plot_chooses_the_bar_under_it(measured, qtbot):
    desk, plot = measured, measured.window.data_plots.verdicts
    view = plot.getPlotItem().vb
    at = plot.mapFromScene(view.mapViewToScene(view.viewRect().center()))
    at.setX(plot.mapFromScene(view.mapViewToScene(view.viewRect().topLeft())).x() + 12)
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert desk.workbench.queue.wanted.chosen is not None
    assert "to do" in desk.workbench.queue.wanted.chosen.words


def test_only_who_changed_is_measured_again_and_who_is_gone_is_left_out(open_desk):
    desk = open_desk
    project, body = desk.workbench.project, desk.workbench.fits.body
    *_, first = measure_steps(project, body, Measures.empty(), 0.0)
    assert len(first.measures.ids) == 4
    desk.do("person.accept")
    changed = desk.workbench.person_id
    *_, second = measure_steps(project, body, first.measures, first.until)
    assert second.total == 1
    row = second.measures.ids == changed
    assert second.measures.verdict[row].tolist() == [VERDICTS.index("accepted")]
    desk.do("person.next")
    desk.do("person.delete")
    *_, third = measure_steps(project, body, second.measures, second.until)
    assert len(third.measures.ids) == 3


def test_a_plot_that_nobody_sees_measures_nothing_until_it_is_seen(open_desk):
    desk, measuring = open_desk, open_desk.window.data_plots.measuring
    desk.do("person.accept")
    assert not measuring.running
    assert len(measuring.measures.ids) == 0
    desk.window.docks["data"].raise_()
    settle(desk)
    assert len(measuring.measures.ids) == 4


def test_bars_of_verdicts_have_the_colours_of_the_marks_in_list_and_filmstrip(measured):
    desk, plot = measured, measured.window.data_plots.verdicts
    colours = desk.workbench.view.colours
    drawn = [QColor(brush).name() for brush in plot._items.opts["brushes"]]
    assert drawn == [colour_of(name, colours).name() for name in VERDICTS]
    assert len(set(drawn)) == len(VERDICTS)


def test_people_are_counted_in_whole_numbers(measured):
    for plot in (measured.window.data_plots.scores, measured.window.data_plots.verdicts):
        axis = plot.getPlotItem().getAxis("left")
        spacings = [spacing for spacing, _ in axis.tickSpacing(0, 2, 150)]
        assert all(spacing >= 1 for spacing in spacings)


@pytest.mark.parametrize("size", [(900, 700), (1600, 1400)])
def test_the_legend_is_whole_and_each_line_of_it_stands_beside_its_word(open_desk, size):
    desk, losses = open_desk, open_desk.window.plots.losses
    desk.window.resize(*size)
    desk.fit()
    desk.window.docks["plots"].raise_()
    desk.window.resizeDocks([desk.window.docks["plots"]], [size[1] // 3], Qt.Orientation.Vertical)
    desk.qtbot.wait(200)
    for line, word in losses.getPlotItem().legend.items:
        middle = line.mapToScene(line.boundingRect().center()).y()
        rect = word.item.mapRectToScene(word.item.boundingRect())
        assert rect.top() < middle < rect.bottom()
        assert rect.right() <= losses.width()


def test_no_two_terms_have_lines_of_the_same_colour_and_style(open_desk):
    desk, losses = open_desk, open_desk.window.plots.losses
    desk.fit()
    desk.do("body.left_foot")
    desk.fit()
    assert len(desk.workbench.fits.report.losses) == len(all_terms.TERMS)
    pens = [item.opts["pen"] for item in losses.getPlotItem().listDataItems()]
    looks = {(pen.color().name(), pen.style()) for pen in pens}
    assert len(looks) == len(pens) > 3


@pytest.mark.slow
def test_a_term_that_is_new_to_the_fit_has_a_line_by_its_plain_name(open_desk, monkeypatch):
    desk, fits = open_desk, open_desk.workbench.fits
    monkeypatch.setattr(all_terms, "TERMS", FEW_AND_TOY)
    list(
        fit_steps(fits.body, desk.workbench.photo, desk.workbench.person, None, FitOptions())
    )  # compiled here
    desk.fit()
    lines = desk.window.plots.losses.getPlotItem().listDataItems()
    assert {line.name() for line in lines} == {"keypoints", "pose prior", "shape prior", "first beta"}


def test_a_chosen_bar_stands_out_until_the_queue_shows_others(open_desk):
    desk = open_desk
    desk.fit()
    plots = desk.window.data_plots
    desk.window.show_panel("data")
    desk.wait(lambda: plots.verdicts.bars.height.any())
    plots.verdicts.choose(0)
    assert plots.verdicts.chosen_place == 0
    desk.do("person.everybody")
    assert plots.verdicts.chosen_place == -1
    assert desk.workbench.queue.wanted.chosen is None
