"""One way to ask both networks: where their answers land in the photo, and people of whom nothing can be said."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
import torch
from torch import Tensor

from core.body import Body, BodyParams, load_body
from core.body.keypoints import layout
from core.body.mean_skeleton import SMPL_PELVIS
from core.errors import FitInputError
from core.geometry.camera import (
    CROP_FOCAL_LENGTH,
    CROP_SIZE,
    keypoints_from_crop,
    project,
    weak_camera_to_cam_t,
)
from core.geometry.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from core.networks.guess import guess, guess_crops, unguessable
from core.networks.lifter.lift import LifterGuess
from core.networks.lifter.network import Lifter, LifterConfig
from core.networks.spin import SpinConfig, SpinNetwork, mean_params
from core.networks.table import KINDS
from core.records import Guess, Keypoints, Photo
from tests.core.networks.making import LAYOUT, assert_same, network_that_says, noise, person, random_network
from tests.posing import toy_body

WIDTH, HEIGHT = 640, 480
PHOTO = Photo("people.jpg", WIDTH, HEIGHT, focal_length=700.0, camera_center=(310.0, 250.0))


@pytest.fixture(scope="module")
def body() -> Body:
    return load_body()


@pytest.fixture(scope="module")
def network() -> SpinNetwork:
    return random_network()


@pytest.fixture
def lifter(monkeypatch: pytest.MonkeyPatch) -> Lifter:
    """A lifter with two hypotheses a person, 3 m away under the mean of its keypoints, in place of the real one."""

    def lift(
        lifter: Lifter,
        body: Body,
        keypoints: Tensor,
        layout: str,
        focal_length: Tensor,
        camera_center: Tensor,
    ) -> LifterGuess:
        assert (keypoints[..., 2] > 0).any(dim=1).all(), "nobody without keypoints is lifted"
        middle = (keypoints[..., :2] * keypoints[..., 2:]).sum(1) / keypoints[..., 2:].sum(1)
        across = 3 * (middle - camera_center) / focal_length[:, None]
        place = torch.cat([across, torch.full_like(across[:, :1], 3.0)], dim=1).repeat_interleave(2, dim=0)
        zeros = BodyParams.zeros(len(place))
        both = BodyParams(zeros.global_orient, zeros.body_pose, zeros.betas, place)
        probability = torch.tensor([0.7, 0.3]).expand(len(keypoints), 2)
        return LifterGuess(both[::2], both, probability)

    monkeypatch.setitem(KINDS, "lifter", replace(KINDS["lifter"], forward=lift))
    return cast(Lifter, SimpleNamespace(kind="lifter"))


def in_photo(answer: Guess, body: Body) -> tuple[Tensor, Tensor]:
    """The guessed body's keypoints (K, 2) and its pelvis (2,) [px of the photo]."""
    params = BodyParams.from_pose(*(torch.tensor(v)[None] for v in (answer.pose, answer.betas, answer.cam_t)))
    return pixels_of(params, body, answer.focal_length, torch.tensor(answer.camera_center)[None])


def pixels_of(params: BodyParams, body: Body, focal_length: float, center: Tensor) -> tuple[Tensor, Tensor]:
    """Keypoints (K, 2) and pelvis (2,) of one body [px]."""
    points = torch.cat([body.keypoints(params, LAYOUT), body.pose(params)[1][:, :1]], dim=1)
    pixels = project(points, torch.tensor([focal_length]), center)[0]
    return pixels[:-1], pixels[-1]


@pytest.mark.parametrize(
    ("center", "tolerance_px"), [((310, 250), 2.0), ((420, 250), 2.5), ((560, 120), 4.0), ((20, 460), 5.0)]
)
@pytest.mark.parametrize("side", [60.0, 300.0])
@pytest.mark.parametrize("toy", [False, True], ids=["pelvis at the origin", "pelvis elsewhere, as SMPL's"])
def test_the_guessed_body_lands_in_the_photo_where_the_crop_shows_it(body, center, tolerance_px, side, toy):
    body = toy_body() if toy else body
    torch.manual_seed(2)
    mean = mean_params(0.15 * torch.randn(69), weak_camera=torch.tensor([0.85, 0.05, 0.1]))
    someone = person(center=center, side=side)
    network = network_that_says(mean, SpinConfig("resnet18", body=body.fingerprint))
    answer = guess(noise(), [someone], PHOTO, network, body)[0]

    turns = torch.stack([mean.pose.view(24, 3, 2)[..., 0], mean.pose.view(24, 3, 2)[..., 1]], dim=2)
    turns = torch.cat([turns, torch.linalg.cross(turns[..., 0], turns[..., 1])[..., None]], dim=2)
    pose = matrix_to_axis_angle(turns).reshape(1, 72)
    crop_params = BodyParams.from_pose(pose, torch.zeros(1, 10), weak_camera_to_cam_t(mean.weak_camera[None]))
    middle = torch.full((1, 2), CROP_SIZE / 2)
    in_crop = torch.vstack(pixels_of(crop_params, body, CROP_FOCAL_LENGTH, middle))
    there = keypoints_from_crop(in_crop[None], torch.tensor([center]).float(), torch.tensor([side]))[0]

    error = (torch.vstack(in_photo(answer, body)) - there).norm(dim=1) * CROP_SIZE / side  # px of the crop
    assert error[:-1].mean() < tolerance_px
    assert error[-1] < 0.02, "the pelvis keeps its pixel"
    np.testing.assert_allclose(answer.pose[3:], pose[0, 3:], atol=1e-5)
    assert (answer.focal_length, answer.network, answer.probability) == (700.0, "spin", 1.0)
    np.testing.assert_array_equal(answer.camera_center, PHOTO.camera_center)


@pytest.mark.parametrize("toy", [False, True], ids=["the open body", "another"])
def test_a_network_of_smpl_has_any_body_stand_where_smpl_would(body, toy):
    """What it says is where SMPL's origin is, and that lies 22 cm from the pelvis."""
    body = toy_body() if toy else body
    mean = mean_params(torch.zeros(69), weak_camera=torch.tensor([0.85, 0.05, 0.1]))
    center, side = (420.0, 250.0), 300.0
    answer = guess(noise(), [person(center=center, side=side)], PHOTO, network_that_says(mean), body)[0]
    pelvis = torch.tensor(SMPL_PELVIS) + weak_camera_to_cam_t(mean.weak_camera[None])[0]
    in_crop = CROP_FOCAL_LENGTH * pelvis[:2] / pelvis[2] + CROP_SIZE / 2
    there = keypoints_from_crop(in_crop[None], torch.tensor(center), side)[0]
    assert (in_photo(answer, body)[1] - there).norm() < 0.05


def test_a_guess_says_which_body_it_is_of(body, network, lifter):
    answer = guess(noise(), [person()], PHOTO, network, body, lifter)[0]
    assert [one.body for one in (answer, *answer.alternatives)] == [body.fingerprint] * 3


@pytest.mark.slow
def test_a_batch_says_of_each_person_what_is_said_alone(body, network):
    image = noise()
    people = [person(i, (20.0 + 17 * i, 30.0 + 11 * i), 40.0 + 5 * i) for i in range(35)]  # more than a chunk
    together = guess(image, people, PHOTO, network, body)
    assert len(together) == 35
    for index in (0, 13, 31, 32, 34):
        assert_same(together[index], guess(image, [people[index]], PHOTO, network, body)[0])
    assert np.ptp([answer.pose for answer in together], axis=0).max() > 1e-3  # crops differ, answers too
    assert guess(image, [], PHOTO, network, body) == []


def test_people_of_several_photos_are_guessed_in_one_batch(body, network):
    crops = np.random.default_rng(1).integers(0, 256, (3, CROP_SIZE, CROP_SIZE, 3), dtype=np.uint8)
    center, side = torch.tensor([[100.0, 80], [300, 90], [50, 400]]), torch.tensor([90.0, 120, 300])
    focal, middle = torch.tensor([500.0, 900, 1500]), torch.tensor([[320.0, 240], [200, 200], [960, 540]])
    together = guess_crops(network, crops, center, side, focal, middle, body)
    for i in range(3):
        one = slice(i, i + 1)
        alone = guess_crops(network, crops[one], center[one], side[one], focal[one], middle[one], body)
        torch.testing.assert_close(together[one].pose, alone.pose, rtol=0, atol=1e-4)
        torch.testing.assert_close(together[one].cam_t, alone.cam_t, rtol=1e-4, atol=1e-4)


def test_a_camera_that_nobody_measured_is_the_photos_diagonal(body, network):
    answer = guess(noise(), [person()], Photo("a.jpg", WIDTH, HEIGHT), network, body)[0]
    assert answer.focal_length == pytest.approx(800.0)
    np.testing.assert_array_equal(answer.camera_center, [320, 240])


def test_with_an_image_network_the_lifters_answers_are_alternatives(body, network, lifter):
    people = [person(1), person(2, (100, 100), seen=False), person(3, (500, 300))]
    answers = guess(noise(), people, PHOTO, network, body, lifter)
    assert [answer.network for answer in answers] == ["spin"] * 3
    assert [[other.network for other in answer.alternatives] for answer in answers] == [
        ["lifter"] * 2, [], ["lifter"] * 2,
    ]  # fmt: skip
    assert [other.probability for other in answers[0].alternatives] == pytest.approx([0.7, 0.3])
    for one, answer in zip(people[::2], answers[::2], strict=True):
        middle = one.keypoints.xy.mean(axis=0)
        lifted = answer.alternatives[0].cam_t
        across = PHOTO.focal_length * lifted[:2] / lifted[2] + PHOTO.camera_center
        np.testing.assert_allclose(across, middle, atol=1e-3)


def test_the_lifter_alone_needs_no_pixels_and_takes_people_of_several_layouts(body, lifter):
    k = layout("openpose25").k
    other = Keypoints("openpose25", np.full((k, 2), 77.0), np.ones(k))
    people = [person(1), person(2).with_(keypoints=other), person(3, (500, 300))]
    answers = guess(None, people, PHOTO, lifter, body)
    assert [answer.network for answer in answers] == ["lifter"] * 3
    assert [len(answer.alternatives) for answer in answers] == [1, 1, 1]
    lifted = answers[1].cam_t
    across = PHOTO.focal_length * lifted[:2] / lifted[2] + PHOTO.camera_center
    np.testing.assert_allclose(across, [77, 77], atol=1e-3)


def test_the_real_lifter_is_asked_for_all_its_hypotheses(body):
    torch.manual_seed(0)
    lifter = Lifter(LifterConfig(definitions=layout(LAYOUT).definitions)).eval()
    answers = guess(None, [person(1), person(2)], PHOTO, lifter, body)
    for answer in answers:
        others = answer.alternatives
        assert len(others) == lifter.config.hypotheses - 1
        assert sum(other.probability for other in (answer, *others)) == pytest.approx(1, abs=1e-4)
        assert answer.cam_t[2] > 0


def test_a_person_without_keypoints_is_not_guessed_by_the_lifter(body, lifter):
    people = [person(4), person(5, seen=False), person(6, seen=False)]
    with pytest.raises(FitInputError) as error:
        guess(None, people, PHOTO, lifter, body)
    message = str(error.value)
    assert message.startswith("people.jpg: Person 5: no keypoint is visible")
    assert "Person 6: " in message
    assert "Person 4" not in message
    assert "choose an image network" in message
    assert list(unguessable(None, people, lifter)) == [1, 2]


def test_a_box_outside_the_photo_is_guessed_from_keypoints_or_refused(body, network, lifter):
    outside = person(7, (-300, 240))
    answer = guess(noise(), [outside], PHOTO, network, body, lifter)[0]
    assert answer.network == "lifter"
    for nothing in (person(7, (-300, 240), seen=False), person(7, (320, 900), seen=False)):
        with pytest.raises(FitInputError, match=r"people\.jpg: Person 7: the bbox lies outside the photo"):
            guess(noise(), [nothing], PHOTO, network, body, lifter)
    with pytest.raises(FitInputError, match="give keypoints and the lifter"):
        guess(noise(), [outside], PHOTO, network, body)


def test_a_photo_that_is_lost_is_guessed_from_keypoints_or_refused(body, network, lifter):
    assert guess(None, [person()], PHOTO, network, body, lifter)[0].network == "lifter"
    with pytest.raises(FitInputError, match="the photo's pixels are not there"):
        guess(None, [person()], PHOTO, network, body)


@pytest.mark.parametrize("center", [(0, 0), (640, 240), (-90, 240), (320, 575)])
def test_a_box_that_the_photo_cuts_off_is_guessed(body, network, center):
    assert np.isfinite(guess(noise(), [person(center=center)], PHOTO, network, body)[0].cam_t).all()


def test_a_network_in_training_is_asked_as_it_has_learned_and_goes_on_training(body):
    network = random_network()
    expected = guess(noise(), [person()], PHOTO, network, body)[0]
    network.train()
    network.bn1.eval()  # a frozen norm stays frozen
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert_same(guess(noise(), [person()], PHOTO, network, body)[0], expected)
    assert network.drop1.training
    assert not network.bn1.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_betas_are_told_only_to_the_body_that_they_belong_to(body):
    mean = mean_params(torch.zeros(69), betas=torch.linspace(-1, 1, 10))
    stranger = network_that_says(mean)  # SPIN's betas are those of SMPL, which the open body is not
    friend = network_that_says(mean, SpinConfig("resnet18", body=body.fingerprint))
    assert not guess(noise(), [person()], PHOTO, stranger, body)[0].betas.any()
    np.testing.assert_allclose(guess(noise(), [person()], PHOTO, friend, body)[0].betas, mean.betas)


@pytest.mark.parametrize("scale", [0.0, -0.5, 1e-12])
def test_a_camera_that_the_network_lost_leaves_the_body_in_front_of_the_camera(body, scale):
    mean = mean_params(torch.zeros(69), weak_camera=torch.tensor([scale, 0.0, 0.0]))
    answer = guess(noise(), [person()], PHOTO, network_that_says(mean), body)[0]
    assert 0 < answer.cam_t[2] < 1000


def test_a_turned_person_is_turned_the_same_way_in_the_photo(body):
    """Off the axis the photo's body turns by the ray's angle, so that it shows the camera the same side."""
    mean = mean_params(torch.zeros(69))
    answer = guess(noise(), [person(center=(610, 250), side=100.0)], PHOTO, network_that_says(mean), body)[0]
    facing = axis_angle_to_matrix(torch.tensor(answer.pose[:3])) @ torch.tensor([0.0, 0.0, 1.0])
    ray = torch.tensor([(610 - 310) / 700, 0.0, 1.0])
    torch.testing.assert_close(facing, -ray / ray.norm(), rtol=0, atol=1e-5)
