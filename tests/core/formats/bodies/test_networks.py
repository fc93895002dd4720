"""Networks' answers: each sample is known as its format and gives the guesses that it holds."""

import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.body.mean_skeleton import SMPLX_NEUTRAL
from core.body.model import SMPL_NEUTRAL, Body, load_body
from core.errors import ReadError
from core.files.unusable import Unusable
from core.formats.bodies.networks import phalp
from core.formats.bodies.networks.network_people import NetworkCamera, axis_angles
from core.formats.bodies.networks.sam3d import recovered_camera
from core.formats.exchange import read_file
from core.formats.format_row import Beside
from core.formats.recognise import recognise
from core.formats.shared.report import Import
from core.geometry.rotation import axis_angle_to_matrix, geodesic_angle
from core.records import Guess
from tests.core.formats import making, making_networks
from tests.core.formats.making import write_photos

FRAMES = tuple(f"{number:06d}.jpg" for number in range(4))
DIAGONAL, BETAS = 800.0, (0.5, -0.3, 0.1, 0, 0, 0.2, 0, 0, 0, 0)
# The sample, its format and network, its photos, (photo, track) of each person, the first one's cam_t and focal length.
SAMPLES = [
    ("phalp_demo_clip.pkl", "phalp", "4D-Humans", ("000001.jpg", "000002.jpg", "000003.jpg"),
     [("000001.jpg", 1), ("000001.jpg", 2), ("000002.jpg", 1), ("000002.jpg", 2), ("000003.jpg", 1)],
     (0.1, 0.05, 29), 12500),
    ("phalp_plain.pkl", "phalp", "4D-Humans", ("000001.jpg", "000002.jpg", "000003.jpg"),
     [("000001.jpg", 1), ("000001.jpg", 2), ("000002.jpg", 1), ("000002.jpg", 2), ("000003.jpg", 1)],
     (0.1, 0.05, 29), 12500),
    ("wham_output.pkl", "wham", "WHAM", FRAMES,
     [(FRAMES[0], 1), (FRAMES[1], 1), (FRAMES[2], 1), (FRAMES[2], 3), (FRAMES[3], 1), (FRAMES[3], 3)],
     (0.2, 0.3, 4), DIAGONAL),
    ("vibe_output.pkl", "wham", "VIBE", FRAMES, [(name, 1) for name in FRAMES[:3]],
     (0.1, -0.05, 2 * 800 / (0.45 * 640)), DIAGONAL),
    ("prompthmr_results.pkl", "prompthmr", "PromptHMR", FRAMES, [(name, 1) for name in FRAMES[:3]],
     (0.1, 0.2, 4), 700),
    ("gvhmr_hmr4d_results.pt", "gvhmr", "GVHMR", FRAMES, [(name, 0) for name in FRAMES[:3]], (0.1, 0.2, 4), DIAGONAL),
    ("tram_hps_track_0.npy", "tram", "TRAM", FRAMES, [(name, 0) for name in FRAMES[:3]], None, 700),
    ("romp_photo.npz", "romp", "ROMP", ("romp_photo.jpg",), [("romp_photo.jpg", None)] * 2, None, 554.25),
    ("romp_video_results.npz", "romp", "ROMP", ("00000000.jpg", "00000001.jpg"),
     [("00000000.jpg", 1), ("00000000.jpg", 2), ("00000001.jpg", 1), ("00000001.jpg", 2)], None, 554.25),
    ("bev_photo.npz", "romp", "BEV", ("bev_photo.jpg",), [("bev_photo.jpg", None)] * 2, None, 554.25),
    *((f"sam3d_{name}", "sam3d", "SAM 3D Body", ("sam3d_people.jpg",), [("sam3d_people.jpg", None)] * count, None, 800)
      for name, count in (("img_subj00.npz", 1), ("one_person_with_focal.npz", 1), ("list_of_dicts.pkl", 2),
                          ("list_of_dicts.npy", 2), ("people.json", 2))),
]  # fmt: skip


def placed(shared_data: Path, folder: Path, sample: str, photos: tuple[str, ...]) -> Path:
    """The sample beside photos of its size; a file of one photo has the photo's name."""
    write_photos(folder, photos, height=480, width=640)
    name = sample
    if sample.startswith("sam3d"):
        name = f"sam3d_people{'_subj00' if 'subj' in sample else ''}{Path(sample).suffix}"
    shutil.copyfile(shared_data / "output_samples" / sample, folder / name)
    if sample.startswith("tram"):
        shutil.copyfile(shared_data / "output_samples" / "tram_camera.npy", folder / "camera.npy")
    return folder / name


def guesses(found: Import) -> list[Guess]:
    return [person.guess for photo in found.photos for person in photo.people if person.guess is not None]


@pytest.mark.parametrize("case", SAMPLES, ids=[case[0] for case in SAMPLES])
def test_a_sample_gives_its_people_where_their_network_placed_them(case, tmp_path, shared_data):
    sample, word, network, photos, people, cam_t, focal_length = case
    path = placed(shared_data, tmp_path, sample, photos)
    assert recognise(path) == word
    found = read_file(path)
    assert [(photo.path, one.track) for photo in found.photos for one in photo.people] == people
    first = guesses(found)[0]
    assert first.network == network
    assert first.focal_length == pytest.approx(focal_length, rel=1e-5)
    assert first.camera_center == pytest.approx((320, 240), abs=1e-3)
    if cam_t is not None:
        assert first.cam_t == pytest.approx(cam_t, abs=1e-5)
    for photo in found.photos:
        assert (photo.width, photo.height) == (640, 480)
        assert photo.camera[0] == pytest.approx(focal_length, rel=1e-3)


@pytest.mark.parametrize("has_points", [True, False])
def test_2d_points_that_a_network_predicted_are_told_to_be_no_annotation(has_points, tmp_path):
    write_photos(tmp_path)
    person, *_ = making_networks.sam3d()
    if not has_points:
        person = {**person, "focal_length": 800.0}
        del person["pred_keypoints_2d"]
    (tmp_path / "a.pkl").write_bytes(pickle.dumps([person]))
    notes = read_file(tmp_path / "a.pkl", word="sam3d").summary()
    assert ("2D points are the network's own prediction" in notes) == has_points


@pytest.mark.parametrize(
    "case", [case for case in SAMPLES if case[1] != "sam3d"], ids=[c[0] for c in SAMPLES if c[1] != "sam3d"]
)
def test_a_sample_gives_its_networks_pose_and_shape(case, tmp_path, shared_data):
    sample, _, network, photos, *_ = case
    first = guesses(read_file(placed(shared_data, tmp_path, sample, photos)))[0]
    expected = json.loads((shared_data / "output_samples" / "expected.json").read_text())["phalp"]["pose_aa"]
    turns = [axis_angle_to_matrix(torch.tensor(p).double().view(24, 3)) for p in (first.pose, expected)]
    joints = {"TRAM": (), "GVHMR": (18, 4)}.get(
        network, (0, 18, 4)
    )  # these two samples have other poses elsewhere
    for joint in joints:
        assert geodesic_angle(turns[0][joint], turns[1][joint]).rad2deg() < 0.1
    assert first.body == (SMPLX_NEUTRAL if network in ("GVHMR", "PromptHMR") else SMPL_NEUTRAL)
    if network in ("4D-Humans", "WHAM", "VIBE", "ROMP", "BEV"):
        assert first.betas == pytest.approx(BETAS, abs=1e-6)


def test_someone_foretold_by_phalp_is_left_out_with_the_reason(tmp_path, shared_data):
    path = placed(shared_data, tmp_path, *SAMPLES[0][:1], SAMPLES[0][3])
    assert "foretold" in read_file(path).summary()


def test_romp_and_bev_place_the_pelvis_where_the_file_has_it(tmp_path, shared_data, body):
    for sample in ("romp_photo", "bev_photo"):
        path = placed(shared_data, tmp_path, f"{sample}.npz", (f"{sample}.jpg",))
        with np.load(path, allow_pickle=True) as stored:
            pelvis = stored["results"][()]["joints"][:, 0] + stored["results"][()]["cam_trans"]
        found = guesses(read_file(path))
        assert [guess.kid for guess in found] == pytest.approx([0.7 if sample == "bev_photo" else 0.0] * 2)
        for guess, wanted in zip(found, pelvis, strict=True):
            rest = guess.cam_t - wanted
            assert np.linalg.norm(rest) < 0.35  # SMPL's origin lies some 22 cm from its pelvis


def test_both_people_of_a_folder_of_sam_3d_bodys_files_are_in_one_photo(tmp_path, shared_data):
    write_photos(tmp_path, ("img.jpg",), height=480, width=640)
    for number in (0, 1):
        source = shared_data / "output_samples" / f"sam3d_img_subj0{number}.npz"
        shutil.copyfile(source, tmp_path / f"img_subj0{number}.npz")
    found = read_file(tmp_path, word="sam3d")
    assert [len(photo.people) for photo in found.photos] == [2]
    person = found.photos[0].people[0]
    told = json.loads((shared_data / "output_samples" / "expected.json").read_text())["sam3d"]
    assert person.keypoints.layout == "openpose25"
    assert person.keypoints.xy[5] == pytest.approx(told["px_left_shoulder"], abs=1e-3)


def test_the_camera_of_points_is_recovered_and_a_camera_that_shows_them_elsewhere_is_refused():
    random = np.random.default_rng(0)
    points = random.normal((0.3, 0.1, 4), 0.4, (70, 3))
    seen = 700 * points[:, :2] / points[:, 2:] + np.array([200, 150])
    focal, center = recovered_camera(points, seen)
    assert (focal, *center) == pytest.approx((700, 200, 150))
    flat = points * [1, 1, 0] + [0, 0, 4]
    seen_flat = 700 * flat[:, :2] / 4 + np.array([200, 150]) + random.normal(0, 0.1, (70, 2))
    assert recovered_camera(flat, seen_flat, 700.0)[0] == 700.0
    with pytest.raises(Exception, match="2D points"):
        recovered_camera(points, seen + random.normal(0, 5, seen.shape))


def test_a_principal_point_off_the_middle_is_kept_and_that_of_another_photo_refused():
    camera = NetworkCamera.about([330.0, 236.0], 700.0, (640, 480))
    assert (camera.center, camera.size) == ((330.0, 236.0), (640, 480))
    assert NetworkCamera.about([320.0, 240.0], 700.0, (1280, 960)).size == (640, 480)  # shrunk frames
    assert NetworkCamera.about([240.0, 320.0], 700.0, (640, 480)).size == (480, 640)  # turned by Exif
    with pytest.raises(Unusable, match="not near the middle"):
        NetworkCamera.about([960.0, 540.0], 700.0, (1600, 1200))


def test_a_trams_camera_off_the_middle_is_that_of_the_guesses(tmp_path):
    write_photos(tmp_path, ("000000.jpg", "000001.jpg"), height=480, width=640)
    (tmp_path / "hps_track_0.npy").write_bytes(making_networks.object_npy(making_networks.tram()))
    camera = {"img_focal": 700.0, "img_center": np.array([330.0, 236.0])}
    (tmp_path / "camera.npy").write_bytes(making_networks.object_npy(camera))
    found = read_file(tmp_path / "hps_track_0.npy")
    assert [guess.focal_length for guess in guesses(found)] == [700.0] * 2
    assert guesses(found)[0].camera_center.tolist() == [330.0, 236.0]
    assert "not the middle of the photo" in found.summary()


def test_a_photo_whose_name_ends_like_a_persons_number_is_found(tmp_path):
    write_photos(tmp_path, ("walk_p1.jpg", "walk.jpg"), height=48, width=64)
    (tmp_path / "walk_p1.pkl").write_bytes(pickle.dumps(making_networks.sam3d()))
    (tmp_path / "walk_p2.pkl").write_bytes(pickle.dumps(making_networks.sam3d()))
    for name, photo in (("walk_p1.pkl", "walk_p1.jpg"), ("walk_p2.pkl", "walk.jpg")):
        assert [one.path for one in read_file(tmp_path / name).photos] == [photo]


@pytest.mark.parametrize("shape", [(72,), (24, 3), (24, 3, 3), (24, 9), (216,)], ids=str)
def test_cliffs_rotations_are_told_by_their_shape(shape, tmp_path):
    write_photos(tmp_path)
    arrays = making.cliff_arrays()
    angles = np.tile(np.linspace(-0.3, 0.3, 72), (len(arrays["pose"]), 1))
    turns = axis_angle_to_matrix(torch.from_numpy(angles).reshape(-1, 24, 3)).numpy()
    pose = (angles if np.prod(shape) == 72 else turns).reshape(-1, *shape)
    (tmp_path / "cliff.npz").write_bytes(making.npz_bytes(arrays | {"pose": pose}))
    for guess in guesses(read_file(tmp_path / "cliff.npz")):
        assert guess.pose == pytest.approx(angles[0], abs=1e-5)


def with_first_frame_of_phalp(folder: Path, values: dict[str, Any]) -> Import:
    """Two frames with a person each, of which the first has these values."""
    frames = making_networks.phalp()
    write_photos(folder, tuple(Path(name).name for name in frames))
    first = next(iter(frames))
    frames[first] = frames[first] | values
    (folder / "demo_clip.pkl").write_bytes(pickle.dumps(frames))
    return phalp.read(folder / "demo_clip.pkl")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", np.array([[48, 64]])),
        ("size", [3]),
        ("tracked_time", [[0, 1]]),
        ("tracked_time", ["a"]),
    ],
)
def test_an_odd_number_of_phalp_costs_its_person_alone(tmp_path, name, value):
    found = with_first_frame_of_phalp(tmp_path, {name: value})
    assert [photo.path for photo in found.photos if photo.people] == ["im0002.jpg"]
    assert "left out: " in found.summary()


@pytest.mark.parametrize("size", [[-48, 64], [0.5, 64]])
def test_a_size_of_phalp_that_is_none_is_taken_from_the_photo(tmp_path, size):
    found = with_first_frame_of_phalp(tmp_path, {"size": [size]})
    assert [(photo.width, photo.height) for photo in found.photos] == [(making.WIDTH, making.HEIGHT)] * 2
    assert "not valid is taken from the photo" in found.summary()


def test_phalps_names_that_are_numbers_are_not_taken_for_photos_that_begin_at_0(tmp_path):
    frames = list(making_networks.phalp().values())
    write_photos(tmp_path, ("000000.jpg", "000001.jpg"))
    path = tmp_path / "demo_clip.pkl"
    path.write_bytes(pickle.dumps({f"out/img/{number:06d}.jpg": frames[0] for number in (1, 2)}))
    assert [photo.path for photo in read_file(path).photos] == ["000000.jpg", "000001.jpg"]


@pytest.mark.parametrize("size", [(320, 240), (1280, 960)])
def test_a_network_that_saw_smaller_frames_gives_the_body_in_the_photos_pixels(size, tmp_path, shared_data):
    write_photos(tmp_path, FRAMES, height=size[1], width=size[0])
    path = tmp_path / "results.pkl"
    shutil.copyfile(shared_data / "output_samples" / "prompthmr_results.pkl", path)
    guess = guesses(read_file(path))[0]
    assert guess.focal_length == pytest.approx(700 * size[0] / 640)
    assert guess.cam_t == pytest.approx((0.1, 0.2, 4), abs=1e-5)


def test_matrices_that_are_no_rotations_are_no_pose():
    turns = np.tile(np.eye(3), (4, 24, 1, 1))
    turns[1, 3] *= 1.3
    turns[2, 5, 0, 0] = np.nan
    turns[3, 7] *= 1.01  # nearly a rotation
    assert np.isnan(axis_angles(turns)).any(axis=1).tolist() == [False, True, True, False]


@pytest.mark.parametrize("case", SAMPLES, ids=[case[0] for case in SAMPLES])
def test_a_sample_that_is_cut_off_is_refused_with_its_name(case, tmp_path, shared_data):
    sample, word, _, photos, *_ = case
    path = placed(shared_data, tmp_path, sample, photos)
    data = path.read_bytes()
    for share in (0.2, 0.5, 0.95):
        path.write_bytes(data[: int(len(data) * share)])
        with pytest.raises(ReadError, match=path.stem):
            read_file(path, Beside(), word)


@pytest.fixture(scope="module")
def body() -> Body:
    return load_body()
