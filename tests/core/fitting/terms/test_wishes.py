"""A curator's wishes steer a fit while the photo is still heard."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from core.body.model import Body, BodyParams
from core.fitting import DepthOrder, FitConfig, GroundContact, Pin, RayPin, Turn
from core.geometry.rotation import axis_angle_to_matrix, geodesic_angle
from tests.core.fitting.making import (
    Scene,
    off_by,
    standing,
    turn_about,
    turned,
)


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


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["machine code", "tensors"])
@pytest.mark.parametrize("heading_deg", [-20.0, 20.0])
def test_a_turn_is_kept_whichever_way_round_it_is_written(body, dtype, heading_deg):
    """Who stands before a camera is turned by nearly pi: the same turn, from the other side, is as near to it."""
    scene = Scene.of(body.to("cpu", dtype), off_by(standing(), 5))
    told = scene.truth.global_orient[0]
    guess = turned(scene.truth, turn_about(y=heading_deg).to(dtype))
    for written in (told, told * (1 - 2 * np.pi / told.norm())):
        step = scene.fit(guess, FitConfig(wishes=(Turn("pelvis", tuple(written.tolist())),)))
        found, wanted = axis_angle_to_matrix(step.params.global_orient[0]), axis_angle_to_matrix(told)
        assert geodesic_angle(found.to(wanted), wanted) < np.deg2rad(3)
        assert step.score < 2
