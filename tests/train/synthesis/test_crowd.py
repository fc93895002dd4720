"""Crowded photos: boxes overlap as in crowds, nobody stands inside another, and the hidden share is counted."""

from contextlib import closing

import numpy as np
import pytest

from train.synthesis.crowd import box_overlap
from train.synthesis.photo import Studio, StudioConfig
from train.synthesis.scene import _apart, boxes_of, draw_scene

SIZE = 96, 96


@pytest.fixture(scope="module")
def studio():
    with closing(Studio(StudioConfig(size=SIZE[0], people=(2, 3), seed=3, crowd=(4,)))) as opened:
        yield opened


def overlaps(studio, crowd: tuple[int, ...], scenes: int) -> np.ndarray:
    rng = np.random.default_rng(1)
    made = [draw_scene(studio._figure, studio._poses, (2, 2), SIZE, rng, crowd) for _ in range(scenes)]
    return np.concatenate([box_overlap(boxes_of(scene, SIZE)) for scene in made])


def test_the_overlap_of_boxes_is_their_intersection_over_their_union():
    boxes = np.array([[0, 0, 2, 2], [1, 0, 2, 2], [10, 10, 1, 1]], np.float32)
    np.testing.assert_allclose(box_overlap(boxes), [1 / 3, 1 / 3, 0])
    assert box_overlap(boxes[:1]).tolist() == [0]


def test_more_scenes_to_choose_from_make_denser_crowds(studio):
    apart, one, four = (overlaps(studio, crowd, 16).mean() for crowd in ((), (1,), (4,)))
    assert apart + 0.1 < one < four - 0.05
    assert four > 0.45


def test_nobody_of_a_crowd_stands_inside_another(studio):
    rng = np.random.default_rng(2)
    scene = draw_scene(studio._figure, studio._poses, (3, 3), SIZE, rng, (1,))
    joints = [person.skeleton for person in scene.people]
    assert len(joints) > 1
    assert all(_apart(one, other) for i, one in enumerate(joints) for other in joints[:i])


def test_the_hidden_share_of_a_person_follows_from_the_mask(studio):
    for index in range(4):
        truth = studio.photo(index).truth
        assert ((truth.occlusion >= 0) & (truth.occlusion < 100)).all()
    shares = np.concatenate([studio.photo(index).truth.occlusion for index in range(8)])
    assert shares.min() == 0 < shares.max()
