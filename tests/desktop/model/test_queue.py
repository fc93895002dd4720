"""The queue as its user sees it: orders, filters, progress and pace."""

import numpy as np
import pytest

from core.body.warnings import WARNINGS
from core.store.project.review_queue import ORDERS
from desktop.state import person_edits
from desktop.state.pace import PAUSE_S, Pace
from desktop.state.view import Chosen
from desktop.text import warning_texts


@pytest.fixture
def desk(shared_desk):
    return shared_desk


def look(desk):
    desk.wait(lambda: not desk.window.people.waiting)


def shown(desk):
    """Ids as the list has them, after it looked."""
    look(desk)
    return desk.window.people.model.ids.tolist()


def choose(box, key):
    """As a user takes an entry of a box."""
    box.setCurrentIndex(box.findData(key))
    box.activated.emit(box.currentIndex())


@pytest.fixture
def fitted(open_desk):
    """Everybody is fitted; the second in the list has an impossible shape and a knee bent backwards."""
    desk = open_desk
    desk.do("fit.queue")
    desk.wait(lambda: not desk.workbench.busy)
    desk.workbench.select(int(desk.workbench.queue.ids()[1]))
    spoilt = person_edits.with_beta(desk.workbench.person.fit, 2, 4.2)
    spoilt = person_edits.with_joint(spoilt, "left_knee", np.array([-0.6, 0, 0]))
    desk.workbench.fits.change_by_hand("Spoil", spoilt)
    return desk


def test_a_warned_person_is_found_by_filter_and_order_and_named_in_panel_and_list(fitted):
    desk, filters = fitted, fitted.window.people.filters
    spoilt = desk.workbench.person_id
    everybody = shown(desk)
    assert desk.window.fit_panel.warnings.isVisibleTo(desk.window.fit_panel)
    assert "bent backwards" in desk.window.fit_panel.warnings.text()
    assert "Flip the limb's depth" in desk.window.fit_panel.warnings.toolTip()
    choose(filters.warning, "bent_backwards")
    assert shown(desk) == [spoilt]
    choose(filters.warning, None)
    choose(filters.order, "warnings")
    assert shown(desk)[0] == spoilt
    assert sorted(shown(desk)) == sorted(everybody)
    index = desk.window.people.model.index(0)
    assert "unlikely shape" in desk.window.people.model.data(index, 3)  # the tool tip
    desk.do("edit.undo")
    assert "bent backwards" not in desk.window.fit_panel.warnings.text()
    choose(filters.warning, "bent_backwards")
    assert spoilt not in shown(desk)


def test_every_order_and_every_warning_has_words(desk):
    filters = desk.window.people.filters
    assert {filters.order.itemData(place) for place in range(filters.order.count())} == set(ORDERS)
    for name in WARNINGS:
        assert 0 < len(warning_texts.short(name)) < 20
        assert len(warning_texts.long(name)) > 20
        assert "{" not in warning_texts.long(name)


def test_tags_are_offered_once_somebody_has_them_and_filter_the_queue(open_desk):
    desk, people = open_desk, open_desk.window.people
    tagged = desk.workbench.person_id
    assert people.filters.tag.count() == 1
    people.tags.setText("blurred, child")
    people.tags.editingFinished.emit()
    look(desk)
    assert [people.filters.tag.itemText(place) for place in (1, 2)] == ["#blurred (1)", "#child (1)"]
    choose(people.filters.tag, "child")
    assert shown(desk) == [tagged]
    choose(people.filters.tag, None)
    assert len(shown(desk)) == 4


def test_people_chosen_elsewhere_are_the_queue_until_that_is_taken_back(open_desk):
    desk, filters = open_desk, open_desk.window.people.filters
    ids = shown(desk)
    desk.workbench.queue.want(chosen=Chosen("Score 2 to 3", np.array(ids[1:3])))
    assert shown(desk) == ids[1:3]
    assert "Score 2 to 3" in filters.chosen.text()
    desk.workbench.select(ids[1])
    desk.do("person.next_worst")
    assert desk.workbench.person_id == ids[2]
    desk.do("person.reject")
    desk.workbench.select(ids[1])
    desk.do("person.reject")
    desk.do("person.next_worst")
    assert "All other people" in desk.told[-1]
    filters.chosen.click()
    assert len(shown(desk)) == 4
    assert not filters.chosen.isVisible()


def test_progress_counts_who_is_decided_and_undo_takes_it_back(open_desk):
    desk, people = open_desk, open_desk.window.people
    desk.do("person.accept")
    look(desk)
    counts = people.progress.verdicts.counts
    assert (counts["accepted"], counts["todo"]) == (1, 3)
    assert "1 of 4 decided" in people.progress.count.text()
    desk.do("edit.undo")
    look(desk)
    assert people.progress.verdicts.counts["accepted"] == 0


def test_the_pace_is_that_of_the_work_without_its_pauses():
    pace = Pace()
    pace.note(10, 0.0)
    assert pace.people_an_hour() is None
    for number in range(1, 7):
        pace.note(10 + number, 20.0 * number)
    assert pace.people_an_hour() == pytest.approx(180)
    assert pace.hours_left(90) == pytest.approx(0.5)
    pace.note(17, 120.0 + 3600)  # after lunch
    assert pace.people_an_hour() == pytest.approx(3600 * 7 / (120 + PAUSE_S))


def test_verdicts_on_many_at_once_say_nothing_of_the_pace():
    pace = Pace()
    for number in range(5):
        pace.note(number, 20.0 * number)
    before = pace.people_an_hour()
    pace.note(5004, 90.0)
    assert pace.people_an_hour() == before == pytest.approx(180)
    pace.note(5005, 110.0)
    assert pace.people_an_hour() == pytest.approx(180)
    pace.note(4, 120.0)  # both undone
    assert pace.people_an_hour() == before


def test_before_a_few_verdicts_the_panel_says_what_the_time_left_waits_for(open_desk):
    desk, progress = open_desk, open_desk.window.people.progress
    look(desk)
    assert "after 3 more verdicts" in progress.rate.text()
    desk.do("person.reject")
    look(desk)
    assert "after 2 more verdicts" in progress.rate.text()


def test_a_verdict_that_is_undone_is_forgotten_by_the_pace():
    pace = Pace()
    for number in range(6):
        pace.note(number, 10.0 * number)
    before = pace.people_an_hour()
    pace.note(6, 50.1)
    pace.note(5, 50.2)
    assert pace.people_an_hour() == before


def test_from_who_was_accepted_the_keys_go_on_among_those_to_do(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    workbench.queue.want(order="photo", verdict="todo")
    first, second, third, *_ = workbench.queue.ids().tolist()
    for key, expected in (("person.next", third), ("person.last", first)):
        workbench.select(second)
        desk.do("person.reject")
        assert second not in workbench.queue.ids()
        workbench.select(second)
        desk.do(key)
        assert workbench.person_id == expected
        workbench.undo()
