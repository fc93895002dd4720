"""Recorded iterations compute what the solver itself would."""

import threading
from dataclasses import replace

import pytest
import torch

from core.body.keypoint_body import KeypointBody, params_to_vector
from core.fitting import DepthOrder, FitConfig, GroundContact, Pin, RayPin, Turn, fit, replay
from core.fitting.inputs import observe
from core.fitting.objective import Objective, observation
from core.fitting.prior import default_prior
from core.fitting.replay import OFTEN, RECORDED_BATCH, Replay, replayed
from core.fitting.solver import levenberg_marquardt
from core.wishes import shifted
from tests.core.fitting.making import Scene, assert_finite, before_camera, off_by, prior_poses
from tests.posing import toy_body


@pytest.fixture(scope="module")
def scene(body):
    return Scene.of(body, before_camera(prior_poses(RECORDED_BATCH + 1)), "coco17", noise_px=2)


def first(scene: Scene, count: int) -> Scene:
    return replace(scene, truth=scene.truth[:count], keypoints=scene.keypoints[:count])


@pytest.mark.parametrize("count", [1, 2, RECORDED_BATCH, RECORDED_BATCH + 1])
@pytest.mark.parametrize("softness", [0.0, 10.0])
def test_a_recorded_fit_takes_the_same_steps_as_a_direct_one(scene, count, softness):
    people, config = first(scene, count), FitConfig()
    observed = observe(
        people.keypoints, people.layout, people.focal_length, people.camera_center, people.body.v_template
    )
    keypoints = KeypointBody.from_body(people.body, people.layout)
    prior = default_prior(torch.device("cpu"), torch.float32)
    objective = Objective(keypoints, prior, config, softness=softness)
    data = observation(observed.seen(config, people.size_px))
    start = params_to_vector(off_by(people.truth, 10))
    direct = list(levenberg_marquardt(objective, start, 5, data=data))
    recorded = list(levenberg_marquardt(Replay(objective), start, 5, data=data, trying=replayed))
    for one, other in zip(direct, recorded, strict=True):
        torch.testing.assert_close(other.loss, one.loss, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(other.unknowns, one.unknowns, rtol=0, atol=1e-3)
        assert other.accepted.equal(one.accepted)


WISHES = (
    Pin("left_wrist", (0.1, -0.2, 3.3)),
    RayPin("right_ankle", (0.1, 0.2, 2.0)),
    DepthOrder("left_knee", "left_hip", margin=0.1),
    GroundContact("left_foot", (0.0, 1.0, 0.0), 1.2),
    Turn("head", (0.1, 0.2, 0.3)),
)


@pytest.mark.parametrize("wish", WISHES, ids=lambda wish: type(wish).__name__)
def test_what_is_recorded_of_a_wish_is_also_true_of_the_same_with_other_numbers(scene, wish):
    one = first(scene, 1)
    guess = off_by(one.truth, 10)
    by = {"margin": 0.3} if isinstance(wish, DepthOrder) else {}
    other = shifted(replace(wish, **by), (0.1, 0.15, -0.2))
    if isinstance(wish, Turn):
        other = replace(wish, axis_angle=(-0.2, 0.1, 0.4))
    if isinstance(wish, RayPin):
        other = replace(wish, direction=(-0.1, 0.3, 2.0))
    config = FitConfig(iterations=4, tolerance=0.0)
    direct = [one.fit(guess, replace(config, wishes=(each,))) for each in (wish, other)]
    for _ in range(OFTEN):
        one.fit(guess, replace(config, wishes=(wish,)))
    recorded = [one.fit(guess, replace(config, wishes=(each,))) for each in (wish, other)]
    for step, same in zip(direct, recorded, strict=True):
        torch.testing.assert_close(same.loss, step.loss, rtol=1e-3, atol=1e-3)
        torch.testing.assert_close(same.params.pose, step.params.pose, rtol=0, atol=2e-3)


def test_wishes_are_recorded_once_they_were_asked_for_often(scene, monkeypatch):
    one, recorded = first(scene, 1), []
    record = replay._record
    monkeypatch.setattr(replay, "_record", lambda *parts: recorded.append(1) or record(*parts))
    guess = off_by(one.truth, 10)
    for number in range(OFTEN + 3):
        pin = Pin("right_elbow", (0.01 * number, 0.0, 4.0), tolerance=0.0123)  # of no other test
        one.fit(guess, FitConfig(iterations=2, wishes=(pin,), soft_iterations=0, placing_iterations=0))
        assert bool(recorded) == (number >= OFTEN), number
    assert len(recorded) == 2  # the first look, and a try


def test_a_recording_is_not_used_for_other_weights(scene):
    one = first(scene, 1)
    guess = off_by(one.truth, 10)
    free, held = (one.fit(guess, FitConfig(betas=weight)).params.betas.norm() for weight in (0.1, 100.0))
    assert free > 10 * held


def test_a_recording_is_not_used_for_another_body(scene):
    one = first(scene, 1)
    guess = off_by(one.truth, 10)
    before = one.fit(guess).params.pose
    for seed in range(3):  # bodies that come and go, perhaps at the same place in memory
        toy = Scene.of(toy_body(surface=True, seed=seed), one.truth, "coco17")
        assert toy.keypoint_error_px(toy.fit(off_by(toy.truth, 5))).median() < 1
        del toy
    assert one.fit(guess).params.pose.equal(before)


def test_a_recording_is_not_used_for_a_free_child_where_it_was_frozen(scene):
    one = first(scene, 1)
    frozen, free = (one.fit(one.truth, FitConfig(free_kid=kid, kid=0.1)).params.kid for kid in (False, True))
    assert frozen == 0
    assert free != 0


def test_a_recording_may_be_made_where_gradients_are_off_or_forbidden(scene):
    one = first(scene, 1)
    config = FitConfig(iterations=2, robust_px=61.0)  # weights that nobody has recorded before
    with torch.inference_mode():
        inside = one.fit(off_by(one.truth, 10), config)
    outside = one.fit(off_by(one.truth, 10), config)
    assert_finite(outside)
    torch.testing.assert_close(inside.params.pose, outside.params.pose, rtol=0, atol=1e-5)
    pose = outside.params.body_pose.requires_grad_()
    (pose**2).sum().backward()
    assert pose.grad.any()


def test_a_step_belongs_to_whoever_asked_for_it(scene):
    """What is done to one step changes neither the others nor the rest of the fit."""
    one = first(scene, 1)
    guess = off_by(one.truth, 10)
    expected = one.fit(guess).params.pose
    camera = one.focal_length, one.camera_center
    for step in fit(one.body, one.keypoints, one.layout, *camera, guess):
        found = step.params.pose
        for part in (*step.params.tensors(), step.loss, step.residual_px):
            part.zero_()
    torch.testing.assert_close(found, expected, rtol=0, atol=0)


def test_two_threads_may_fit_at_once(scene):
    one = first(scene, 1)
    guess = off_by(one.truth, 10)
    expected = one.fit(guess, FitConfig(iterations=5)).params.pose
    found: dict[int, torch.Tensor] = {}

    def work(number: int) -> None:
        for weight in (1.0, 1.0 + number):
            found[number] = one.fit(guess, FitConfig(iterations=5, kid=5.0 * weight)).params.pose

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    for pose in found.values():
        torch.testing.assert_close(pose, expected, rtol=0, atol=1e-4)
