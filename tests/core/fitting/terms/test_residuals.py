"""Each term of a fit against autograd: the derivative that the solver is told is the derivative."""

from dataclasses import replace
from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from core.body.keypoint_body import UNKNOWNS, KeypointBody, params_to_vector
from core.body.keypoints import layout
from core.errors import FitInputError
from core.fitting import DepthOrder, FitConfig, GroundContact, Pin, RayPin, Turn
from core.fitting.prior import default_prior
from core.fitting.terms import reprojection
from core.fitting.terms.all_terms import TERMS
from core.fitting.terms.term import ComparedBodies, FitGoal, Observation, SeenKeypoints, TermRows
from core.fitting.terms.wish_residuals import wish_rows
from core.fitting.terms.wish_table import no_wishes, wish_table
from core.wishes import Wish
from tests.core.fitting.making import CENTER, FOCAL, Scene, chance, off_by
from tests.posing import random_params, toy_body

CLOSE = 1e-9  # relative to the largest entry
LAYOUT, CPU = "coco17", torch.device("cpu")
ROBUST, BELIEVED = 5.0, 1e12  # in residual units: some keypoints are disbelieved, none is
WISHES = {
    "pin": Pin("left_wrist", (0.2, -0.3, 4.0)),
    "ray": RayPin("right_ankle", (0.1, 0.2, 2.0), tolerance=0.05),
    "order": DepthOrder("left_wrist", "left_elbow", margin=5.0),
    "ground": GroundContact("left_ankle", (0.0, 0.8, 0.6), 1.0),
    "turn": Turn("left_elbow", (0.1, -0.4, 0.2)),
}


@pytest.fixture(scope="module")
def toy() -> KeypointBody:
    """With a child's shape, pose blend shapes and keypoints from the surface: everything that can move a point."""
    body = toy_body(kid=True, surface=True, pose_blend_shapes=True, dtype=torch.float64)
    return KeypointBody.from_body(body, LAYOUT)


@pytest.fixture
def unknowns() -> Tensor:
    return params_to_vector(random_params(3, kid=True).to(torch.float64)) + 0.01


def places() -> dict[str, int]:
    return {name: number for number, name in enumerate(layout(LAYOUT).keypoints)}


def jacobian_of(residual: object, unknowns: Tensor) -> Tensor:
    """(B, R, 86) of a function from unknowns (B, 86) to residuals (B, R), which depend on their own row only."""
    jacobian = torch.autograd.functional.jacobian(
        lambda given: residual(given).sum(dim=0), unknowns, vectorize=True
    )
    return jacobian.transpose(0, 1)


def assert_derivative(given: Tensor, expected: Tensor) -> None:
    assert expected.abs().max() > 0
    assert (given - expected).abs().max() < CLOSE * expected.abs().max().clamp_min(1)


def seen(toy: KeypointBody, unknowns: Tensor) -> SeenKeypoints:
    """Keypoints some twenty pixels off, some of them unsure and some absent."""
    count = len(unknowns)
    focal, center = unknowns.new_full((count,), FOCAL), unknowns.new_tensor(CENTER).expand(count, 2)
    points = toy.posed(unknowns).points
    xy = FOCAL * points[..., :2] / points[..., 2:] + center[:, None]
    confidence = torch.rand(count, toy.k, generator=chance(1)).double()
    confidence[:, ::5] = 0
    off = 20 * torch.randn(xy.shape, generator=chance(2)).double()
    return SeenKeypoints(xy + off, confidence, focal, center, unknowns.new_tensor([0.5, 0.7, 1.0]))


class Compared(NamedTuple):
    loss: Tensor
    rows: TermRows
    distance_px: Tensor


def compared(toy: KeypointBody, unknowns: Tensor, photo: SeenKeypoints, robust: float) -> Compared:
    """The first term of a fit, with its rows worked out."""
    placed = ComparedBodies.of(
        toy.posed(unknowns), Observation(photo, no_wishes(unknowns.dtype, unknowns.device))
    )
    goal = FitGoal(TERMS, FitConfig(keypoint_px=1.0, robust_px=robust), default_prior(CPU, unknowns.dtype))
    share = reprojection.plain(goal, placed)
    return Compared(share.loss, share.rows(), placed.offset_px.norm(dim=-1))


def before(unknowns: Tensor) -> Tensor:
    """The same bodies far enough away that no point is behind the camera."""
    away = unknowns.clone()
    away[:, -1] = 6.0
    return away


@pytest.mark.parametrize("name", WISHES)
def test_a_wishs_jacobian_is_autograds(toy, unknowns, name):
    wish = WISHES[name]
    rows = rows_of(wish, toy, unknowns)
    assert rows.jacobian.shape == (*rows.residual.shape, UNKNOWNS)
    expected = jacobian_of(lambda given: rows_of(wish, toy, given).residual, unknowns)
    assert_derivative(rows.jacobian, expected)


def test_the_jacobian_of_keypoints_that_are_all_believed_is_autograds(toy, unknowns):
    unknowns = before(unknowns)
    photo = seen(toy, unknowns)
    expected = jacobian_of(lambda given: compared(toy, given, photo, BELIEVED).rows.residual, unknowns)
    assert_derivative(compared(toy, unknowns, photo, BELIEVED).rows.jacobian, expected)


def test_re_weighted_rows_give_the_gradient_of_the_robust_loss(toy, unknowns):
    unknowns = before(unknowns)
    photo = seen(toy, unknowns)
    residual, jacobian = compared(toy, unknowns, photo, ROBUST).rows
    half = (residual[:, None] @ jacobian)[:, 0]
    given = unknowns.clone().requires_grad_()
    compared(toy, given, photo, ROBUST).loss.sum().backward()
    assert_derivative(half, given.grad / 2)


def test_the_robust_loss_is_geman_and_mcclures(toy, unknowns):
    unknowns = before(unknowns)
    photo = seen(toy, unknowns)
    found = compared(toy, unknowns, photo, ROBUST)
    points = toy.posed(unknowns).points
    off = FOCAL * points[..., :2] / points[..., 2:] + photo.camera_center[:, None] - photo.xy
    squared = (off * photo.scale[:, None, None]).square()
    expected = photo.confidence[..., None].square() * 25 * squared / (25 + squared)
    torch.testing.assert_close(found.loss, expected.sum(dim=(1, 2)))
    torch.testing.assert_close(found.distance_px, off.norm(dim=-1))


def test_a_keypoint_that_is_not_seen_pulls_nothing(toy, unknowns):
    unknowns = before(unknowns)
    photo = seen(toy, unknowns)
    moved = photo._replace(xy=torch.where(photo.confidence[..., None] > 0, photo.xy, 1e4))
    here, there = (compared(toy, unknowns, each, ROBUST) for each in (photo, moved))
    assert here.loss.equal(there.loss)
    assert here.rows.jacobian.equal(there.rows.jacobian)
    assert here.rows.residual.equal(there.rows.residual)


def test_a_body_behind_the_camera_is_worse_than_any_other(toy, unknowns):
    behind = before(unknowns)
    behind[0, -1] = -6.0
    loss = compared(toy, behind, seen(toy, before(unknowns)), ROBUST).loss
    assert loss.isinf().tolist() == [True, False, False]


def test_only_the_keypoints_of_the_photo_are_compared_with_it(toy, unknowns):
    """The body's come first, and may be more: those that wishes are about."""
    unknowns = before(unknowns)
    photo, count = seen(toy, unknowns), 6
    few = photo._replace(xy=photo.xy[:, :count], confidence=photo.confidence[:, :count])
    rows, whole = (compared(toy, unknowns, each, ROBUST).rows for each in (few, photo))
    first = TermRows(whole.residual[:, : 2 * count], whole.jacobian[:, : 2 * count])
    torch.testing.assert_close(rows, first, rtol=0, atol=1e-9)


def whole_objective(softness: float, **weights: object) -> tuple[object, Tensor]:
    """Everything that a fit can be told at once, and bodies (3, 86) somewhat off what they are told."""
    body = toy_body(kid=True, surface=True, dtype=torch.float64)
    truth = replace(random_params(3, kid=True), cam_t=torch.tensor([[0.1, 0.2, 6.0]]).repeat(3, 1))
    scene = Scene.of(body, truth, "coco17", noise_px=10)
    config = FitConfig(**({"hinges": 0.5, "stay_near": 0.3, "wishes": tuple(WISHES.values())} | weights))
    start = off_by(truth, 5).to(torch.float64)
    objective = scene.objective(start, config, softness)
    off = 0.05 * torch.randn(3, UNKNOWNS, generator=chance(9)).double()
    return objective, params_to_vector(start) + off


@pytest.mark.parametrize("softness", [0.0, 10.0])
def test_the_whole_objectives_gradient_is_autograds(softness):
    objective, unknowns = whole_objective(softness)
    here = objective(unknowns)
    given = unknowns.clone().requires_grad_()
    objective(given).loss.sum().backward()
    assert_derivative(here.gradient, given.grad / 2)


def terms_off() -> dict[str, float]:
    """Every weight of the objective's terms at zero, and no wishes."""
    names = ("pose_prior", "hinges", "limits", "upright", "betas", "kid", "stay_near")
    return {**dict.fromkeys(names, 0.0), "wishes": ()}


@pytest.mark.parametrize("term", ["pose_prior", "hinges", "limits", "upright", "betas", "kid", "stay_near"])
def test_each_terms_gradient_is_autograds(term):
    """Alone beside the keypoints, so that none hides behind a larger one."""
    with_it, unknowns = whole_objective(0.0, **(terms_off() | {term: 3.0}))
    without, _ = whole_objective(0.0, **terms_off())
    own = with_it(unknowns).gradient - without(unknowns).gradient
    given = unknowns.clone().requires_grad_()
    (with_it(given).loss - without(given).loss).sum().backward()
    assert_derivative(own, given.grad / 2)


def test_the_hessian_is_symmetric_and_never_bends_down():
    objective, unknowns = whole_objective(10.0)
    hessian = objective(unknowns).hessian
    torch.testing.assert_close(hessian, hessian.transpose(1, 2), rtol=1e-9, atol=1e-9)
    assert torch.linalg.eigvalsh(hessian).min() > -1e-9 * hessian.abs().max()


@pytest.mark.parametrize("weight", ["pose_prior", "hinges", "limits", "upright", "betas", "kid", "stay_near"])
def test_a_terms_loss_is_reported_under_its_own_name(weight):
    objective, unknowns = whole_objective(0.0, **(terms_off() | {weight: 3.0}))
    heard = (objective(unknowns).report[:, : len(TERMS)] != 0).any(dim=0)
    names = {term.name for term, loud in zip(TERMS, heard.tolist(), strict=True) if loud}
    assert names == {"keypoints", "shape" if weight in ("betas", "kid") else weight}


def test_the_loss_by_term_adds_up_to_the_loss():
    objective, unknowns = whole_objective(0.0)
    here = objective(unknowns)
    terms = here.report[:, : len(TERMS)]
    assert (terms > 0).all(), "each of them is heard"
    torch.testing.assert_close(terms.sum(dim=1), here.loss)


def rows_of(wish: Wish, toy: KeypointBody, unknowns: Tensor) -> TermRows:
    table = wish_table((wish,), places(), unknowns)
    observation = Observation(seen(toy, unknowns), table)
    return wish_rows(table, ComparedBodies.of(toy.posed(unknowns), observation))


def satisfied(toy: KeypointBody, unknowns: Tensor, wish: Wish) -> Tensor:
    return rows_of(wish, toy, unknowns).residual


def test_a_pin_is_content_at_its_point_and_counts_in_tolerances(toy, unknowns):
    point = toy.posed(unknowns[:1]).points[0, places()["left_wrist"]]
    at, beside = (Pin("left_wrist", tuple((point + off).tolist()), 0.02) for off in (0.0, 0.04))
    assert satisfied(toy, unknowns[:1], at).abs().max() < 1e-9
    torch.testing.assert_close(satisfied(toy, unknowns[:1], beside), unknowns.new_full((1, 3), -2.0))


def test_a_ray_is_content_anywhere_along_it(toy, unknowns):
    point = toy.posed(unknowns[:1]).points[0, places()["left_wrist"]]
    for length in (0.1, 1.0, 30.0):
        ray = RayPin("left_wrist", tuple((length * point).tolist()))
        assert satisfied(toy, unknowns[:1], ray).abs().max() < 1e-9


def test_a_depth_order_is_content_once_it_holds(toy, unknowns):
    depth = toy.posed(unknowns[:1]).points[0, :, 2]
    near, far = depth.argmin(), depth.argmax()
    gap = float(depth[far] - depth[near])
    names = layout(LAYOUT).keypoints
    holds, reversed_, wider = (
        DepthOrder(names[near], names[far], margin=0.5 * gap),
        DepthOrder(names[far], names[near], margin=0.0, tolerance=1.0),
        DepthOrder(names[near], names[far], margin=1.5 * gap, tolerance=1.0),
    )
    assert satisfied(toy, unknowns[:1], holds).abs().max() == 0
    assert abs(float(satisfied(toy, unknowns[:1], reversed_)) - gap) < 1e-9
    assert abs(float(satisfied(toy, unknowns[:1], wider)) - 0.5 * gap) < 1e-9


def test_a_wish_for_what_is_no_keypoint_names_what_can_be_wished_for(toy, unknowns):
    for wish in (
        Pin("tail", (0.0, 0.0, 1.0)),
        RayPin("tail", (0.0, 0.0, 1.0)),
        DepthOrder("left_wrist", "tail"),
        GroundContact("tail", (0.0, 1.0, 0.0), 1.0),
    ):
        with pytest.raises(FitInputError, match=r"'tail' cannot be steered. Choose one of .*left_wrist"):
            rows_of(wish, toy, unknowns)
    with pytest.raises(FitInputError, match=r"'nose' does not turn. Choose one of .*left_elbow"):
        rows_of(Turn("nose", (0.0, 0.0, 1.0)), toy, unknowns)


@pytest.mark.parametrize("odd", [0.0, -0.01, float("nan"), float("inf")])
def test_a_tolerance_must_be_a_length(odd):
    for make in (
        lambda: Pin("nose", (0.0, 0.0, 1.0), odd),
        lambda: RayPin("nose", (0.0, 0.0, 1.0), odd),
        lambda: DepthOrder("nose", "left_ear", 0.05, odd),
        lambda: GroundContact("nose", (0.0, 1.0, 0.0), 1.0, odd),
        lambda: Turn("head", (0.0, 1.0, 0.0), odd),
    ):
        with pytest.raises(FitInputError, match="a tolerance above zero"):
            make()


def test_wishes_are_made_of_numbers_and_directions_are_not_zero():
    for make in (
        lambda: Pin("nose", (0.0, float("nan"), 1.0)),
        lambda: RayPin("nose", (0.0, 0.0, 0.0)),
        lambda: DepthOrder("nose", "left_ear", float("inf")),
        lambda: GroundContact("nose", (0.0, 0.0, 0.0), 1.0),
    ):
        with pytest.raises(FitInputError, match="finite numbers, a direction that is not zero"):
            make()
