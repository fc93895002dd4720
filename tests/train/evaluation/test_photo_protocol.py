"""Image networks are measured on the field's sample photos, by each source's own joints."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from core.body.keypoints import layout as layout_of
from core.body.model import load_body
from core.errors import ReadError
from core.networks.checkpoint import save_checkpoint
from core.networks.spin import spin_checkpoint
from tests.core.fitting.making import CENTER, FOCAL, Scene, before_camera, prior_poses
from tests.core.networks.making import SMALL, network_that_says, noise
from train import evaluate as evaluate_command
from train.data.photo_truth import TRUTH_FILES, read_truth
from train.evaluation import photo_protocol
from train.evaluation.photo_protocol import evaluate_photos
from train.methods.spin.mean_params import mean_body

CAMERA = np.array([[FOCAL, 0, CENTER[0]], [0, FOCAL, CENTER[1]], [0, 0, 1]])


@pytest.fixture(scope="module")
def body():
    return load_body()


@pytest.fixture(scope="module")
def network(body):
    return network_that_says(mean_body(), replace(SMALL, body=body.fingerprint))


@pytest.fixture
def scenes(tmp_path, body):
    """Two people a source, of whom Panoptic has no pictures."""
    made = {}
    for source, layout in TRUTH_FILES.items():
        scene = Scene.of(body, before_camera(prior_poses(2)), layout)
        names = np.array([f"{source}_{person}.png" for person in range(2)])
        arrays = {} if "noimages" in source else {"image": names}
        np.savez(
            tmp_path / f"{source}.npz",
            kp2d=scene.keypoints.numpy()[..., :2],
            joints3d_cam=body.keypoints(scene.truth, layout).numpy(),
            K=np.repeat(CAMERA[None], 2, axis=0),
            **arrays,
        )
        for name in arrays.get("image", ()):
            cv2.imwrite(str(tmp_path / name), noise())
        made[source] = scene
    return made


def test_the_true_bodies_have_no_error_in_any_source(tmp_path, body, network, scenes, monkeypatch):
    told = iter([scene.truth for source, scene in scenes.items() if "noimages" not in source])
    monkeypatch.setattr(photo_protocol, "guess_crops", lambda *_: next(told))
    results = evaluate_photos(network, body, tmp_path)
    assert [result.words.split(":")[0] for result in results] == [
        "photos with 3D truth, h36m_3d",
        "photos with 3D truth, mpi_inf_3dhp_3d",
        "photos with 3D truth, all",
    ]
    assert [result.people for result in results] == [2, 2, 4]
    for result in results:
        assert result.mpjpe_mm < 0.1
        assert result.pa_mpjpe_mm < 0.1
        assert (result.pck, result.auc) == pytest.approx((1.0, 1.0), abs=0.04)


def test_a_network_is_asked_with_the_persons_crop_and_camera(tmp_path, body, network, scenes, monkeypatch):
    asked = []

    def guess_crops(_, crops, center, side, focal_length, camera_center, __):
        asked.append((crops.shape, center, side, focal_length, camera_center))
        return scenes["h36m_3d"].truth

    monkeypatch.setattr(photo_protocol, "guess_crops", guess_crops)
    evaluate_photos(network, body, tmp_path)
    shape, center, side, focal_length, camera_center = asked[0]
    assert shape == (2, 224, 224, 3)
    xy = scenes["h36m_3d"].keypoints[..., :2]
    torch.testing.assert_close(center.float(), (xy.amax(1) + xy.amin(1)) / 2, rtol=0, atol=0.1)
    assert (side > (xy.amax(1) - xy.amin(1)).amax(1)).all()
    assert torch.allclose(focal_length, torch.tensor(float(FOCAL)))
    assert torch.allclose(camera_center, torch.tensor(CENTER).float())


def test_a_folder_without_pictures_is_named(tmp_path, body, network, scenes):
    for source in ("h36m_3d", "mpi_inf_3dhp_3d"):
        (tmp_path / f"{source}.npz").unlink()
    with pytest.raises(ReadError, match="no truth file there has pictures"):
        evaluate_photos(network, body, tmp_path)


def test_a_photo_that_cannot_be_read_and_who_is_not_seen_are_left_out_and_told(
    tmp_path, body, network, scenes, monkeypatch
):
    (tmp_path / "h36m_3d_1.png").write_bytes(b"no photo")
    path = tmp_path / "mpi_inf_3dhp_3d.npz"
    arrays = dict(np.load(path))
    visible = np.ones(arrays["kp2d"].shape[:2])
    visible[0] = 0
    np.savez(path, **arrays, vis=visible)
    told = iter([scenes["h36m_3d"].truth[:1], scenes["mpi_inf_3dhp_3d"].truth[1:]])
    monkeypatch.setattr(photo_protocol, "guess_crops", lambda *_: next(told))
    first, second, every = evaluate_photos(network, body, tmp_path)
    assert [result.people for result in (first, second, every)] == [1, 1, 2]
    assert every.mpjpe_mm < 0.1
    (broken,), (unseen,) = first.left_out, second.left_out
    assert "cannot be read" in broken
    assert "h36m_3d_1.png" in broken
    assert "mpi_inf_3dhp_3d_0.png" in unseen
    assert not every.left_out, "it is told once"


def test_a_joint_that_was_not_measured_is_no_truth(tmp_path, body, network, scenes, monkeypatch):
    """Its numbers are what a tracker left behind, here an ankle a metre below its knee."""
    for source, name in (("h36m_3d", "h36m17"), ("mpi_inf_3dhp_3d", "mpi_inf_3dhp17")):
        arrays = dict(np.load(tmp_path / f"{source}.npz"))
        ankle = _ankle(name)
        arrays["joints3d_cam"][:, ankle, 1] += 1.04
        visible = np.ones(arrays["kp2d"].shape[:2])
        visible[:, ankle] = 0
        told_by = "vis" if source == "h36m_3d" else "conf"
        np.savez(tmp_path / f"{source}.npz", **arrays, **{told_by: visible})
    told = iter([scenes["h36m_3d"].truth, scenes["mpi_inf_3dhp_3d"].truth])
    monkeypatch.setattr(photo_protocol, "guess_crops", lambda *_: next(told))
    for result in evaluate_photos(network, body, tmp_path):
        assert result.mpjpe_mm < 0.1
        assert result.pa_mpjpe_mm < 0.1
        assert result.pck == pytest.approx(1)
    for people in read_truth(tmp_path)[:2]:
        errors = evaluate_command.limb_error_mm(body, people, scenes[people.source].truth)
        assert max(errors) < 0.1


def test_people_without_three_measured_joints_have_no_error(tmp_path, body, network, scenes, monkeypatch):
    arrays = dict(np.load(tmp_path / "h36m_3d.npz"))
    visible = np.zeros(arrays["kp2d"].shape[:2])
    visible[1], visible[0, :2] = 1, 1
    np.savez(tmp_path / "h36m_3d.npz", **arrays, vis=visible)
    people = read_truth(tmp_path)[0]
    errors = evaluate_command.limb_error_mm(body, people, scenes["h36m_3d"].truth)
    assert np.isnan(errors).tolist() == [True, False]
    summary = evaluate_command.summarise({"h36m_3d": {"fit_mm": errors}})
    assert summary["all"]["people"] == 1
    assert summary["all"]["fit_mm"] < 0.1


def _ankle(layout_name: str) -> int:
    definitions = layout_of(layout_name).definitions
    return next(place for place, name in enumerate(definitions) if name.startswith("left_ankle"))


def test_a_folder_none_of_whose_pictures_can_be_read_is_named(tmp_path, body, network, scenes):
    for path in tmp_path.glob("*.png"):
        path.unlink()
    with pytest.raises(ReadError, match=r"no truth file there has pictures.*h36m_3d_0\.png"):
        evaluate_photos(network, body, tmp_path)


def test_the_real_photos_are_measured_by_the_command(shared_data, tmp_path, network, capsys):
    save_checkpoint(tmp_path / "checkpoint.pt", spin_checkpoint(network))
    evaluate_command.main([str(tmp_path), "--data", f"photos={shared_data / 'photos'}", "--json"])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["protocol"], line["people"]) for line in lines] == [
        ("photos", 2),
        ("photos", 2),
        ("photos", 4),
    ]
    assert all(30 < line["pa_mpjpe_mm"] < 400 for line in lines)  # it knows nothing
