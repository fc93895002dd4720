"""The fit of the age: children are found where keypoints show one, and adults stay as good as without it."""

import numpy as np
import pytest

from core.body.model import load_body
from core.fitting import FitConfig, fit_age
from core.fitting.age import AGES, SHARES
from tests.benchmarks.children.age import errors_of, fitted, people
from tests.bodies import toy_arrays, write_npz
from train.synthesis.scene import draw_age

PEOPLE = 40


@pytest.fixture(scope="module")
def body():
    return load_body()


def test_the_shares_of_ages_are_those_of_the_synthetic_population():
    random = np.random.default_rng(0)
    drawn = np.array([draw_age(random) for _ in range(40_000)])
    shares = np.bincount(np.round(10 * drawn).astype(int), minlength=len(AGES)) / len(drawn)
    assert sum(SHARES) == pytest.approx(1)
    np.testing.assert_allclose(shares, SHARES, atol=0.005)


def test_an_adult_s_depth_is_no_worse_where_the_age_is_fitted(body):
    seen = people(body, False, PEOPLE, 0.01, 1)
    without, aged = (errors_of(body, seen, found) for found in fitted(body, seen))
    assert aged.depth_percent < without.depth_percent + 0.25
    assert aged.age < 0.1


def test_a_child_s_depth_height_and_age_are_better_where_the_age_is_fitted(body):
    seen = people(body, True, PEOPLE, 0.003, 2, "openpose25")
    without, aged = (errors_of(body, seen, found) for found in fitted(body, seen))
    assert aged.depth_percent < 0.9 * without.depth_percent
    assert aged.height_cm < 0.9 * without.height_cm
    assert aged.age < 0.9 * without.age


def test_a_body_without_a_child_direction_stays_adult(body, tmp_path):
    seen = people(body, True, 2, 0.01, 2)
    toy = load_body(write_npz(tmp_path / "toy.npz", toy_arrays()))
    inputs = seen.keypoints, seen.layout, seen.focal_length, seen.camera_center
    *_, step = fit_age(toy, *inputs, guess=seen.truth, config=FitConfig(iterations=2))
    assert (step.params.kid == 0).all()
