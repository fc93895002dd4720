"""The rows of a data set are read in the frame that they are in: told, shown by keypoints, or asked for."""

import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from core.body.model import SMPL_NEUTRAL, Body, BodyParams, load_body
from core.errors import FitloopError, ReadError, Undecided
from core.formats.bodies import eft, hmr2, spin, spin_edited, spin_write
from core.formats.exchange import read_file, write_file
from core.formats.format_row import Beside
from core.formats.shared.crop_frame import fits_in_crop
from core.formats.shared.report import Import
from core.formats.table import FORMATS
from core.geometry.rotation import axis_angle_to_matrix, geodesic_angle
from core.records import BBox, Fit, Keypoints, Person, Photo
from tests.core.formats import making
from tests.core.formats.test_frames import keypoints_of

WIDTH, HEIGHT = 640, 360
FOCAL = float(np.hypot(WIDTH, HEIGHT))  # what is assumed of a photo without a camera
SAME_PX, SAME_DEG = 0.5, 0.1
NAME_OF_3DPW = "imageFiles/courtyard_00/image_00007.jpg"


@pytest.fixture(scope="module")
def body() -> Body:
    return load_body()


def photo_of(folder: Path, name: str = "a.png") -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / name), np.zeros((HEIGHT, WIDTH, 3), np.uint8))


def made_up(mesh: Body, x: float, layout: str = "spin49", **changes: Any) -> tuple[Photo, Person]:
    """A person x m to the side of a photo's axis, whose keypoints are those of its body."""
    random = np.random.default_rng(5)
    values = {
        "pose": np.concatenate([[3.0, 0.1, 0.2], random.normal(0, 0.15, 69)]),
        "betas": np.zeros(10),
        "cam_t": np.array([x, 0.1, 5.0]),
        "focal_length": FOCAL,
        "camera_center": np.array([WIDTH / 2, HEIGHT / 2]),
        "body": SMPL_NEUTRAL,
    }
    fit = making.fit(5, **(values | changes))
    xy = keypoints_of(fit, mesh, layout)
    low, high = xy.min(axis=0), xy.max(axis=0)
    box = BBox((low + high) / 2, 1.2 * float((high - low).max()) / 200)
    person = Person(0, box, Keypoints(layout, xy, np.ones(len(xy))), fit=fit, locked=True)
    return Photo("a.png", WIDTH, HEIGHT, (person,)), person


def columns(person: Person, pose: np.ndarray, name: str = "a.png", **more: Any) -> dict[str, np.ndarray]:
    """A SPIN data set of one row."""
    rows = {
        "imgname": np.array([name]), "center": person.bbox.center[None], "scale": np.array([person.bbox.scale]),
        "part": person.keypoints.array[None, 25:], "pose": pose[None], "shape": np.zeros((1, 10)),
    }  # fmt: skip
    return rows | more


def crop_pose(photo: Photo, person: Person, body: Body) -> np.ndarray:
    return fits_in_crop([(photo, person)], body)[0][0]


def only(found: Import) -> Person:
    assert not found.left_out, found.summary()
    (person,) = (person for photo in found.photos for person in photo.people)
    return person


def assert_same_place(found: Fit, true: Fit, body: Body, px: float = SAME_PX) -> None:
    turns = axis_angle_to_matrix(torch.tensor(np.stack([found.pose, true.pose])).double().reshape(2, 24, 3))
    assert np.rad2deg(float(geodesic_angle(turns[0], turns[1]).max())) < SAME_DEG
    apart = np.linalg.norm(keypoints_of(found, body) - keypoints_of(true, body), axis=1)
    assert apart.max() < px


def saved(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize("camera", ["CLIFF", "CamSMPLify"])
@pytest.mark.parametrize("x", [-1.5, 2.0])
def test_rows_with_translations_and_focal_lengths_are_in_the_photos_frame(camera, x, body, tmp_path):
    photo_of(tmp_path)
    center = np.array([300.0, 190.0]) if camera == "CamSMPLify" else np.array([WIDTH / 2, HEIGHT / 2])
    _, person = made_up(body, x, focal_length=900.0, camera_center=center)
    true = person.fit
    more = {"global_t": true.cam_t[None], "focal_l": np.array([900.0])}
    if camera == "CamSMPLify":
        matrix = np.array([[[900.0, 0, center[0]], [0, 900.0, center[1]], [0, 0, 1]]])
        more = {"cam_t": true.cam_t[None], "cam_int": matrix}
    found = spin.read(saved(tmp_path / "mpii_cliffGT.npz", columns(person, true.pose, **more)))
    read = only(found)
    np.testing.assert_array_equal(read.fit.pose, true.pose)
    np.testing.assert_array_equal(read.fit.cam_t, true.cam_t)
    assert (read.fit.focal_length, read.locked, read.fit.weak) == (900.0, True, False)
    assert "poses are in the photo's frame: the file has their translations" in found.summary()
    assert found.photos[0].focal_length == pytest.approx(900.0)
    assert found.photos[0].camera[1] == pytest.approx(tuple(center))

    base, new = tmp_path / "mpii_cliffGT.npz", tmp_path / "new.npz"
    assert spin_edited.write(base, found.photos, new).written == 0
    moved = read.with_(fit=replace(read.fit, cam_t=read.fit.cam_t + np.float32(0.1)))
    assert spin_edited.write(base, [found.photos[0].with_(people=(moved,))], new).written == 1
    assert_same_place(only(spin.read(new)).fit, moved.fit, body, px=0.01)


def test_the_field_case_of_cliffs_pseudo_truth(shared_data):
    read = only(read_file(shared_data / "field_cases" / "60-cliff-gt" / "mpii_cliffGT.npz"))
    np.testing.assert_allclose(read.fit.pose[:3], [np.pi, 0, 0], atol=1e-3)
    np.testing.assert_allclose(read.fit.cam_t, [2.2, 0.1, 6.0], atol=1e-6)
    assert read.fit.focal_length == pytest.approx(1468.6, abs=0.05)
    assert read.locked


@pytest.mark.parametrize("x", [-1.5, 1.8])
@pytest.mark.parametrize("frame", ["crop", "photo"])
def test_keypoints_tell_the_frame_of_rows_that_do_not(frame, x, body, tmp_path):
    photo_of(tmp_path)
    photo, person = made_up(body, x)
    if frame == "crop":  # what the crop's camera shows of a crop's pose
        person = person.with_(
            keypoints=Keypoints("spin49", _crop_keypoints(photo, person, body), np.ones(49))
        )
    pose = person.fit.pose if frame == "photo" else crop_pose(photo, person, body)
    found = spin.read(saved(tmp_path / "data.npz", columns(person, pose)))
    assert f"poses are read in the frame of the {frame}: the keypoints of 1 people lie" in found.summary()
    if frame == "photo":
        assert_same_place(only(found).fit, person.fit, body)


def _crop_keypoints(photo: Photo, person: Person, body: Body) -> np.ndarray:
    """(49, 2) px of the photo, as the crop's camera shows the person."""
    pose, cam_t = fits_in_crop([(photo, person)], body)
    shift = body.pelvis_shift(SMPL_NEUTRAL)
    params = BodyParams.from_pose(torch.tensor(pose), torch.zeros(1, 10), torch.tensor(cam_t) + shift)
    points = body.keypoints(params, "spin49")[0].numpy()
    return points[:, :2] / points[:, 2:] * 5000 * person.bbox.side / 224 + person.bbox.center


def without_keypoints(person: Person, pose: np.ndarray, name: str, **more: Any) -> dict[str, np.ndarray]:
    arrays = columns(person, pose, name, **more)
    del arrays["part"]
    return arrays


@pytest.mark.parametrize("columns_of", ["spin", "4D-Humans"])
def test_rows_that_tell_no_frame_are_asked_about(columns_of, body, tmp_path):
    photo_of(tmp_path)
    _, person = made_up(body, 1.5)
    arrays, read = without_keypoints(person, person.fit.pose, "a.png"), spin.read
    if columns_of == "4D-Humans":
        arrays |= {"body_pose": arrays.pop("pose"), "betas": arrays.pop("shape"), "has_body_pose": np.ones(1)}
        arrays["scale"], read = arrays["scale"][:, None] * [100, 200], hmr2.read
    path = saved(tmp_path / "data.npz", arrays)
    with pytest.raises(Undecided, match="either of two frames, which differ by up to") as asked:
        read(path)
    assert (asked.value.option, [way.value for way in asked.value.ways]) == ("frame", ["crop", "photo"])
    found = read_file(path, Beside(frame="photo"))
    np.testing.assert_allclose(only(found).fit.pose, person.fit.pose, atol=1e-6)
    assert "in the frame of the photo, as was asked for" in found.summary()
    turned = only(read_file(path, Beside(frame="crop"))).fit.pose
    assert np.abs(turned[:3] - person.fit.pose[:3]).max() > 0.1


def test_rows_in_the_middle_of_their_photo_need_no_question(body, tmp_path):
    photo_of(tmp_path)
    _, person = made_up(body, 0.0)
    person = person.with_(bbox=BBox(np.array([WIDTH / 2, HEIGHT / 2]), person.bbox.scale))
    path = saved(tmp_path / "data.npz", without_keypoints(person, person.fit.pose, "a.png"))
    np.testing.assert_allclose(only(spin.read(path)).fit.pose, person.fit.pose, atol=1e-5)


def test_a_frame_that_is_none_is_refused(body, tmp_path):
    photo_of(tmp_path)
    _, person = made_up(body, 0.0)
    path = saved(tmp_path / "data.npz", columns(person, person.fit.pose))
    with pytest.raises(FitloopError, match=r"'world' is no frame\. Choose 'photo' or 'crop'"):
        spin.read(path, frame="world")


@pytest.mark.parametrize("x", [-1.5, 1.8])
def test_spins_own_file_of_3dpw_is_in_the_photos_frame_and_fills_its_boxes(x, body, tmp_path):
    """SPIN's script writes photo, box of the keypoints, pose, shape and gender."""
    photo_of(tmp_path, NAME_OF_3DPW)
    _, person = made_up(body, x, "coco18", body="smpl-female")
    arrays = without_keypoints(person, person.fit.pose, NAME_OF_3DPW, gender=np.array(["f"]))
    found = spin.read(saved(tmp_path / "3dpw_test.npz", arrays))
    read = only(found)
    assert (read.locked, read.fit.weak, read.fit.body) == (True, True, "smpl-female")
    assert_same_place(read.fit, person.fit, body)
    assert "as SPIN's script for 3DPW writes them" in found.summary()


def test_3dpw_is_written_as_spins_script_writes_it(shared_data, tmp_path):
    source, photos = (
        shared_data / "field_cases" / "120-3dpw-py2" / "made_up_00.pkl",
        shared_data / "field_cases" / "120-3dpw-py2",
    )
    found = read_file(source, Beside(photos=photos))
    export = write_file(FORMATS["spin"], tmp_path / "y.npz", found.photos, Beside(root=photos))
    assert "poses are written in the frame of the photo" in export.summary()
    data = pickle.loads(source.read_bytes(), encoding="latin1")
    with np.load(tmp_path / "y.npz") as rows:
        written = dict(rows)
    np.testing.assert_allclose(written["pose"][0], data["poses"][0][0], atol=1e-5)
    seen = data["poses2d"][0][0].T
    seen = seen[seen[:, 2] > 0, :2]
    low, high = seen.min(axis=0), seen.max(axis=0)
    np.testing.assert_allclose(written["center"][0], (low + high) / 2, atol=1e-2)
    assert written["scale"][0] == pytest.approx(1.2 * (high - low).max() / 200, rel=1e-5)
    assert written["gender"].tolist() == ["m"]
    assert_same_fit(only(read_file(tmp_path / "y.npz", Beside(photos=photos))).fit, only(found).fit)


def assert_same_fit(one: Fit, other: Fit) -> None:
    for name in ("pose", "betas", "cam_t", "camera_center"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=1e-5)
    assert one.focal_length == pytest.approx(other.focal_length)


@pytest.mark.parametrize("frame", ["crop", "photo", None])
@pytest.mark.parametrize("x", [-1.5, 1.8])
def test_what_is_written_in_a_frame_is_read_in_it_without_a_question(frame, x, body, tmp_path):
    photo_of(tmp_path)
    photo, person = made_up(body, x, camera_center=np.array([310.0, 200.0]))
    photo = photo.with_(focal_length=FOCAL, camera_center=(310.0, 200.0))
    spin_write.write(tmp_path / "data.npz", [photo], frame=frame)
    with np.load(tmp_path / "data.npz") as rows:
        assert str(rows["pose_frame"]) == (frame or "crop")
        same = np.allclose(rows["pose"][0], person.fit.pose, atol=1e-5)
    assert same is (frame == "photo")
    read = only(spin.read(tmp_path / "data.npz", body=body))
    if frame == "photo":
        assert_same_place(read.fit, person.fit, body)


@pytest.mark.parametrize("x", [-1.5, 1.8])
@pytest.mark.parametrize("kind", ["hmr2", "eft", "spin crop"])
def test_a_body_comes_back_to_its_place_through_reading_writing_and_reading(kind, x, body, tmp_path):
    photo_of(tmp_path)
    photo, person = made_up(body, x)
    if kind == "hmr2":
        arrays = {
            "imgname": np.array(["a.png"]), "center": person.bbox.center[None],
            "scale": np.array([[person.bbox.side * 0.5, person.bbox.side]]),
            "body_keypoints_2d": person.keypoints.array[None, :25], "body_pose": person.fit.pose[None],
            "betas": np.zeros((1, 10)), "has_body_pose": np.ones(1), "has_betas": np.ones(1),
        }  # fmt: skip
        first = hmr2.read(saved(tmp_path / "hmr2.npz", arrays))
        assert_same_place(only(first).fit, person.fit, body)
        spin_write.write(tmp_path / "new.npz", first.photos, frame="photo")
        second = spin.read(tmp_path / "new.npz")
    elif kind == "eft":
        eft.write(tmp_path / "first.json", [photo])
        first = eft.read(tmp_path / "first.json")
        eft.write(tmp_path / "new.json", first.photos)
        second = eft.read(tmp_path / "new.json")
    else:
        seen = Keypoints("spin49", _crop_keypoints(photo, person, body), np.ones(49))
        arrays = columns(person.with_(keypoints=seen), crop_pose(photo, person, body))
        first = spin.read(saved(tmp_path / "first.npz", arrays))
        spin_write.write(tmp_path / "new.npz", first.photos)
        second = spin.read(tmp_path / "new.npz")
    assert_same_place(only(second).fit, only(first).fit, body)


@pytest.mark.parametrize("frame", ["crop", "photo"])
def test_a_data_set_is_written_back_in_its_own_frame(frame, body, tmp_path):
    photo_of(tmp_path)
    photo, person = made_up(body, 1.8)
    pose = person.fit.pose if frame == "photo" else crop_pose(photo, person, body)
    base, new = saved(tmp_path / "data.npz", columns(person, pose)), tmp_path / "new.npz"
    read = spin.read(base, frame=frame).photos[0]
    assert spin_edited.write(base, [read], new).written == 0
    bent = read.people[0].fit.pose.copy()
    bent[12 * 3] += 0.3
    edited = read.people[0].with_(fit=replace(read.people[0].fit, pose=bent))
    assert spin_edited.write(base, [read.with_(people=(edited,))], new, frame=frame).written == 1
    with np.load(new) as rows:
        np.testing.assert_allclose(rows["pose"][0, :3], pose[:3], atol=1e-4)
        np.testing.assert_allclose(rows["pose"][0, 3:], bent[3:], atol=1e-6)


def test_fits_beside_a_data_set_are_of_the_crop_whatever_its_own_poses_are(body, tmp_path):
    photo_of(tmp_path)
    photo, person = made_up(body, 1.5)
    more = {"global_t": person.fit.cam_t[None], "focal_l": np.array([FOCAL])}
    path = saved(tmp_path / "data.npz", columns(person, person.fit.pose, **more))
    row = np.concatenate([crop_pose(photo, person, body), np.zeros(10)])
    np.save(tmp_path / "data_fits.npy", row[None])
    read = only(spin.read(path, fits=tmp_path / "data_fits.npy"))
    np.testing.assert_allclose(read.fit.pose, person.fit.pose, atol=1e-6)
    np.testing.assert_allclose(read.alternatives[0].pose, person.fit.pose, atol=1e-4)


def test_a_column_of_numbers_called_frame_is_another_programs(body, tmp_path):
    photo_of(tmp_path)
    _, person = made_up(body, 1.5)
    path = saved(tmp_path / "data.npz", columns(person, person.fit.pose, frame=np.array([17])))
    assert "'frame' is not read" in spin.read(path).summary()


@pytest.mark.parametrize("told", [np.array("world"), np.array([1])])
def test_a_pose_frame_that_is_none_is_named(told, body, tmp_path):
    photo_of(tmp_path)
    _, person = made_up(body, 1.5)
    path = saved(tmp_path / "data.npz", columns(person, person.fit.pose, pose_frame=told))
    with pytest.raises(ReadError, match="pose_frame: it must be one text, 'photo' or 'crop'"):
        spin.read(path)


def test_one_impossible_camera_does_not_cost_the_others(body, tmp_path):
    """A row behind its camera is placed by its keypoints, in the same frame."""
    photo_of(tmp_path)
    _, person = made_up(body, 1.5)
    one = columns(person, person.fit.pose)
    two = {name: np.concatenate([array, array]) for name, array in one.items()}
    cam_t = np.stack([person.fit.cam_t, -person.fit.cam_t])
    path = saved(tmp_path / "data.npz", two | {"global_t": cam_t, "focal_l": np.full(2, FOCAL)})
    (photo,) = spin.read(path).photos
    for found in photo.people:
        assert_same_place(found.fit, person.fit, body)


def test_mixed_photos_are_written_in_the_crops_frame(body, tmp_path):
    """SPIN's own file of 3DPW holds 3DPW alone."""
    photo, _ = made_up(body, 1.5)
    both = [photo, photo.with_(path=NAME_OF_3DPW)]
    for photos, frame in ((both, "crop"), (both[1:], "photo")):
        spin_write.write(tmp_path / "data.npz", photos)
        with np.load(tmp_path / "data.npz") as rows:
            assert str(rows["pose_frame"]) == frame


def test_two_photos_of_one_name_are_told_where_eft_drops_their_folders(body, tmp_path):
    photo, _ = made_up(body, 0.0)
    export = eft.write(tmp_path / "eft.json", [photo.with_(path="x/a.png"), photo.with_(path="y/a.png")])
    assert "x/a.png, folder, y/a.png, folder: another photo has this name" in export.summary()


def test_a_neck_of_eft_is_there_only_if_it_was_annotated(body, tmp_path):
    photo, person = made_up(body, 0.0)
    for layout, neck in (("coco17", 0), ("coco18", 0), ("lsp14", 1)):
        xy = keypoints_of(person.fit, body, layout)
        someone = person.with_(keypoints=Keypoints(layout, xy, np.ones(len(xy))))
        eft.write(tmp_path / "eft.json", [photo.with_(people=(someone,))])
        (entry,) = json.loads((tmp_path / "eft.json").read_text())["data"]
        validity = entry["joint_validity_openpose18"]
        assert (validity[1], validity[2], validity[8]) == (neck, 1, 1)


@pytest.mark.parametrize("camera", ["focal_length", "two focal lengths", "cam_int"])
def test_4d_humans_columns_with_a_camera_are_in_the_photos_frame(camera, body, tmp_path):
    photo_of(tmp_path)
    _, person = made_up(body, 1.8, focal_length=700.0)
    matrix = np.array([[[700.0, 0, WIDTH / 2], [0, 700.0, HEIGHT / 2], [0, 0, 1]]])
    more = {
        "focal_length": {"focal_length": np.array([700.0])},
        "two focal lengths": {"focal_length": np.array([[700.0, 700.0]])},
        "cam_int": {"cam_int": matrix},
    }[camera]
    arrays = {
        "imgname": np.array(["a.png"]), "center": person.bbox.center[None],
        "scale": np.array([[0.5, 1.0]]) * person.bbox.side, "body_keypoints_2d": np.zeros((1, 25, 3)),
        "global_orient": person.fit.pose[None, :3], "body_pose": person.fit.pose[None, 3:],
        "betas": np.zeros((1, 10)), "has_body_pose": np.ones(1), "has_betas": np.ones(1),
        "cam_t": person.fit.cam_t[None],
    }  # fmt: skip
    read = only(hmr2.read(saved(tmp_path / "hmr2.npz", arrays | more)))
    assert (read.locked, read.fit.weak) == (True, False)
    assert_same_fit(read.fit, person.fit)


def test_prohmrs_file_of_3dpw_is_in_the_photos_frame_and_of_its_genders(body, tmp_path):
    photo_of(tmp_path, NAME_OF_3DPW)
    _, person = made_up(body, 1.5, "coco18")
    arrays = {
        "imgname": np.array([NAME_OF_3DPW]), "center": person.bbox.center[None],
        "scale": np.array([person.bbox.side]), "body_pose": person.fit.pose[None], "has_body_pose": np.ones(1),
        "betas": np.ones((1, 10)), "has_betas": np.ones(1), "gender": np.array(["m"]),
    }  # fmt: skip
    read = only(hmr2.read(saved(tmp_path / "3dpw.npz", arrays)))
    np.testing.assert_allclose(read.fit.pose, person.fit.pose, atol=1e-6)
    assert (read.fit.body, read.locked) == ("smpl-male", True)
