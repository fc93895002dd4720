"""What a fit is given: every odd keypoint and camera is named, and one bad person spoils nobody else."""

from dataclasses import replace

import pytest
import torch

from core.body.model import Body, BodyParams
from core.errors import FitInputError, LayoutError
from core.fitting import TRUSTING, FitConfig, alternatives, fit
from core.fitting.inputs import Observed, observe
from tests.core.fitting.making import (
    CENTER,
    FOCAL,
    Scene,
    assert_finite,
    before_camera,
    prior_poses,
)
from tests.posing import toy_body

FEW = FitConfig(iterations=4, starts_kept=2, search_iterations=2)
NAN, INF = float("nan"), float("inf")


@pytest.fixture(scope="module")
def photo(body: Body) -> Scene:
    """Two people as coco17."""
    return Scene.of(body, before_camera(prior_poses(2)), "coco17")


def observed(scene: Scene, focal: float = FOCAL, center: tuple[float, float] = CENTER) -> Observed:
    """With this camera for the last person and the usual one for the others."""
    focal_length, camera_center = scene.focal_length, scene.camera_center.clone()
    focal_length[-1], camera_center[-1] = focal, torch.tensor(center)
    return observe(scene.keypoints, scene.layout, focal_length, camera_center, scene.body.v_template)


BAD_KEYPOINTS = {
    "x is no number": (NAN, 300.0, 1.0),
    "y is endless": (300.0, -INF, 0.5),
    "confidence is no number": (300.0, 300.0, NAN),
    "confidence over one": (300.0, 300.0, 1.01),
    "confidence below zero": (300.0, 300.0, -0.1),
    "confidence is endless": (300.0, 300.0, INF),
}


@pytest.mark.parametrize("kind", BAD_KEYPOINTS)
def test_a_bad_keypoint_is_named_with_its_person(photo, kind):
    seen = observed(photo.with_keypoint(1, "left_knee", *BAD_KEYPOINTS[kind]))
    assert list(seen.faults) == [1]
    assert seen.faults[1].startswith("person 1, left_knee: ")
    assert seen.weak.tolist() == [False, True]


@pytest.mark.parametrize("kind", BAD_KEYPOINTS)
def test_a_bad_keypoint_of_the_only_person_is_an_error(photo, kind):
    alone = replace(photo, truth=photo.truth[:1], keypoints=photo.keypoints[:1])
    with pytest.raises(FitInputError, match=r"person 0, nose: (position|confidence) "):
        alone.with_keypoint(0, "nose", *BAD_KEYPOINTS[kind]).fit(config=FEW)


def test_an_absent_keypoint_may_stand_anywhere(photo):
    scene = photo.with_keypoint(0, "left_knee", NAN, INF, 0.0)
    assert not observed(scene).faults
    elsewhere = photo.with_keypoint(0, "left_knee", -1e9, 1e9, 0.0)
    first, second = scene.fit(config=FEW), elsewhere.fit(config=FEW)
    assert_finite(first)
    assert first.params.pose.equal(second.params.pose)


BAD_CAMERAS = {
    "no focal length": {"focal": 0.0},
    "next to none": {"focal": 1e-40},
    "a negative one": {"focal": -1000.0},
    "one that is no number": {"focal": NAN},
    "an endless one": {"focal": INF},
    "a centre that is no number": {"center": (NAN, 400.0)},
    "an endless centre": {"center": (500.0, INF)},
}


@pytest.mark.parametrize("kind", BAD_CAMERAS)
def test_a_bad_camera_is_named_with_its_person(photo, kind):
    seen = observed(photo, **BAD_CAMERAS[kind])
    assert list(seen.faults) == [1]
    assert seen.faults[1].startswith("person 1: focal length ")
    assert "sqrt(width² + height²)" in seen.faults[1]
    for part in (seen.xy, seen.confidence, seen.focal_length, seen.camera_center):
        assert part.isfinite().all()


@pytest.mark.parametrize("focal", [0.01, 1.0, 1e7, 1e20])
@pytest.mark.parametrize("guessed", [True, False])
def test_a_focal_length_that_no_camera_has_still_gives_numbers(photo, focal, guessed):
    camera = torch.tensor([FOCAL, focal]), photo.camera_center
    guess = photo.truth if guessed else None
    *_, step = fit(photo.body, photo.keypoints, photo.layout, *camera, guess)
    for part in step.params.tensors():
        assert part.isfinite().all()
    assert step.residual_px[0].max() < 10


def test_nobody_to_be_seen_is_an_error_and_one_unseen_person_a_fault(photo):
    assert "no visible keypoint" in observed(_unseen(photo, [1])).faults[1]
    with pytest.raises(FitInputError, match=r"person 0: no visible keypoint. Mark at least one"):
        observed(_unseen(photo, [0, 1]))


def _unseen(scene: Scene, people: list[int]) -> Scene:
    keypoints = scene.keypoints.clone()
    keypoints[people, :, 2] = 0
    return replace(scene, keypoints=keypoints)


@pytest.mark.parametrize(
    ("keypoints", "focal", "center"),
    [
        ((17, 3), (1,), (1, 2)),
        ((0, 17, 3), (0,), (0, 2)),
        ((2, 18, 3), (2,), (2, 2)),
        ((2, 17, 2), (2,), (2, 2)),
        ((2, 17, 3), (), (2, 2)),
        ((2, 17, 3), (3,), (2, 2)),
        ((2, 17, 3), (2,), (2,)),
    ],
)
def test_shapes_that_do_not_agree_are_named(body, keypoints, focal, center):
    with pytest.raises(FitInputError, match=r"shape|must be") as error:
        next(fit(body, torch.ones(keypoints), "coco17", torch.ones(focal), torch.ones(center)))
    assert str(keypoints) in str(error.value) or str(focal) in str(error.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("starts_kept", 0),
        ("starts_kept", -1),
        ("iterations", -1),
        ("iterations", 2.5),
        ("placing_iterations", NAN),
        ("keypoint_px", 0.0),
        ("robust_px", 0.0),
        ("robust_px", INF),
        ("pose_prior", NAN),
        ("betas", -1.0),
        ("stay_near", INF),
        ("damping", NAN),
    ],
)
def test_a_setting_that_no_fit_can_be_made_with_is_named(field, value):
    with pytest.raises(FitInputError, match=rf"FitConfig: {field} is {value}\. Give "):
        FitConfig(**{field: value})


def test_an_unknown_layout_is_named(body):
    with pytest.raises(LayoutError, match="coco99"):
        next(fit(body, torch.ones(1, 17, 3), "coco99", torch.ones(1), torch.ones(1, 2)))


def test_keypoints_may_be_whole_or_double_numbers(body, photo):
    whole = photo.keypoints.round()
    steps = [
        list(fit(body, given, "coco17", photo.focal_length.to(given), photo.camera_center, config=FEW))[-1]
        for given in (whole, whole.double(), whole.long())
    ]
    for step in steps[1:]:
        assert step.params.pose.dtype == torch.float32
        torch.testing.assert_close(step.params.pose, steps[0].params.pose, rtol=0, atol=0)


def test_what_is_given_is_not_written_into(body, photo):
    guess = photo.truth
    kept = [part.clone() for part in (photo.keypoints, *guess.tensors())]
    photo.fit(guess, FEW)
    assert all(
        part.equal(before) for part, before in zip((photo.keypoints, *guess.tensors()), kept, strict=True)
    )


@pytest.mark.parametrize(
    "names", [("nose",), ("left_wrist", "right_ankle"), ("nose", "left_hip", "left_knee")]
)
@pytest.mark.parametrize("guessed", [True, False])
def test_a_few_keypoints_give_a_body_that_leans_on_prior_and_guess(photo, names, guessed):
    scene = photo.showing(*names)
    guess = scene.truth if guessed else None
    step = scene.fit(guess)
    assert step.weak.all()
    assert not step.faults
    assert_finite(step)
    assert_plausible(scene, step.params)
    shown = step.residual_px[:, [scene.names.index(name) for name in names]]
    assert (shown < 5).all(), "what is visible is where it was seen"


def assert_plausible(scene: Scene, params: BodyParams) -> None:
    """In front of the camera, no giant, and no joint far beyond what it can do."""
    joints = scene.joints(params)
    assert (joints[..., 2] > 0).all()
    assert (params.betas.abs() < 6).all()
    size = joints.amax(dim=1) - joints.amin(dim=1)
    assert (size.norm(dim=1) < 3.5).all()


def test_keypoints_enough_are_not_called_weak(photo):
    assert not observed(photo).weak.any()
    assert not observed(photo.showing("left_hip", "right_hip", "left_shoulder", "right_shoulder")).weak.any()


def at_one_point(scene: Scene, x: float, y: float) -> Scene:
    keypoints = scene.keypoints.clone()
    keypoints[..., 0], keypoints[..., 1] = x, y
    return replace(scene, keypoints=keypoints)


@pytest.mark.parametrize("place", [CENTER, (0.0, 0.0), (900.0, 20.0)])
@pytest.mark.parametrize("guessed", [True, False])
def test_all_keypoints_at_one_point_are_called_weak_and_give_numbers(photo, place, guessed):
    scene = at_one_point(photo, *place)
    step = scene.fit(scene.truth if guessed else None)
    assert step.weak.all()
    assert_finite(step)


@pytest.mark.parametrize("away", [1e4, -1e5, 1e7, 1e12, 1e30])
@pytest.mark.parametrize("guessed", [True, False])
def test_keypoints_far_outside_are_called_weak_and_give_numbers(photo, away, guessed):
    keypoints = photo.keypoints.clone()
    keypoints[..., 0] += away
    scene = replace(photo, keypoints=keypoints)
    step = scene.fit(scene.truth if guessed else None)
    assert step.weak.all()
    assert_finite(step)


@pytest.mark.parametrize("away", [1e5, 1e12, 1e30])
def test_one_keypoint_far_away_does_not_pull_the_others_along(photo, away):
    scene = photo.with_keypoint(0, "left_ankle", away, away, 1.0)
    step = scene.fit(scene.truth)
    assert_finite(step)
    others = [number for number, name in enumerate(scene.names) if name != "left_ankle"]
    assert step.residual_px[0, others].median() < 5


def test_a_guessed_child_comes_back_as_an_adult_of_a_body_that_knows_no_child():
    scene = Scene.of(toy_body(), before_camera(prior_poses(1)), "coco17")
    child = replace(scene.truth, kid=torch.ones(1))
    seen = scene.keypoints, scene.layout, scene.focal_length, scene.camera_center
    for step in (*fit(scene.body, *seen, child, FEW), *alternatives(scene.body, *seen, child, config=FEW)):
        assert not step.params.kid.any()
        assert torch.isfinite(scene.body.pose(step.params)[0]).all()


@pytest.mark.parametrize("config", [FitConfig(), TRUSTING], ids=["", "trusting"])
def test_a_guess_is_the_same_whichever_way_round_its_joints_are_written(photo, config):
    """By more than pi, as some libraries turn matrices into vectors."""
    joints = photo.truth.body_pose.view(2, 23, 3)
    angle = joints.norm(dim=2, keepdim=True)
    other = torch.where(angle > 0.3, joints * (1 - 2 * torch.pi / angle), joints).flatten(1)
    as_usual, written = (
        photo.fit(replace(photo.truth, body_pose=pose), config) for pose in (photo.truth.body_pose, other)
    )
    assert (written.score - as_usual.score).abs().max() < 0.05
    given = replace(photo.truth, body_pose=other)[:1]
    seen = photo.keypoints[:1], photo.layout, photo.focal_length[:1], photo.camera_center[:1]
    assert min(float(step.score) for step in alternatives(photo.body, *seen, given)) < 2
