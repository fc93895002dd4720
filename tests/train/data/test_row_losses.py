"""Composed rows are drawn by the losses that the network had on them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from train.data.epoch_order import Order
from train.data.row_losses import RowLosses, begun_epochs

COUNT = 2000
NAMES = np.array(["fits"] * COUNT + ["composed_0"] * COUNT)


def noted(values):
    losses = RowLosses.unknown(2 * COUNT)
    losses.note(torch.arange(COUNT, 2 * COUNT), torch.full((COUNT,), 1.0))
    losses.note(torch.tensor([COUNT, COUNT + 1]), torch.tensor(values))
    losses.begin(4)
    return losses


def chances(losses, epoch=5):
    return losses.chances(epoch, np.arange(COUNT, 2 * COUNT))


def test_half_of_the_places_go_by_loss():
    found = chances(noted([2.0, 0.0]))
    assert found.sum() == pytest.approx(1)
    assert found[0] == pytest.approx(1.5 * found[2], rel=1e-2)
    assert found[1] == pytest.approx(0.5 * found[2], rel=1e-2)


def test_a_loss_that_cannot_be_lowered_counts_as_three_times_the_mean():
    found = chances(noted([1e3, 1.0]))
    mean = (COUNT - 1 + 1e3) / COUNT
    assert found[0] / found[2] == pytest.approx((1 + 3 * mean) / 2, rel=2e-2)


def test_an_unknown_loss_counts_as_the_mean_and_one_that_is_not_finite_is_left_out():
    losses = RowLosses.unknown(2 * COUNT)
    losses.note(torch.tensor([COUNT, COUNT + 1, COUNT + 2]), torch.tensor([1.0, 3.0, float("nan")]))
    losses.begin(0)
    found = chances(losses, 1)
    assert found[2] == pytest.approx(found[3])
    assert found[2] == pytest.approx((found[0] + found[1]) / 2)


def test_without_a_loss_all_rows_are_drawn_evenly():
    assert chances(RowLosses.unknown(2 * COUNT)).tolist() == [1 / COUNT] * COUNT


def test_only_composed_rows_are_drawn_by_loss():
    losses = noted([1e6, 1.0])
    plain = Order(np.arange(2 * COUNT), NAMES, seed=0)
    drawn, even = replace(plain, losses=losses).epoch(5), plain.epoch(5)
    assert (drawn == COUNT).sum() > 3 * max(1, (even == COUNT).sum())
    assert drawn[drawn < COUNT].tolist() == even[even < COUNT].tolist()


def test_an_epoch_draws_by_what_was_known_when_the_one_before_began():
    losses = noted([1e3, 1.0])
    before = chances(losses)
    losses.note(torch.tensor([COUNT]), torch.tensor([0.0]))
    assert chances(losses).tolist() == before.tolist()
    losses.begin(5)
    assert chances(losses).tolist() == before.tolist()
    assert chances(losses, 6)[0] < before[0]


def test_a_state_comes_back_and_that_of_other_rows_is_refused():
    losses, other = noted([5.0, 1.0]), RowLosses.unknown(2 * COUNT)
    other.restore(losses.state())
    assert chances(other).tolist() == chances(losses).tolist()
    with pytest.raises(ValueError, match="losses of 4000 rows, where the data now have 3"):
        RowLosses.unknown(3).restore(losses.state())


def test_epochs_begin_with_their_first_batch():
    losses = RowLosses.unknown(1)
    batches = begun_epochs(iter("abcd"), losses, place=1, epoch=7, in_epoch=2)
    assert next(batches) == "a"
    assert list(losses.drawn) == []
    assert next(batches) == "b"
    assert list(losses.drawn) == [9]
