"""Teaching the lifter: what it is shown, what it is taught, and a training of seconds end to end."""

import contextlib
import itertools
import json
import os
import signal

import numpy as np
import pytest
import torch

from core.body import BodyParams, layout, load_body
from core.body.kinematics import world_transforms
from core.body.tree import FLIP, joint_index
from core.geometry.rotation import axis_angle_to_matrix, geodesic_angle
from core.methods import method_rows
from core.metrics import procrustes_align
from core.networks import load_lifter
from core.networks.checkpoint import read_checkpoint
from core.networks.lifter.network import Hypotheses
from core.networks.load import load_keypoints_network
from train import lifter as command
from train.data.mocap import Poses
from train.methods.lifter import initial_weights, method
from train.methods.lifter.accuracy import TABLE, as_params, projected_keypoints, projected_people
from train.methods.lifter.loss import LossWeights, aligned_distance, lifting_loss, nearest_rotation
from train.methods.lifter.rare_poses import KINDS, _make, rare_poses
from train.methods.lifter.scene_config import SceneConfig
from train.methods.lifter.scenes import SceneBodies, Scenes, camera_turn
from train.run.metrics_log import read_metrics
from train.run.options import parse


@pytest.fixture(scope="module")
def body():
    return load_body()


@pytest.fixture(scope="module")
def poses():
    """Arms down, a little different each: enough to learn nothing wrong from."""
    rng = np.random.default_rng(0)
    pose = rng.normal(0, 0.1, (40, 24, 3))
    pose[:, joint_index("left_shoulder"), 2] -= 1.2
    pose[:, joint_index("right_shoulder"), 2] += 1.2
    return Poses(pose.reshape(-1, 72).astype(np.float32), np.full(40, 1 / 40), "made up for a test")


@pytest.fixture
def scenes(body, poses):
    torch.manual_seed(5)
    return Scenes(body, torch.from_numpy(poses.pose), torch.from_numpy(poses.weight))


def test_points_of_a_scene_are_the_bodys_own_keypoints(scenes, body):
    people = scenes.people(20)
    params = as_params(people, body)
    columns = [scenes.definitions.index(name) for name in layout("halpe26").definitions]
    known = body.keypoints(BodyParams(*params.tensors()), "halpe26")
    assert torch.allclose(people.points[:, columns], known, atol=1e-4)


def test_the_truth_is_told_in_the_frame_the_lifter_sees(scenes):
    """Without faults, projecting the truth gives the input back."""
    exact = SceneConfig(
        wrong_focal=0,
        clean=1,
        noise=(1e-9, 1e-8),
        tail=0,
        dropped=0,
        person_swapped=0,
        limb_swapped=0,
        limb_hidden=0,
        cut=0,
    )
    scenes.config, scenes.difference = exact, torch.zeros_like(scenes.difference)
    seen, people = scenes.draw(50)
    ahead = people.points[..., 2:] > 0.5
    expected = people.points[..., :2] / people.points[..., 2:]
    shown = (seen.confidence[..., None] > 0) & ahead
    assert torch.allclose(seen.xy[shown.expand_as(seen.xy)], expected[shown.expand_as(expected)], atol=1e-4)


def test_everyone_keeps_enough_keypoints_and_all_layouts_come(scenes):
    seen, _ = scenes.draw(400)
    assert (seen.confidence > 0).sum(1).min() >= 4
    assert (seen.confidence > 0).any(0).all()
    assert seen.xy.isfinite().all()
    assert ((seen.confidence > 0).float().mean(1) < 0.9).all()


def test_a_camera_that_looks_down_sees_heads_nearer_than_feet():
    down = camera_turn(torch.tensor([0.3]), torch.tensor([0.5]), torch.tensor([0.0]))
    up = (down @ torch.tensor([0.0, 1.0, 0.0]))[0]
    assert up[1] < 0
    assert up[2] < -0.4


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.rest])
def test_what_carries_a_rare_pose_is_level_and_nothing_is_far_below_it(name, scenes, poses):
    kind, rng = KINDS[name], np.random.default_rng(2)
    pose = torch.from_numpy(_make(kind, poses.sample(60, rng), scenes.offsets, rng)).float()
    rotations = axis_angle_to_matrix(pose.view(-1, 24, 3))
    height = world_transforms(rotations, scenes.offsets.expand(60, 24, 3))[1][..., 1]
    height = height - height[:, :1]
    levels = []
    for part, level in kind.rest or ():
        both = [part] if part == "pelvis" else [f"left_{part}", f"right_{part}"]
        levels.append(height[:, [joint_index(one) for one in both]].mean(1) - level)
    ground = torch.stack(levels).mean(0)
    assert (levels[0] - levels[1]).abs().median() < 0.25
    assert (ground - height.amin(1)).median() < 0.2


def test_rare_poses_keep_the_arms_and_stay_within_reach(scenes, poses):
    rng = np.random.default_rng(3)
    captured = poses.sample(300, rng)
    made = rare_poses(captured, scenes.offsets, rng)
    assert np.isfinite(made).all()
    spine = slice(3 * joint_index("spine2"), 3 * joint_index("spine2") + 3)
    assert np.array_equal(made[:, spine], captured[:, spine])
    assert np.abs(made[:, 3:]).max() < np.pi


def hypotheses_of(people: SceneBodies, turned: float) -> Hypotheses:
    """Two: the truth, and one whose joints are somewhere else."""
    wrong = people.joints + turned
    return Hypotheses(
        people.rotations[:, None].repeat(1, 2, 1, 1, 1),
        people.shape[:, None].repeat(1, 2, 1),
        torch.stack([wrong, people.joints], dim=1),
        people.pelvis[:, None].repeat(1, 2, 1),
        torch.tensor([[-9.0, 9.0]]).repeat(len(people.shape), 1),
    )


def test_the_truth_as_one_hypothesis_costs_nothing_when_it_alone_learns(scenes):
    seen, people = scenes.draw(30)
    alone = LossWeights(others=0.0, safe=0.0)
    loss, parts = lifting_loss(hypotheses_of(people, 0.3), people, seen.side, alone)
    assert loss < 0.02
    assert parts["joints"] < 0.002
    assert parts["aligned"] < 0.002
    assert lifting_loss(hypotheses_of(people, 0.3), people, seen.side, LossWeights())[0] > 0.5


def test_aligned_distances_are_those_of_the_field_also_when_mirrored_flat_or_upside_down():
    torch.manual_seed(0)
    truth = torch.randn(200, 12, 3)
    turned = truth @ axis_angle_to_matrix(torch.randn(200, 3) * 3).mT
    points = 0.7 * turned + 0.2 * torch.randn(200, 12, 3) + 5.0
    points[:20, :, 0] *= -1
    points[20:40, :, 2] *= 0.01
    field = (procrustes_align(points, truth) - truth).norm(dim=-1).mean(dim=1)
    assert torch.allclose(aligned_distance(points, truth), field, atol=2e-4)


def test_the_nearest_rotation_is_one_and_no_reflection():
    torch.manual_seed(0)
    product = torch.randn(300, 3, 3)
    rotation, reach = nearest_rotation(product)
    assert torch.allclose(rotation @ rotation.mT, torch.eye(3).expand(300, 3, 3), atol=1e-4)
    assert torch.allclose(torch.linalg.det(rotation), torch.ones(300), atol=1e-4)
    assert torch.allclose((rotation @ product).diagonal(dim1=1, dim2=2).sum(1), reach, atol=1e-4)
    left, stretch, right = torch.linalg.svd(product)
    stretch[:, 2] *= torch.linalg.det(left @ right).sign()
    assert torch.allclose(reach, stretch.sum(1), atol=1e-4)


def test_the_projected_people_are_the_same_each_time(scenes, poses):
    first, second = (projected_people(scenes, poses, 10) for _ in range(2))
    assert torch.equal(first.points, second.points)
    noisy = [projected_keypoints(scenes, first, "coco17", noisy=True) for _ in range(2)]
    assert torch.equal(noisy[0], noisy[1])
    assert (noisy[0][..., 2] == 0).any()


def test_a_mirrored_scene_is_drawn_as_often(scenes):
    turns = scenes.people(600).rotations
    left, right = turns[:, joint_index("left_shoulder")], turns[:, joint_index("right_shoulder")]
    rest = torch.eye(3).expand_as(left)
    assert abs(geodesic_angle(left, rest).mean() - geodesic_angle(right, rest).mean()) < 0.1
    assert FLIP[joint_index("left_shoulder")] == joint_index("right_shoulder")


@pytest.fixture
def poses_file(poses, tmp_path):
    split = np.repeat(["train", "val", "test"], [20, 10, 10])
    np.savez(tmp_path / "poses.npz", poses=poses.pose, split=split, weight=np.ones(40))
    return tmp_path / "poses.npz"


SMALL = "--width 32 --blocks 1 --batch 16 --threads 1 --log-every 1"


@pytest.fixture
def teach(poses_file, tmp_path, monkeypatch):
    """Teach a small lifter in tmp_path/NAME; returns the exit code."""
    monkeypatch.setattr(initial_weights, "RARE_COUNT", 50)

    def run(name: str, words: str) -> int:
        source = "" if "--resume" in words else f"--poses {poses_file} {SMALL}"
        return command.main(["--run", str(tmp_path / name), *source.split(), *words.split()])

    return run


@contextlib.contextmanager
def ended_in_step(number: int, monkeypatch):
    """Somebody presses Ctrl-C in this step of the training."""
    found, count = method.lifting_loss, [0]

    def loss(*parts):
        count[0] += 1
        if count[0] == number:
            os.kill(os.getpid(), signal.SIGINT)
        return found(*parts)

    with monkeypatch.context() as patch:
        patch.setattr(method, "lifting_loss", loss)
        yield


@pytest.mark.slow
def test_a_training_of_seconds_leaves_a_lifter_that_loads_and_a_table(teach, poses_file, tmp_path, capsys):
    out = tmp_path / "lifter"
    assert teach("run", f"--out {out} --minutes 0.03") == 0
    lines = read_metrics(tmp_path / "run")
    assert lines[-1]["step"] > 1
    assert lines[-1]["coco17_clean_first_choice_mm"] > 0
    assert load_lifter(out).config.width == 32
    assert teach("further", f"--out {out} --start {out} --steps 2") == 0
    assert load_lifter(out).config.width == 32
    capsys.readouterr()
    told = ["--poses", str(poses_file), "--out", str(out), "--evaluate", "--threads", "1"]
    assert command.main(told) == 0
    table = json.loads((out / TABLE).read_text())
    assert table["coco17 clean"]["people"] == 10
    assert table == json.loads(capsys.readouterr().out)
    assert {path.name for path in out.iterdir()} == {"config.json", "lifter.safetensors", TABLE}


@pytest.mark.slow
def test_a_training_that_was_stopped_takes_the_same_steps_to_the_same_weights(teach, tmp_path, monkeypatch):
    assert teach("whole", "--steps 6") == 0
    with ended_in_step(3, monkeypatch):
        assert teach("parts", "--steps 6") == 130
    assert read_checkpoint(tmp_path / "parts/checkpoint.pt").step == 3
    assert teach("parts", "--resume") == 0
    whole, parts = (read_metrics(tmp_path / name) for name in ("whole", "parts"))
    for name in ("loss", "loss_aligned", "learning_rate"):
        assert [line[name] for line in parts] == [line[name] for line in whole]
    assert parts[-1]["coco17_noisy_median_mm"] == whole[-1]["coco17_noisy_median_mm"]
    weights = [(tmp_path / name / "lifter/lifter.safetensors").read_bytes() for name in ("whole", "parts")]
    assert weights[0] == weights[1]


@pytest.mark.slow
def test_its_checkpoint_names_the_kind_of_network_and_builds_it(teach, tmp_path):
    assert teach("run", "--steps 1") == 0
    checkpoint = read_checkpoint(tmp_path / "run/checkpoint.pt")
    assert checkpoint.network == "lifter"
    assert method.lifter_of(checkpoint).config == load_lifter(tmp_path / "run/lifter").config
    guessing = load_keypoints_network(tmp_path / "run/checkpoint.pt")
    assert guessing.config == method.lifter_of(checkpoint).config
    assert next(row for row in method_rows() if row.name == "lifter").guesses


@pytest.mark.slow
def test_a_lifter_that_is_there_stays_until_something_was_learned(teach, tmp_path):
    (tmp_path / "run").mkdir()
    before = tmp_path / "out/lifter.safetensors"
    before.parent.mkdir()
    before.write_bytes(b"of an older training")
    assert teach("run", f"--out {before.parent} --steps 0") == 0
    assert before.read_bytes() == b"of an older training"


@pytest.mark.parametrize(
    "wrong", ["--minutes 0", "--minutes -1", "--batch 0", "--learning-rate nan", "--seed -2", "--width 0"]
)
def test_numbers_that_no_training_can_be_made_with_are_refused_before_it(wrong, capsys):
    with pytest.raises(SystemExit):
        parse(method.METHOD, ["--poses", "poses.npz", *wrong.split()])
    assert wrong.split()[0] in capsys.readouterr().err


def test_the_learning_rate_rises_and_falls():
    rates = [method.schedule(gone, 0.1) for gone in np.linspace(0, 1, 50)]
    assert max(rates) == pytest.approx(1, abs=0.05)
    assert rates[0] < 0.01
    assert rates[-1] < 0.01


def test_no_two_steps_and_no_two_processes_draw_the_same_people():
    drawn = [next(method.seeds(seed, step, rank)) for seed in (0, 1) for step in (0, 1) for rank in (0, 1)]
    assert len(set(drawn)) == len(drawn)
    later = itertools.islice(method.seeds(2, 5, 1), 3)
    assert list(later) == list(itertools.islice(method.seeds(2, 3, 1), 2, 5))
