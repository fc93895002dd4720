"""One bad person, or one odd guess, in a batch: numbers come out, and nobody else is touched."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from core.body.model import Body, BodyParams
from core.errors import FitInputError
from core.fitting import FitConfig
from tests.core.fitting.making import (
    Scene,
    assert_finite,
    before_camera,
    prior_poses,
    standing,
)

NAN, INF = float("nan"), float("inf")


@pytest.fixture(scope="module")
def photo(body: Body) -> Scene:
    """Two people as coco17."""
    return Scene.of(body, before_camera(prior_poses(2)), "coco17")


BAD_PEOPLE = {
    "no number": (3, 0, NAN),
    "endless": (3, 1, INF),
    "too sure": (3, 2, 2.0),
    "unseen": (slice(None), 2, 0.0),
    "on one point": (slice(None), slice(0, 2), 77.0),
    "far outside": (slice(None), slice(0, 2), 3e6),
}


@pytest.fixture(scope="module")
def crowd(body: Body) -> Scene:
    return Scene.of(body, before_camera(prior_poses(64), seed=3), "coco17", noise_px=1)


def spoilt(scene: Scene, person: int, kind: str) -> Scene:
    keypoints = scene.keypoints.clone()
    rows, columns, value = BAD_PEOPLE[kind]
    keypoints[person, rows, columns] = value
    return replace(scene, keypoints=keypoints)


@pytest.fixture(scope="module")
def undisturbed(crowd: Scene) -> Tensor:
    return crowd.joints(crowd.fit(crowd.truth, STEADY).params)


STEADY = FitConfig(tolerance=0.0)  # every person of a batch gets as many steps as the slowest


@pytest.mark.parametrize("kind", BAD_PEOPLE)
def test_one_bad_person_of_64_spoils_nobody_else(crowd, undisturbed, kind):
    person = 41
    step = spoilt(crowd, person, kind).fit(crowd.truth, STEADY)
    assert_finite(step)
    others = [number for number in range(64) if number != person]
    torch.testing.assert_close(crowd.joints(step.params)[others], undisturbed[others], rtol=0, atol=1e-4)
    assert step.weak.nonzero().flatten().tolist() == [person]


def test_without_guesses_one_bad_person_spoils_nobody_else_either(crowd):
    few = replace(crowd, truth=crowd.truth[:6], keypoints=crowd.keypoints[:6])
    with_all = few.fit(config=STEADY)
    step = spoilt(few, 2, "no number").fit(config=STEADY)
    others = [0, 1, 3, 4, 5]
    assert_finite(step)
    assert list(step.faults) == [2]
    torch.testing.assert_close(
        few.joints(step.params)[others], few.joints(with_all.params)[others], rtol=0, atol=1e-3
    )


def odd_guess(scene: Scene, **parts: float) -> BodyParams:
    """The truth, the last person's named parts all this number."""
    changed = {name: getattr(scene.truth, name).clone() for name in parts}
    for name, value in parts.items():
        changed[name][-1] = value
    return replace(scene.truth, **changed)


@pytest.mark.parametrize(
    "parts",
    [
        {"cam_t": NAN},
        {"cam_t": INF},
        {"cam_t": 0.0},
        {"cam_t": -5.0},
        {"body_pose": NAN},
        {"body_pose": INF},
        {"betas": NAN},
        {"global_orient": 1e6},
        {"betas": 1e6},
    ],
    ids=str,
)
@pytest.mark.parametrize("placing", [0, 4])
def test_an_odd_guess_gives_numbers_and_spoils_nobody_else(photo, parts, placing):
    config = FitConfig(placing_iterations=placing)
    step = photo.fit(odd_guess(photo, **parts), config)
    for part in step.params.tensors():
        assert part.isfinite().all()
    expected = photo.fit(photo.truth, config)
    torch.testing.assert_close(
        photo.joints(step.params)[0], photo.joints(expected.params)[0], rtol=0, atol=1e-2
    )


@pytest.mark.parametrize("count", [0, 1, 3])
def test_guesses_for_another_number_of_people_are_refused(photo, count):
    with pytest.raises(FitInputError, match=f"{count} guesses for 2 people"):
        photo.fit(standing(3)[:count])


def test_a_prior_that_cannot_be_read_is_an_error_at_once(photo, tmp_path):
    with pytest.raises(FitInputError, match=r"gone\.npz"):
        photo.fit(config=FitConfig(prior=tmp_path / "gone.npz"))
