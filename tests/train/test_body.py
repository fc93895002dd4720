"""Baking the open body, without anny: its steps on toy people whose answer is known."""

import sys

import numpy as np
import pytest

from core.body.keypoints import LAYOUTS
from core.body.model import BodyParams, load_body
from core.body.smpl_file import body_arrays
from core.body.tree import FLIP, JOINT_NAMES, PARENTS, joint_index
from core.errors import BodyFileError
from tests.bodies import toy_arrays
from train import body as command
from train.baking.checking import LIMIT_MM, findings
from train.baking.random_people import RandomPeople
from train.baking.regressors import around, crown, point_regressor, symmetric
from train.baking.tpose import to_tpose

MIRROR = np.array([-1.0, 1.0, 1.0])


def toy_people(count: int, seed: int = 0, size: float = 1.0) -> RandomPeople:
    """Toys of different height, width and depth, symmetric, standing as toys do: arms nearly along x."""
    toy = toy_arrays()
    rng = np.random.default_rng(seed)
    stretch = size * (1 + np.array([0.08, 0.05, 0.03]) * rng.normal(size=(count, 1, 3)))
    vertices = toy["v_template"] * stretch
    joints = np.einsum("jv,nvc->njc", toy["J_regressor"], vertices)
    distance = np.linalg.norm(toy["v_template"][:, None] * MIRROR - toy["v_template"], axis=-1)

    def on(joint: str) -> np.ndarray:
        """The first vertex of a joint's ball."""
        return np.eye(len(toy["v_template"]))[joint_index(joint) * len(toy["v_template"]) // 24]

    surface = {f"left_{part}": on("left_foot") for part in ("big_toe", "small_toe", "heel")}
    surface |= {
        "left_eye": on("head"),
        "left_ear": on("head"),
        "nose": on("head"),
        "left_hip": on("left_hip"),
    }
    extra = {
        f"{side}_{name}": joints[:, joint_index(f"{side}_{joint}")]
        for side in ("left", "right")
        for name, joint in (("index", "hand"), ("pinky", "hand"), ("thumb", "wrist"), ("foot_index", "foot"))
    }
    return RandomPeople(
        vertices, joints, extra, toy["weights"], toy["f"].astype(int), surface, distance.argmin(axis=1)
    )


class ToyPopulation:
    """In place of anny."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def adults(self, count: int) -> RandomPeople:
        return toy_people(count, self.seed)

    def children(self, count: int) -> RandomPeople:
        return toy_people(count, self.seed + 1, size=0.65)


@pytest.fixture
def baked(monkeypatch, tmp_path):
    """What `python -m train.body --out` writes when the people are toys."""
    monkeypatch.setattr(command, "Population", ToyPopulation)
    run(monkeypatch, "--out", str(tmp_path / "body.npz"), "--adults", "60", "--children", "8")
    return tmp_path / "body.npz"


def run(monkeypatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["train.body", *arguments])
    command.main()


def test_a_baked_body_loads_stands_in_the_tpose_and_has_every_keypoint(baked):
    body = load_body(baked)
    _, joints = body.pose(BodyParams.zeros(1))
    left = {part: joints[0, joint_index(f"left_{part}")] for part in ("shoulder", "elbow", "wrist")}
    for start, end in (("shoulder", "elbow"), ("elbow", "wrist")):
        bone = left[end] - left[start]
        assert bone[0] / bone.norm() > 0.9999
    assert joints[0, 0].norm() < 1e-5, "the pelvis is the origin"
    for name in LAYOUTS:
        assert body.keypoints(BodyParams.zeros(1), name).isfinite().all()


def test_a_baked_body_is_the_same_on_both_sides(baked):
    arrays, mirror = load_body(baked).arrays, toy_people(1).mirror
    np.testing.assert_allclose(arrays.v_template[mirror], arrays.v_template * MIRROR, atol=1e-6)
    np.testing.assert_allclose(
        arrays.shapedirs[mirror], arrays.shapedirs * MIRROR.astype(np.float32)[:, None], atol=1e-6
    )
    np.testing.assert_allclose(arrays.J_regressor[list(FLIP)][:, mirror], arrays.J_regressor, atol=1e-6)
    np.testing.assert_allclose(arrays.weights[mirror][:, list(FLIP)], arrays.weights, atol=1e-6)


def test_one_beta_is_one_standard_deviation_and_positive_is_taller(baked):
    arrays = load_body(baked).arrays
    people = toy_people(60)
    vertices, _ = to_tpose(people.vertices, people.joints, people.weights)
    spread = np.sqrt(((vertices - vertices.mean(axis=0)) ** 2).sum(axis=(1, 2)).mean())
    assert np.sqrt((arrays.shapedirs**2).sum()) == pytest.approx(spread, rel=0.01)
    tallest = np.ptp((arrays.v_template + arrays.shapedirs[..., 0])[:, 1])
    assert tallest > np.ptp(arrays.v_template[:, 1])


def test_a_baked_body_passes_its_check_and_a_spoilt_one_fails_by_name(baked, monkeypatch, capsys):
    run(monkeypatch, "--check", str(baked), "--people", "20")
    said = capsys.readouterr().out
    assert all(name in said for name in (*JOINT_NAMES, "20 held-out adults", "children", "shape space"))
    with np.load(baked) as file:
        arrays = dict(file)
    foot = joint_index("left_foot")
    arrays["J_regressor"][[foot, joint_index("left_ankle")]] = arrays["J_regressor"][[foot, foot]]
    np.savez(baked, **arrays)
    with pytest.raises(SystemExit, match=f"exceeds {LIMIT_MM:g} mm at left_ankle"):
        run(monkeypatch, "--check", str(baked), "--people", "20")


def test_a_body_of_another_mesh_cannot_be_checked():
    other = body_arrays(toy_arrays(ring=14), "other", "other")
    with pytest.raises(BodyFileError, match=r"384 vertices.*336"):
        findings(other, [toy_people(2)])


def test_the_command_wants_something_to_write_or_to_check(monkeypatch, capsys):
    with pytest.raises(SystemExit):
        run(monkeypatch)
    assert "--check" in capsys.readouterr().err


def test_turning_into_the_tpose_keeps_the_length_of_every_bone():
    people = toy_people(5)
    _, joints = to_tpose(people.vertices, people.joints, people.weights)
    for joint, parent in enumerate(PARENTS[1:], start=1):
        before = np.linalg.norm(people.joints[:, joint] - people.joints[:, parent], axis=1)
        after = np.linalg.norm(joints[:, joint] - joints[:, parent], axis=1)
        np.testing.assert_allclose(after, before, atol=1e-9)


def test_a_body_in_the_tpose_stays_there():
    people = toy_people(3)
    vertices, joints = to_tpose(people.vertices, people.joints, people.weights)
    again, still = to_tpose(vertices, joints, people.weights)
    np.testing.assert_allclose(still, joints, atol=1e-9)
    np.testing.assert_allclose(again, vertices, atol=1e-9)


def test_a_regressor_gives_a_point_of_people_it_was_not_made_from():
    seen, unseen = toy_people(30, seed=1), toy_people(30, seed=2)
    knee = joint_index("left_knee")
    row = point_regressor(seen.vertices, seen.joints[:, knee])
    assert row.sum() == pytest.approx(1)
    np.testing.assert_allclose(row @ unseen.vertices, unseen.joints[:, knee], atol=1e-4)


def test_spots_on_the_surface_are_near_and_symmetric():
    people = toy_people(1)
    shape = people.vertices[0]
    row = around(shape, shape[7], 5)
    assert (row > 0).sum() == 5
    assert row[7] == row.max() == pytest.approx(0.2)
    assert abs((crown(shape) @ shape)[0]) < 1e-9
    both = symmetric(row, people.mirror)
    np.testing.assert_allclose(both[people.mirror], both)
