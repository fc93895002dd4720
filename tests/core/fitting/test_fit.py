"""A fit as a script uses it: bodies are found again from their own projections, step by step."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from core.body.keypoint_body import params_to_vector
from core.body.keypoints import layout as keypoint_layout
from core.body.model import Body, BodyParams
from core.fitting import DepthOrder, FitConfig, GroundContact, Pin, RayPin, fit
from core.geometry.rotation import axis_angle_to_matrix, geodesic_angle
from tests.core.fitting.making import (
    Scene,
    assert_finite,
    before_camera,
    chance,
    off_by,
    standing,
    turn_about,
    turned,
)
from tests.posing import toy_body

QUICK = FitConfig(iterations=6)


@pytest.fixture(scope="module")
def people(body: Body, poses: Tensor) -> Scene:
    """Two hundred captured poses, of any shape, heading and place."""
    return Scene.of(body, before_camera(poses))


@pytest.fixture(scope="module")
def few(people: Scene) -> Scene:
    return replace(people, truth=people.truth[:3], keypoints=people.keypoints[:3])


def unknown_shape(guess: BodyParams) -> BodyParams:
    return replace(guess, betas=torch.zeros_like(guess.betas))


def test_fit_recovers_a_body_from_its_own_projection(people):
    """Shape and focal length known, no prior: keypoints fix a limb up to its depth's sign, which the guess gives."""
    config = FitConfig(pose_prior=0.0, limits=0.0, upright=0.0, free_betas=False)
    step = people.fit(off_by(people.truth, 15), config)
    assert people.joint_error_mm(step.params).median() < 10
    assert people.keypoint_error_px(step).median() < 0.1
    assert_finite(step)


def test_a_fit_of_an_unknown_body_lies_on_its_keypoints(people):
    step = people.fit(unknown_shape(off_by(people.truth, 15)))
    assert people.keypoint_error_px(step).median() < 0.5
    assert step.score.median() < 0.5
    assert people.joint_error_mm(step.params).median() < 150
    assert not step.weak.any()


def test_a_fit_of_noisy_keypoints_ends_at_or_below_the_truths_own_objective(people):
    noisy = Scene.of(people.body, people.truth, noise_px=2)
    guess = unknown_shape(off_by(people.truth, 15))
    step = noisy.fit(guess)
    objective = noisy.objective(guess)
    found, true = (objective(params_to_vector(params)).loss for params in (step.params, noisy.truth))
    torch.testing.assert_close(found, step.loss, rtol=1e-4, atol=1e-3)
    assert (found <= true).float().mean() >= 0.99
    assert 1 < noisy.keypoint_error_px(step).median() < 3


WAYS = {
    "standing": turn_about(),
    "from behind": turn_about(y=180),
    "from the side": turn_about(y=90),
    "lying": turn_about(z=90),
    "lying the other way": turn_about(z=-90) @ turn_about(y=40),
    "upside-down": turn_about(z=180),
    "upside-down from behind": turn_about(z=180) @ turn_about(y=180),
    "leaning back": turn_about(x=40),
}


@pytest.fixture(scope="module")
def found_alone(body: Body) -> tuple[Scene, Tensor]:
    """One person in every way, fitted from nothing, and how far the found orientation is off [degrees]."""
    one = standing()
    truth = [replace(turned(one, turn), cam_t=torch.tensor([[0.2, 0.0, 5.0]])) for turn in WAYS.values()]
    scene = Scene.of(
        body, BodyParams(*(torch.cat(parts) for parts in zip(*(t.tensors() for t in truth), strict=True)))
    )
    step = scene.fit()
    turns = [axis_angle_to_matrix(params.global_orient) for params in (step.params, scene.truth)]
    assert (step.score < 1).all()
    return scene, torch.rad2deg(geodesic_angle(*turns))


@pytest.mark.parametrize("way", WAYS)
def test_a_person_is_found_without_a_guess(found_alone, way):
    _, off_deg = found_alone
    assert off_deg[list(WAYS).index(way)] < 30


def test_captured_people_are_found_without_a_guess(people):
    """Left is not taken for right, nor front for back, in four of five (from the side, two dimensions may not tell)."""
    some = replace(people, truth=people.truth[:24], keypoints=people.keypoints[:24])
    step = some.fit()
    turns = [axis_angle_to_matrix(params.global_orient) for params in (step.params, some.truth)]
    assert (torch.rad2deg(geodesic_angle(*turns)) < 60).float().mean() >= 0.8
    assert step.score.median() < 1


@pytest.mark.parametrize("layout", ["coco17", "openpose25", "h36m17", "mpii16", "smpl24"])
def test_any_layout_can_be_fitted(body, few, layout):
    scene = Scene.of(body, few.truth, layout)
    step = scene.fit(off_by(scene.truth, 10))
    assert step.residual_px.shape == (3, keypoint_layout(layout).k)
    assert scene.keypoint_error_px(step).median() < 1


def test_a_body_with_pose_blend_shapes_is_found_again():
    body = toy_body(surface=True, pose_blend_shapes=True)
    scene = Scene.of(body, before_camera(torch.zeros(2, 69) + 0.1), "coco17")
    step = scene.fit(off_by(scene.truth, 10))
    assert scene.keypoint_error_px(step).median() < 1


def test_a_child_is_found_where_a_child_may_be(body):
    truth = replace(standing(), kid=torch.ones(1))
    scene = Scene.of(body, truth)
    start = replace(truth, kid=torch.zeros(1))
    step = scene.fit(start, FitConfig(free_kid=True, kid=0.5, iterations=30))
    assert step.params.kid > 0.3
    assert scene.fit(start).params.kid == 0, "only when it is asked for"


def test_a_photos_own_focal_length_puts_the_body_at_its_own_distance(body):
    scene = Scene.of(body, standing())
    far = list(
        fit(body, scene.keypoints, scene.layout, 2 * scene.focal_length, scene.camera_center, scene.truth)
    )[-1]
    near = scene.fit(scene.truth)
    assert abs(float(near.params.cam_t[0, 2]) - 4) < 0.2
    assert abs(float(far.params.cam_t[0, 2]) - 8) < 1


FROZEN = {
    "orientation": ("free_orientation", "global_orient"),
    "pose": ("free_pose", "body_pose"),
    "betas": ("free_betas", "betas"),
    "translation": ("free_translation", "cam_t"),
}


def test_of_several_guesses_for_each_person_the_best_is_taken(few):
    good, bad = off_by(few.truth, 5), turned(few.truth, turn_about(y=180))
    bad = replace(bad, cam_t=few.truth.cam_t)
    pairs = zip(good.tensors(), bad.tensors(), strict=True)
    both = BodyParams(*(torch.stack(parts, dim=1).flatten(0, 1) for parts in pairs))
    step = few.fit(both)
    assert few.keypoint_error_px(step).median() < 0.5
    turns = [axis_angle_to_matrix(params.global_orient) for params in (step.params, few.truth)]
    assert (torch.rad2deg(geodesic_angle(*turns)) < 30).all()


@pytest.mark.parametrize("what", FROZEN)
def test_what_is_frozen_stays_as_the_guess_has_it(few, what):
    option, part = FROZEN[what]
    guess = off_by(few.truth, 10)
    step = few.fit(guess, replace(QUICK, placing_iterations=0, **{option: False}))
    for name in ("global_orient", "body_pose", "betas", "cam_t"):
        kept = getattr(step.params, name).equal(getattr(guess, name))
        assert kept == (name == part), name


def test_stay_near_holds_to_the_guess(few):
    guess = off_by(few.truth, 15)
    moved = [
        (few.fit(guess, FitConfig(placing_iterations=0, stay_near=weight)).params.pose - guess.pose).norm()
        for weight in (0.0, 3.0, 300.0)
    ]
    assert moved[0] > 1.2 * moved[1]
    assert moved[1] > 3 * moved[2]


# Steps -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("guessed", [True, False])
def test_the_loss_never_rises_within_a_stage(few, guessed):
    """A stage begins where the one before ended, with that step's number."""
    stages = 0
    for before, after in pairwise(few.steps(off_by(few.truth, 15) if guessed else None)):
        if after.iteration == before.iteration:
            stages += 1
        else:
            assert (after.loss <= before.loss).all()
    assert stages == (1 if guessed else 2), "place the camera, fit the body widely, fit it"


@pytest.mark.parametrize("guessed", [True, False])
def test_a_fit_may_be_stopped_at_any_step_and_that_step_is_usable(few, guessed):
    guess = off_by(few.truth, 15) if guessed else None
    count = len(few.steps(guess))
    assert count > 10
    for stop in {0, 1, 2, 4, 5, count // 2, count - 1}:
        running = fit(few.body, few.keypoints, few.layout, few.focal_length, few.camera_center, guess)
        for _ in range(stop + 1):
            step = next(running)
        running.close()
        assert_finite(step)
        assert step.params.pose.shape == (3, 72)
        assert step.score.shape == step.loss.shape == step.weak.shape == (3,)
        assert step.residual_px.shape == (3, 49)


@pytest.mark.parametrize("guessed", [True, False])
def test_steps_are_counted_and_never_changed_afterwards(few, guessed):
    kept = []
    for step in fit(
        few.body,
        few.keypoints,
        few.layout,
        few.focal_length,
        few.camera_center,
        off_by(few.truth, 15) if guessed else None,
    ):
        parts = (*step.params.tensors(), step.loss, step.residual_px, *step.loss_by_term.values())
        kept.append((step, [part.clone() for part in parts]))
    for step, before in kept:
        parts = (*step.params.tensors(), step.loss, step.residual_px, *step.loss_by_term.values())
        assert all(part.equal(copy) for part, copy in zip(parts, before, strict=True))
    numbers = [step.iteration for step, _ in kept]
    assert numbers == sorted(numbers)
    assert numbers[0] == 0


def test_a_step_accounts_for_its_loss_and_its_keypoints(few):
    step = few.fit(off_by(few.truth, 15), QUICK)
    torch.testing.assert_close(sum(step.loss_by_term.values()), step.loss, rtol=1e-4, atol=1e-4)
    points = few.body.keypoints(step.params, few.layout)
    xy = few.focal_length[0] * points[..., :2] / points[..., 2:] + few.camera_center[:, None]
    off = (xy - few.keypoints[..., :2]).norm(dim=-1)
    torch.testing.assert_close(step.residual_px, off, rtol=0, atol=0.05)


def test_gradients_are_the_consumers_own_between_steps(few):
    weight = torch.ones((), requires_grad=True)
    for step in fit(few.body, few.keypoints, few.layout, few.focal_length, few.camera_center, config=QUICK):
        assert torch.is_grad_enabled()
        (weight * step.loss.sum()).backward()
        with torch.no_grad():
            next_to_it = weight * 2
        assert not next_to_it.requires_grad
    with torch.no_grad():
        for _ in fit(few.body, few.keypoints, few.layout, few.focal_length, few.camera_center, config=QUICK):
            assert not torch.is_grad_enabled()
    assert weight.grad.isfinite()


def test_a_fits_params_may_go_on_into_autograd(few):
    params = few.fit(off_by(few.truth, 15), QUICK).params
    given = params_to_vector(params).requires_grad_()
    assert params.pose.is_leaf
    pose = given[:, :72]
    few.body.keypoints(
        replace(params, global_orient=pose[:, :3], body_pose=pose[:, 3:]), "coco17"
    ).sum().backward()
    assert given.grad.isfinite().all()
    assert given.grad.any()
    leaf = params.betas.requires_grad_()
    (leaf**2).sum().backward()
    torch.testing.assert_close(leaf.grad, 2 * leaf.detach())


def test_a_guess_that_carries_gradients_is_fitted_without_them(few):
    guess = replace(few.truth, betas=few.truth.betas.clone().requires_grad_())
    step = few.fit(guess, QUICK)
    assert not any(part.requires_grad for part in (*step.params.tensors(), step.loss))


def test_fitting_twice_gives_the_same_body(few):
    guess = off_by(few.truth, 15)
    assert few.fit(guess).params.pose.equal(few.fit(guess).params.pose)


def test_people_are_fitted_the_same_together_and_alone(few):
    config = FitConfig(tolerance=0.0)
    guess = off_by(few.truth, 15)
    together = few.joints(few.fit(guess, config).params)
    for person in range(3):
        rows = slice(person, person + 1)
        one = replace(few, truth=few.truth[rows], keypoints=few.keypoints[rows])
        torch.testing.assert_close(
            one.joints(one.fit(guess[rows], config).params)[0], together[person], rtol=0, atol=2e-3
        )


# The score ---------------------------------------------------------------------------------------------------------


def test_the_score_does_not_reward_missing_keypoints(body, poses):
    """The same bad fit, with half of its keypoints gone, is no better."""
    scene = Scene.of(body, before_camera(poses[:20]), noise_px=6)
    hidden = scene.keypoints.clone()
    hidden[:, torch.randperm(49, generator=chance(0))[:25], 2] = 0
    fixed = FitConfig(iterations=0, soft_iterations=0, placing_iterations=0)
    whole, half = (
        replace(scene, keypoints=keypoints).fit(scene.truth, fixed).score
        for keypoints in (scene.keypoints, hidden)
    )
    assert 0.8 < (half / whole).mean() < 1.2
    assert 5 < whole.mean() < 9, "6 px of noise in each direction"


def test_the_score_is_in_pixels_of_a_person_of_200_px_and_forgives_no_outlier_wholly(body):
    near, far = standing(), replace(standing(), cam_t=torch.tensor([[0.0, 0.0, 16.0]]))
    fixed = FitConfig(iterations=0, soft_iterations=0, placing_iterations=0)
    scores = []
    for truth in (near, far):
        scene = Scene.of(body, truth, "coco17")
        keypoints = scene.keypoints.clone()
        keypoints[..., 0] += 3 * scene.size_px[:, None] / 200
        scores.append(float(replace(scene, keypoints=keypoints).fit(truth, fixed).score))
    assert abs(scores[0] - 3) < 0.1
    assert abs(scores[1] - 3) < 0.1
    wild = Scene.of(body, near, "coco17").with_keypoint(0, "nose", 1e5, 1e5, 1.0).fit(near, fixed)
    assert abs(float(wild.score) - 60 / 17) < 0.1


def test_nobody_seen_has_no_good_score(few):
    keypoints = few.keypoints.clone()
    keypoints[1, :, 2] = 0
    step = replace(few, keypoints=keypoints).fit(few.truth, QUICK)
    assert step.score[1] == torch.inf
    assert step.score[[0, 2]].isfinite().all()


# A curator's wishes ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stander(body: Body) -> Scene:
    return Scene.of(body, standing())


def place_of(scene: Scene, params: BodyParams, name: str) -> Tensor:
    """(3,) [m, camera frame]"""
    return scene.body.keypoints(params, scene.layout)[0, scene.names.index(name)]


def test_a_pinned_wrist_goes_to_its_point(stander):
    before = place_of(stander, stander.truth, "left_wrist")
    target = before + torch.tensor([0.0, 0.0, -0.25])
    pin = Pin("left_wrist", tuple(target.tolist()), tolerance=0.005)
    step = stander.fit(stander.truth, FitConfig(wishes=(pin,)))
    assert (place_of(stander, step.params, "left_wrist") - target).norm() < 0.05
    assert step.score < 3, "the photo is still heard"


def test_a_wrist_pinned_on_a_ray_lies_under_that_pixel(stander):
    before = place_of(stander, stander.truth, "left_wrist")
    target = before + torch.tensor([0.0, -0.1, 0.0])
    hidden = replace(stander, keypoints=stander.keypoints.clone())
    hidden.keypoints[0, [name.startswith("left_wrist") for name in hidden.names], 2] = 0
    step = hidden.fit(stander.truth, FitConfig(wishes=(RayPin("left_wrist", tuple(target.tolist()), 0.003),)))
    found = place_of(stander, step.params, "left_wrist")
    assert (found[:2] / found[2] - target[:2] / target[2]).norm() < 0.01


@pytest.mark.parametrize("nearer", [True, False])
def test_a_depth_order_brings_a_forearm_to_the_side_that_it_says(stander, nearer):
    """The arm hangs; two dimensions allow it a little forward or backward."""
    names = ("left_wrist", "left_elbow") if nearer else ("left_elbow", "left_wrist")
    step = stander.fit(stander.truth, FitConfig(wishes=(DepthOrder(*names, margin=0.05),)))
    first, second = (place_of(stander, step.params, name)[2] for name in names)
    assert first < second - 0.03
    assert step.score < 2


def test_a_foot_comes_down_to_the_ground_that_is_wished_for(stander):
    """The left foot stands 5 cm farther from the camera than it is: a wall behind the person as the plane."""
    depth = float(place_of(stander, stander.truth, "left_ankle")[2]) + 0.05
    wish = GroundContact("left_ankle", (0.0, 0.0, 1.0), depth, tolerance=0.002)
    step = stander.fit(stander.truth, FitConfig(wishes=(wish,)))
    assert abs(float(place_of(stander, step.params, "left_ankle")[2]) - depth) < 0.01
    assert step.score < 2


def test_joints_that_the_layout_does_not_show_can_be_pinned_too(body):
    scene = Scene.of(body, standing(), "coco17")
    spine = scene.joints(scene.truth)[0, 9]
    target = spine + torch.tensor([0.0, 0.0, 0.1])
    pin = Pin("spine3", tuple(target.tolist()), tolerance=0.002)
    step = scene.fit(scene.truth, FitConfig(wishes=(pin,)))
    assert (scene.joints(step.params)[0, 9] - target).norm() < 0.03
