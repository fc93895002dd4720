"""Keypoints carried from one layout to another, and what faulty layouts and keypoints are answered with."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from core.body.keypoints import LAYOUTS, convert, definition, layout, read_definitions, read_layout
from core.body.tree import mirror_name
from core.errors import LayoutError
from core.records import Keypoints


def random_keypoints(name: str, *batch: int) -> np.ndarray:
    """(…, K, 3) of a layout, every keypoint present."""
    rng = np.random.default_rng(7)
    xy = rng.uniform(0, 500, (*batch, layout(name).k, 2))
    return np.concatenate([xy, rng.uniform(0.1, 1, (*batch, layout(name).k, 1))], -1)


def kept(source: str, target: str) -> set[str]:
    """Names of the target's keypoints that have a confidence after converting a full set."""
    converted = convert(random_keypoints(source), source, target)
    return {name for name, row in zip(layout(target).keypoints, converted, strict=True) if row[2] > 0}


def as_json(folder: Path, **changes: object) -> Path:
    """A small layout file that is right but for the changes."""
    entry = {
        "name": "two",
        "source": "test",
        "keypoints": [
            {"name": "left_knee", "definition": "left_knee"},
            {"name": "right_knee", "definition": "right_knee"},
        ],
        "bones": [["left_knee", "right_knee"]],
    }
    path = folder / "two.json"
    path.write_text(json.dumps({**entry, **changes}), encoding="utf-8")
    return path


def test_coco17_to_openpose25_and_back_keeps_all_seventeen():
    points = random_keypoints("coco17")
    there = convert(points, "coco17", "openpose25")
    np.testing.assert_array_equal(convert(there, "openpose25", "coco17"), points)
    absent = {name for name, row in zip(layout("openpose25").keypoints, there, strict=True) if row[2] == 0}
    feet = {f"{side}_{part}" for side in ("left", "right") for part in ("big_toe", "small_toe", "heel")}
    assert absent == {"neck", "mid_hip", *feet}
    assert not there[there[:, 2] == 0].any()


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_converts_into_itself_unchanged(name):
    points = random_keypoints(name)
    if name == "spin49":  # a definition that it names twice has one place and one confidence
        points = convert(random_keypoints("smpl24"), "smpl24", "spin49")
    np.testing.assert_array_equal(convert(points, name, name), points)


@pytest.mark.parametrize("source", LAYOUTS)
def test_every_pair_of_layouts_shares_the_limbs_and_mirrors_what_it_shares(source):
    for target in LAYOUTS:
        common = kept(source, target)
        assert common == {mirror_name(name) for name in common}
        shared = {layout(target).definitions[layout(target).index(name)] for name in common}
        limbs = {
            f"{side}_{joint}"
            for side in ("left", "right")
            for joint in ("shoulder", "elbow", "wrist", "knee")
        }
        assert limbs <= shared


def test_hips_of_different_definitions_are_not_the_same_keypoint():
    hips = {"left_hip", "right_hip"}
    assert not hips & kept("coco17", "lsp14")
    assert not hips & kept("coco17", "h36m17")
    assert not hips & kept("mpii16", "smpl24")
    assert not hips & kept("panoptic19", "coco17")
    assert not hips & kept("mpi_inf_3dhp17", "h36m17")
    assert hips <= kept("lsp14", "mpii16")
    assert hips <= kept("openpose25", "mediapipe33")


def test_heads_necks_and_pelvises_of_different_definitions_are_not_the_same_keypoint():
    assert "neck" not in kept("openpose25", "lsp14")
    assert "neck" not in kept("halpe26", "openpose25")
    assert "neck" not in kept("smpl24", "lsp14")
    assert "neck" not in kept("aic14", "lsp14")
    assert not {"pelvis"} & kept("h36m17", "mpii16")
    assert not {"root", "head"} & kept("smpl24", "h36m17")
    assert not {"head", "neck_base"} & kept("mpii16", "h36m17")
    assert "head_top" not in kept("mpi_inf_3dhp17", "lsp14")
    assert {"upper_neck", "head_top"} <= kept("lsp14", "mpii16")
    assert "head" in kept("lsp14", "halpe26")


def test_converting_from_spin49_takes_the_more_confident_of_two():
    one = layout("spin49")
    points = np.zeros((2, 49, 3))
    points[:, one.index("openpose_left_knee")] = [[10, 20, 0.9], [10, 20, 0.3]]
    points[:, one.index("left_knee")] = [[11, 21, 0.5], [11, 21, 0.5]]
    knees = convert(points, "spin49", "coco17")[:, layout("coco17").index("left_knee")]
    np.testing.assert_array_equal(knees, [[10, 20, 0.9], [11, 21, 0.5]])


def test_converting_to_spin49_fills_both_of_its_halves():
    points = random_keypoints("coco17")
    converted = convert(points, "coco17", "spin49")
    knee = points[layout("coco17").index("left_knee")]
    for name in ("openpose_left_knee", "left_knee"):
        np.testing.assert_array_equal(converted[layout("spin49").index(name)], knee)


def test_torch_and_numpy_arrays_of_any_batch_convert_alike():
    points = random_keypoints("spin49", 2, 3).astype(np.float32)
    array = convert(points, "spin49", "halpe26")
    tensor = convert(torch.from_numpy(points), "spin49", "halpe26")
    assert array.shape == (2, 3, 26, 3)
    assert array.dtype == np.float32
    assert tensor.dtype == torch.float32
    np.testing.assert_array_equal(tensor.numpy(), array)


def test_gradients_pass_through_a_conversion():
    points = torch.ones(17, 3, requires_grad=True)
    convert(points, "coco17", "openpose25").sum().backward()
    assert points.grad is not None
    assert points.grad.eq(1).all()


def test_arrays_with_more_than_x_y_and_confidence_keep_all_their_columns():
    points = np.arange(17 * 4, dtype=float).reshape(17, 4) + 1
    converted = convert(points, "coco17", "coco23")
    np.testing.assert_array_equal(converted[:17], points)
    assert not converted[17:].any()


def test_a_record_converts_with_its_occlusion_and_leaves_the_first_one_alone():
    points = random_keypoints("coco17")
    knee = layout("coco17").index("left_knee")
    record = Keypoints("coco17", points[:, :2], points[:, 2], np.arange(17) == knee)
    converted = convert(record, "coco17", "openpose25")
    assert isinstance(converted, Keypoints)
    assert converted.layout == "openpose25"
    assert [
        name
        for name, hidden in zip(layout("openpose25").keypoints, converted.occluded, strict=True)
        if hidden
    ] == ["left_knee"]
    back = convert(converted, "openpose25", "coco17")
    np.testing.assert_array_equal(back.array, record.array)
    np.testing.assert_array_equal(back.occluded, record.occluded)
    assert record.layout == "coco17"


# ---- errors


def test_an_unknown_layout_is_answered_with_the_layouts_there_are():
    with pytest.raises(LayoutError, match="openpose18") as caught:
        layout("openpose18")
    assert all(name in str(caught.value) for name in LAYOUTS)


def test_an_unknown_keypoint_or_definition_is_answered_with_those_there_are():
    with pytest.raises(LayoutError, match=r"'coco17' has no keypoint 'neck'.*left_ankle"):
        layout("coco17").index("neck")
    with pytest.raises(LayoutError, match="left_hip_lsp"):
        definition("left_hip_lps")


def test_keypoints_of_another_number_are_refused_with_the_layouts_that_would_fit():
    with pytest.raises(LayoutError, match=r"layout 'coco17' needs \(..., 17, values\).*coco18"):
        convert(np.zeros((2, 18, 3)), "coco17", "openpose25")
    with pytest.raises(LayoutError, match=r"shape \(3,\)"):
        convert(np.zeros(3), "coco17", "openpose25")


def test_a_record_in_another_layout_than_said_is_refused():
    record = Keypoints.from_array("mpii16", random_keypoints("mpii16"))
    with pytest.raises(LayoutError, match="'mpii16', not in 'coco17'"):
        convert(record, "coco17", "openpose25")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"keypoints": [{"name": "knee", "definition": "left_knee"}] * 2}, "named twice: knee"),
        ({"keypoints": [{"name": "knee", "definition": "centre_knee"}]}, "'centre_knee', which definitions"),
        ({"keypoints": [{"name": "left_knee", "definition": "left_knee"}]}, "no 'right_knee' on the other"),
        ({"keypoints": [{"name": "knee", "definition": "left_knee"}]}, "do not mirror each other"),
        ({"keypoints": [{"name": "knee"}]}, "needs a name and a definition"),
        ({"bones": [["left_knee", "left_hip"]]}, "'left_hip'.* does not join two keypoints"),
        ({"bones": [["left_knee"]]}, "'left_knee'.* does not join two keypoints"),
    ],
)
def test_a_layout_file_with_a_fault_is_refused_by_what_is_wrong_in_it(tmp_path, changes, message):
    with pytest.raises(LayoutError, match=message) as caught:
        read_layout(as_json(tmp_path, **changes))
    assert "two.json" in str(caught.value)


def test_a_layout_file_that_is_no_layout_is_refused(tmp_path):
    path = tmp_path / "broken.json"
    for text, message in (("{", "cannot be read"), ("[]", "holds a list"), ("{}", "needs bones, keypoints")):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(LayoutError, match=message):
            read_layout(path)
    with pytest.raises(LayoutError, match="cannot be read"):
        read_layout(tmp_path / "missing.json")
    assert read_layout(as_json(tmp_path)).flip == (1, 0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"side": "port"}, "a side: left, right or centre"),
        ({"joints": {"left_knie": 1}}, "SMPL does not have: left_knie"),
        ({"joints": {"left_knee": 0.9}}, "sum to 0.9, but must sum to 1"),
        ({"smpl_vertices": {"1": 0.5, "2": 0.6}}, "sum to 1.1, but must sum to 1"),
    ],
)
def test_a_definition_with_a_fault_is_refused_by_what_is_wrong_in_it(tmp_path, changes, message):
    path = tmp_path / "points.json"
    entry = {"words": "A knee.", "side": "left", "joints": {"left_knee": 1}, **changes}
    path.write_text(json.dumps({"left_knee": entry}), encoding="utf-8")
    with pytest.raises(LayoutError, match=message) as caught:
        read_definitions(path)
    assert "points.json" in str(caught.value)
    assert "'left_knee'" in str(caught.value)
