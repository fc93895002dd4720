"""Where a search for other bodies begins."""

import pytest
import torch

from core.body.keypoint_body import CAM_T_COLUMNS, POSE_COLUMNS, KeypointBody
from core.body.tree import joint_index
from core.fitting.starts.flips import FLIPS, flip_sets, flipped
from core.fitting.starts.other_starts import starts_around, with_limbs_of

ARM = [joint_index(f"left_{part}") for part in ("collar", "shoulder", "elbow", "wrist", "hand")]


@pytest.fixture(scope="module")
def keypoint_body(body):
    return KeypointBody.from_body(body, "coco17")


@pytest.fixture(scope="module")
def three(keypoint_body):
    """Bodies (3, 86): one, one a little off it, one far off it."""
    generator = torch.Generator().manual_seed(3)
    given = torch.zeros(3, 86)
    given[:, POSE_COLUMNS] = 0.2 * torch.randn(1, 72, generator=generator)
    noise = torch.randn(2, 72, generator=generator) * torch.tensor([[0.05], [0.5]])
    given[1:, POSE_COLUMNS] += noise
    given[:, CAM_T_COLUMNS] = torch.tensor([0.0, 0.0, 4.0])
    return given


def test_one_body_is_started_from_with_its_limbs_flipped(keypoint_body, three):
    starts = starts_around(keypoint_body, three[:1], 32)
    assert torch.equal(starts, flipped(keypoint_body, three[0], flip_sets(32)))


@pytest.mark.parametrize("count", [1, 8, 20, 32])
def test_what_was_given_and_single_flips_are_always_among_the_starts(keypoint_body, three, count):
    starts = starts_around(keypoint_body, three, count)
    assert torch.allclose(starts[0], three[0], atol=1e-5)
    assert all((starts == given).all(dim=1).any() for given in three[1:])
    if count >= 20:
        assert len(starts) == count
        assert torch.equal(
            starts[: len(FLIPS) + 1], flipped(keypoint_body, three[0], flip_sets(len(FLIPS) + 1))
        )


def test_a_limb_of_another_body_points_as_it_does_there_and_all_else_stays(keypoint_body, three):
    turns, _ = keypoint_body.joints(three)
    made, _ = keypoint_body.joints(with_limbs_of(keypoint_body, three[0], three[1:]))
    rest = [joint for joint in range(24) if joint not in ARM]
    assert torch.allclose(made[0, ARM], turns[2, ARM], atol=1e-5)
    assert torch.allclose(made[0, rest], turns[0, rest], atol=1e-5)


def test_limbs_of_whom_differs_most_come_first(keypoint_body, three):
    first = with_limbs_of(keypoint_body, three[0], three[1:])
    again = with_limbs_of(keypoint_body, three[0], three[1:].flip(0))
    assert len(first) == 8
    assert torch.equal(first, again)


def test_shape_and_place_stay_when_limbs_are_exchanged(keypoint_body, three):
    made = with_limbs_of(keypoint_body, three[0], three[1:])
    kept = [column for column in range(86) if column not in range(86)[POSE_COLUMNS]]
    assert torch.equal(made[:, kept], three[:1, kept].expand(len(made), -1))


def test_with_no_other_there_is_no_limb_to_take(keypoint_body, three):
    assert with_limbs_of(keypoint_body, three[0], three[1:1]).shape == (0, 86)
