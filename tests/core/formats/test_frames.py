"""Bodies come from each format's own frame into the photo's: seen by the photo's camera, they lie where they were."""

import json
import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from core.body.mean_skeleton import SMPL_PELVIS
from core.body.model import SMPL_NEUTRAL, Body, BodyParams, load_body
from core.formats.bodies import agora, eft, pw3d, spin, spin_write
from core.geometry.camera import project
from core.records import BBox, Fit, Keypoints, Person, Photo
from tests.core.formats import making
from tests.core.formats.making import AGORA_HEIGHT, HEIGHT, WIDTH, write_photos

PERSPECTIVE = 0.03  # of the bbox; what a nearly parallel camera cannot show of a near person
EXACT = 1e-3  # m


@pytest.fixture(scope="module")
def body(tmp_path_factory: pytest.TempPathFactory) -> Body:
    return making.toy_body(tmp_path_factory.mktemp("body"))


def params_of(fit: Fit, body: Body) -> BodyParams:
    """What poses the mean body in a fit's place: the toy body is not SMPL, whose betas and whose origin these are."""
    place = fit.cam_t + body.pelvis_shift(fit.body).numpy()
    rows = [torch.tensor(values, dtype=torch.float64)[None] for values in (fit.pose, np.zeros(10), place)]
    return BodyParams.from_pose(*rows)


def keypoints_of(fit: Fit, body: Body, layout: str = "spin49") -> np.ndarray:
    """(K, 2) px of the photo."""
    points = body.to("cpu", torch.float64).keypoints(params_of(fit, body), layout)
    focal_length, center = torch.tensor([fit.focal_length]), torch.tensor(fit.camera_center)[None]
    return project(points, focal_length, center)[0].numpy()


def standing(body: Body, seed: int, x: float) -> tuple[Photo, Fit]:
    """A person some metres away, x m to the side, with the keypoints that the photo would show."""
    random = np.random.default_rng(seed)
    pose = np.concatenate([[np.pi, 0, 0.2], random.normal(0, 0.2, 69)])
    fit = making.fit(seed, pose=pose, cam_t=np.array([x, 0.1, 5.0]), betas=np.zeros(10), body=SMPL_NEUTRAL)
    xy = keypoints_of(fit, body)
    low, high = xy.min(axis=0), xy.max(axis=0)
    bbox = BBox((low + high) / 2, 1.2 * float((high - low).max()) / 200)
    person = Person(0, bbox, Keypoints("spin49", xy, np.ones(49)), fit=fit)
    return Photo("a.png", WIDTH, HEIGHT, (person,), 80.0, (WIDTH / 2, HEIGHT / 2)), fit


@pytest.mark.parametrize("x", [-1.5, 0.0, 1.2])
def test_a_spin_row_without_a_translation_is_laid_over_its_keypoints(x, body, tmp_path):
    write_photos(tmp_path)
    photo, fit = standing(body, 3, x)
    spin_write.write(tmp_path / "train.npz", [photo], body)
    (read,) = (one for found in spin.read(tmp_path / "train.npz", body=body).photos for one in found.people)
    assert not read.fit.weak
    apart = np.linalg.norm(keypoints_of(read.fit, body) - keypoints_of(fit, body), axis=1)
    assert apart.mean() < PERSPECTIVE * read.bbox.side


@pytest.mark.parametrize("x", [-1.5, 0.0, 1.2])
def test_an_eft_entry_comes_back_to_its_place(x, body, tmp_path):
    write_photos(tmp_path)
    photo, fit = standing(body, 4, x)
    eft.write(tmp_path / "eft.json", [photo.with_(focal_length=80.0)], body)
    (read,) = (one for found in eft.read(tmp_path / "eft.json", body=body).photos for one in found.people)
    assert read.fit.focal_length == pytest.approx(80.0)
    np.testing.assert_allclose(read.fit.cam_t, fit.cam_t, atol=EXACT)


def pelvis_px(fit: Fit, body: Body) -> np.ndarray:
    """(2,) px of the photo, of any fit drawn with this body."""
    place = body.pelvis[0].numpy() + body.pelvis_shift(fit.body).numpy() + fit.cam_t
    return place[:2] / place[2] * fit.focal_length + fit.camera_center


def pelvis_of_entry_px(entry: dict[str, Any]) -> np.ndarray:
    """(2,) px of the photo: where whoever has SMPL's file sees the pelvis of an EFT entry of its mean shape."""
    scale, x, y = entry["parm_cam"]
    place = np.array(SMPL_PELVIS) + np.array([x / scale, y / scale, 2 * 5000 / (224 * scale)])
    return place[:2] / place[2] * 5000 * entry["bbox_scale"] * 200 / 224 + entry["bbox_center"]


@pytest.mark.parametrize("own", [False, True], ids=["of SMPL", "of the open body"])
def test_an_eft_file_means_smpls_place_though_smpls_file_is_not_there(own, tmp_path):
    """SMPL counts from 22 cm above the pelvis, the open body from the pelvis itself."""
    write_photos(tmp_path)
    body = load_body()
    photo, fit = standing(body, 4, 0.5)
    if own:
        fit = replace(fit, body=body.fingerprint)
        photo = photo.with_(people=(photo.people[0].with_(fit=fit),))
    eft.write(tmp_path / "eft.json", [photo])
    (entry,) = json.loads((tmp_path / "eft.json").read_text())["data"]
    (read,) = (one for found in eft.read(tmp_path / "eft.json").photos for one in found.people)
    np.testing.assert_allclose(pelvis_of_entry_px(entry), pelvis_px(fit, body), atol=0.02)
    assert read.fit.body == SMPL_NEUTRAL
    np.testing.assert_allclose(pelvis_px(read.fit, body), pelvis_of_entry_px(entry), atol=0.02)


def test_a_spin_row_with_too_few_keypoints_stands_in_its_box_and_is_weak(body, tmp_path):
    write_photos(tmp_path)
    arrays = making.spin_arrays(1)
    arrays["part"], arrays["openpose"] = arrays["part"] * 0, arrays["openpose"] * 0
    (tmp_path / "train.npz").write_bytes(making.npz_bytes(arrays))
    imported = spin.read(tmp_path / "train.npz", body=body, frame="crop")
    (read,) = imported.photos[0].people
    assert read.fit.weak
    assert "marked weak" in imported.summary()
    xy = keypoints_of(read.fit, body)
    assert np.abs((xy.min(axis=0) + xy.max(axis=0)) / 2 - read.bbox.center).max() < read.bbox.side / 2


def test_a_3dpw_body_of_the_world_stands_where_its_moving_camera_saw_it(body, tmp_path):
    data = making.pw3d_dictionary(frames=1)
    angle = 0.7
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    data["cam_poses"][0, :3, :3], data["cam_poses"][0, :3, 3] = turn, (0.3, -0.2, 6)
    data["campose_valid"] = [np.ones(1)] * 2
    (tmp_path / "courtyard_00.pkl").write_bytes(pickle.dumps(data, 2))
    read = pw3d.read(tmp_path / "courtyard_00.pkl", body=body).photos[0].people[0]
    wide = body.to("cpu", torch.float64)
    rows = [torch.tensor(values[0], dtype=torch.float64) for values in (data["poses"], data["trans"])]
    place = rows[1] + wide.pelvis_shift(SMPL_NEUTRAL)
    world = wide.pose(BodyParams.from_pose(rows[0], torch.zeros(1, 10, dtype=torch.float64), place))[0][0]
    expected = world.numpy() @ turn.T + (0.3, -0.2, 6)
    np.testing.assert_allclose(wide.pose(params_of(read.fit, body))[0][0].numpy(), expected, atol=EXACT)
    assert read.locked
    assert read.fit.body == "smpl-male"


def test_the_focal_length_of_an_agora_prediction_is_found_from_its_joints(body, tmp_path):
    write_photos(tmp_path, height=AGORA_HEIGHT)
    (tmp_path / "a_personId_0.pkl").write_bytes(pickle.dumps(making.agora_dictionary(body)))
    read = agora.read(tmp_path, body=body).photos[0].people[0]
    assert read.fit.focal_length == pytest.approx(3000 * WIDTH / 3840, rel=1e-6)
    np.testing.assert_allclose(
        read.keypoints.xy[:, 0], keypoints_of(read.fit, body, "smpl24")[:, 0], atol=0.01
    )


def test_an_eft_camera_shifts_what_it_has_scaled(tmp_path):
    """EFT projects s X + t, so that t/s moves the body: in a tight box, where s is large, far less than t would."""
    write_photos(tmp_path)
    body = load_body()
    photo, fit = standing(body, 4, 0.5)
    tight = photo.people[0].bbox
    person = photo.people[0].with_(bbox=BBox(tight.center + np.array([6, -3]), tight.scale / 4))
    eft.write(tmp_path / "eft.json", [photo.with_(people=(person,))])
    (entry,) = json.loads((tmp_path / "eft.json").read_text())["data"]
    scale, x, y = entry["parm_cam"]
    half = entry["bbox_scale"] * 100
    seen = np.array(entry["bbox_center"]) + half * (scale * np.array(SMPL_PELVIS[:2]) + (x, y))
    np.testing.assert_allclose(seen, pelvis_px(fit, body), atol=0.5)


def test_an_eft_file_names_photos_without_their_folder(tmp_path):
    write_photos(tmp_path)
    body = load_body()
    photo, _ = standing(body, 4, 0.0)
    eft.write(tmp_path / "eft.json", [photo.with_(path="train2014/a.png")])
    (entry,) = json.loads((tmp_path / "eft.json").read_text())["data"]
    assert entry["imageName"] == "a.png"


def test_an_eft_neck_is_not_valid_where_shoulders_alone_are_annotated(tmp_path):
    write_photos(tmp_path)
    photo, _ = standing(load_body(), 4, 0.0)
    coco = Keypoints("coco17", np.full((17, 2), 30.0), np.ones(17))
    eft.write(tmp_path / "eft.json", [photo.with_(people=(photo.people[0].with_(keypoints=coco),))])
    (entry,) = json.loads((tmp_path / "eft.json").read_text())["data"]
    assert entry["joint_validity_openpose18"] == [1, 0] + [1] * 16
