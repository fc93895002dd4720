"""Where a target fails, and how much loss is to be expected of people without truth."""

import json

import numpy as np

from train.compositing.failing.weakness import ExpectedLoss, FailureRows, write_report


def rows(count=200):
    rng = np.random.default_rng(0)
    occlusion = rng.uniform(0, 0.7, count)
    loss = 1 + 3 * occlusion
    return FailureRows(loss, occlusion, rng.uniform(30, 300, count), np.zeros(count))


def test_the_curve_shows_that_loss_rises_with_occlusion():
    curve = rows().curve("occlusion")
    losses = [one["loss"] for one in curve]
    assert losses == sorted(losses)
    assert sum(one["people"] for one in curve) == 200


def test_a_bin_without_people_is_left_out():
    assert len(rows().curve("cut")) == 1


def test_the_expected_loss_orders_people_by_what_makes_the_target_fail():
    features = np.random.default_rng(1).normal(size=(300, 3))
    losses = np.exp(0.8 * features[:, 1] - 0.2 * features[:, 2])
    expected = ExpectedLoss.learned(features, losses).of(features)
    assert np.corrcoef(np.argsort(np.argsort(expected)), np.argsort(np.argsort(losses)))[0, 1] > 0.99


def test_the_report_lists_people_worst_first(tmp_path):
    people = [{"imgname": name, "expected_loss": loss} for name, loss in (("a", 1.0), ("b", 3.0))]
    write_report(tmp_path / "weak.json", "runs/first", rows(), people)
    report = json.loads((tmp_path / "weak.json").read_text())
    assert [one["imgname"] for one in report["people"]] == ["b", "a"]
    assert report["curves"]["occlusion"]
