"""Image, keypoints, 3D joints and pose move together, to the sub-pixel, and back."""

import numpy as np
import pytest
import torch

from core.body.model import BodyParams
from core.geometry.camera import CROP_FOCAL_LENGTH, CROP_SIZE, project
from core.store.fits.augmented import augment
from tests.posing import random_params, toy_body
from tests.train import plain_spin
from train.data.augment import (
    NOTHING,
    Augmentation,
    AugmentConfig,
    augment_image,
    augment_joints,
    augment_keypoints,
    augmented_affine,
    draw_augmentation,
    undo_keypoints,
    undo_scale,
)
from train.data.rotated_body import LAYOUT

CENTER, SCALE = np.array([150.3, 140.7]), 0.83
SOME = [
    NOTHING,
    Augmentation(rotation_deg=37.0),
    Augmentation(scale=1.2),
    Augmentation(flipped=True),
    Augmentation(rotation_deg=-25.0, scale=0.8, flipped=True),
]


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(3)


def some_keypoints(random: np.random.Generator) -> np.ndarray:
    return np.column_stack([random.uniform(60, 240, (49, 2)), random.random(49)])


def spot(xy: np.ndarray, side: int = 300) -> np.ndarray:
    """A photo, black but for a soft bright spot about xy [px]."""
    grid = np.stack(np.meshgrid(np.arange(side) + 0.5, np.arange(side) + 0.5), axis=-1)
    light = np.exp(-0.5 * ((grid - xy) ** 2).sum(-1) / 4.0**2)
    return np.repeat((255 * light)[..., None], 3, axis=2).astype(np.uint8)


def middle(image: np.ndarray) -> np.ndarray:
    """Where the light is [px]."""
    light = image[..., 0].astype(float)
    grid = np.stack(np.meshgrid(np.arange(image.shape[1]) + 0.5, np.arange(image.shape[0]) + 0.5), axis=-1)
    return (light[..., None] * grid).sum((0, 1)) / light.sum()


@pytest.mark.parametrize("chosen", SOME)
def test_a_spot_of_the_photo_stays_under_its_keypoint(chosen):
    """1h.5: SPIN's keypoints are whole pixels, half a pixel off, and a mirror moves them by up to one more."""
    xy = np.array([131.37, 122.81])
    affine = augmented_affine(CENTER, SCALE, chosen)
    keypoints = np.zeros((49, 3))
    keypoints[0] = [*xy, 1]  # the nose, which no mirror exchanges
    moved = augment_keypoints(keypoints, affine, chosen.flipped)
    assert np.abs(middle(augment_image(spot(xy), affine, chosen)) - moved[0, :2]).max() < 0.05


@pytest.mark.parametrize("chosen", SOME)
def test_keypoints_come_back_into_the_photo(random, chosen):
    keypoints = some_keypoints(random)
    affine = augmented_affine(CENTER, SCALE, chosen)
    back = undo_keypoints(augment_keypoints(keypoints, affine, chosen.flipped), affine, chosen.flipped)
    assert np.abs(back - keypoints).max() < 1e-4


def test_a_mirror_exchanges_left_and_right_as_spin_does(random):
    keypoints = some_keypoints(random)
    straight = augment_keypoints(keypoints, augmented_affine(CENTER, SCALE, NOTHING), False)
    mirrored = augment_keypoints(keypoints, augmented_affine(CENTER, SCALE, Augmentation(flipped=True)), True)
    assert np.abs(mirrored[:, 0] - (CROP_SIZE - straight[plain_spin.J49_FLIP, 0])).max() < 1e-4
    assert np.abs(mirrored[:, 1:] - straight[plain_spin.J49_FLIP, 1:]).max() < 1e-4


def test_a_mirror_exchanges_3d_joints_as_spin_does(random):
    joints = random.normal(0, 0.5, (24, 4))
    mirrored = augment_joints(joints, 0.0, True)
    assert np.abs(mirrored - joints[plain_spin.J24_FLIP] * (-1, 1, 1, 1)).max() < 1e-6


@pytest.mark.parametrize("chosen", SOME)
def test_an_augmented_body_projects_onto_augmented_keypoints(chosen):
    """Pose, joints and keypoints each go their own way; the crop's camera brings them together again."""
    body = toy_body(surface=False)
    params = random_params(1)
    pelvis = body.rest_pelvis(params)
    depth = 2 * CROP_FOCAL_LENGTH / (CROP_SIZE * 0.7)
    straight = BodyParams.from_pose(
        params.pose, 0 * params.betas, torch.tensor([[0.1, -0.05, depth]]) - pelvis
    )
    pelvis = body.rest_pelvis(straight)
    straight = BodyParams.from_pose(
        straight.pose, straight.betas, torch.tensor([[0.1, -0.05, depth]]) - pelvis
    )
    in_crop = _pixels(body, straight)
    photo = (in_crop - CROP_SIZE / 2) * (200 * SCALE / CROP_SIZE) + CENTER
    keypoints = np.column_stack([photo, np.ones(49)])
    moved = augment_keypoints(keypoints, augmented_affine(CENTER, SCALE, chosen), chosen.flipped)

    angle, flipped = torch.tensor([chosen.rotation_deg]), torch.tensor([chosen.flipped])
    pose = augment(straight.pose, angle, flipped)
    joints = augment_joints(np.array([[0.1, -0.05, 0.0, 1.0]] * 24), chosen.rotation_deg, chosen.flipped)
    position = torch.tensor([[joints[0, 0], joints[0, 1], depth * chosen.scale]])
    turned = BodyParams.from_pose(pose, straight.betas, position - pelvis)
    difference = np.abs(_pixels(body, turned) - moved[:, :2]).max()
    assert difference < (
        1e-2 if chosen.scale == 1 and not chosen.flipped else 0.5
    )  # a toy is nearly symmetric
    back = undo_scale(turned.cam_t, pelvis, torch.tensor([chosen.scale]))
    assert float((pelvis + back)[0, 2]) == pytest.approx(depth, rel=1e-6)


def _pixels(body, params: BodyParams) -> np.ndarray:
    focal, center = torch.tensor([CROP_FOCAL_LENGTH]), torch.full((1, 2), CROP_SIZE / 2)
    return project(body.keypoints(params, LAYOUT), focal, center)[0].numpy()


def test_draws_have_spins_ranges():
    config = AugmentConfig()
    drawn = [draw_augmentation(config, np.random.default_rng([0, i])) for i in range(4000)]
    turned = np.array([one.rotation_deg for one in drawn])
    scale = np.array([one.scale for one in drawn])
    gain = np.array([one.gain for one in drawn])
    assert np.mean([one.flipped for one in drawn]) == pytest.approx(0.5, abs=0.03)
    assert np.mean(turned == 0) == pytest.approx(0.6, abs=0.03)
    assert np.abs(turned).max() == 60
    assert turned[(turned != 0) & (np.abs(turned) < 60)].std() == pytest.approx(30 * 0.88, rel=0.06)
    assert (scale.min(), scale.max()) == (0.75, 1.25)
    assert 0.6 <= gain.min() < 0.61
    assert 1.39 < gain.max() <= 1.4


def test_gains_change_colours_and_nothing_else():
    image = np.full((300, 300, 3), 100, np.uint8)
    chosen = Augmentation(gain=(0.5, 1.0, 3.0))
    crop = augment_image(image, augmented_affine(CENTER, SCALE, chosen), chosen)
    assert crop[112, 112].tolist() == [50, 100, 255]
