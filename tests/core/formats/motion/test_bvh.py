"""A .bvh moves as the body moves, and begins where its options say."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.body.model import Body, BodyParams, load_body
from core.body.tree import JOINT_NAMES
from core.errors import FitsError
from core.formats.motion import amass, bvh, gltf
from core.formats.motion.gaps import MOST_MADE, by_frame, filled
from core.formats.motion.motion_options import MotionOptions
from core.formats.motion.track import motion_of
from core.formats.photos.numbered_names import frame_numbers
from core.geometry.rotation import axis_angle_to_matrix, geodesic_angle
from core.records import Fit
from tests.core.formats.glb import read_glb
from tests.core.formats.making import fit
from tests.core.formats.motion.bvh_file import read_bvh

Y_UP = np.array([1.0, -1.0, -1.0])
CM = 100.0


@pytest.fixture(scope="module")
def body() -> Body:
    return load_body()


def walk(body: Body, frames: int = 5, kid: float = 0.0) -> list[Fit]:
    """Somebody of one shape who moves to the right and nearer."""
    return [
        fit(
            seed,
            betas=np.linspace(-1, 1, 10),
            kid=kid,
            body=body.fingerprint,
            cam_t=np.array([x, 0.1, 5 - x / 2]),
        )
        for seed, x in enumerate(0.2 * np.arange(frames))
    ]


def posed(body: Body, fits: list[Fit]) -> tuple[np.ndarray, np.ndarray]:
    """Vertices (T, V, 3) and joints (T, 24, 3) [m], y up."""
    rows = [
        torch.tensor(np.stack([getattr(one, name) for one in fits])) for name in ("pose", "betas", "cam_t")
    ]
    params = BodyParams.from_pose(*rows, torch.tensor([one.kid for one in fits]))
    vertices, joints = body.pose(params)
    return vertices.numpy() * Y_UP, joints.numpy() * Y_UP


@pytest.mark.parametrize("kid", [0.0, 0.8])
def test_the_joints_of_the_file_are_where_the_bodys_are(kid, tmp_path, body):
    fits = walk(body, kid=kid)
    bvh.write(tmp_path / "walk.bvh", fits, body, MotionOptions(frame_rate=24))
    read = read_bvh(tmp_path / "walk.bvh")
    assert read.frame_time == pytest.approx(1 / 24, abs=1e-8)
    _, joints = posed(body, fits)
    for name, places in read.joints().items():
        np.testing.assert_allclose(places, joints[:, JOINT_NAMES.index(name)] * CM, atol=0.01)


def test_the_skeleton_has_all_joints_ends_with_a_length_and_stands_on_its_feet(tmp_path, body):
    bvh.write(tmp_path / "walk.bvh", walk(body), body)
    nodes = read_bvh(tmp_path / "walk.bvh").nodes
    assert sorted(node.name for node in nodes) == sorted(JOINT_NAMES)
    assert [node.parent < place for place, node in enumerate(nodes)] == [True] * len(nodes)
    ends = {node.name: np.linalg.norm(node.end) for node in nodes if node.end is not None}
    assert set(ends) == {"head", "left_foot", "right_foot", "left_hand", "right_hand"}
    assert min(ends.values()) >= 1
    assert nodes[0].channels[:3] == ["Xposition", "Yposition", "Zposition"]
    assert 70 < nodes[0].offset[1] < 120


def test_angles_go_on_without_jumps_of_a_whole_turn(tmp_path, body):
    spin = [
        replace(one, pose=np.concatenate([[0, 0.1 + angle, 0], np.zeros(69)]))
        for one, angle in zip(walk(body, 60), np.linspace(0, 4 * np.pi, 60), strict=True)
    ]
    bvh.write(tmp_path / "spin.bvh", spin, body)
    values = read_bvh(tmp_path / "spin.bvh").values[:, 3:]
    assert np.abs(np.diff(values, axis=0)).max() < 30


def test_angles_near_the_pole_still_mean_the_same_rotation():
    generator = torch.Generator().manual_seed(0)
    turns = axis_angle_to_matrix(torch.randn(200, 3, 3, generator=generator, dtype=torch.float64) * 2)
    turns[::3, 0] = axis_angle_to_matrix(torch.tensor([0.0, np.pi / 2, 0.0], dtype=torch.float64))
    angles = np.deg2rad(bvh.euler_zyx(turns.numpy()))
    z, y, x = (axis_angle_to_matrix(torch.tensor(angles[..., [place]]) * torch.eye(3, dtype=torch.float64)[axis])
               for place, axis in enumerate((2, 1, 0)))  # fmt: skip
    assert geodesic_angle(z @ y @ x, turns).max() < 1e-6


def test_the_lowest_point_is_on_the_floor_where_it_is_asked_for(body):
    fits = walk(body)
    track = motion_of(fits, body, MotionOptions(floor=True))
    vertices, joints = posed(body, fits)
    assert track.pelvis[:, 1] == pytest.approx(joints[:, 0, 1] - vertices[..., 1].min(), abs=1e-4)


def test_a_motion_starts_at_the_origin_or_stays_in_place(body):
    fits = walk(body)
    free, moved, still = (
        motion_of(fits, body, options).pelvis
        for options in (MotionOptions(), MotionOptions(start_at_origin=True), MotionOptions(in_place=True))
    )
    np.testing.assert_allclose(moved[0, [0, 2]], 0, atol=1e-12)
    np.testing.assert_allclose(np.diff(moved, axis=0), np.diff(free, axis=0), atol=1e-12)
    np.testing.assert_allclose(still[:, [0, 2]], np.tile(free[0, [0, 2]], (len(fits), 1)), atol=1e-12)
    np.testing.assert_allclose(still[:, 1], free[:, 1], atol=1e-12)


def test_a_t_pose_is_one_more_frame_and_is_told(tmp_path, body):
    options = MotionOptions(floor=True, t_pose=True)
    fits = walk(body)
    for name, writer in (
        ("a.bvh", bvh.write),
        ("a.glb", gltf.write),
        ("a.npz", amass.write),
        ("b.npz", amass.write_smplx),
    ):
        assert "T-pose" in writer(tmp_path / name, fits, body, motion=options).summary()
    read = read_bvh(tmp_path / "a.bvh")
    assert len(read.values) == len(fits) + 1
    np.testing.assert_allclose(read.values[0, 3:], 0, atol=1e-9)
    assert read.values[0, 1] == pytest.approx(read.nodes[0].offset[1], abs=1e-3)
    assert len(read_glb(tmp_path / "a.glb")[1]) == len(fits) + 1
    assert len(np.load(tmp_path / "b.npz")["poses"]) == len(fits) + 1


def test_smplx_of_amass_has_its_joints_its_names_and_the_same_way(tmp_path, body):
    fits = walk(body)
    done = amass.write_smplx(tmp_path / "x.npz", fits, body, MotionOptions(frame_rate=60))
    amass.write(tmp_path / "h.npz", fits, body, MotionOptions(frame_rate=60))
    smplx, smplh = np.load(tmp_path / "x.npz"), np.load(tmp_path / "h.npz")
    assert smplx["poses"].shape == (len(fits), 165)
    np.testing.assert_allclose(smplx["poses"][:, :66], smplh["poses"][:, :66], atol=1e-12)
    np.testing.assert_allclose(np.diff(smplx["trans"], axis=0), np.diff(smplh["trans"], axis=0), atol=1e-12)
    assert (str(smplx["surface_model_type"]), float(smplx["mocap_frame_rate"])) == ("smplx", 60.0)
    assert "SMPL-X's shapes are of another space" in done.summary()


@pytest.mark.parametrize("writer", [bvh.write, gltf.write, amass.write, amass.write_smplx])
def test_nobody_is_one_clear_error_and_no_file(writer, tmp_path, body):
    with pytest.raises(FitsError, match="no fit to write"):
        writer(tmp_path / "nobody", [], body)
    assert not list(tmp_path.iterdir())


# Gaps


def test_numbers_count_steps_and_photos_without_numbers_count_as_they_come():
    assert frame_numbers(["a_000.jpg", "a_005.jpg", "a_015.jpg"]) == [("a_#", 0), ("a_#", 1), ("a_#", 3)]
    assert frame_numbers(["b.jpg", "a_7.jpg", "c.jpg", "d.jpg"]) == [("", 0), ("a_#", 0), ("", 1), ("", 2)]


def test_a_frame_that_lacks_lies_midway(body):
    first, _, last = walk(body, 3)
    paths = ["v_0.jpg", "v_1.jpg", "v_2.jpg"]
    whole = filled({"v_0.jpg": first, "v_2.jpg": last}, paths)
    assert (len(whole.fits), whole.made, whole.covered) == (3, 1, {"v_1.jpg"})
    np.testing.assert_allclose(whole.fits[1].cam_t, (first.cam_t + last.cam_t) / 2, atol=1e-6)
    turns = [axis_angle_to_matrix(torch.tensor(one.pose).double().reshape(24, 3)) for one in whole.fits]
    np.testing.assert_allclose(
        geodesic_angle(turns[0], turns[1]), geodesic_angle(turns[1], turns[2]), atol=1e-4
    )


def test_a_photo_that_was_never_listed_leaves_a_gap_too_and_a_long_one_stays(body):
    first, last = walk(body, 2)
    near = [f"v_{number}.jpg" for number in (0, 1, 4)]
    assert filled({near[1]: first, near[2]: last}, near).made == 2
    far = ["v_0.jpg", "v_1.jpg", f"v_{MOST_MADE + 3}.jpg"]
    assert filled({far[1]: first, far[2]: last}, far).made == 0


def test_two_videos_are_not_joined_by_made_frames(body):
    first, last = walk(body, 2)
    paths = ["one_0.jpg", "one_1.jpg", "two_0.jpg", "two_9.jpg"]
    assert filled({"one_0.jpg": first, "two_9.jpg": last}, paths).made == 0


def test_photos_that_a_file_lists_in_any_order_are_a_motion_in_the_order_of_their_numbers(body):
    fits = walk(body, 3)
    paths = ["v_2.jpg", "v_0.jpg", "v_1.jpg", "other_5.jpg"]
    listed = dict(zip(paths, [fits[2], fits[0], fits[1], fits[0]], strict=True))
    assert list(by_frame(listed, paths)) == ["v_0.jpg", "v_1.jpg", "v_2.jpg", "other_5.jpg"]
    assert filled(by_frame({path: listed[path] for path in ("v_2.jpg", "v_0.jpg")}, paths), paths).made == 1


def test_a_shape_of_another_body_is_told(tmp_path, body):
    smpl = [replace(one, body="smpl-neutral") for one in walk(body)]
    assert "its shape is of the body 'smpl-neutral'" in bvh.write(tmp_path / "a.bvh", smpl, body).summary()
    assert "its shape" not in bvh.write(tmp_path / "b.bvh", walk(body), body).summary()
