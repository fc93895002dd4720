"""How good fits are, measured on people whose bodies are known."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.body.model import load_body
from core.errors import ReadError
from core.fitting import FitConfig
from core.geometry.rotation import axis_angle_to_matrix
from tests.core.fitting.making import CENTER, FOCAL, Scene, before_camera, prior_poses
from train import evaluate
from train.data.photo_truth import LIMBS, TRUTH_FILES, PhotoTruth, read_truth

QUICK = FitConfig(iterations=4, starts_kept=2, search_iterations=2)
CAMERA = np.array([[FOCAL, 0, CENTER[0]], [0, FOCAL, CENTER[1]], [0, 0, 1]])


@pytest.fixture(scope="module")
def body():
    return load_body()


@pytest.fixture(scope="module")
def scene(body) -> Scene:
    return Scene.of(body, before_camera(prior_poses(2)), "h36m17")


@pytest.fixture
def quick(monkeypatch) -> None:
    """Fits of a few steps: what is measured is how they are measured."""
    monkeypatch.setattr(evaluate, "FitConfig", lambda: QUICK)
    monkeypatch.setattr(evaluate, "TRUSTING", replace(evaluate.TRUSTING, iterations=4, search_iterations=2))


def truth_of(scene: Scene) -> PhotoTruth:
    return PhotoTruth(
        source="made",
        layout=scene.layout,
        keypoints=scene.keypoints.numpy(),
        joints=scene.body.keypoints(scene.truth, scene.layout).numpy(),
        focal_length=scene.focal_length.numpy(),
        camera_center=scene.camera_center.numpy(),
        images=(None,) * len(scene.keypoints),
    )


def write_truth(path: Path, scene: Scene, **changed: np.ndarray) -> Path:
    """A truth file as the field's samples are; a kind's arrays may be changed."""
    people = truth_of(scene)
    arrays = {
        "kp2d": people.keypoints[..., :2],
        "joints3d_cam": people.joints,
        "K": np.repeat(CAMERA[None], len(people.joints), axis=0),
    }
    np.savez(path, **(arrays | changed))
    return path


def test_the_true_body_has_no_error_and_another_place_size_or_turn_is_none(body, scene):
    people = truth_of(scene)
    assert max(evaluate.limb_error_mm(body, people, scene.truth)) < 0.1
    turn = axis_angle_to_matrix(torch.tensor([0.3, -0.8, 0.4])).numpy()
    moved = PhotoTruth(**{**vars(people), "joints": 1.3 * people.joints @ turn.T + np.float32([1, 2, 3])})
    assert max(evaluate.limb_error_mm(body, moved, scene.truth)) < 0.1


def test_the_error_is_over_the_twelve_limb_joints_only(body, scene):
    people = truth_of(scene)
    assert len(set(people.limbs)) == 12
    joints = people.joints.copy()
    joints[:, [k for k in range(joints.shape[1]) if k not in people.limbs]] += 1.0
    beyond = PhotoTruth(**{**vars(people), "joints": joints})
    assert max(evaluate.limb_error_mm(body, beyond, scene.truth)) < 0.1
    joints[:, people.limbs[3]] += 0.2
    assert (
        min(evaluate.limb_error_mm(body, PhotoTruth(**{**vars(people), "joints": joints}), scene.truth)) > 5
    )


@pytest.mark.parametrize("layout", TRUTH_FILES.values())
def test_every_source_has_the_twelve_limb_joints(body, layout):
    people = truth_of(Scene.of(body, before_camera(prior_poses(1)), layout))
    assert len(people.limbs) == 2 * len(LIMBS)
    xy = people.keypoints[0, people.limbs, :2]
    assert len(np.unique(xy, axis=0)) == 12


def test_fits_are_measured_per_person_and_the_best_of_five_too(body, scene, quick):
    result = evaluate.evaluate_fits(body, truth_of(scene), "none")
    assert {name: len(values) for name, values in result.items()} == {
        "guess_mm": 0,
        "fit_mm": 2,
        "first_of_5_mm": 2,
        "best_of_5_mm": 2,
        "score_px": 2,
        "iterations": 1,
    }
    assert max(result["score_px"]) < 10
    assert all(0 < value < 300 for value in (*result["fit_mm"], *result["best_of_5_mm"]))
    both = zip(result["best_of_5_mm"], result["first_of_5_mm"], strict=True)
    assert all(best <= first for best, first in both)


def test_a_lifters_guesses_are_measured_beside_their_fits(body, scene, quick):
    result = evaluate.evaluate_fits(body, truth_of(scene), "lifter")
    assert len(result["guess_mm"]) == len(result["fit_mm"]) == 2
    assert all(0 < value < 300 for value in result["guess_mm"])


def test_the_summary_weighs_people_not_sources():
    summary = evaluate.summarise(
        {"a": {"fit_mm": [10.0, 20.0, 30.0], "guess_mm": []}, "b": {"fit_mm": [100.0], "guess_mm": []}}
    )
    assert summary == {
        "a": {"fit_mm": 20.0, "people": 3},
        "b": {"fit_mm": 100.0, "people": 1},
        "all": {"fit_mm": 40.0, "people": 4},
    }


def test_truth_is_read_with_its_own_camera_and_what_is_not_visible_counts_nothing(tmp_path, scene):
    visible = np.ones((2, 17))
    visible[1, 4] = 0
    write_truth(tmp_path / "h36m_3d.npz", scene, vis=visible, image=np.array(["a.jpg", "b.jpg"]))
    (people,) = read_truth(tmp_path)
    assert (people.source, people.layout, people.images) == ("h36m_3d", "h36m17", ("a.jpg", "b.jpg"))
    np.testing.assert_allclose(people.keypoints[..., :2], scene.keypoints[..., :2], atol=1e-2)
    np.testing.assert_array_equal(people.keypoints[..., 2], visible)
    np.testing.assert_allclose(people.focal_length, FOCAL)
    np.testing.assert_allclose(people.camera_center, np.tile(CENTER, (2, 1)))


def test_a_lens_that_bends_lines_and_pixels_that_are_not_square_are_undone(tmp_path, scene):
    """Seen through k1, p2 and pixels a tenth taller than wide, by the textbook's formula."""
    points = truth_of(scene).joints
    x, y = points[..., 0] / points[..., 2], points[..., 1] / points[..., 2]
    k1, p2 = 0.05, 0.002
    radius = x**2 + y**2
    bent = x * (1 + k1 * radius) + p2 * (radius + 2 * x**2), y * (1 + k1 * radius) + 2 * p2 * x * y
    taller = CAMERA.copy()
    taller[1, 1] *= 1.1
    seen = np.stack([FOCAL * bent[0] + CENTER[0], 1.1 * FOCAL * bent[1] + CENTER[1]], axis=-1)
    write_truth(
        tmp_path / "h36m_3d.npz",
        scene,
        kp2d=seen,
        K=np.repeat(taller[None], 2, axis=0),
        dist=np.tile([k1, 0, 0, p2, 0], (2, 1)),
    )
    (people,) = read_truth(tmp_path)
    np.testing.assert_allclose(people.keypoints[..., :2], scene.keypoints[..., :2], atol=0.05)


def test_a_folder_without_truth_is_named(tmp_path):
    with pytest.raises(ReadError, match=f"{tmp_path}: none of h36m_3d.npz"):
        read_truth(tmp_path)


def refused(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    assert evaluate.main(["--fits-from", *options]) == 1
    return capsys.readouterr().err


@pytest.mark.slow
def test_the_command_prints_one_line_of_json(tmp_path, scene, capsys, quick):
    write_truth(tmp_path / "h36m_3d.npz", scene)
    assert evaluate.main(["--fits-from", str(tmp_path), "--json"]) == 0
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    summary = json.loads(printed)
    assert summary["start"] == "none"
    assert summary["h36m_3d"]["people"] == summary["all"]["people"] == 2
    assert 0 < summary["all"]["best_of_5_mm"] < 300


def test_the_command_ends_with_words_where_there_is_nothing_to_read(tmp_path, capsys):
    assert "none of h36m_3d.npz" in refused(capsys, str(tmp_path / "gone"))
    with pytest.raises(SystemExit):
        evaluate.main([])


def test_the_command_ends_with_words_where_there_is_no_such_lifter(tmp_path, scene, capsys):
    write_truth(tmp_path / "h36m_3d.npz", scene)
    assert "nowhere" in refused(capsys, str(tmp_path), "--guess", str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    "option", ["--data=a=b.npz", "--data-photos=a=b", "--data-masks=lsp=b", "--body-of=m=b", "--device=cuda"]
)
def test_what_is_for_a_network_alone_is_refused_beside_fits(tmp_path, capsys, option):
    with pytest.raises(SystemExit):
        evaluate.main(["--fits-from", str(tmp_path), option])
    assert option.split("=")[0] in capsys.readouterr().err.splitlines()[-1]


def test_what_is_for_fits_alone_is_refused_beside_a_network(tmp_path, capsys):
    with pytest.raises(SystemExit):
        evaluate.main([str(tmp_path), "--data", "a=b.npz", "--guess", "lifter"])
    assert "--guess" in capsys.readouterr().err.splitlines()[-1]


def test_fits_are_measured_on_the_body_that_is_given(tmp_path, scene, capsys):
    write_truth(tmp_path / "h36m_3d.npz", scene)
    assert "no_body.npz" in refused(capsys, str(tmp_path), "--body", str(tmp_path / "no_body.npz"))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--data-photos=lps=b"], "--data-photos lps: no --data has this name"),
        (["--data-masks=lps=b"], "--data-masks lps: no --data has this name"),
        (["--data-photos=lsp=b", "--data-photos=lsp=c"], "--data-photos lsp: is given twice"),
        (["--data-masks=coco=b"], "--data-masks coco: masks are of lsp"),
        (["--data-photos=photos=b"], "--data-photos photos: a folder has its own photos"),
    ],
)
def test_a_folder_of_no_data_set_is_told_before_anything_is_read(tmp_path, capsys, options, told):
    data = ["--data=lsp=a.npz", "--data=coco=a.npz", f"--data=photos={tmp_path}"]
    assert evaluate.main([str(tmp_path), *data, *options]) == 1
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    "data", [["--data=lsp=a.npz"], ["--data=ochuman=a.json", "--data=crowdpose=b.json"]], ids=["none", "two"]
)
def test_a_file_for_predictions_is_of_one_data_set_of_crowds(tmp_path, capsys, data):
    assert evaluate.main([str(tmp_path), *data, "--out", str(tmp_path / "out.json")]) == 1
    assert "holds the predictions of one data set" in capsys.readouterr().err


@pytest.mark.parametrize("damage", ["cut short", "not a zip", "without joints"])
def test_the_command_ends_with_words_where_the_truth_is_damaged(tmp_path, scene, capsys, damage):
    path = write_truth(tmp_path / "h36m_3d.npz", scene)
    whole = path.read_bytes()
    if damage == "cut short":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "not a zip":
        path.write_bytes(b"no truth")
    else:
        np.savez(path, kp2d=np.zeros((1, 17, 2)))
    assert "h36m_3d.npz" in refused(capsys, str(tmp_path))
