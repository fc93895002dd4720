"""Where a fit begins: the camera under the keypoints, and one start near however the person is turned."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from core.body.keypoint_body import KeypointBody, params_to_vector
from core.fitting import FitConfig, fit
from core.fitting.inputs import observe
from core.fitting.placing import BODY_HEIGHT, place, starts
from core.fitting.terms.term import SeenKeypoints
from core.geometry.rotation import axis_angle_to_matrix, geodesic_angle
from tests.core.fitting.making import (
    CENTER,
    FOCAL,
    Scene,
    before_camera,
    prior_poses,
    standing,
    turn_about,
    turned,
)


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
