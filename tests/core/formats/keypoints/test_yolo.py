"""YOLO's pose files: labels as people draw them, and predictions as Ultralytics saves them."""

from pathlib import Path

import numpy as np
import pytest

from core.body.keypoints import layout
from core.errors import Undecided
from core.formats.keypoints import yolo
from core.formats.shared.report import Import
from core.records import Keypoints
from tests.core.formats import making
from tests.core.formats.layouts.standing import body_in
from tests.core.formats.making import HEIGHT, WIDTH, write_photos

SEEN = np.linspace(0.03, 0.97, 17)


def predicted(*after: float) -> str:
    """A line of `predict(save_txt=True)`; after: the confidence of the box, the number of the track."""
    rows = making.keypoint_array("coco17") / [WIDTH, HEIGHT, 1] * np.column_stack([np.ones((17, 2)), SEEN])
    rows[4, :2] = 0
    return " ".join(f"{value:g}" for value in [0, 0.5, 0.5, 0.4, 0.6, *rows.reshape(-1), *after]) + "\n"


def read_text(folder: Path, text: str, layout_name: str | None = None) -> Import:
    write_photos(folder)
    (folder / "a.txt").write_text(text)
    return yolo.read(folder, layout_name=layout_name)


def only_keypoints(imported: Import) -> Keypoints:
    (photo,) = imported.photos
    (person,) = photo.people
    return person.keypoints


@pytest.mark.parametrize("after", [(), (0.87,), (1,), (12,), (0.87, 3)])
def test_a_prediction_has_confidences_and_the_box_s_own_is_no_keypoint(after, tmp_path):
    imported = read_text(tmp_path, predicted(*after))
    keypoints = only_keypoints(imported)
    assert keypoints.layout == "coco17"
    found = np.arange(17) != 4
    np.testing.assert_allclose(keypoints.confidence, SEEN * found, atol=1e-6)
    np.testing.assert_allclose(keypoints.xy[found], making.keypoint_array("coco17")[found, :2], atol=1e-3)
    assert not keypoints.occluded.any()
    assert ("the box's confidence" in imported.summary()) == bool(after)


def test_v_is_0_absent_1_occluded_2_visible(tmp_path):
    rows = making.keypoint_array("coco17") / [WIDTH, HEIGHT, 1] * [1, 1, 2]
    rows[:3, 2] = 0, 1, 1
    line = " ".join(f"{value:g}" for value in [0, 0.5, 0.5, 0.4, 0.6, *rows.reshape(-1)])
    keypoints = only_keypoints(read_text(tmp_path, line))
    np.testing.assert_array_equal(keypoints.confidence, [0] + [1] * 16)
    np.testing.assert_array_equal(np.flatnonzero(keypoints.occluded), [1, 2])


def test_a_named_layout_of_26_without_v_is_not_taken_for_a_prediction(tmp_path):
    rows = making.keypoint_array("halpe26")[:, :2] / [WIDTH, HEIGHT]
    line = " ".join(f"{value:g}" for value in [0, 0.5, 0.5, 0.4, 0.6, *rows.reshape(-1)])
    keypoints = only_keypoints(read_text(tmp_path, line, "halpe26"))
    assert keypoints.layout == "halpe26"
    np.testing.assert_array_equal(keypoints.confidence, 1)


def test_numbers_that_are_neither_visibility_nor_confidence_are_left_out(tmp_path):
    rows = making.keypoint_array("coco17") / [WIDTH, HEIGHT, 1] * [1, 1, 87.5]
    line = " ".join(f"{value:g}" for value in [0, 0.5, 0.5, 0.4, 0.6, *rows.reshape(-1)])
    imported = read_text(tmp_path, line)
    assert imported.people == 0
    assert "neither visibilities nor confidences" in imported.summary()


def test_yolo_lines_of_another_class_or_length_are_left_out(tmp_path):
    write_photos(tmp_path)
    good = making.yolo_text()
    (tmp_path / "a.txt").write_text(good + "16 0.5 0.5 0.1 0.1\n0 0.5 0.5 0.1 0.1 0.3 0.3\nno numbers here\n")
    imported = yolo.read(tmp_path)
    assert imported.people == 2
    assert len(imported.left_out) == 3


def test_photos_of_a_split_lie_in_the_images_of_its_name(tmp_path):
    labels, images = tmp_path / "labels" / "train", tmp_path / "images" / "train"
    labels.mkdir(parents=True)
    images.mkdir(parents=True)
    write_photos(images)
    (labels / "a.txt").write_text(predicted())
    for path in (labels, labels / "a.txt"):
        (photo,) = yolo.read(path).photos
        assert (yolo.photo_root(path) / photo.path) == images / "a.png"


def standing(name: str, columns: int, *after: float) -> str:
    """A line of a standing person, with v = 2 or without v."""
    rows = (body_in(name) / [640, 480, 1] * [1, 1, 2])[:, :columns]
    return " ".join(f"{value:g}" for value in [0, 0.5, 0.54, 0.31, 0.83, *rows.reshape(-1), *after]) + "\n"


@pytest.mark.parametrize("columns", [2, 3])
@pytest.mark.parametrize("name", ["coco17", "coco18", "coco23", "halpe26", "openpose25", "openpose25b"])
def test_the_numbers_of_all_lines_tell_pairs_from_triples(name, columns, tmp_path):
    keypoints = only_keypoints(read_text(tmp_path, standing(name, columns)))
    assert keypoints.layout == name
    np.testing.assert_allclose(keypoints.xy, body_in(name)[:, :2] / [640, 480] * [WIDTH, HEIGHT], atol=1e-3)
    assert not keypoints.occluded.any()


@pytest.mark.parametrize(
    "shape",
    [
        "kpt_shape: [26, 2]",
        "kpt_shape:\n  - 26  # points\n  - 2",
        "kpt_shape: [26,2] # x, y",
        "'kpt_shape' : [ 26, 2 ]",
    ],
)
def test_data_yaml_tells_how_many_numbers_a_keypoint_has(shape, tmp_path):
    random = making.keypoint_array("halpe26")[:, :2] / [WIDTH, HEIGHT]
    line = " ".join(f"{value:g}" for value in [0, 0.5, 0.5, 0.4, 0.6, *random.reshape(-1)])
    (tmp_path / "data.yaml").write_text(f"path: .\n{shape}\nnames:\n  0: person\n")
    assert only_keypoints(read_text(tmp_path, line)).layout == "halpe26"


@pytest.mark.parametrize(
    "form",
    ["kpt_names: {{0: [{flow}]}}", "kpt_names:\n  0: [{flow}]", "kpt_names:\n  0:\n{block}\nnames: [person]"],
)
def test_names_in_data_yaml_tell_the_layout(form, tmp_path):
    names = layout("posetrack17").keypoints
    block = "\n".join(f"    - {name}" for name in names)
    text = form.format(flow=", ".join(names), block=block)
    (tmp_path / "data.yaml").write_text(f"kpt_shape: [17, 3]\n{text}\n")
    assert only_keypoints(read_text(tmp_path, standing("coco17", 3))).layout == "posetrack17"


@pytest.mark.parametrize(
    "text", ["kpt_shape: &a [*a, *a]", "kpt_shape: !!python/object", "\0" * 99, "kpt_shape: [0, 9]"]
)
def test_a_data_yaml_that_tells_nothing_is_passed_over(text, tmp_path):
    (tmp_path / "data.yaml").write_text(text)
    assert only_keypoints(read_text(tmp_path, standing("coco17", 3))).layout == "coco17"


def test_few_keypoints_of_an_open_number_are_asked_about(tmp_path):
    rows = np.zeros((26, 2))
    rows[:4] = body_in("halpe26")[:4, :2] / [640, 480]
    line = " ".join(f"{value:g}" for value in [0, 0.5, 0.5, 0.4, 0.6, *rows.reshape(-1)])
    with pytest.raises(Undecided) as asked:
        read_text(tmp_path, line)
    assert {"halpe26", "coco17"} <= {way.value for way in asked.value.ways}
    assert only_keypoints(read_text(tmp_path, line, "halpe26")).confidence.sum() == 4
