"""Synthetic photos: their truth is exact, they are the same whoever makes them, and stopping leaves no halves."""

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from core.body.keypoints import layout
from core.body.model import BodyParams, load_body
from core.body.tree import joint_index
from core.errors import FitloopError
from core.formats.bodies import spin
from core.geometry.camera import CROP_FOCAL_LENGTH, CROP_SIZE, full_to_crop, keypoints_to_crop, project
from core.store.project.project import Project
from tests.waiting import output_of, wait_until
from train import synthetic
from train.rendering.people_renderer import Picture
from train.run.parser import INTERRUPTED
from train.synthesis.backgrounds import Backgrounds
from train.synthesis.figure import Figure
from train.synthesis.photo import Studio, StudioConfig, occlusion
from train.synthesis.poses import runs_through_itself
from train.synthesis.sample import DetectionErrors, photos_with_truth, with_plain_error, write_photos
from train.synthesis.scene import draw_scene
from train.synthesis.workers import make_photos
from train.synthesis.writing import DATASET

ROOT = Path(__file__).parents[2]
PHOTOS = 10
ONE = np.ones(1, np.int64)


@pytest.fixture(scope="module")
def body():
    return load_body()


@pytest.fixture(scope="module")
def studio():
    with closing(Studio(StudioConfig(size=128, seed=3))) as opened:
        yield opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("synthetic") / "set"
    assert (
        synthetic.main(["--out", str(made), "--count", str(PHOTOS), "--size", "128", "--workers", "1"]) == 0
    )
    return made


@pytest.fixture(scope="module")
def rows(folder):
    with np.load(folder / DATASET, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def tensor(array):
    return torch.from_numpy(np.asarray(array, dtype=np.float32))


def params_in_photo(rows):
    return BodyParams.from_pose(*(tensor(rows[name]) for name in ("pose_photo", "shape", "cam_t", "kid")))


def test_reprojecting_the_stored_body_gives_the_stored_keypoints(rows, body):
    points = body.keypoints(params_in_photo(rows), "spin49")
    xy = project(points, tensor(rows["focal_length"]), tensor(rows["camera_center"])).numpy()
    stored = np.concatenate([rows["openpose"], rows["part"]], axis=1)
    inside = stored[..., 2] > 0
    assert inside.sum() > 100
    assert np.abs(xy - stored[..., :2])[inside].max() < 0.5
    outside = ((xy < 0) | (xy >= 128)).any(axis=-1)
    assert (outside == ~inside).mean() > 0.999


def test_the_crop_frame_of_spins_columns_shows_the_same_person(rows, body):
    """Seen by SPIN's camera the keypoints are where the crop has them, but for perspective."""
    centred = BodyParams.from_pose(
        tensor(rows["pose"]), tensor(rows["shape"]), torch.zeros(len(rows["pose"]), 3), tensor(rows["kid"])
    )
    points = body.keypoints(centred, "spin49").numpy()
    part = rows["part"]
    crop = keypoints_to_crop(part[..., :2], rows["center"], 200 * rows["scale"]) - CROP_SIZE / 2
    misses = []
    for person, there in zip(range(len(part)), part[..., 2] > 0, strict=True):
        flat = points[person, 25:][there] @ np.diag([1, 1, 0])  # nearly orthographic: f is 5000 px
        size = np.linalg.lstsq(
            np.concatenate([np.c_[flat[:, :1], 1 + 0 * flat[:, :1], 0 * flat[:, :1]],
                            np.c_[flat[:, 1:2], 0 * flat[:, :1], 1 + 0 * flat[:, :1]]]),
            crop[person][there].T.reshape(-1), rcond=None,
        )[0]  # fmt: skip
        laid = flat[:, :2] * size[0] + size[1:]
        misses.append(np.linalg.norm(laid - crop[person][there], axis=1).mean())
        assert CROP_FOCAL_LENGTH / size[0] > 5  # in front of the crop's camera
    assert np.median(misses) < 4


def test_the_two_frames_of_a_row_are_the_same_pose(rows, body):
    pose = tensor(rows["pose_photo"])
    params = params_in_photo(rows)
    camera = [tensor(rows[name]) for name in ("center", "scale", "focal_length", "camera_center")]
    camera[1] = camera[1] * 200
    orient, _ = full_to_crop(pose[:, :3], params.cam_t, body.rest_pelvis(params), *camera)
    turned = torch.cat([orient, pose[:, 3:]], dim=1)
    np.testing.assert_allclose(rows["pose"], turned.numpy(), atol=1e-5)
    assert (
        np.abs(rows["pose"][:, :3] - rows["pose_photo"][:, :3]).max() > 0.05
    )  # people off the axis are there


def test_joints_of_the_crop_frame_are_centred_on_the_pelvis(rows, body):
    assert np.abs(rows["S"][:, 14, :3]).max() < 1e-5
    turned = BodyParams.from_pose(
        tensor(rows["pose"]), tensor(rows["shape"]), torch.zeros(len(rows["pose"]), 3), tensor(rows["kid"])
    )
    part = body.keypoints(turned, "spin49")[:, 25:].numpy()
    np.testing.assert_allclose(rows["S"][..., :3], part - part[:, 14:15], atol=1e-4)


def test_the_mask_shows_the_person_where_visible_keypoints_are(folder, rows):
    hits = []
    for row, name in enumerate(rows["mask"]):
        mask = cv2.imread(str(folder / name), cv2.IMREAD_UNCHANGED)
        seen = (rows["openpose"][row, :, 2] > 0) & ~rows["occluded"][row, :25]
        x, y = rows["openpose"][row, seen, :2].astype(int).T
        near = cv2.dilate((mask == rows["mask_value"][row]).astype(np.uint8), np.ones((5, 5)))
        hits += near[y, x].tolist()
    assert np.mean(hits) > 0.97


def test_spins_reader_takes_the_data_set_with_its_truth(folder, rows):
    imported = spin.read(folder / DATASET)
    people = [person for photo in imported.photos for person in photo.people]
    assert len(people) == len(rows["imgname"])
    assert all(person.locked and person.fit.kid == rows["kid"][person.id] for person in people)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_photos_whatever_the_workers(folder, tmp_path):
    other = tmp_path / "two"
    options = ["--count", str(PHOTOS), "--size", "128", "--workers", "2"]
    assert synthetic.main(["--out", str(other), *options]) == 0
    for path in sorted(folder.rglob("*.*")):
        again = other / path.relative_to(folder)
        if path.suffix != ".npz":
            assert path.read_bytes() == again.read_bytes(), path
    with np.load(folder / DATASET) as first, np.load(other / DATASET) as second:
        for name in first.files:
            if first[name].dtype.kind == "f":  # a sum split over threads may differ in its last bit
                np.testing.assert_allclose(first[name], second[name], rtol=1e-6, atol=1e-5)
            else:
                np.testing.assert_array_equal(first[name], second[name])


def test_another_seed_gives_other_photos(studio):
    with closing(Studio(StudioConfig(size=128, seed=4))) as other:
        assert (studio.photo(0).image != other.photo(0).image).mean() > 0.5
    assert (studio.photo(0).image != studio.photo(1).image).mean() > 0.5


def test_the_figure_moves_as_the_body_does(body):
    figure = Figure.from_body(body)
    rng = np.random.default_rng(0)
    pose, betas = (
        (0.4 * rng.standard_normal(72)).astype(np.float32),
        rng.standard_normal(10).astype(np.float32),
    )
    vertices, normals, joints = figure.posed(pose, betas, 0.5)
    params = BodyParams.from_pose(
        *(torch.from_numpy(a)[None] for a in (pose, betas)), torch.zeros(1, 3), torch.tensor([0.5])
    )
    exact, exact_joints = body.pose(params)
    np.testing.assert_allclose(vertices, exact[0].numpy(), atol=1e-5)
    np.testing.assert_allclose(joints, exact_joints[0].numpy(), atol=1e-5)
    assert np.linalg.norm(normals, axis=1).max() < 1.001


def test_a_coarse_figure_has_the_same_outline(body):
    whole, coarse = Figure.from_body(body), Figure.from_body(body, cell=0.015)
    assert len(coarse.template) < 0.5 * len(whole.template)
    distance = torch.cdist(tensor(whole.template), tensor(coarse.template)).min(dim=1).values
    assert distance.max() < 0.026  # a cell's diagonal


def test_a_hand_inside_the_chest_is_noticed_and_a_t_pose_is_fine(body):
    joints = Figure.from_body(body).posed(np.zeros(72, np.float32), np.zeros(10, np.float32), 0.0)[2]
    assert not runs_through_itself(joints)
    joints = joints.copy()
    joints[joint_index("left_hand")] = (joints[joint_index("pelvis")] + joints[joint_index("neck")]) / 2
    assert runs_through_itself(joints)


def test_people_stand_apart_and_on_the_ground(studio):
    rng = np.random.default_rng(5)
    for _ in range(5):
        scene = draw_scene(studio._figure, studio._poses, (3, 6), (128, 128), rng)
        assert len(scene.people) > 1
        up = scene.camera.rotation[:, 1]
        for person in scene.people:
            heights = person.vertices @ up + scene.camera.position[1]
            assert abs(heights.min()) < 1e-3
        pelvises = np.stack([person.skeleton[0] for person in scene.people])
        away = np.linalg.norm(pelvises[:, None] - pelvises, axis=-1)[~np.eye(len(pelvises), dtype=bool)]
        assert away.min() > 0.25


def test_what_stands_nearer_hides_a_keypoint_and_what_stands_farther_does_not():
    number = np.full((4, 4), 2, np.uint8)
    for depth, hidden in ((3.0, True), (5.0, False)):
        picture = Picture(np.zeros((4, 4, 3), np.uint8), number, np.full((4, 4), depth, np.float32), ONE)
        found = occlusion(
            np.ones((1, 1, 2), np.float32), np.full((1, 1), 4.0, np.float32), np.array([1]), picture,
            np.array([0.1], np.float32),
        )  # fmt: skip
        assert bool(found[0, 0]) is hidden


def test_a_joint_under_its_own_skin_is_not_hidden_by_it_but_by_the_other_arm():
    for depth, hidden in ((3.95, False), (3.5, True)):
        picture = Picture(
            np.zeros((4, 4, 3), np.uint8), np.ones((4, 4), np.uint8), np.full((4, 4), depth, np.float32), ONE
        )
        found = occlusion(
            np.ones((1, 1, 2), np.float32), np.full((1, 1), 4.0, np.float32), np.array([1]), picture,
            np.array([0.1], np.float32),
        )  # fmt: skip
        assert bool(found[0, 0]) is hidden


def test_the_users_own_pictures_are_behind_the_people(tmp_path):
    cv2.imwrite(str(tmp_path / "green.png"), np.full((40, 60, 3), (0, 255, 0), np.uint8))
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    with closing(Studio(StudioConfig(size=64, people=(1, 1), backgrounds=tmp_path))) as opened:
        photos = [opened.photo(index) for index in range(6)]
    greens = [np.median(photo.image[photo.mask == 0], axis=0) @ (-0.5, 1, -0.5) > 60 for photo in photos]
    assert any(greens)


def test_a_folder_without_pictures_is_refused(tmp_path):
    with pytest.raises(FitloopError, match="holds no pictures"):
        Backgrounds((64, 64), tmp_path)


def test_a_finished_data_set_is_not_written_over(folder, capsys):
    assert synthetic.main(["--out", str(folder), "--count", "1", "--workers", "1"]) == 1
    assert "exists already" in capsys.readouterr().err


@pytest.mark.parametrize("people", ["0", "3..1", "1..99", "many", "1..2..3"])
def test_a_number_of_people_that_is_none_is_refused(people, capsys):
    with pytest.raises(SystemExit):
        synthetic.main(["--out", "x", "--count", "1", "--people", people])
    assert "is no number of people" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--out", "made.fitloop", "--people", "2"), "--people: for a data set alone"),
        (("--out", "made.fitloop", "--poses", "a.npz", "--backgrounds", "b"), "--poses, --backgrounds: for"),
        (("--out", "made"), "a project ends in .fitloop"),
    ],
)
def test_what_a_project_cannot_be_told_is_refused(words, told, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        synthetic.main([*words, "--count", "1", "--project"])
    assert told in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_poses_that_cannot_be_read_stop_the_workers_with_their_message(tmp_path):
    config = StudioConfig(size=64, poses=tmp_path / "none.npz")
    with (
        pytest.raises(FitloopError, match=r"none\.npz"),
        closing(make_photos(config, tmp_path, 4, 2)) as made,
    ):
        next(made)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="sends signals to a process group")
@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_a_request_to_stop_keeps_the_photos_that_are_done(asked, tmp_path):
    """Ctrl-C, and what a cluster sends to all of a job's processes."""
    out = tmp_path / "stopped"
    command = [
        sys.executable,
        "-m",
        "train.synthetic",
        "--out",
        str(out),
        "--count",
        "100000",
        "--size",
        "64",
    ]
    with subprocess.Popen(
        command, cwd=ROOT, start_new_session=True, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        wait_until((out / "images" / "000040.jpg").exists, "forty photos", process)
        os.killpg(process.pid, asked)
        output, errors = output_of(process)
    assert process.returncode == INTERRUPTED, errors
    assert "Traceback" not in errors
    assert "people in" in output
    with np.load(out / DATASET) as file:
        names = file["imgname"]
    assert len(names) > 0
    assert all((out / name).exists() for name in names)
    assert not list(out.rglob("*.tmp"))


def test_sample_photos_come_with_detections_near_the_truth(tmp_path):
    pairs = list(photos_with_truth(tmp_path, 3, 1, size=128))
    for photo, truth in pairs:
        assert (tmp_path / photo.path).is_file()
        assert len(photo.people) == len(truth)
    ids = [person.id for photo, _ in pairs for person in photo.people]
    assert ids == list(range(1, len(ids) + 1))


def test_sample_people_bring_their_true_body_and_are_not_fitted(tmp_path):
    for photo, truth in photos_with_truth(tmp_path, 2, 1, size=128):
        for row, person in enumerate(photo.people):
            (true,) = person.alternatives
            assert person.fit is None
            assert (true.source, true.focal_length) == ("curated", truth.focal_length)
            np.testing.assert_array_equal(true.pose, truth.pose[row])
            np.testing.assert_array_equal(true.cam_t, truth.cam_t[row])


def test_detections_without_errors_are_the_truth(tmp_path):
    none = DetectionErrors(0, 0, 0, 0, 0, 0, 0, 0)
    for photo, truth in photos_with_truth(tmp_path, 2, 1, 128, "openpose25", none):
        for person, exact in zip(photo.people, truth.keypoints, strict=True):
            np.testing.assert_allclose(person.keypoints.xy, exact[:25, :2], atol=1e-4)
            np.testing.assert_array_equal(person.keypoints.confidence > 0, exact[:25, 2] > 0)


def test_a_sample_project_opens_with_its_photos(tmp_path):
    path = tmp_path / "sample.fitloop"
    assert synthetic.main(["--out", str(path), "--count", "2", "--size", "128", "--project"]) == 0
    with Project.open(path) as project:
        photos = list(project.photos())
    assert len(photos) == 2
    assert all((tmp_path / photo.path).is_file() for photo in photos)


def test_a_sample_project_has_one_error_that_anybody_sees(tmp_path):
    photos = list(write_photos(tmp_path, 3, 7, 160))
    wrong = with_plain_error(photos)
    changed = [
        (before, after)
        for one, other in zip(photos, wrong, strict=True)
        for before, after in zip(one.people, other.people, strict=True)
        if before is not after
    ]
    ((before, after),) = changed
    moved = np.linalg.norm(after.keypoints.xy - before.keypoints.xy, axis=1)
    assert np.flatnonzero(moved).tolist() == [layout("coco17").index("right_wrist")]
    assert moved.max() == pytest.approx(0.4 * before.bbox.side, rel=1e-3)
    assert after.keypoints.confidence[10] >= 0.5
    assert (after.keypoints.xy[10] < 160).all()
