"""Other bodies for the same keypoints: few, different, and the true one among them."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from core.body.keypoint_body import KeypointBody, params_to_vector, vector_to_params
from core.body.model import BodyParams
from core.body.tree import LIMB_JOINTS, joint_index
from core.errors import FitInputError
from core.fitting import DepthOrder, FitConfig, FitStep, alternatives
from core.fitting.starts.flips import flipped
from core.fitting.starts.other_bodies import LESS_LIKELY, SAME_M, clues, likelihood, search, spread
from core.fitting.terms.all_terms import TERMS
from core.metrics import procrustes_align
from tests.core.fitting.making import Scene, assert_finite, standing

ELBOW, WRIST = joint_index("left_elbow"), joint_index("left_wrist")


def others(scene: Scene, guess: BodyParams | None = None, **options: object) -> tuple[FitStep, ...]:
    return alternatives(
        scene.body, scene.keypoints, scene.layout, scene.focal_length, scene.camera_center, guess, **options
    )


def joined(*bodies: BodyParams) -> BodyParams:
    return BodyParams(*(torch.cat(parts) for parts in zip(*(body.tensors() for body in bodies), strict=True)))


def limb_in_depth(scene: Scene, params: BodyParams, root: int, tip: int) -> float:
    """How much farther from the camera the tip is than the root [m]."""
    joints = scene.joints(params)[0]
    return float(joints[tip, 2] - joints[root, 2])


@pytest.fixture(scope="module")
def pointing(body) -> tuple[Scene, BodyParams]:
    """Someone whose left arm is stretched out, obliquely forward; and the same person with it obliquely backward, as
    two dimensions alone might have it."""
    truth = standing()
    pose = truth.body_pose.clone()
    pose[0, 3 * (joint_index("left_shoulder") - 1) :][:3] = torch.tensor([0.0, -0.6, -0.4])
    pose[0, 3 * (joint_index("left_elbow") - 1) :][:3] = torch.tensor([0.0, -0.5, 0.0])
    truth = replace(truth, body_pose=pose)
    scene = Scene.of(body, truth)
    keypoints = KeypointBody.from_body(body, scene.layout)
    names = [("left_shoulder", "left_elbow")]
    return scene, vector_to_params(flipped(keypoints, params_to_vector(truth)[0], names))


@pytest.fixture(scope="module")
def found(pointing) -> tuple[FitStep, ...]:
    scene, wrong = pointing
    return others(scene, wrong)


def test_the_guess_is_wrong_in_depth_only(pointing):
    scene, wrong = pointing
    shoulder = joint_index("left_shoulder")
    assert limb_in_depth(scene, scene.truth, shoulder, WRIST) < -0.2
    assert limb_in_depth(scene, wrong, shoulder, WRIST) > 0.2


def test_the_true_body_is_among_the_alternatives_to_a_limb_flipped_in_depth(pointing, found):
    scene, wrong = pointing
    errors = [float(relative_error_mm(scene, step.params)) for step in found]
    assert min(errors) < 40
    assert min(errors) < 0.5 * float(relative_error_mm(scene, wrong))


def relative_error_mm(scene: Scene, params: BodyParams) -> Tensor:
    """Mean distance of the 24 joints from the truth, pelvis to pelvis."""
    found, true = (joints - joints[:, :1] for joints in (scene.joints(params), scene.joints(scene.truth)))
    return 1000 * (found - true).norm(dim=-1).mean()


def test_alternatives_all_look_like_the_photo(pointing, found):
    scene, _ = pointing
    for step in found:
        assert_finite(step)
        assert step.score < 4
        assert (scene.joints(step.params)[..., 2] > 0).all()


@pytest.mark.parametrize("count", [5, 100])
def test_alternatives_are_distinct(pointing, found, count):
    scene, wrong = pointing
    if count > 5:  # more than there are
        found = others(scene, wrong, count=count, config=FitConfig(iterations=6))
    places = torch.cat([scene.joints(step.params)[:, LIMB_JOINTS] for step in found])
    alike = procrustes_align(places, places[:1].expand_as(places))
    apart = (alike[:, None] - alike).norm(dim=-1).mean(dim=-1) + torch.eye(len(found))
    assert len(found) > 1
    assert apart.min() > 0.9 * SAME_M  # they are told apart as aligned with what was given


@pytest.mark.parametrize("count", [0, 1, 2, 5, 100])
def test_there_are_never_more_alternatives_than_asked_for(pointing, count):
    scene, wrong = pointing
    quick = FitConfig(iterations=6)
    assert len(others(scene, wrong, count=count, config=quick)) <= count


def test_few_alternatives_are_the_first_of_many(pointing):
    scene, wrong = pointing
    quick = FitConfig(iterations=8)
    two, five = (others(scene, wrong, count=count, config=quick) for count in (2, 5))
    for few, many in zip(two, five, strict=False):
        assert torch.equal(few.params.body_pose, many.params.body_pose)


def test_of_bodies_that_fit_alike_the_one_that_a_network_says_comes_first(pointing):
    scene, wrong = pointing
    for said, away in ((scene.truth, -1), (wrong, 1)):
        first, *_ = others(scene, joined(wrong, said))
        assert away * limb_in_depth(scene, first.params, joint_index("left_shoulder"), WRIST) > 0.1


def test_bodies_that_go_against_a_wish_come_last(pointing):
    scene, wrong = pointing
    config = FitConfig(wishes=(DepthOrder("left_wrist", "left_shoulder"),))
    toward = [
        limb_in_depth(scene, step.params, joint_index("left_shoulder"), WRIST) < 0
        for step in others(scene, joined(wrong, wrong, scene.truth), config=config)
    ]
    assert toward[0]
    assert toward == sorted(toward, reverse=True)


def test_what_a_joint_cannot_do_counts_as_an_unusual_pose_does(pointing):
    scene, wrong = pointing
    found = search(
        scene.body, scene.keypoints, scene.layout, scene.focal_length, scene.camera_center, wrong, None
    )
    terms = dict(zip([term.name for term in TERMS], found.step.report.T, strict=False))
    seen, _ = clues(found)
    assert torch.allclose(seen[:, 0], terms["keypoints"] + terms["wishes"])
    usual = ("pose_prior", "hinges", "limits", "upright", "shape")
    assert torch.allclose(seen[:, 1], sum(terms[name] for name in usual))


def test_likelier_is_what_fits_is_a_usual_pose_and_is_near_to_what_a_network_says():
    seen = torch.tensor([[10.0, 40.0, 0.03], [20.0, 40.0, 0.03], [10.0, 80.0, 0.03], [10.0, 40.0, 0.06]])
    likely = likelihood(seen, torch.tensor(LESS_LIKELY))
    assert likely.sum().item() == pytest.approx(1)
    assert torch.allclose(
        likely[0] / likely[1:], (torch.tensor([10.0, 40.0, 0.03]) / torch.tensor(LESS_LIKELY)).exp()
    )


def test_the_first_body_is_the_one_in_the_middle_and_the_next_covers_what_is_far_from_it():
    places = torch.tensor([0.0, 0.02, 0.04, 1.0])
    apart = (places[:, None] - places).abs()
    assert spread(torch.tensor([0.3, 0.2, 0.3, 0.2]), apart, 2) == [1, 3]


def test_no_more_bodies_are_chosen_than_differ():
    places = torch.tensor([0.0, 0.1 * SAME_M, 1.0])
    assert len(spread(torch.full((3,), 1 / 3), (places[:, None] - places).abs(), 3)) == 2


def test_alternatives_come_without_a_guess_too(body):
    scene = Scene.of(body, standing(), "coco17")
    found = others(scene)
    assert 1 <= len(found) <= 5
    assert found[0].score < 2


def test_several_hypotheses_are_all_started_from(pointing):
    scene, wrong = pointing
    found = others(scene, joined(wrong, scene.truth))
    assert min(float(relative_error_mm(scene, step.params)) for step in found) < 40


def test_more_hypotheses_than_starts_are_no_trouble(pointing):
    scene, wrong = pointing
    many = BodyParams(*(part.repeat(40, *[1] * (part.ndim - 1)) for part in wrong.tensors()))
    found = others(scene, many, config=FitConfig(iterations=2, soft_iterations=1))
    assert 1 <= len(found) <= 5


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -3.0, 0.0])
def test_hypotheses_that_are_no_bodies_before_the_camera_are_passed_over(pointing, value):
    scene, wrong = pointing
    odd = replace(wrong, cam_t=torch.full((1, 3), value))
    for guess in (odd, joined(odd, wrong)):
        for step in others(scene, guess, config=FitConfig(iterations=4)):
            assert_finite(step)


def test_alternatives_are_of_one_person(pointing):
    scene, wrong = pointing
    two = replace(scene, keypoints=scene.keypoints.repeat(2, 1, 1))
    with pytest.raises(FitInputError, match="one person"):
        others(two, wrong)


def test_who_cannot_be_seen_has_no_alternatives(pointing):
    scene, wrong = pointing
    with pytest.raises(FitInputError, match="no visible keypoint"):
        others(scene.showing(), wrong)


def test_a_few_keypoints_give_alternatives_that_are_called_weak(pointing):
    scene, wrong = pointing
    for step in others(scene.showing("left_wrist", "nose"), wrong, config=FitConfig(iterations=6)):
        assert step.weak.all()
        assert_finite(step)
