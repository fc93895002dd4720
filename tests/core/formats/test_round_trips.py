"""What a writer wrote reads back the same, within what the format can hold."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh

from core.body.mean_skeleton import SMPL_PELVIS
from core.body.model import SMPL_NEUTRAL, Body, BodyParams, load_body
from core.body.tree import JOINT_NAMES
from core.formats.bodies import eft, parameters, spin, spin_write
from core.formats.keypoints import coco, coco_write
from core.formats.meshes import mesh
from core.formats.motion import amass, gltf
from core.formats.motion.motion_options import MotionOptions
from core.formats.shared.report import Export
from core.geometry.rotation import axis_angle_to_matrix, geodesic_angle
from core.records import Fit, Photo
from tests.core.formats import making
from tests.core.formats.glb import read_glb, skinned_vertices
from tests.core.formats.making import fit, person, photo_with, write_photos

SAME_ANGLE = np.deg2rad(0.1)
SAME_PLACE = 1e-3  # m


@pytest.fixture(scope="module")
def body(tmp_path_factory: pytest.TempPathFactory) -> Body:
    return making.toy_body(tmp_path_factory.mktemp("body"))


def people_of(photos: tuple[Photo, ...]) -> list:
    return [one for photo in photos for one in photo.people]


def assert_same_fit(read: Fit, written: Fit) -> None:
    """The pose within 0.1°, the translation within a millimetre, betas exactly."""
    turns = [
        axis_angle_to_matrix(torch.tensor(f.pose, dtype=torch.float64).reshape(24, 3))
        for f in (read, written)
    ]
    assert geodesic_angle(*turns).max() < SAME_ANGLE
    np.testing.assert_array_equal(read.betas, written.betas)
    np.testing.assert_allclose(read.cam_t, written.cam_t, atol=SAME_PLACE)
    assert read.focal_length == pytest.approx(written.focal_length, rel=1e-6)


@pytest.mark.parametrize(
    "name", ["coco17", "coco23", "crowdpose14", "halpe26", "mpii16", "openpose25", "spin49"]
)
def test_coco_keeps_people_keypoints_confidences_and_boxes(name, tmp_path):
    keypoints = person(name).keypoints.with_keypoint(1, confidence=0.0).with_keypoint(2, occluded=True)
    written = photo_with(person(name).with_(keypoints=keypoints.with_keypoint(3, confidence=0.375)))
    coco_write.write(tmp_path / "people.json", [written])
    imported = coco.read(tmp_path / "people.json")
    (read,) = people_of(imported.photos)
    (expected,) = written.people
    assert not imported.left_out, imported.summary()
    assert read.id == expected.id
    assert read.keypoints.layout == name
    np.testing.assert_array_equal(read.keypoints.array, expected.keypoints.array)
    np.testing.assert_array_equal(read.keypoints.occluded, expected.keypoints.occluded)
    np.testing.assert_allclose(read.bbox.center, expected.bbox.center, atol=1e-4)
    assert read.bbox.scale == pytest.approx(expected.bbox.scale, rel=1e-6)


def test_coco_keeps_every_person_when_two_photos_use_the_same_id(tmp_path):
    photos = [photo_with(person(id=4), path="a.png"), photo_with(person(id=4), path="b.png")]
    coco_write.write(tmp_path / "people.json", photos)
    ids = [one.id for one in people_of(coco.read(tmp_path / "people.json").photos)]
    assert len(set(ids)) == 2


@pytest.mark.parametrize("suffix", [".npz", ".json"])
def test_smpl_parameters_read_back_to_the_bit(suffix, tmp_path):
    fits = [fit(1), fit(2, score=float("nan"), kid=0.25, weak=True, source="curated", body="ä body")]
    written = [photo_with(person(id=0, fit=fits[0]), person(id=1, fit=fits[1], seed=1))]
    assert parameters.write(tmp_path / f"fits{suffix}", written).written == 2
    read = people_of(parameters.read(tmp_path / f"fits{suffix}").photos)
    for one, expected in zip(read, fits, strict=True):
        for name in ("pose", "betas", "cam_t", "camera_center"):
            np.testing.assert_array_equal(getattr(one.fit, name), getattr(expected, name), err_msg=name)
        for name in ("kid", "focal_length", "body", "source", "weak"):
            assert getattr(one.fit, name) == getattr(expected, name), name
        np.testing.assert_equal(one.fit.score, expected.score)


@pytest.mark.parametrize("suffix", [".npz", ".json"])
@pytest.mark.parametrize("score", [np.nan, np.inf])
def test_smpl_parameters_keep_a_fit_without_a_score(score, suffix, tmp_path):
    parameters.write(tmp_path / f"fits{suffix}", [photo_with(person(fit=fit(1, score=score)))])
    (read,) = people_of(parameters.read(tmp_path / f"fits{suffix}").photos)
    assert np.isnan(read.fit.score)


@pytest.mark.parametrize("suffix", [".npz", ".json"])
def test_smpl_parameters_keep_a_camera_that_was_measured(suffix, tmp_path):
    measured = fit(1, focal_length=120.0, camera_center=np.array([30.0, 25.0]))
    for one, camera in ((measured, (120.0, (30.0, 25.0))), (fit(1), (None, None))):
        parameters.write(tmp_path / f"fits{suffix}", [photo_with(person(fit=one))])
        (photo,) = parameters.read(tmp_path / f"fits{suffix}").photos
        assert (photo.focal_length, photo.camera_center) == camera


@pytest.mark.parametrize("suffix", [".npz", ".json"])
def test_smpl_parameters_have_no_rejected_fit_and_say_so(suffix, tmp_path):
    people = person(id=1, fit=fit(1)).with_(verdict="rejected"), person(id=2, seed=1, fit=fit(2))
    exported = parameters.write(tmp_path / f"fits{suffix}", [photo_with(*people)])
    assert exported.written == 1
    assert "a.png, person 1, fit: it was rejected" in exported.summary()
    assert [one.id for one in people_of(parameters.read(tmp_path / f"fits{suffix}").photos)] == [2]


def test_eft_keeps_pose_shape_place_and_keypoints(tmp_path, body):
    write_photos(tmp_path)
    camera = {"focal_length": 80.0, "camera_center": np.array([32.0, 24.0])}
    written = photo_with(person(fit=fit(3, **camera))).with_(focal_length=80.0, camera_center=(32.0, 24.0))
    assert eft.write(tmp_path / "eft.json", [written], body).written == 1
    (read,) = people_of(eft.read(tmp_path / "eft.json", body=body).photos)
    assert_same_fit(read.fit, fit(3, focal_length=80.0))
    np.testing.assert_array_equal(read.keypoints.array, written.people[0].keypoints.array)
    assert read.bbox.scale == pytest.approx(0.25)


def test_a_spin_data_set_keeps_keypoints_boxes_pose_and_shape(tmp_path, body):
    write_photos(tmp_path)
    written = [
        photo_with(person(seed=seed, fit=fit(seed)), path=name) for seed, name in enumerate(making.PHOTOS)
    ]
    spin_write.write(tmp_path / "train.npz", written, body)
    read = people_of(spin.read(tmp_path / "train.npz", body=body).photos)
    for one, photo in zip(read, written, strict=True):
        np.testing.assert_array_equal(one.keypoints.array, photo.people[0].keypoints.array)
        np.testing.assert_allclose(one.bbox.center, photo.people[0].bbox.center, atol=1e-4)
        turns = [
            axis_angle_to_matrix(torch.tensor(f.pose).reshape(24, 3)) for f in (one.fit, photo.people[0].fit)
        ]
        assert geodesic_angle(*turns).max() < SAME_ANGLE
        np.testing.assert_array_equal(one.fit.betas, photo.people[0].fit.betas)


def test_a_doubtful_fit_becomes_no_truth_of_a_spin_data_set_until_it_is_accepted(tmp_path, body):
    write_photos(tmp_path)
    weak, bad, unscored = fit(1, weak=True), fit(2, score=40.0), fit(3, score=math.nan)
    people = [
        person(id=row, seed=row, fit=one).with_(verdict=verdict)
        for row, (one, verdict) in enumerate(
            [(weak, "todo"), (bad, "todo"), (unscored, "todo"), (weak, "accepted"), (bad, "accepted")]
        )
    ]
    export = spin_write.write(tmp_path / "train.npz", [photo_with(*people)], body)
    assert raw_arrays(tmp_path / "train.npz")["has_smpl"].tolist() == [0, 0, 1, 1, 1]
    assert "person 0, has_smpl: too few keypoints are seen, and nobody accepted it" in export.summary()
    assert "person 1, has_smpl: its score is over 10 px" in export.summary()
    assert raw_arrays(tmp_path / "train.npz")["pose"][:2].any(axis=1).all()


def raw_arrays(file: Path) -> dict[str, np.ndarray]:
    with np.load(file) as stored:
        return dict(stored)


def test_spin_fits_have_a_row_for_each_person_and_zeros_without_a_fit(tmp_path, body):
    photos = [photo_with(person(fit=fit(1)), person(id=2, seed=3))]
    spin_write.write_fits(tmp_path / "fits.npy", photos, body)
    rows = np.load(tmp_path / "fits.npy")
    assert rows.shape == (2, 82)
    np.testing.assert_array_equal(rows[0, 72:], fit(1).betas)
    assert not rows[1].any()


def test_a_shape_of_the_open_body_is_not_written_as_one_of_smpl(tmp_path):
    write_photos(tmp_path)
    open_fit = fit(3, body=load_body().fingerprint)
    for write, name in (
        (eft.write, "eft.json"),
        (spin_write.write, "a.npz"),
        (spin_write.write_fits, "a.npy"),
    ):
        exported = write(tmp_path / name, [photo_with(person(fit=open_fit))])
        assert "not of SMPL" in exported.summary()
    assert not np.load(tmp_path / "a.npy")[0, 72:].any()
    assert not np.load(tmp_path / "a.npz")["shape"].any()
    assert json.loads((tmp_path / "eft.json").read_text())["data"][0]["parm_shape"] == [0] * 10


def test_keypoints_that_a_spin_data_set_has_no_place_for_are_said(tmp_path):
    exported = spin_write.write(tmp_path / "a.npz", [photo_with(person("mediapipe33"))])
    assert "some keypoints of layout 'mediapipe33' have no place in spin49" in exported.summary()


def test_amass_puts_the_same_body_in_a_world_whose_z_is_up(tmp_path, body):
    fits = [fit(seed, betas=np.linspace(-1, 1, 10)) for seed in range(3)]
    amass.write(tmp_path / "walk.npz", fits, body, MotionOptions(frame_rate=25))
    stored = raw_arrays(tmp_path / "walk.npz")
    assert stored["poses"].shape == (3, 156)
    assert stored["betas"].shape == (16,)
    assert stored["mocap_framerate"] == 25
    wide = body.to("cpu", torch.float64)
    pose = np.concatenate([stored["poses"][:, :66], np.stack([f.pose[66:] for f in fits])], axis=1)
    rows = [
        torch.tensor(values, dtype=torch.float64) for values in (pose, np.tile(stored["betas"][:10], (3, 1)))
    ]
    place = torch.tensor(stored["trans"]) + wide.pelvis_shift(SMPL_NEUTRAL)
    world = wide.pose(BodyParams.from_pose(*rows, place))[0].numpy()
    for one, points in zip(fits, world, strict=True):
        x, y, z = mesh.vertices(one, wide).T
        np.testing.assert_allclose(points, np.stack([x, z, -y], axis=1), atol=1e-5)


def test_amass_has_no_shape_of_the_open_body_and_says_so_and_the_pelvis_stays_in_its_place(tmp_path):
    body = load_body()
    fits = [fit(seed, betas=np.full(10, 2.0), kid=0.5, body=body.fingerprint) for seed in range(3)]
    exported = amass.write(tmp_path / "walk.npz", fits, body)
    for words in ("betas of 3 photos: their shape is", "kid of 3 photos", "hands of 3 photos"):
        assert words in exported.summary()
    stored = raw_arrays(tmp_path / "walk.npz")
    assert not stored["betas"].any()
    wide = body.to("cpu", torch.float64)
    zeros = torch.zeros(3, 10, dtype=torch.float64)
    pose = torch.tensor(np.pad(stored["poses"][:, :66], ((0, 0), (0, 6))))
    place = torch.tensor(stored["trans"]) + torch.tensor(
        SMPL_PELVIS
    )  # of the body that reads it; ours is at zero
    _, joints = wide.pose(BodyParams.from_pose(pose, zeros, place))
    for one, (x, y, z) in zip(fits, joints[:, 0].tolist(), strict=True):
        values = [torch.tensor(part, dtype=torch.float64)[None] for part in (one.pose, one.betas, one.cam_t)]
        kid = torch.tensor([one.kid], dtype=torch.float64)
        expected = wide.pose(BodyParams.from_pose(*values, kid))[1][0, 0]
        np.testing.assert_allclose([x, -z, y], expected, atol=1e-5)


def test_amass_of_a_body_of_smpl_with_straight_hands_leaves_nothing_out(tmp_path, body):
    straight = fit(1, pose=np.pad(fit(1).pose[:66], (0, 6)))
    assert amass.write(tmp_path / "walk.npz", [straight], body) == Export(1, unit="photo")


def test_amass_tells_the_gender_of_the_body_that_a_sequence_is_of(tmp_path, body):
    straight = fit(1, pose=np.pad(fit(1).pose[:66], (0, 6)))
    men, women = (replace(straight, body=name) for name in ("smpl-male", "smpl-female"))
    for fits, gender in (([men, men], "male"), ([women], "female"), ([straight], "neutral")):
        assert not amass.write(tmp_path / "walk.npz", fits, body).left_out
        assert raw_arrays(tmp_path / "walk.npz")["gender"] == gender
        np.testing.assert_allclose(raw_arrays(tmp_path / "walk.npz")["betas"][:10], straight.betas, atol=1e-6)
    told = amass.write(tmp_path / "walk.npz", [men, straight], body).summary()
    assert raw_arrays(tmp_path / "walk.npz")["gender"] == "neutral"
    assert "betas of 1 photo: the sequence mixes SMPL's genders" in told


@pytest.mark.parametrize("suffix", mesh.SUFFIXES)
def test_a_mesh_reads_back_upright_with_its_vertices_and_faces(suffix, tmp_path, body):
    mesh.write(tmp_path / f"body{suffix}", fit(5), body)
    read = trimesh.load(tmp_path / f"body{suffix}", process=False, force="mesh")
    np.testing.assert_allclose(read.vertices, mesh.vertices(fit(5), body) * [1, -1, -1], atol=1e-6)
    np.testing.assert_array_equal(read.faces, body.faces)


def test_an_animation_moves_the_skin_as_the_body_moves(tmp_path, body):
    fits = [fit(seed, betas=np.linspace(-1, 1, 10), cam_t=np.array([0.1 * seed, 0, 4])) for seed in range(4)]
    gltf.write(tmp_path / "walk.glb", fits, body, MotionOptions(frame_rate=10))
    document, times, arrays = read_glb(tmp_path / "walk.glb")
    assert [node["name"] for node in document["nodes"]] == [*JOINT_NAMES, "body"]
    np.testing.assert_allclose(times, [0, 0.1, 0.2, 0.3], atol=1e-6)
    for frame, one in enumerate(fits):
        expected = mesh.vertices(one, body) * [1, -1, -1]
        np.testing.assert_allclose(skinned_vertices(document, arrays, frame), expected, atol=1e-5)


def test_an_animation_loads_in_another_program(tmp_path, body):
    gltf.write(tmp_path / "walk.glb", [fit(1), fit(2)], body)
    scene = trimesh.load(tmp_path / "walk.glb")
    (geometry,) = scene.geometry.values()
    assert len(geometry.faces) == len(body.faces)


def test_written_json_is_strict(tmp_path, body):
    write_photos(tmp_path)
    coco_write.write(tmp_path / "a.json", [photo_with(person())])
    parameters.write(tmp_path / "b.json", [photo_with(person(fit=fit(score=float("nan"))))])
    for name in ("a.json", "b.json"):
        json.loads((tmp_path / name).read_text(), parse_constant=lambda word: pytest.fail(word))


def two_photos(folder: Path) -> tuple[Photo, Photo]:
    """One person each, of the same number, in different photos."""
    write_photos(folder)
    one = photo_with(person(fit=fit(3)))
    return one, one.with_(path=making.PHOTOS[1])


def test_eft_keeps_everybody_where_people_are_numbered_by_photo(tmp_path, body):
    eft.write(tmp_path / "fits.json", two_photos(tmp_path), body)
    imported = eft.read(tmp_path / "fits.json", tmp_path, body)
    assert not imported.left_out, imported.summary()
    assert len({one.id for one in people_of(imported.photos)}) == 2


def test_a_rejected_fit_is_no_truth_in_what_trainers_read(tmp_path, body):
    first, second = two_photos(tmp_path)
    refused = first.with_(people=(first.people[0].with_(verdict="rejected"),))
    for export in (
        spin_write.write(tmp_path / "data.npz", [refused, second], body),
        eft.write(tmp_path / "fits.json", [refused, second], body),
    ):
        assert any("rejected" in str(one) for one in export.left_out)
    with np.load(tmp_path / "data.npz") as arrays:
        np.testing.assert_array_equal(arrays["has_smpl"], [0, 1])
        assert not arrays["pose"][0].any()
    assert len(json.loads((tmp_path / "fits.json").read_text())["data"]) == 1
