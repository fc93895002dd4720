"""The lifter that comes with the program does what its table says."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from core.body import BodyParams, KeypointBody, load_body
from core.body.keypoints import layout
from core.geometry.camera import project
from core.geometry.rotation import matrix_to_axis_angle
from core.metrics import pa_mpjpe_mm
from core.networks import lift, load_lifter
from core.networks.lifter import lift as lifting
from core.networks.lifter.lift import LIFTER_FOLDER, WEIGHTS
from train.methods.lifter.accuracy import TABLE, limb_columns, on_true_people
from train.methods.lifter.scenes import camera_turn

PRIOR = Path(__file__).parents[4] / "resources" / "prior" / "pose_prior.npz"
MB = 1_000_000
HEADINGS = 8


@pytest.fixture(scope="module")
def body():
    return load_body()


@pytest.fixture(scope="module")
def lifter():
    return load_lifter()


@pytest.fixture(scope="module")
def people(body):
    """The pose prior's typical poses, upright, each seen from eight sides."""
    with np.load(PRIOR) as file:
        poses = torch.from_numpy(file["means"]).float()
    count = len(poses) * HEADINGS
    heading = torch.arange(count) * (2 * torch.pi / HEADINGS)
    view = camera_turn(heading, torch.full((count,), 0.1), torch.zeros(count))
    cam_t = torch.tensor([0.3, -0.2, 4.0]).expand(count, 3)
    body_pose = poses.repeat_interleave(HEADINGS, dim=0)
    return BodyParams(matrix_to_axis_angle(view), body_pose, torch.zeros(count, 10), cam_t)


def camera_of(people):
    return torch.full((len(people),), 1100.0), torch.tensor([[640.0, 360.0]]).expand(len(people), 2)


def seen(body, people, name):
    xy = project(KeypointBody.from_body(body, name).keypoints(people), *camera_of(people))
    return torch.cat([xy, torch.ones_like(xy[..., :1])], dim=-1)


def error_mm(body, found, true):
    columns, joints = limb_columns("smpl24"), KeypointBody.from_body(body, "smpl24")
    return pa_mpjpe_mm(joints.keypoints(found)[:, columns], joints.keypoints(true)[:, columns])


def test_its_weights_are_small_enough_to_ship():
    assert (LIFTER_FOLDER / WEIGHTS).stat().st_size <= 12 * MB


@pytest.mark.parametrize("name", ["coco17", "openpose25", "h36m17", "mediapipe33", "lsp14", "spin49"])
def test_typical_poses_are_lifted_from_any_layout(lifter, body, people, name):
    found = lift(lifter, body, seen(body, people, name), name, *camera_of(people))
    assert error_mm(body, found.params, people).mean() < 50
    assert (found.params.cam_t - people.cam_t)[:, 2].abs().median() < 0.5


@pytest.mark.parametrize(
    "device",
    [
        "cpu",
        pytest.param(
            "cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU is here")
        ),
    ],
)
def test_weights_rounded_for_speed_say_the_same_to_two_millimetres(body, people, device, monkeypatch):
    monkeypatch.setattr(
        "core.networks.lifter.lift.has_bfloat16", lambda device: True
    )  # whatever this processor has
    keypoints, there = seen(body, people, "coco17"), body.to(device)
    quick, exact = (
        lift(
            load_lifter(device=device, exact=one), there, keypoints, "coco17", *camera_of(people)
        ).params.frozen()
        for one in (False, True)
    )
    assert error_mm(body, quick, exact).mean() < 2


def test_the_guess_lies_under_its_keypoints(lifter, body, people):
    keypoints = seen(body, people, "coco17")
    found = lift(lifter, body, keypoints, "coco17", *camera_of(people))
    off = (seen(body, found.params, "coco17") - keypoints)[..., :2].norm(dim=-1)
    size = (keypoints[..., :2].amax(1) - keypoints[..., :2].amin(1)).amax(1)
    assert (off.mean(1) / size).mean() < 0.03


def test_half_a_body_gives_a_sensible_whole_one(lifter, body, people):
    """Only shoulders, arms and head: legs are guessed, hanging down more often than not."""
    keypoints = seen(body, people, "coco17")
    keypoints[:, 11:, 2] = 0
    found = lift(lifter, body, keypoints, "coco17", *camera_of(people))
    joints = KeypointBody.from_body(body, "smpl24").keypoints(found.params)
    ankles, neck = joints[:, 7:9, 1].mean(1), joints[:, 12, 1]
    assert ((ankles - neck) > 0.5).float().mean() > 0.8  # y points down


def test_more_hypotheses_hold_a_better_one(lifter, body, people):
    found = lift(lifter, body, seen(body, people, "coco17"), "coco17", *camera_of(people))
    count = found.probability.shape[1]
    errors = torch.stack([error_mm(body, found.hypotheses[h::count], people) for h in range(count)], dim=1)
    assert errors.amin(1).mean() < errors[:, 0].mean()


def test_people_with_measured_joints_are_lifted_as_the_table_says(lifter, body, shared_data):
    table = json.loads((LIFTER_FOLDER / TABLE).read_text())
    errors = torch.cat(list(on_true_people(lifter, body, shared_data / "photos").values()))
    assert errors[:, 0].mean().item() == pytest.approx(table["all with 3D truth"]["first_choice_mm"], abs=1.0)


@pytest.mark.parametrize("name", ["nose", "left_wrist", "right_ankle"])
@pytest.mark.parametrize("compiled", [True, False])
def test_one_keypoint_alone_is_somebody_at_a_likely_distance(lifter, body, monkeypatch, name, compiled):
    """Not a person as small as a point, who would stand 800 m away."""
    if not compiled:
        monkeypatch.setattr(lifting, "features_of", lifting.features_in_tensors)
        monkeypatch.setattr(lifting, "bodies_of", lifting.stand_in_tensors)
    keypoints = torch.zeros(1, 17, 3)
    keypoints[0, layout("coco17").index(name)] = torch.tensor([200.0, 150.0, 1.0])
    found = lift(lifter, body, keypoints, "coco17", torch.tensor([800.0]), torch.tensor([[320.0, 240.0]]))
    assert (found.hypotheses.cam_t[:, 2] > 1).all()
    assert (found.hypotheses.cam_t[:, 2] < 9).all()
