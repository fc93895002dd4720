"""Where a fit begins: the camera under the keypoints, and one start near however the person is turned."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from core.body.keypoint_body import KeypointBody, params_to_vector
from core.fitting import FitConfig, fit, problem
from core.fitting.inputs import observe
from core.fitting.placing import BODY_HEIGHT, place, starts
from core.fitting.problem import best_of_each
from core.fitting.solver import SolverStep
from core.fitting.terms.term import SeenKeypoints
from core.geometry.rotation import axis_angle_to_matrix, geodesic_angle
from tests.core.fitting.making import (
    CENTER,
    FOCAL,
    Scene,
    before_camera,
    chance,
    prior_poses,
    standing,
    turn_about,
    turned,
)

ROUNDINGS = 16


def seen(scene: Scene) -> SeenKeypoints:
    observed = observe(
        scene.keypoints, scene.layout, scene.focal_length, scene.camera_center, scene.body.v_template
    )
    return observed.seen(FitConfig(), scene.size_px)


def unplaced(scene: Scene) -> Tensor:
    """The true bodies' keypoints (B, K, 3), as if they stood at the camera."""
    points = KeypointBody.from_body(scene.body, scene.layout).keypoints(scene.truth)
    return points - scene.truth.cam_t[:, None]


@pytest.mark.parametrize("layout", ["coco17", "spin49"])
def test_a_known_body_is_placed_exactly_under_its_keypoints(body, layout):
    scene = Scene.of(body, before_camera(prior_poses(20)), layout)
    found = place(unplaced(scene), seen(scene))
    torch.testing.assert_close(found, scene.truth.cam_t, rtol=0, atol=0.03)


def test_what_is_not_seen_does_not_move_the_place(body):
    scene = Scene.of(body, before_camera(prior_poses(2)), "coco17").with_keypoint(0, "nose", 9e3, -9e3, 0.0)
    found = place(unplaced(scene), seen(scene))
    torch.testing.assert_close(found, scene.truth.cam_t, rtol=0, atol=0.03)


@pytest.mark.parametrize("names", [(), ("nose",), ("left_hip", "right_hip")])
def test_too_little_to_tell_the_distance_gives_a_likely_one_on_the_keypoints_ray(body, names):
    scene = Scene.of(body, before_camera(prior_poses(3)), "coco17").showing("nose", *names)
    found = place(unplaced(scene), seen(scene))
    assert (found[:, 2] > 0.5).all()
    assert (found[:, 2] < 50).all()
    nose = unplaced(scene)[:, 0] + found
    xy = scene.focal_length[:, None] * nose[:, :2] / nose[:, 2:] + scene.camera_center
    assert (xy - scene.keypoints[:, 0, :2]).norm(dim=1).max() < 120


@pytest.mark.parametrize("name", ["nose", "left_wrist", "right_ankle"])
@pytest.mark.parametrize("center", [CENTER, (2000.0, 1500.0)])
def test_one_keypoint_alone_stands_as_far_away_as_somebody_half_as_large_as_the_photo(body, name, center):
    """Its photo is twice as large as its centre is far from the corner."""
    scene = Scene.of(body, before_camera(prior_poses(3)), "coco17").showing(name)
    likely_m = BODY_HEIGHT * FOCAL / max(center)
    camera = scene.focal_length, torch.tensor(center).expand(3, 2)
    *_, step = fit(body, scene.keypoints, scene.layout, *camera)
    assert step.weak.all()
    assert (step.params.cam_t[:, 2] > likely_m / 2).all()
    assert (step.params.cam_t[:, 2] < likely_m * 2).all()


@pytest.fixture(params=["machine code", "tensors"])
def both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fits in float32 on the CPU by machine code, and by the tensors that say the same."""
    if request.param == "tensors":
        monkeypatch.setattr(problem, "by_machine_code", lambda start: False)


@pytest.mark.slow
@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize("name", ["nose", "left_wrist", "right_ankle"])
@pytest.mark.parametrize("center", [CENTER, (2000.0, 1500.0)])
def test_one_keypoint_alone_gives_the_same_body_on_every_processor(body, name, center):
    """Processors round differently, as keypoints do here. Every heading shows the keypoint equally well, so rounding
    once chose among headings, and with them among distances from 3 to 8 m."""
    scene = Scene.of(body, before_camera(prior_poses(2)), "coco17").showing(name)
    rounded = scene.keypoints.repeat_interleave(ROUNDINGS, dim=0)
    noise = 1e-6 * torch.randn(len(rounded), 1, 2, generator=chance(3))
    noise[::ROUNDINGS] = 0
    rounded[..., :2] *= 1 + noise
    camera = torch.full((len(rounded),), FOCAL), torch.tensor(center).expand(len(rounded), 2)
    *_, step = fit(body, rounded, scene.layout, *camera)
    joints = scene.joints(step.params).unflatten(0, (2, ROUNDINGS))
    assert (joints - joints[:, :1]).norm(dim=-1).max() < 0.03


def test_of_starts_that_lead_to_the_same_loss_the_first_is_the_best():
    """However rounding orders them; a start that leads to a lower loss is better wherever it stands."""
    loss = torch.tensor(
        [[9.0, 2.0001, 2.0, 2.00005], [9.0, 2.0, 2.0001, 1.9], [torch.inf, torch.nan, 7.0, 3.0]]
    )
    each = torch.arange(loss.numel())[:, None]
    step = SolverStep(0, each, loss.flatten(), each, each[:, 0] > 0)
    assert best_of_each(step, 3)[1].tolist() == [[1], [3], [3]]
    assert best_of_each(step, 3, keep=2)[1].tolist() == [[1, 2], [1, 3], [2, 3]]


WAYS = {
    **{f"heading {angle}": turn_about(y=angle) for angle in (0, 90, 180, 270)},
    **{f"heading {angle}": turn_about(y=angle) for angle in (45, 135, 225, 315)},
    **{f"rolled {angle}": turn_about(z=angle) for angle in (60, 90, -90, 150, 180)},
    **{f"pitched {angle}": turn_about(x=angle) for angle in (50, -50)},
    "lying, from behind": turn_about(z=90) @ turn_about(y=180),
    "rolled and pitched": turn_about(z=-100) @ turn_about(x=45),
}


@pytest.mark.parametrize("way", WAYS)
def test_one_start_is_near_however_the_person_is_turned(body, way):
    """Within 10 degrees where a heading and a pitch are tried, within 60 between them."""
    truth = replace(turned(standing(), WAYS[way]), cam_t=torch.tensor([[0.3, -0.2, 5.0]]))
    scene = Scene.of(body, truth, "coco17")
    keypoints = KeypointBody.from_body(body, scene.layout)
    begun = starts(keypoints, 17, scene.truth.body_pose[0], seen(scene))[0]
    turns = axis_angle_to_matrix(torch.cat([begun[:, :3], scene.truth.global_orient]))
    off_deg = torch.rad2deg(geodesic_angle(turns[:-1], turns[-1:])).min()
    between = (way.startswith("heading") and int(way.split()[1]) % 90) or "and pitched" in way
    assert off_deg < (60 if between else 12)


def test_every_start_is_before_the_camera_and_the_true_one_at_its_place(body):
    scene = Scene.of(body, standing(), "coco17")
    keypoints = KeypointBody.from_body(body, scene.layout)
    begun = starts(keypoints, 17, scene.truth.body_pose[0], seen(scene))[0]
    assert (keypoints.posed(begun).points[..., 2] > 0.2).all()
    off = (begun - params_to_vector(scene.truth)).abs().amax(dim=1).min()
    assert off < 0.1
