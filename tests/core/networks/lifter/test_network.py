"""The lifter as an untrained network: what must hold whatever its weights are."""

import json

import pytest
import torch
from safetensors.torch import save_file

from core.body import KeypointBody, layout, load_body
from core.body.kinematics import batch_first, batch_last
from core.body.tree import FLIP
from core.errors import CheckpointError, FitInputError
from core.geometry.camera import project
from core.geometry.rotation import axis_angle_to_matrix, rotation6d_to_matrix
from core.networks import lift, load_lifter
from core.networks.lifter.compiled_input import features_of
from core.networks.lifter.lift import CONFIG, WEIGHTS, features_in_tensors, network_entry
from core.networks.lifter.network import Lifter, LifterConfig, rotations_from_6d
from core.networks.lifter.network_input import LifterInput, see, to_definitions
from tests.bodies import toy_arrays, write_npz

DEFINITIONS = tuple(sorted({*layout("coco17").definitions, *layout("h36m17").definitions}))
FOCAL, CENTRE = torch.tensor([900.0]), torch.tensor([[320.0, 240.0]])


@pytest.fixture(scope="module")
def body():
    return load_body()


@pytest.fixture(scope="module")
def lifter(body):
    torch.manual_seed(3)
    made = Lifter(LifterConfig(DEFINITIONS, width=64, blocks=1, body=body.fingerprint))
    mean = torch.randn(made.mean.shape) * 0.2
    mean[-4:] = torch.tensor([0.5, 0.0, 0.0, 0.0])  # half a child, in the middle, as large as it looks
    made.set_body(KeypointBody.from_body(body, "coco17"), mean)
    return made.eval()


@pytest.fixture
def keypoints():
    torch.manual_seed(1)
    xy = torch.rand(1, 17, 2) * torch.tensor([100.0, 200.0]) + torch.tensor([400.0, 120.0])
    return torch.cat([xy, torch.ones(1, 17, 1)], dim=-1)


def guess(lifter, body, keypoints, name="coco17", focal=FOCAL, centre=CENTRE):
    return lift(lifter, body, keypoints, name, focal.expand(len(keypoints)), centre.expand(len(keypoints), 2))


def test_a_guess_has_every_hypothesis_in_order_and_probabilities_that_sum_to_one(lifter, body, keypoints):
    found = guess(lifter, body, keypoints.repeat(3, 1, 1))
    assert found.probability.shape == (3, 5)
    assert torch.allclose(found.probability.sum(1), torch.ones(3))
    assert (found.probability[:, 1:-1] >= found.probability[:, 2:]).all()
    assert len(found.params) == 3
    assert len(found.hypotheses) == 15
    assert torch.equal(found.params.pose, found.hypotheses.pose[::5])


def test_the_guessed_body_stands_where_the_keypoints_are(lifter, body, keypoints):
    found = guess(lifter, body, keypoints)
    pelvis = (found.params.cam_t + body.rest_pelvis(found.params))[:, None]
    seen = project(pelvis, FOCAL, CENTRE)[0, 0]
    middle = (keypoints[0, :, :2].amax(0) + keypoints[0, :, :2].amin(0)) / 2
    assert (seen - middle).norm() < 60
    assert 0.5 < pelvis[0, 0, 2] < 30


def test_absent_keypoints_do_not_matter_wherever_they_are(lifter, body, keypoints):
    keypoints[0, 3:6, 2] = 0
    moved = keypoints.clone()
    moved[0, 3:6, :2] = torch.tensor([[-1e6, 3.0], [torch.nan, 0.0], [5.0, torch.inf]])
    assert torch.equal(guess(lifter, body, keypoints).params.pose, guess(lifter, body, moved).params.pose)


def test_the_same_keypoints_in_another_layout_give_the_same_guess(lifter, body, keypoints):
    names = layout("coco17").definitions
    other = torch.zeros(1, layout("halpe26").k, 3)
    for k, name in enumerate(layout("halpe26").definitions):
        if name in names:
            other[0, k] = keypoints[0, names.index(name)]
    keypoints[0, [k for k, n in enumerate(names) if n not in layout("halpe26").definitions], 2] = 0
    first, second = guess(lifter, body, keypoints), guess(lifter, body, other, "halpe26")
    assert torch.allclose(first.params.pose, second.params.pose, atol=1e-5)


def test_a_photo_twice_as_large_shows_the_same_body(lifter, body, keypoints):
    large = keypoints * torch.tensor([2.0, 2.0, 1.0])
    first, second = (
        guess(lifter, body, keypoints),
        guess(lifter, body, large, focal=2 * FOCAL, centre=2 * CENTRE),
    )
    assert torch.allclose(first.params.pose, second.params.pose, atol=1e-4)
    assert torch.allclose(first.params.cam_t, second.params.cam_t, atol=1e-4)


def test_turning_the_camera_turns_the_guess_and_changes_nothing_else(lifter, body, keypoints):
    """About the optical axis of a centred person the crop's box changes; along the horizon it does not."""
    rays = torch.cat([(keypoints[..., :2] - CENTRE) / FOCAL, torch.ones(1, 17, 1)], -1)
    middle = see(torch.cat([rays[..., :2], torch.ones(1, 17, 1)], -1), torch.ones(1), torch.zeros(1, 2)).turn
    straight = rays @ middle.mT
    straight = torch.cat([straight[..., :2] / straight[..., 2:] * FOCAL + CENTRE, torch.ones(1, 17, 1)], -1)
    aside, ahead = guess(lifter, body, keypoints), guess(lifter, body, straight)
    turned = middle @ axis_angle_to_matrix(aside.params.global_orient)
    assert torch.allclose(turned, axis_angle_to_matrix(ahead.params.global_orient), atol=0.02)
    assert torch.allclose(aside.params.body_pose, ahead.params.body_pose, atol=0.02)


@pytest.mark.parametrize("down", [-100.0, 100.0])
@pytest.mark.parametrize("across", [-30.0, -2.0, 2.0, 30.0])
def test_two_keypoints_are_as_far_apart_however_they_lie(lifter, across, down):
    points = torch.zeros(1, 17, 3)
    points[0, 5], points[0, 7] = (
        torch.tensor([300.0, 200.0, 1.0]),
        torch.tensor([300 + across, 200 + down, 1.0]),
    )
    camera = torch.tensor([1000.0]), torch.tensor([[300.0, 200.0]])
    for look in (features_of, features_in_tensors):
        assert float(look(lifter, points, "coco17", *camera)[1]) == pytest.approx(0.1, rel=0.05)


def test_a_person_without_keypoints_is_refused_by_number(lifter, body, keypoints):
    both = keypoints.repeat(2, 1, 1)
    both[1, :, 2] = 0
    with pytest.raises(FitInputError, match="Person 1: no visible keypoint"):
        guess(lifter, body, both)


@pytest.mark.parametrize(
    ("keypoints_shape", "focal", "words"),
    [
        ((1, 16, 3), 900.0, "coco17"),
        ((17, 3), 900.0, "coco17"),
        ((1, 17, 3), -1.0, "focal length"),
        ((1, 17, 3), torch.nan, "focal"),
    ],
)
def test_wrong_shapes_and_cameras_are_refused_in_words(lifter, body, keypoints_shape, focal, words):
    with pytest.raises(FitInputError, match=words):
        lift(lifter, body, torch.ones(keypoints_shape), "coco17", torch.tensor([focal]), CENTRE)


@pytest.mark.parametrize(
    "scene", ["one keypoint", "all on one point", "one far away", "behind the camera's edge"]
)
def test_odd_keypoints_still_give_finite_bodies(lifter, body, keypoints, scene):
    if scene == "one keypoint":
        keypoints[0, 1:, 2] = 0
    elif scene == "all on one point":
        keypoints[0, :, :2] = 100.0
    elif scene == "one far away":
        keypoints[0, 0, :2] = 1e7
    else:
        keypoints[0, :, 0] = -1e6
    found = guess(lifter, body, keypoints)
    assert all(part.isfinite().all() for part in found.hypotheses.tensors())
    assert (found.hypotheses.cam_t[:, 2] + body.rest_pelvis(found.hypotheses)[:, 2]).abs().max() < 1e6


def test_another_body_keeps_its_own_mean_shape(lifter, keypoints, tmp_path):
    found = guess(lifter, load_body(write_npz(tmp_path / "body.npz", toy_arrays())), keypoints)
    assert not found.hypotheses.betas.any()
    assert not found.hypotheses.kid.any()


def test_the_fast_rotations_are_those_of_core_geometry():
    numbers = torch.randn(6, 24, 6)
    fast = batch_first(rotations_from_6d(batch_last(numbers.view(6, 24, 3, 2))))
    assert torch.allclose(fast, rotation6d_to_matrix(numbers), atol=1e-5)


def safe_bodies(lifter, seen):
    return lifter.bodies(*lifter.both_ways(lifter.features_both_ways(seen)), seen.side)


def test_its_skeleton_is_the_bodys(lifter, body, keypoints):
    found = guess(lifter, body, keypoints).hypotheses
    joints = body.pose(found)[1]
    seen = see(to_definitions(keypoints, "coco17", DEFINITIONS), FOCAL, CENTRE)
    with torch.no_grad():
        own = safe_bodies(lifter, seen).joints[0] @ seen.turn[0]
    own = own[:, None]
    known = (joints - joints[:, :1])[:, None]
    apart = (own - known.transpose(0, 1)).norm(dim=-1).amax(-1)  # every pair: the order is the guess's
    assert apart.amin(1).max() < 1e-3


def test_the_safe_hypothesis_of_a_mirrored_person_is_the_mirrored_one(lifter, keypoints):
    seen = see(to_definitions(keypoints, "coco17", DEFINITIONS), FOCAL, CENTRE)
    mirror = torch.tensor([-1.0, 1.0, 1.0])
    other = LifterInput(
        seen.xy[:, lifter.flip] * mirror[:2], seen.confidence[:, lifter.flip], seen.side, seen.turn
    )
    with torch.no_grad():
        own, mirrored = (safe_bodies(lifter, one) for one in (seen, other))
    assert torch.allclose(own.shape[:, 0], mirrored.shape[:, 0], atol=1e-4)
    assert torch.allclose(own.pelvis[:, 0], mirrored.pelvis[:, 0] * mirror, atol=1e-4)
    turned = mirror[:, None] * mirrored.rotations[:, 0, FLIP] * mirror
    assert torch.allclose(own.rotations[:, 0], turned, atol=1e-4)


def test_a_saved_lifter_comes_back(lifter, body, keypoints, tmp_path):
    save_file(lifter.state_dict(), tmp_path / WEIGHTS)
    (tmp_path / CONFIG).write_text(json.dumps({"network": network_entry(lifter.config)}))
    again = load_lifter(tmp_path, exact=True)
    assert torch.equal(guess(again, body, keypoints).params.pose, guess(lifter, body, keypoints).params.pose)


def test_weights_of_another_network_are_refused_with_their_names(lifter, tmp_path):
    weights = lifter.state_dict()
    weights["propose.bias"] = torch.zeros(3)
    del weights["into.weight"]
    save_file(weights, tmp_path / WEIGHTS)
    (tmp_path / CONFIG).write_text(json.dumps({"network": network_entry(lifter.config)}))
    with pytest.raises(CheckpointError, match=r"into\.weight, propose\.bias"):
        load_lifter(tmp_path)


@pytest.mark.parametrize(
    "fault", ["empty folder", "config is no json", "config of something else", "cut weights"]
)
def test_a_folder_that_is_no_lifter_is_refused(lifter, tmp_path, fault):
    if fault != "empty folder":
        config = {"config is no json": "{", "config of something else": "{}"}
        entry = json.dumps({"network": network_entry(lifter.config)})
        (tmp_path / CONFIG).write_text(config.get(fault, entry))
        (tmp_path / WEIGHTS).write_bytes(b"\x10")
    with pytest.raises(CheckpointError, match="is no lifter"):
        load_lifter(tmp_path)
