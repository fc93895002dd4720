"""Guesses of several networks stand side by side, and their disagreement orders the queue."""

from dataclasses import replace

import numpy as np
import pytest

from core.guesses import TEACHER, behind, beside, of_networks, of_one_network
from core.records import Guess
from core.store.project.rows import derived
from tests.core.formats.making import person


def guess(network: str, angle: float = 0.0) -> Guess:
    pose = np.zeros(72)
    pose[::3] = angle
    return Guess(pose, np.zeros(10), 0.0, np.array([0, 0, 4.0]), 500.0, np.array([32.0, 24.0]), network)


def test_a_new_guess_keeps_those_of_other_networks_and_replaces_its_own():
    lifter = replace(guess("lifter"), alternatives=(guess("lifter", 1.0),))
    both = beside(beside(None, guess("WHAM")), lifter)
    assert [one.network for one in of_networks(both)] == ["lifter", "WHAM"]
    assert len(of_one_network(both)) == 2
    again = beside(both, guess("WHAM", 0.5))
    assert [one.network for one in of_networks(again)] == ["WHAM", "lifter"]
    assert again.pose[0] == pytest.approx(0.5)
    assert sum(one.network == "WHAM" for one in (again, *again.alternatives)) == 1


def test_networks_that_disagree_come_first_in_the_queue_before_there_is_a_fit():
    alone = person().with_(guess=guess("WHAM"), fit=None)
    assert derived(alone, "a.png", 0.0)["disagreement"] is None
    values = [
        derived(alone.with_(guess=beside(guess("WHAM"), guess("TRAM", angle))), "a.png", 0.0)["disagreement"]
        for angle in (0.1, 0.4)
    ]
    assert values == pytest.approx([0.1, 0.4], abs=1e-6)


def test_a_second_opinion_stands_behind_the_guess_and_replaces_its_own():
    lifter = replace(guess("lifter"), alternatives=(guess("lifter", 1.0),))
    both = behind(behind(lifter, guess(TEACHER)), guess(TEACHER, 0.5))
    assert [one.network for one in (both, *both.alternatives)] == ["lifter", "lifter", TEACHER]
    assert both.alternatives[-1].pose[0] == pytest.approx(0.5)
    assert behind(None, guess(TEACHER)).network == TEACHER


def test_the_teachers_turns_do_not_order_the_queue():
    values = [
        derived(person().with_(guess=one, fit=None), "a.png", 0.0)["disagreement"]
        for one in (guess("lifter"), behind(guess("lifter"), guess(TEACHER, 0.5)))
    ]
    assert values == [None, None]
