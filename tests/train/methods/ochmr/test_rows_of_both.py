"""People over each other get a second row, the square around both; and every row is shown whose body it is."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.body.model import BodyParams, load_body
from core.geometry.camera import project
from core.geometry.image import apply_affine
from core.geometry.iou import iou
from core.records import BBox
from core.store.fits.dictionary import FitsDictionary
from tests.train.methods.ochmr import making_crowds
from train.data.augment import AugmentConfig, augmented_affine, draw_augmentation
from train.data.batches import Crops, RowTurn
from train.data.sources import SourceOptions, Sources, read_sources
from train.data.trunks import EXACT, TrunkNoise, Trunks
from train.methods.ochmr.rows_of_both import tight_corners, with_rows_of_both

PAIRS = 4


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> Sources:
    folder = tmp_path_factory.mktemp("crowd")
    path = making_crowds.write_crowds(folder, load_body(), PAIRS)
    return read_sources(SourceOptions(fits=path), load_body(), (1.0, 1.0), 0)


@pytest.fixture(scope="module")
def doubled(sources) -> Sources:
    return with_rows_of_both(sources, 0.05)


def test_each_of_a_pair_is_shown_a_second_time_with_its_partner(sources, doubled):
    count = len(sources.samples)
    assert doubled.made > count / 2
    assert len(doubled.samples) == len(doubled.fits) == count + doubled.made
    assert doubled.order.rows[-1] == len(doubled.samples) - 1
    corners = tight_corners(doubled.samples)
    for row in range(count, len(doubled.samples)):
        square = BBox(doubled.samples.center[row], float(doubled.samples.scale[row]))
        inside = [
            corners[other]
            for other in range(count)
            if doubled.samples.photo[other] == doubled.samples.photo[row]
        ]
        for box in inside:
            assert (box[:2] >= square.center - square.side / 2).all()
            assert (box[2:] <= square.center + square.side / 2).all()
        longest = max(np.ptp([box[[0, 2]] for box in inside]), np.ptp([box[[1, 3]] for box in inside]))
        assert square.side == pytest.approx(1.2 * longest, rel=1e-4)


def test_rows_of_both_are_of_the_same_body_in_the_photo(sources, doubled):
    count = len(sources.samples)
    for name in ("photo_pose", "betas", "photo_cam_t", "keypoints"):
        values = getattr(doubled.fits, name)
        for row in range(count, len(values)):
            assert any(torch.equal(values[row], values[own]) for own in range(count))


def test_poses_and_joints_of_a_row_of_both_are_in_its_own_crops_frame(sources):
    """A row whose joints are those of its pose before, has them after: both are turned by the same turn."""
    body = load_body()

    def joints_of(fits: FitsDictionary) -> np.ndarray:
        params = BodyParams.from_pose(fits.crop_pose, fits.betas, torch.zeros(len(fits), 3))
        points = body.keypoints(params, "spin49")[:, 25:]
        return (points - points[:, 14:15]).numpy()

    joints = np.concatenate([joints_of(sources.fits), np.ones((len(sources.fits), 24, 1))], axis=2)
    known = replace(sources.samples, joints=joints.astype(np.float32))
    found = with_rows_of_both(replace(sources, samples=known), 0.05)
    np.testing.assert_allclose(found.samples.joints[..., :3], joints_of(found.fits), atol=2e-4)


def test_without_enough_overlap_nobody_is_shown_twice(sources):
    assert with_rows_of_both(sources, 1.0) is sources
    iou_now = [
        iou(box, other)
        for number, box in enumerate(tight_corners(sources.samples))
        for other in tight_corners(sources.samples)[:number]
    ]
    least = (max(iou_now) + 1) / 2
    assert with_rows_of_both(sources, least) is sources


def test_a_crop_is_shown_its_own_centre_first_then_the_other_persons_where_the_augmented_crop_has_them(
    doubled,
):
    trunks = Trunks.of(doubled.samples, EXACT)
    crops = Crops(doubled.samples, doubled.order, AugmentConfig(), False, trunks)
    row = len(doubled.samples) - 1
    batch = crops[[RowTurn(2, 5, row)]]
    (centres,) = batch.centres.numpy()
    assert np.isfinite(centres[:2]).all()
    assert np.isnan(centres[2:]).all()
    rng = np.random.default_rng([doubled.order.seed, 1, 2, 5])
    chosen = draw_augmentation(AugmentConfig(), rng)
    affine = augmented_affine(doubled.samples.center[row], float(doubled.samples.scale[row]), chosen)
    other = trunks.others[row][0]
    expected = apply_affine(affine, trunks.center[[row, other]].astype(float))
    np.testing.assert_allclose(centres[:2], expected, atol=1e-3)
    assert doubled.samples.photo[other] == doubled.samples.photo[row]
    assert not np.array_equal(doubled.samples.keypoints[other], doubled.samples.keypoints[row])


def test_noise_moves_centres_and_leaves_some_out_but_never_the_own_one(doubled):
    row = len(doubled.samples) - 1
    affine = augmented_affine(
        doubled.samples.center[row],
        float(doubled.samples.scale[row]),
        draw_augmentation(AugmentConfig(0, 0, 0, 1, 0), np.random.default_rng(0)),
    )
    exact = Trunks.of(doubled.samples, EXACT).shown(row, affine, np.random.default_rng(0))
    noisy = Trunks.of(doubled.samples, TrunkNoise(0.02, 0.3))
    drawn = np.stack([noisy.shown(row, affine, np.random.default_rng(seed)) for seed in range(400)])
    assert np.isfinite(drawn[:, 0]).all()
    assert np.isnan(drawn[:, 1, 0]).mean() == pytest.approx(0.3, abs=0.08)
    off = (drawn[:, 0] - exact[0]) / 224
    assert off.std() == pytest.approx(0.02, rel=0.15)


def test_the_truth_of_a_row_of_both_projects_where_its_keypoints_are(doubled):
    body, fits = load_body(), doubled.fits
    params = BodyParams.from_pose(fits.pose, fits.betas, fits.cam_t)
    points = project(body.keypoints(params, "spin49"), fits.focal_length, fits.camera_center)
    torch.testing.assert_close(points, fits.keypoints[..., :2], rtol=0, atol=0.05)
