"""AGORA's prediction files: what users have in them is read, and what is written passes AGORA's own format check."""

import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from core.body.mean_skeleton import SMPL_PELVIS
from core.body.model import SMPL_NEUTRAL, Body, load_body
from core.formats.bodies import agora
from core.formats.bodies.agora.agora_cameras import camera_of, in_camera, projected
from core.formats.bodies.agora.agora_pixels import joints_size
from core.formats.bodies.agora.agora_prediction import AgoraPrediction
from core.geometry.camera import project
from core.records import Fit, Guess, Photo
from tests.core.formats import making
from tests.core.formats.making import AGORA_HEIGHT, WIDTH, fit, person, write_photos
from tests.core.formats.smpl_like import smpl_like
from tests.train.evaluation.agora.making_agora import truth_of, write_frame, write_predictions


@pytest.fixture(scope="module")
def smpl(tmp_path_factory) -> Body:
    """A body of SMPL's size, with a child direction."""
    return smpl_like(tmp_path_factory.mktemp("smpl"))


@pytest.fixture
def body(tmp_path) -> Body:
    return making.toy_body(tmp_path)


def read_one(folder: Path, data: dict, body: Body | None = None):
    """What is read of one file: the person, and the report."""
    write_photos(folder, height=AGORA_HEIGHT)
    (folder / "a_personId_0.pkl").write_bytes(pickle.dumps(data))
    imported = agora.read(folder, body=body)
    return imported.photos[0].people[0], imported.summary()


@pytest.mark.parametrize("points", [24, 45, 144])
def test_extra_axes_and_points_beyond_the_24_change_nothing(points, body, tmp_path):
    data = making.agora_dictionary(body)
    expected, _ = read_one(tmp_path, data, body)
    more = np.concatenate([data["joints"], np.full((points - 24, 2), 7.0)])
    found, _ = read_one(tmp_path, data | {"joints": more[None]}, body)
    np.testing.assert_array_equal(found.keypoints.xy, expected.keypoints.xy)
    np.testing.assert_array_equal(found.fit.cam_t, expected.fit.cam_t)
    assert found.fit.focal_length == pytest.approx(expected.fit.focal_length, rel=1e-9)


@pytest.mark.parametrize("told", [{"kid_flag": True}, {"kid_flag": np.array([1])}, {"age": "kid"}])
def test_a_child_is_told_by_kid_flag_or_age(told, body, tmp_path):
    data = making.agora_dictionary(body) | told
    data["params"]["betas"] = np.array([[*np.zeros(10), 0.7]])
    found, _ = read_one(tmp_path, data, body)
    assert found.fit.kid == pytest.approx(0.7)
    assert found.fit.body == "smpl-kid"


def test_of_an_adult_with_eleven_betas_ten_are_read(body, tmp_path):
    data = making.agora_dictionary(body)
    data["params"]["betas"] = np.array([[*np.arange(10) / 10, 0.7]])
    found, _ = read_one(tmp_path, data, body)
    np.testing.assert_allclose(found.fit.betas, np.arange(10) / 10, atol=1e-6)
    assert (found.fit.kid, found.fit.body) == (0.0, SMPL_NEUTRAL)


def test_torch_tensors_are_read_as_arrays_are(body, tmp_path):
    data = making.agora_dictionary(body)
    expected, _ = read_one(tmp_path, data, body)
    tensors = {name: torch.from_numpy(value) for name, value in data["params"].items()}
    found, _ = read_one(
        tmp_path, data | {"params": tensors, "joints": torch.from_numpy(data["joints"])}, body
    )
    np.testing.assert_array_equal(found.fit.pose, expected.fit.pose)
    assert found.fit.focal_length == pytest.approx(expected.fit.focal_length, rel=1e-9)


def test_a_person_whose_transl_is_zero_is_placed_by_the_joints_and_the_lens_of_the_scene(body, tmp_path):
    """The lens of 28 mm that a photo's name tells, or the joints in 3D that the file has."""
    data = making.agora_dictionary(body)
    lens = camera_of("a.png").focal_length(3840)
    data["joints"] = (data["joints"] - [1920, 1080]) / 3000 * lens + [1920, 1080]
    expected, _ = read_one(tmp_path, data, body)
    data["params"]["transl"] = np.zeros((1, 3))
    found, said = read_one(tmp_path, data, body)
    np.testing.assert_allclose(found.fit.cam_t, expected.fit.cam_t, atol=1e-3)
    assert found.fit.focal_length == pytest.approx(lens * WIDTH / 3840)
    assert "transl is zero" in said


def test_joints_of_a_body_with_hands_and_face_are_read_without_jaw_and_eye(body, tmp_path):
    data = making.agora_dictionary(body)
    data["params"] = data["params"] | {"body_pose": np.zeros((1, 63)), "global_orient": np.zeros((1, 3))}
    found, _ = read_one(tmp_path, data, body)
    assert found.fit is None
    np.testing.assert_array_equal(found.keypoints.confidence, [*np.ones(22), 0, 0])


def people(body: str, photo: str = "scene_5_10_00001.png") -> Photo:
    """A photo with an adult, a child and a person who has a guess alone."""
    place = np.array([0.3, 0.2, 6.0]) - SMPL_PELVIS
    camera = {"focal_length": 1000.0, "camera_center": np.array([640.0, 360.0]), "body": body}
    adult = fit(1, cam_t=place, **camera)
    child = fit(2, cam_t=place + np.array([1, 0, 0]), kid=0.6, **camera)
    known = vars(fit(3, cam_t=place - np.array([1, 0, 0]), **camera))
    guess = Guess(
        **{name: value for name, value in known.items() if name in Guess.__dataclass_fields__}, network="n"
    )
    everybody = person(id=0, fit=adult), person(id=1, fit=child), person(id=2).with_(guess=guess)
    return Photo(photo, 1280, 720, everybody)


def check_format(data: dict) -> None:
    """AGORA's check of a file for SMPL, as its list of keys tells it."""
    betas = 11 if data.get("kid_flag") else 10
    assert data.get("kid_flag") in (True, False)
    if "allSmplJoints3d" in data and "verts" in data:
        assert isinstance(data["verts"], np.ndarray)
        assert data["verts"].squeeze().shape == (6890, 3)
        assert data["allSmplJoints3d"].squeeze().shape == (24, 3)
    shapes = {"transl": (1, 3), "betas": (1, betas), "global_orient": (1, 1, 3), "body_pose": (1, 23, 3)}
    for name, shape in shapes.items():
        assert isinstance(data["params"][name], np.ndarray)
        assert data["params"][name].shape == shape
    assert isinstance(data["joints"], np.ndarray)
    assert data["joints"].shape == (24, 2)


@pytest.mark.parametrize("of_smpl", [True, False])
@pytest.mark.parametrize("name", ["predictions", "predictions.zip"])
def test_what_is_written_passes_the_format_check(of_smpl, name, smpl, tmp_path):
    own = smpl if of_smpl else load_body()
    photo = people(own.fingerprint)
    done = agora.write(tmp_path / name, [photo], own)
    assert done.written == 3
    if name.endswith(".zip"):
        with zipfile.ZipFile(tmp_path / name) as archive:
            archive.extractall(tmp_path)
    files = sorted((tmp_path / "predictions").iterdir())
    assert [file.name for file in files] == [f"scene_5_10_00001_personId_{number}.pkl" for number in range(3)]
    for file, one in zip(files, photo.people, strict=True):
        raw = file.read_bytes()
        data = pickle.loads(raw)
        check_format(data)
        assert b"numpy._core" not in raw  # which numpy 1 does not know
        known: Fit | Guess = one.fit or one.guess
        assert data["kid_flag"] == (known.kid != 0) == (data["age"] == "kid")
        assert ("verts" in data) == of_smpl
    assert ("SMPL's mean shape" in done.summary()) != of_smpl


def test_what_is_written_reads_back_and_its_joints_lie_where_the_body_is_seen(smpl, tmp_path):
    photo = people(smpl.fingerprint)
    agora.write(tmp_path / "predictions", [photo], smpl)
    read = agora.read(tmp_path / "predictions", body=smpl).photos[0]
    for one, expected in zip(read.people[:2], photo.people[:2], strict=True):
        for name in ("pose", "betas", "cam_t"):
            np.testing.assert_allclose(getattr(one.fit, name), getattr(expected.fit, name), atol=1e-5)
        assert one.fit.kid == pytest.approx(expected.fit.kid)
        assert one.fit.focal_length == pytest.approx(3000, rel=1e-4)  # of the full photo, three times as wide
        assert one.fit.body == smpl.fingerprint


def test_photos_of_one_name_and_of_another_shape_are_left_out_with_the_reason(smpl, tmp_path):
    photos = [people(smpl.fingerprint), people(smpl.fingerprint, "other/scene_5_10_00001.png")]
    square = Photo("square.png", 700, 720, photos[0].people)
    done = agora.write(tmp_path / "predictions", [*photos, square], smpl)
    assert done.written == 3
    assert "has this name too" in done.summary()
    assert "does not have the shape of AGORA's" in done.summary()


def test_the_cameras_of_the_scenes_see_a_point_where_agora_s_projection_puts_it():
    """By rotation matrices of the two turns, written out for one person before each kind of camera."""
    place, yaw = (310.0, -42.0, 5.0), 130.0
    points = np.array([[0.1, 0.9, 0.2], [-0.3, 0.1, 0.0]])
    for name, own in (("x_hdri_y.png", None), ("cam02_1.png", None), ("brushify_1.png", (12.0, 34.0, 56.0))):
        camera = camera_of(name)
        at = camera.place_cm or own
        turn = camera.yaw_deg if camera.yaw_deg is not None else 17.0
        local = Rotation.turn("y", yaw - 90) @ (points * [1, -1, -1]).T
        world = local.T + np.array([-42.0, -5.0, 310.0]) / 100
        seen = world - np.array([at[1], -at[2], at[0]]) / 100 - [0, camera.drop, 0]
        expected = (Rotation.turn("x", camera.pitch_deg) @ Rotation.turn("y", -turn) @ seen.T).T
        found = in_camera(points, place, yaw, camera, own or (0, 0, 0), 17.0)
        np.testing.assert_allclose(found, expected, atol=1e-12)
        focal = torch.tensor([camera.lens_mm / 36 * 1280], dtype=torch.float64)
        pixels = project(
            torch.from_numpy(found)[None], focal, torch.tensor([[640.0, 360.0]], dtype=torch.float64)
        )
        np.testing.assert_allclose(projected(found, camera, 1280, 720), pixels[0].numpy(), atol=1e-9)


class Rotation:
    """About one axis, by OpenCV's formula."""

    @staticmethod
    def turn(axis: str, degrees: float) -> np.ndarray:
        import cv2

        vector = np.zeros(3)
        vector["xyz".index(axis)] = np.radians(degrees)
        return cv2.Rodrigues(vector)[0]


def test_truth_beside_the_folder_tags_people_as_found_or_false_positives_and_adds_the_missed(tmp_path):
    truth = truth_of(3, photos=3, people=12) | {"isValid": None}
    truth["isValid"] = [[True] * len(row) for row in truth["kid"]]
    truth["occlusion"] = [[10.0] * len(row) for row in truth["kid"]]
    photo = max(range(3), key=lambda row: len(truth["kid"][row]))
    stem, people_there = truth["imgPath"][photo].removesuffix(".png"), truth["gt_joints_2d"][photo]
    nobody = people_there[1] + 9000
    files = {
        f"{stem}_personId_{number}.pkl": {"joints": joints}
        for number, joints in enumerate([nobody, people_there[0]])
    }
    write_predictions(tmp_path / "predictions", files)
    write_frame(tmp_path / "validation_SMPL.pkl", truth)
    imported = agora.read(tmp_path / "predictions")
    (read,) = imported.photos
    tags = [one.tags[0] for one in read.people]
    assert tags == ["false-positive", "found", *["missed"] * (len(people_there) - 1)]
    assert len({one.id for one in read.people}) == len(read.people)
    np.testing.assert_allclose(read.people[2].keypoints.xy, people_there[1][:24], atol=0.01)
    assert "compared with the truth in validation_SMPL.pkl: 1 found" in imported.summary()


def test_a_frame_beside_that_cannot_be_used_is_noted_and_the_predictions_are_read(tmp_path):
    truth = truth_of(3, photos=3, people=12)
    name = truth["imgPath"][0].removesuffix(".png")
    write_predictions(
        tmp_path / "predictions", {f"{name}_personId_0.pkl": {"joints": truth["gt_joints_2d"][0][0]}}
    )
    write_frame(tmp_path / "truth.pkl", {key: cells for key, cells in truth.items() if key != "gt_verts"})
    imported = agora.read(tmp_path / "predictions")
    assert imported.people == 1
    assert "the truth beside is not compared: truth.pkl: it has no column gt_verts" in imported.summary()


def test_joints_in_pixels_of_the_small_photos_are_read_at_the_photos_own_size(body, tmp_path):
    write_photos(tmp_path, ("a.png",), height=AGORA_HEIGHT)
    large, small = (tmp_path / name for name in ("large", "small"))
    for folder, scale in ((large, 1), (small, 1 / 3)):
        folder.mkdir()
        for number in range(3):
            data = making.agora_dictionary(body)
            data["joints"] = (data["joints"] + 40.0 * number) * scale
            (folder / f"a_personId_{number}.pkl").write_bytes(pickle.dumps(data))
    expected, found = (agora.read(folder, photos=tmp_path, body=body) for folder in (large, small))
    for one, other in zip(expected.photos[0].people, found.photos[0].people, strict=True):
        assert other.keypoints.xy == pytest.approx(one.keypoints.xy, abs=1e-3)
    assert "1280 × 720" in found.summary()
    assert "1280 × 720" not in expected.summary()


def test_one_persons_joints_are_placed_in_the_large_or_the_small_photo_by_the_lens():
    points = np.random.default_rng(2).normal((-5.0, -2.5, 9), 0.2, (24, 3))
    for size in ((3840, 2160), (1280, 720)):
        joints = projected(points, camera_of("hdri"), *size)
        one = AgoraPrediction(joints, points, None, None, False, False)
        assert (joints < (1280, 720)).all()
        assert joints_size([("hdri_a.png", one)]) == size
