"""AGORA as a data set: hidden people teach nothing, boxes are a fifth wider, and pixels follow the photo's own size."""

from contextlib import closing

import cv2
import numpy as np
import pytest

from core.body.model import load_body
from core.errors import ReadError
from tests.train.evaluation.agora.making_agora import truth_of, write_frame
from train.data.agora_source import FEWEST_INSIDE, MOST_HIDDEN, dataset_file, teaching
from train.data.sources import SourceOptions, read_sources
from train.synthesis.photo import StudioConfig
from train.synthesis.workers import make_photos
from train.synthesis.writing import write_dataset

HALVES = 1.0, 1.0


@pytest.fixture(scope="module")
def body():
    return load_body()


def sources(folder, body):
    return read_sources(SourceOptions(data=(("agora", folder),)), body, HALVES, seed=0)


def test_scenes_of_a_folder_teach_with_their_truth_but_not_the_most_hidden(tmp_path, body):
    config = StudioConfig(size=64, people=(3, 3), seed=1, crowd=(2,))
    with closing(make_photos(config, tmp_path, 4, 1)) as chunks:
        truths = [truth for chunk in chunks for truth in chunk]
    write_dataset(tmp_path, truths, body)
    hidden = np.concatenate([truth.occlusion for truth in truths])
    inside = np.concatenate([truth.keypoints[:, :25, 2].sum(axis=1) for truth in truths])
    found = sources(tmp_path, body)
    expected = np.flatnonzero((hidden <= MOST_HIDDEN) & (inside >= FEWEST_INSIDE))
    assert sorted(found.order.rows.tolist()) == expected.tolist()
    assert 0 < len(expected) < len(hidden)
    assert found.fits.locked.all()
    assert any("too hidden" in line for line in found.notices)


def test_frames_teach_by_keypoints_in_the_pixels_of_the_photo(tmp_path, body):
    truth = truth_of(0, photos=4, people=30)
    write_frame(tmp_path / "train_0.pkl", truth)
    (tmp_path / "images").mkdir()
    for name in truth["imgPath"]:
        small = name.replace(".png", "_1280x720.png")
        cv2.imwrite(str(tmp_path / "images" / small), np.zeros((720, 1280, 3), np.uint8))
    found = sources(tmp_path, body)
    assert not found.fits.locked.any()
    first = found.order.rows[0]
    seen = found.samples.keypoints[first, :25]
    xy = seen[seen[:, 2] > 0, :2]
    assert len(xy) >= FEWEST_INSIDE
    assert (xy < [1280, 720]).all()
    every = (
        np.concatenate([np.concatenate([one[:24] for one in row]) for row in truth["gt_joints_2d"] if row])
        / 3
    )
    assert np.abs(every[:, None] - xy[None]).max(axis=-1).min(axis=0).max() < 200
    side = 200 * found.samples.scale[first]
    assert side >= 1.2 * np.ptp(xy, axis=0).max() - 1e-3


def test_a_folder_without_scenes_and_frames_is_told_in_words(tmp_path):
    with pytest.raises(ReadError, match=r"no synthetic\.npz and no frames"), dataset_file(tmp_path, tmp_path):
        pass


def test_hiding_that_was_not_measured_leaves_nobody_out(tmp_path):
    keypoints = np.zeros((4, 49, 3), np.float32)
    keypoints[:3, :25, 2] = 1  # detected
    keypoints[3, 25:, 2] = 1  # annotated alone
    np.savez(tmp_path / "composed.npz", occlusion=np.array([np.nan, MOST_HIDDEN + 1, -1, np.nan], np.float32))
    assert teaching(tmp_path / "composed.npz", keypoints).tolist() == [True, False, False, True]
