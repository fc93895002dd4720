"""The keystroke-level model adds up what its authors say."""

import pytest

from tests.benchmarks.shared.keystrokes import ACTS, AFTER, BEFORE, SECONDS, seconds, seconds_a_person

K, P, H, M = (SECONDS[operator] for operator in "KPHM")


def test_a_drag_with_the_hand_at_the_keyboard_is_homing_thinking_two_pointings_and_two_buttons():
    assert seconds(["drag"]) == pytest.approx(H + M + 2 * P + 2 * K)


def test_a_hand_that_is_there_already_needs_no_way():
    assert seconds(["drag", "drag"]) == pytest.approx(2 * seconds(["drag"]) - H)
    assert seconds(["flip", "drag"]) == pytest.approx(H + M + P + K + (H + K) + H + M + 2 * P + 2 * K)


def test_a_person_takes_less_now_by_what_is_not_done_any_more():
    corrections = ["drag", "look", "take"]
    spared = seconds_a_person(corrections, BEFORE) - seconds_a_person(corrections, AFTER)
    assert spared == pytest.approx(seconds(BEFORE[0]))
    assert {act for around in (BEFORE, AFTER) for part in around for act in part} <= set(ACTS)
