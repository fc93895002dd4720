"""Lists of results: COCO's, OpenPose's and AlphaPose's, with and without the names of photos."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import LayoutError, ReadError, Undecided
from core.formats.keypoints.detectors import alphapose, coco_results
from core.formats.recognise import recognise
from core.formats.shared.report import Import
from core.records import Keypoints, Person
from tests.core.formats import making_keypoints
from tests.core.formats.making import write_photos
from tests.core.formats.making_keypoints import flat, keypoint_array


def written(folder: Path, value: Any, name: str = "results.json") -> Path:
    write_photos(folder, ("000000000001.png", "000000000002.png"))
    (folder / name).write_text(json.dumps(value))
    return folder / name


def result(**changes: Any) -> dict[str, Any]:
    return {"image_id": 1, "category_id": 1, "keypoints": flat(), "score": 0.9} | changes


def read_one(folder: Path, **changes: Any) -> Import:
    return coco_results.read(written(folder, [result(**changes)]))


def only(imported: Import) -> Person:
    ((one,),) = (photo.people for photo in imported.photos)
    return one


def with_scores(scores: list[float]) -> list[float]:
    rows = keypoint_array("coco17")
    rows[:, 2] = scores
    return rows.reshape(-1).tolist()


STEM = "000000000001"


@pytest.mark.parametrize(
    "image_id", [1, 1.0, f"{STEM}.png", STEM, f"/data/{STEM}.png", f"D:\\set\\{STEM}.png"]
)
def test_a_photo_is_found_by_number_or_name(tmp_path, image_id):
    assert read_one(tmp_path, image_id=image_id).photos[0].path == "000000000001.png"


def test_names_of_a_coco_file_beside_the_list_go_before_numbers(tmp_path):
    write_photos(tmp_path, ("one.png", "images/two.png"))
    file = written(tmp_path, [result(), result(image_id=2)])
    images = [{"id": 1, "file_name": "one.png"}, {"id": 2, "file_name": "two.png"}]
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "people.json").write_text(json.dumps({"images": images, "annotations": []}))
    imported = coco_results.read(file)
    assert [photo.path for photo in imported.photos] == ["one.png", "images/two.png"]
    assert "people.json" in imported.summary()


def test_two_coco_files_that_name_the_photos_differently_are_refused(tmp_path):
    file = written(tmp_path, [result()])
    for name in ("one", "two"):
        document = {"images": [{"id": 1, "file_name": f"{name}.png"}], "annotations": []}
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    with pytest.raises(ReadError, match=r"one\.json and two\.json.*differently"):
        coco_results.read(file)


def test_a_number_without_a_photo_is_left_out_with_a_remedy(tmp_path):
    imported = coco_results.read(written(tmp_path, [result(), result(image_id=77)]))
    assert imported.people == 1
    assert "no photo in" in imported.summary()
    assert "choose their folder" in imported.summary()


@pytest.mark.parametrize("ids", [(0, 1), (0,)])
def test_numbers_from_0_are_photos_that_are_numbered_from_1(tmp_path, ids):
    imported = coco_results.read(written(tmp_path, [result(image_id=number) for number in ids]))
    assert [photo.path for photo in imported.photos] == [f"{number + 1:012d}.png" for number in ids]
    assert "frames are counted from 0 in this file" in imported.summary()


def test_the_number_of_the_first_photo_can_be_given(tmp_path):
    file = written(tmp_path, [result(image_id=number) for number in (7, 8)])
    imported = coco_results.read(file, first_frame=7)
    assert [photo.path for photo in imported.photos] == ["000000000001.png", "000000000002.png"]


@pytest.mark.parametrize(("scores", "confidence"), [
    ([0.0] * 8 + [1.0] * 9, [0.0] * 8 + [1.0] * 9),  # OpenPose's flags
    ([2.9] * 8 + [0.25] * 9, [1.0] * 8 + [0.25] * 9),  # AlphaPose's scores reach 3
    ([-0.5] * 8 + [0.5] * 9, [0.0] * 8 + [0.5] * 9),  # logits
    ([2.0] * 8 + [1.0] * 9, [1.0] * 17),  # visibilities
])  # fmt: skip
def test_scores_are_clipped_and_flags_are_scores(tmp_path, scores, confidence):
    keypoints = only(read_one(tmp_path, keypoints=with_scores(scores))).keypoints
    assert keypoints.confidence == pytest.approx(np.array(confidence))


def test_ones_among_twos_are_occluded_and_ones_alone_are_not(tmp_path):
    assert (
        only(read_one(tmp_path, keypoints=with_scores([2.0] * 8 + [1.0] * 9))).keypoints.occluded.sum() == 9
    )
    assert not only(read_one(tmp_path, keypoints=with_scores([1.0] * 17))).keypoints.occluded.any()


@pytest.mark.parametrize("score", [0, 0.4, 1])
def test_a_keypoint_at_the_corner_is_absent(tmp_path, score):
    values = [0, 0, score, *flat()[3:]]
    keypoints = only(read_one(tmp_path, keypoints=values)).keypoints
    assert keypoints.confidence[0] == 0
    assert (keypoints.confidence[1:] > 0).all()


def test_triples_may_be_nested(tmp_path):
    nested = np.reshape(flat(), (-1, 3)).tolist()
    assert only(read_one(tmp_path, keypoints=nested)).keypoints.layout == "coco17"


@pytest.mark.parametrize("changes", [
    {"keypoints": None}, {"keypoints": flat()[:-1]}, {"keypoints": "none"}, {"image_id": None}, {"image_id": True},
    {"keypoints": [None] * 51}, {"keypoints": [[[1]]]}, {"image_id": [1]}, {"keypoints": {}},
    {"keypoints": [1e300] * 51},
])  # fmt: skip
def test_one_odd_result_is_left_out_and_the_others_are_read(tmp_path, changes):
    imported = coco_results.read(written(tmp_path, [result(), result(**changes), result(image_id=2)]))
    assert imported.people == 2
    assert imported.left_out[0].record.startswith("result number 1")


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("is_nested", [False, True])
def test_null_in_a_keypoint_costs_the_keypoint_and_not_the_person(tmp_path, place, is_nested):
    values: list[Any] = [*flat()]
    values[place] = None
    nested = [values[start : start + 3] for start in range(0, 51, 3)]
    keypoints = only(read_one(tmp_path, keypoints=nested if is_nested else values)).keypoints
    assert keypoints.confidence[0] == 0
    assert (keypoints.confidence[1:] > 0).all()


def test_an_odd_box_is_computed_from_the_keypoints(tmp_path):
    for box in ([0, 0, -1, 5], "box", [1, 2], [None] * 4):
        imported = read_one(tmp_path, bbox=box)
        assert imported.people == 1
        assert "computed from the keypoints" in imported.summary()


@pytest.mark.parametrize(("count", "layout_name"), [
    (17, "coco17"), (18, "coco18"), (23, "coco23"), (25, "openpose25"), (26, "halpe26"), (133, "coco23"),
    (136, "halpe26"), (70, "openpose25"), (308, "openpose25"),
])  # fmt: skip
def test_the_layout_follows_from_the_number_of_keypoints_and_is_told(tmp_path, count, layout_name):
    rows = np.column_stack([np.arange(1, count + 1), np.arange(count), np.full(count, 0.5)])
    imported = read_one(tmp_path, keypoints=rows.reshape(-1).tolist())
    keypoints = only(imported).keypoints
    assert keypoints.layout == layout_name
    assert f"each person is read as layout '{layout_name}'" in imported.summary()
    if count not in (70, 308):
        assert keypoints.xy[:, 0].tolist() == list(range(1, keypoints.k + 1))


def test_a_number_of_keypoints_that_several_layouts_have_is_asked(tmp_path):
    file = written(tmp_path, [result(keypoints=flat("lsp14"))])
    with pytest.raises(Undecided, match="14 keypoints") as asked:
        coco_results.read(file)
    assert asked.value.option == "layout_name"
    assert {"lsp14", "aic14", "crowdpose14"} <= {way.value for way in asked.value.ways}
    assert only(coco_results.read(file, layout_name="crowdpose14")).keypoints.layout == "crowdpose14"


def test_one_person_of_another_number_does_not_make_the_file_ask(tmp_path):
    imported = coco_results.read(written(tmp_path, [result(), result(keypoints=flat("lsp14"))]))
    assert imported.people == 1
    assert "name the layout" in imported.summary()


def test_a_named_layout_is_taken_or_refused(tmp_path):
    file = written(tmp_path, [result()])
    assert "layout 'halpe26' has 26" in coco_results.read(file, layout_name="halpe26").summary()
    with pytest.raises(LayoutError, match="Choose one of"):
        coco_results.read(file, layout_name="nonsense")


def test_whole_body_keypoints_can_be_read_as_the_body_s_17(tmp_path):
    rows = np.column_stack([np.arange(1, 134), np.arange(133), np.full(133, 0.5)])
    imported = coco_results.read(
        written(tmp_path, [result(keypoints=rows.reshape(-1).tolist())]), layout_name="coco17"
    )
    assert only(imported).keypoints.k == 17


@pytest.mark.parametrize("idx", [7, 7.0, [7], [7.0], "7"])
def test_a_track_of_alphapose_is_a_number_or_a_list_of_one(tmp_path, idx):
    file = written(tmp_path, [result(image_id="000000000001.png", box=[5, 6, 30, 20], idx=idx)])
    assert recognise(file) == "alphapose"
    assert only(alphapose.read(file)).track == 7


@pytest.mark.parametrize("idx", [None, [7, 8], {}, -1, 0.5, True, ""])
def test_an_odd_track_is_none_and_costs_nobody(tmp_path, idx):
    assert (
        only(alphapose.read(written(tmp_path, [result(image_id="000000000001.png", idx=idx)]))).track is None
    )


def test_two_people_with_one_track_in_a_photo_keep_it_once(tmp_path):
    one = result(image_id="000000000001.png", idx=7)
    imported = alphapose.read(written(tmp_path, [one, one]))
    assert [person.track for person in imported.photos[0].people] == [7, None]
    assert "track 7" in imported.summary()


def test_frames_of_a_video_in_alphapose_are_counted_from_0(tmp_path):
    entries = [result(image_id=f"{frame}.jpg", idx=1) for frame in (0, 1)]
    imported = alphapose.read(
        written(tmp_path, entries)
    )  # photos are numbered from 1, as ffmpeg numbers them
    assert [photo.path for photo in imported.photos] == ["000000000001.png", "000000000002.png"]
    assert "frames are counted from 0 in this file: its frame 0 is 000000000001.png" in imported.summary()


@pytest.mark.parametrize(("key", "points"), [("people", "pose_keypoints_2d"), ("bodies", "joints")])
def test_dictionaries_of_alphapose_hold_18_keypoints_a_person(tmp_path, key, points):
    people = [{points: flat("coco18", seed)} for seed in range(2)]
    file = written(tmp_path, {"000000000001.png": {"version": "AlphaPose v0.3", key: people}})
    assert recognise(file) == "alphapose"
    imported = alphapose.read(file)
    assert [person.keypoints.layout for person in imported.photos[0].people] == ["coco18"] * 2


@pytest.mark.parametrize(("key", "points"), [("people", "pose_keypoints_2d"), ("bodies", "joints")])
def test_a_file_of_one_photo_has_its_name(tmp_path, key, points):
    document = {"version": "AlphaPose v0.3", key: [{points: flat("coco18")}]}
    file = written(tmp_path, document, "000000000001.json")
    assert recognise(file) == "alphapose"
    assert alphapose.read(file).photos[0].path == "000000000001.png"


@pytest.mark.parametrize("value", [{}, {"a": 1}, {"a.jpg": {"people": 3}}, {"a.jpg": []}, 5, "text"])
def test_what_is_no_result_of_alphapose_is_refused_or_left_out(tmp_path, value):
    try:
        said = alphapose.read(written(tmp_path, value)).summary()
    except ReadError as error:
        said = str(error)
    assert "0 people" in said or "results.json" in said


def test_numbers_given_with_eval_are_read_as_coco_results(tmp_path):
    entries = [{**one, "image_id": int(one["image_id"][0])} for one in making_keypoints.alphapose()]
    for one in entries:
        del one["idx"], one["box"]
    file = written(tmp_path, entries)
    assert recognise(file) == "coco-results"
    assert coco_results.read(file).people == 3


def test_a_layout_of_the_file_beside_orders_the_keypoints(tmp_path):
    names = list(reversed(making_keypoints.NAMES))
    category = {"id": 1, "keypoints": names}
    document = {
        "images": [{"id": 1, "file_name": "000000000001.png"}],
        "annotations": [],
        "categories": [category],
    }
    file = written(tmp_path, [result()])
    (tmp_path / "people.json").write_text(json.dumps(document))
    keypoints: Keypoints = only(coco_results.read(file)).keypoints
    assert keypoints.layout == "coco17"
    assert keypoints.xy == pytest.approx(keypoint_array("coco17")[::-1, :2], abs=1e-4)
