"""Learning how likely a pose is, and the prior that ships."""

import numpy as np
import pytest
import torch

from core.body.tree import flip_pose, joint_index
from core.errors import FitloopError
from core.fitting.prior import PRIOR_FILE, load_prior
from core.fitting.terms.limits import beyond_limits
from core.fitting.terms.pose_prior import mixture
from train.data.mocap import GIRDLE, Poses, read_poses
from train.prior import HINGES, extra_variance, learn, learn_mixture, limits, main


def number(joint: str, axis: int) -> int:
    """Place of one axis of a joint in the 69 numbers of a body pose."""
    return 3 * (joint_index(joint) - 1) + axis


def standing(count: int, seed: int = 0) -> Poses:
    """Poses (N, 72) a little around two: arms down, and one knee bent."""
    rng = np.random.default_rng(seed)
    pose = rng.normal(0, 0.1, (count, 72)).astype(np.float32)
    pose[:, 3 + number("left_shoulder", 2)] -= 1.2
    pose[:, 3 + number("right_shoulder", 2)] += 1.2
    pose[: count // 2, 3 + number("left_knee", 0)] += 1.0
    return Poses(pose, np.full(count, 1 / count), "recorded by us")


def test_a_mixture_is_found_again_by_its_own_poses():
    rng = np.random.default_rng(1)
    truth = rng.normal(0, 1, (2, 69))
    poses = torch.from_numpy(np.repeat(truth, [300, 700], axis=0) + rng.normal(0, 0.1, (1000, 69)))
    means, covars, shares = learn_mixture(
        poses, torch.full((1000,), 1e-3, dtype=torch.float64), 2, 20, seed=1
    )
    order = shares.argsort()
    torch.testing.assert_close(
        shares[order], torch.tensor([0.3, 0.7], dtype=torch.float64), rtol=0, atol=1e-3
    )
    torch.testing.assert_close(means[order], torch.from_numpy(truth), rtol=0, atol=0.03)
    expected = 0.01 + extra_variance()
    torch.testing.assert_close(covars[order[1]].diagonal(), expected, rtol=0, atol=3e-3)


def test_weights_count_as_so_many_poses():
    poses = torch.from_numpy(standing(40).pose[:, 3:]).double()
    weight = torch.arange(40) % 4 / 60
    repeated = poses.repeat_interleave(torch.arange(40) % 4, dim=0)
    weighted = learn_mixture(poses, weight.double(), 1, 3, seed=0)
    counted = learn_mixture(repeated, torch.full((60,), 1 / 60, dtype=torch.float64), 1, 3, seed=0)
    for one, other in zip(weighted, counted, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-6)


def test_what_the_recordings_never_move_stays_free_to_move():
    variance = extra_variance()
    for joint in ("left_hand", "right_foot", "left_wrist", "right_collar"):
        assert variance[number(joint, 1)] > variance[number("left_knee", 1)]
    assert (variance > 0).all()


def test_limits_let_every_pose_through_but_no_knee_or_elbow_bent_backwards():
    poses = standing(500).pose[:, 3:].astype(np.float64)
    lower, upper = limits(poses)
    hinges = [number(joint, axis) for joint, (axis, _) in HINGES.items()]
    others = np.setdiff1d(np.arange(69), hinges)
    assert (poses[:, others] > lower[others]).all()
    assert (poses[:, others] < upper[others]).all()
    for joint, (axis, sign) in HINGES.items():
        bounds = lower[number(joint, axis)], upper[number(joint, axis)]
        assert bounds[0] < 0 < bounds[1]
        assert max(bounds, key=abs) * sign > 2, f"{joint} bends one way"
        assert min(bounds, key=abs) * sign > -0.2


def test_a_learned_prior_is_read_by_a_fit_and_keeps_its_acknowledgement(tmp_path):
    arrays = learn(standing(200), components=2, rounds=5, seed=0)
    np.savez(tmp_path / "prior.npz", **arrays)
    assert str(arrays["acknowledgement"]) == "recorded by us"
    prior = load_prior(tmp_path / "prior.npz")
    assert prior.means.shape == (2, 69)
    seen = torch.from_numpy(standing(20, seed=5).pose[:, 3:]).double()
    mirrored = flip_pose(torch.from_numpy(standing(20, seed=5).pose))[:, 3:].double()
    strange = torch.randn(20, 69, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert mixture(prior, seen).loss.max() < mixture(prior, strange).loss.min()
    assert mixture(prior, mirrored).loss.max() < mixture(prior, strange).loss.min()


@pytest.mark.parametrize("name", ["prior.npz", "prior.NPZ"])
def test_a_prior_is_written_by_the_name_that_was_given(name, tmp_path, capsys):
    np.savez(tmp_path / "poses.npz", poses=standing(400).pose)
    out = tmp_path / "made" / name
    wanted = ["--poses", str(tmp_path / "poses.npz"), "--out", str(out), "--components", "1", "--rounds", "1"]
    assert main(wanted) == 0
    assert list(out.parent.iterdir()) == [out]
    assert str(out) in capsys.readouterr().out
    load_prior(out)


def test_more_components_than_poses_are_refused():
    poses = Poses(np.zeros((2, 72), np.float32), np.full(2, 0.5), "")
    with pytest.raises(FitloopError, match=r"--components 5: more than the 4 poses"):
        learn(poses, components=5, rounds=1, seed=0)


def test_the_prior_that_ships_prefers_standing_to_a_broken_knee_or_a_twisted_spine():
    prior = load_prior(PRIOR_FILE)
    pose = torch.zeros(3, 69, dtype=prior.means.dtype)
    pose[:2, number("left_shoulder", 2)], pose[:2, number("right_shoulder", 2)] = -1.2, 1.2
    pose[1, number("left_knee", 0)] = -1.5  # bent to the front
    pose[2, number("spine1", 1)] = pose[2, number("spine3", 1)] = 1.2  # looking backwards
    natural, knee, twist = mixture(prior, pose).loss
    assert natural + 15 < min(knee, twist)  # in e-folds of probability
    beyond = beyond_limits(prior, pose).loss
    assert beyond[0] == 0
    assert (beyond[1:] > 0.5).all()


def test_limits_of_the_prior_that_ships_are_the_same_on_both_sides():
    prior = load_prior(PRIOR_FILE)
    root = torch.zeros(3, dtype=prior.lower.dtype)
    ends = torch.stack([flip_pose(torch.cat([root, end]))[3:] for end in (prior.lower, prior.upper)])
    torch.testing.assert_close(ends.amin(dim=0), prior.lower, rtol=0, atol=1e-3)
    torch.testing.assert_close(ends.amax(dim=0), prior.upper, rtol=0, atol=1e-3)


def test_the_prior_that_ships_finds_captured_poses_likely(shared_data):
    poses = read_poses(shared_data / "mocap_poses.npz", "test").sample(500, np.random.default_rng(0))
    prior = load_prior(PRIOR_FILE)
    captured = torch.from_numpy(poses[:, 3:]).to(prior.means)
    shuffled = captured[torch.randperm(500, generator=torch.Generator().manual_seed(0))]
    mixed = torch.cat([captured[:, :36], -shuffled[:, 36:]], dim=1)
    assert mixture(prior, captured).loss.median() < 0.5 * mixture(prior, mixed).loss.median()
    assert (beyond_limits(prior, captured).loss < 0.05).double().mean() > 0.98


def write_poses(path, **arrays):
    np.savez(path, **arrays)
    return path


def test_poses_are_read_by_split_with_weights_that_sum_to_one(tmp_path):
    poses = standing(6).pose
    split = np.array(["train"] * 4 + ["test"] * 2)
    file = write_poses(tmp_path / "p.npz", poses=poses, split=split, weight=np.arange(6.0))
    test = read_poses(file, "test")
    np.testing.assert_array_equal(test.pose, poses[4:])
    np.testing.assert_allclose(test.weight, [4 / 9, 5 / 9])
    with pytest.raises(FitloopError, match="no poses of split 'val'"):
        read_poses(file, "val")


def test_collars_and_shoulders_come_from_the_girdle_where_there_is_one(tmp_path):
    girdle = np.random.default_rng(0).normal(size=(2, 4, 3)).astype(np.float32)
    read = read_poses(write_poses(tmp_path / "p.npz", poses=standing(2).pose, girdle=girdle), "train")
    np.testing.assert_array_equal(read.pose.reshape(2, 24, 3)[:, list(GIRDLE)], girdle)


def test_drawn_poses_are_mirrored_half_of_the_time():
    poses = standing(1)
    drawn = poses.sample(400, np.random.default_rng(0))
    same = (drawn == poses.pose).all(axis=1)
    assert (same | (drawn == flip_pose(poses.pose)).all(axis=1)).all()
    assert 0.4 < same.mean() < 0.6


def test_a_file_without_poses_says_what_is_wanted(tmp_path):
    with pytest.raises(FitloopError, match=r"holds no poses \(N, 72\)"):
        read_poses(write_poses(tmp_path / "p.npz", betas=np.zeros(10)), "train")
    whole = (tmp_path / "p.npz").read_bytes()
    for contents in (b"no poses", b"", whole[: len(whole) // 2]):
        (tmp_path / "broken.npz").write_bytes(contents)
        with pytest.raises(FitloopError, match="cannot be read as poses"):
            read_poses(tmp_path / "broken.npz", "train")
