"""Bodies of any file: their parameters and keypoints, and what they refuse."""

from pathlib import Path

import numpy as np
import pytest
import torch

from core.body.keypoints import LAYOUTS, definition, layout
from core.body.mean_skeleton import SMPL_PELVIS, SMPLX_NEUTRAL, SMPLX_PELVIS
from core.body.model import (
    SMPL_NEUTRAL,
    SMPL_VERTICES,
    Body,
    BodyParams,
    load_body,
)
from core.body.tree import joint_index
from core.errors import BodyFileError, LayoutError
from tests.bodies import toy_arrays, write_folder, write_npz, write_pickle
from tests.posing import random_params, toy_body

CLOSE = 1e-5  # [m]


def test_a_pickle_an_npz_and_a_folder_give_the_same_body(tmp_path):
    params = random_params(2)
    files = write_pickle(tmp_path / "a.pkl"), write_npz(tmp_path / "b.npz"), write_folder(tmp_path / "models")
    bodies = [load_body(file) for file in files]
    assert len({body.fingerprint for body in bodies}) == 1
    for body in bodies[1:]:
        torch.testing.assert_close(body.pose(params), bodies[0].pose(params), rtol=0, atol=1e-6)


def test_the_body_turns_about_its_pelvis_and_moves_with_cam_t():
    body, params = toy_body(), random_params(5)
    _, joints = body.pose(params)
    torch.testing.assert_close(joints[:, 0], body.rest_pelvis(params) + params.cam_t, rtol=0, atol=1e-6)


def test_keypoints_are_differentiable_in_every_parameter():
    body = toy_body(kid=True, surface=True, dtype=torch.float64)
    parts = [part.double().requires_grad_() for part in random_params(2, kid=True).tensors()]
    assert torch.autograd.gradcheck(
        lambda *given: body.keypoints(BodyParams(*given), "lsp14"), parts, fast_mode=True
    )


def test_keypoints_of_the_smpl24_layout_are_the_joints():
    body, params = toy_body(), random_params(3)
    torch.testing.assert_close(body.keypoints(params, "smpl24"), body.pose(params)[1], rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", LAYOUTS)
def test_any_body_has_every_keypoint_of_every_layout_and_says_where_from(name):
    body, params = toy_body(), random_params(2)
    points = body.keypoints(params, name)
    assert points.shape == (2, layout(name).k, 3)
    assert points.isfinite().all()
    assert tuple(body.keypoint_sources(name)) == layout(name).keypoints
    assert all(source.startswith("joints: ") for source in body.keypoint_sources(name).values())


def test_keypoints_move_with_cam_t_by_exactly_as_much():
    body, params = toy_body(), random_params(2)
    far = BodyParams.from_pose(params.pose, params.betas, params.cam_t + 10)
    for name in LAYOUTS:
        moved = body.keypoints(far, name) - body.keypoints(params, name)
        torch.testing.assert_close(moved, torch.full_like(moved, 10), rtol=0, atol=2e-5)


def with_regressors(folder: Path) -> Body:
    """A toy whose nine extra joints are its left ball's vertices and whose H36M joints are its right ball's."""
    model = write_npz(folder / "SMPL_NEUTRAL.npz")
    vertices = len(toy_arrays()["v_template"])
    extra = 1.01 * np.eye(9, vertices, k=10)  # rows of official files sum to nearly one
    np.save(folder / "J_regressor_extra.npy", extra)
    np.save(folder / "J_regressor_h36m.npy", np.eye(17, vertices, k=40))
    return load_body(model)


def test_regressors_beside_an_smpl_file_are_used_and_named(tmp_path):
    body, params = with_regressors(tmp_path), random_params(2)
    vertices, _ = body.pose(params)
    lsp = body.keypoints(params, "lsp14")
    row = definition("left_hip_lsp").extra
    assert row is not None
    left_hip = layout("lsp14").index("left_hip")
    torch.testing.assert_close(lsp[:, left_hip], vertices[:, 10 + row], rtol=0, atol=1e-6)
    assert body.keypoint_sources("lsp14")["left_hip"] == f"row {row} of J_regressor_extra.npy"
    assert body.keypoint_sources("lsp14")["left_knee"] == "joints: 1 left_knee"
    root = definition("pelvis_h36m").h36m
    assert root is not None
    h36m = body.keypoints(params, "h36m17")[:, layout("h36m17").definitions.index("pelvis_h36m")]
    torch.testing.assert_close(h36m, vertices[:, 40 + root], rtol=0, atol=1e-6)
    assert "row 0 of J_regressor_h36m.npy" in body.keypoint_sources("h36m17").values()


def test_h36m_regressors_give_the_right_hip_whichever_leg_their_file_has_first(tmp_path):
    for name, first in (("as_spin", "left"), ("as_h36m", "right")):
        arrays = toy_arrays()
        second = "right" if first == "left" else "left"
        joints = [f"{side}_{part}" for side in (first, second) for part in ("hip", "knee", "ankle")]
        rows = np.zeros((17, len(arrays["v_template"])))
        rows[:, 0] = 1
        rows[1:7] = arrays["J_regressor"][[joint_index(joint) for joint in joints]]
        folder = tmp_path / name
        folder.mkdir()
        np.save(folder / "J_regressor_h36m.npy", rows)
        body, params = load_body(write_npz(folder / "SMPL_NEUTRAL.npz", arrays)), BodyParams.zeros(1)
        hip = body.keypoints(params, "h36m17")[0, layout("h36m17").index("right_hip")]
        right_hip = body.pose(params)[1][0, joint_index("right_hip")]
        torch.testing.assert_close(hip, right_hip, rtol=0, atol=1e-5)


def as_large_as_smpl() -> dict[str, np.ndarray]:
    """The toy body's arrays with SMPL's number of vertices."""
    arrays = toy_arrays(ring=285)
    short = SMPL_VERTICES - len(arrays["v_template"])
    for name, axis in (("v_template", 0), ("shapedirs", 0), ("weights", 0), ("J_regressor", 1)):
        last = np.take(arrays[name], [-1] * short, axis=axis)
        arrays[name] = np.concatenate([arrays[name], 0 * last if name == "J_regressor" else last], axis=axis)
    return arrays


def test_smpls_own_mesh_takes_the_face_from_its_vertices(tmp_path):
    body, params = load_body(write_npz(tmp_path / "smpl.npz", as_large_as_smpl())), random_params(2)
    ids = definition("nose").smpl_vertices
    assert ids == {332: 1}
    nose = body.keypoints(params, "coco17")[:, layout("coco17").index("nose")]
    torch.testing.assert_close(nose, body.pose(params)[0][:, 332], rtol=0, atol=1e-6)
    assert body.keypoint_sources("coco17")["nose"] == "SMPL's vertices [332]"


def test_a_fit_of_another_body_keeps_the_place_of_its_pelvis(tmp_path):
    """Bodies count from different origins, and a file need not be there for its body's to be known."""
    opened, smpl = load_body(), load_body(write_npz(tmp_path / "smpl.npz", as_large_as_smpl()))
    for body, other, pelvis in (
        (opened, "", opened.pelvis[0]),
        (opened, opened.fingerprint, opened.pelvis[0]),
        (opened, SMPL_NEUTRAL, torch.tensor(SMPL_PELVIS)),
        (opened, "smpl-male", torch.tensor(SMPL_PELVIS)),
        (opened, smpl.fingerprint, torch.tensor(SMPL_PELVIS)),
        (opened, SMPLX_NEUTRAL, torch.tensor(SMPLX_PELVIS)),
        (smpl, opened.fingerprint, opened.pelvis[0]),
        (smpl, SMPL_NEUTRAL, smpl.pelvis[0]),
        (smpl, "smpl-female", smpl.pelvis[0]),
        (smpl, SMPLX_NEUTRAL, torch.tensor(SMPLX_PELVIS)),
    ):
        there = body.pelvis[0] + body.pelvis_shift(other)
        torch.testing.assert_close(there, pelvis, rtol=0, atol=1e-4)


def test_a_body_without_a_child_direction_refuses_a_child():
    body, params = toy_body(), random_params(2, kid=True)
    with pytest.raises(BodyFileError, match="no child direction"):
        body.pose(params)
    with pytest.raises(BodyFileError, match="no child direction"):
        body.rest_pelvis(params)


def test_loading_what_is_no_body_says_what_would_be_right(tmp_path):
    with pytest.raises(BodyFileError, match=r"nowhere\.pkl: cannot be read"):
        load_body(tmp_path / "nowhere.pkl")
    with pytest.raises(BodyFileError, match=r"no SMPL_NEUTRAL\.npz or \.pkl"):
        load_body(tmp_path)
    (tmp_path / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(BodyFileError, match=r"photo\.png: is neither a pickle nor an \.npz"):
        load_body(tmp_path / "photo.png")


def test_an_unknown_layout_is_answered_with_those_there_are():
    with pytest.raises(LayoutError, match="openpose25"):
        toy_body().keypoints(random_params(1), "coco99")


def test_params_are_taken_apart_chosen_and_frozen_without_sharing():
    params = random_params(3, kid=True)
    torch.testing.assert_close(params[1:].pose, params.pose[1:])
    assert len(params[1:]) == 2
    frozen = params.frozen()
    params.betas.zero_()
    assert frozen.betas.any()
    assert params.to(torch.float64).kid.dtype == torch.float64
    assert not BodyParams.zeros(2, like=params.cam_t.double()).kid.any()


def test_a_body_moves_to_another_dtype_with_its_keypoints():
    body, params = toy_body(), random_params(1)
    as_double = body.to("cpu", torch.float64).keypoints(params.to(torch.float64), "openpose25")
    assert as_double.dtype == torch.float64
    torch.testing.assert_close(as_double.float(), body.keypoints(params, "openpose25"), rtol=0, atol=CLOSE)


def test_a_body_that_is_there_already_is_not_copied():
    body = toy_body()
    assert body.to("cpu", torch.float32) is body
    assert body.to("cpu") is body
    assert body.to("cpu", torch.float64) is not body


def test_joints_of_the_toy_lie_where_its_template_has_them():
    _, joints = toy_body().pose(BodyParams.zeros(1))
    assert joints[0, joint_index("left_wrist"), 0] == pytest.approx(0.69, abs=1e-6)
