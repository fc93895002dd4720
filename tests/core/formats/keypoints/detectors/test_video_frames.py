"""Detectors' files of photos and videos: MMPose, Sapiens, DWPose, easy_ViTPose, EasyMocap."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.body.keypoints import layout
from core.errors import ReadError
from core.formats.keypoints.detectors import dwpose, easy_vitpose, easymocap, mmpose, sapiens
from core.formats.recognise import recognise
from core.formats.shared.report import Import
from core.records import Person
from tests.core.formats import making_keypoints
from tests.core.formats.making import HEIGHT, WIDTH, write_photos
from tests.core.formats.making_keypoints import flat, instance, keypoint_array


def written(folder: Path, value: Any, name: str = "a.json", photos: tuple[str, ...] = ("a.png",)) -> Path:
    write_photos(folder, photos)
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(value))
    return folder / name


def only(imported: Import) -> Person:
    ((one,),) = (photo.people for photo in imported.photos)
    return one


def paths(imported: Import) -> list[str]:
    return [photo.path for photo in imported.photos]


def frames(*numbers: int) -> list[dict[str, Any]]:
    return [{"frame_id": number, "instances": [instance()]} for number in numbers]


def demo(*numbers: int) -> dict[str, Any]:
    return making_keypoints.mmpose() | {"instance_info": frames(*numbers)}


FROM_0, FROM_1, LATER = (
    ("f_0000.png", "f_0001.png"),
    ("f_0001.png", "f_0002.png"),
    ("f_0101.png", "f_0102.png"),
)


@pytest.mark.parametrize(("value", "photos"), [
    (frames(0, 1), FROM_0), (frames(0, 1), FROM_1), (demo(1, 2), FROM_0), (demo(1, 2), FROM_1),
    (frames(101, 102), LATER), (demo(101, 102), LATER),
])  # fmt: skip
def test_frames_from_0_and_from_1_find_photos_from_0_and_from_1(tmp_path, value, photos):
    imported = mmpose.read(written(tmp_path, value, photos=photos))
    assert paths(imported) == list(photos)
    first = 0 if isinstance(value, list) else 1
    assert f"frames are counted from {first} in this file" in imported.summary()


def test_photos_with_the_file_s_own_numbers_are_not_shifted(tmp_path):
    imported = mmpose.read(written(tmp_path, frames(1, 2), photos=FROM_1))
    assert paths(imported) == list(FROM_1)


def test_a_frame_without_a_photo_is_left_out_and_the_remedy_told(tmp_path):
    imported = mmpose.read(written(tmp_path, frames(0, 1, 2), photos=FROM_0))
    assert paths(imported) == list(FROM_0)
    assert "save its frames as photos" in imported.summary()


def test_photos_of_the_video_s_name_go_before_others(tmp_path):
    photos = ("clip_0000.png", "clip_0001.png", "other_0000.png", "other_0001.png")
    imported = mmpose.read(written(tmp_path, frames(0, 1), "clip.json", photos))
    assert paths(imported) == list(photos[:2])


def test_photos_of_two_series_are_not_mixed(tmp_path):
    photos = ("one_0000.png", "one_0001.png", "two_0000.png", "two_0001.png")
    assert mmpose.read(written(tmp_path, frames(0, 1), photos=photos)).people == 0


def test_the_box_of_the_inferencer_lies_in_a_list_of_its_own(tmp_path):
    for box in ([[5.0, 6.0, 35.0, 26.0]], [5.0, 6.0, 35.0, 26.0]):
        one = only(mmpose.read(written(tmp_path, [instance() | {"bbox": box}])))
        assert one.bbox.center == pytest.approx([20, 16])
        assert one.bbox.xywh[2] == pytest.approx(30)


@pytest.mark.parametrize("name", ["a.json", "results_a.json", "predictions/a.json"])
def test_a_photo_has_the_name_of_the_file(tmp_path, name):
    file = written(tmp_path, [instance()], name)
    assert recognise(file) == "mmpose"
    assert paths(mmpose.read(file, photos=tmp_path)) == ["a.png"]


def test_a_folder_of_predictions_is_one_file_a_photo(tmp_path):
    for name in ("a", "b"):
        written(tmp_path, [instance()], f"{name}.json", ("a.png", "b.png"))
    assert recognise(tmp_path) == "mmpose"
    assert paths(mmpose.read(tmp_path)) == ["a.png", "b.png"]


def test_names_of_the_demo_order_the_keypoints(tmp_path):
    names = {str(place): name for place, name in enumerate(reversed(making_keypoints.NAMES))}
    value = {"meta_info": {"keypoint_id2name": names}, "instance_info": [instance()]}
    keypoints = only(mmpose.read(written(tmp_path, value))).keypoints
    assert keypoints.layout == "coco17"
    assert keypoints.xy == pytest.approx(keypoint_array("coco17")[::-1, :2], abs=1e-4)


@pytest.mark.parametrize("changes", [
    {"keypoints": None}, {"keypoint_scores": None}, {"keypoint_scores": [0.5]}, {"keypoints": [[1, 2, 3]] * 17},
    {"keypoints": [["a", "b"]] * 17}, {"keypoint_scores": ["x"] * 17},
])  # fmt: skip
def test_one_odd_person_is_left_out_and_the_others_are_read(tmp_path, changes):
    imported = mmpose.read(written(tmp_path, [instance(), instance() | changes, 5, instance()]))
    assert imported.people == 2
    assert len(imported.left_out) == 2


def test_scores_above_1_count_as_1(tmp_path):
    imported = mmpose.read(written(tmp_path, [instance() | {"keypoint_scores": [1.07] * 17}]))
    assert only(imported).keypoints.confidence == pytest.approx(1)
    assert "scores above 1 count as 1" in imported.summary()


def test_sapiens_is_told_from_mmpose_by_the_missing_names(tmp_path):
    assert recognise(written(tmp_path, {"instance_info": [instance()]})) == "sapiens"
    assert recognise(written(tmp_path, {"meta_info": {}, "instance_info": [instance()]})) == "mmpose"


@pytest.mark.parametrize(("count", "layout_name"), [(17, "coco17"), (133, "coco23"), (308, "openpose25")])
def test_sapiens_has_three_numbers_of_keypoints(tmp_path, count, layout_name):
    array = np.column_stack([np.arange(1, count + 1), np.arange(count)]).tolist()
    value = {"instance_info": [{"keypoints": array, "keypoint_scores": [0.5] * count}]}
    assert only(sapiens.read(written(tmp_path, value))).keypoints.layout == layout_name


def canvas(scale: float = 1, width: float = WIDTH, height: float = HEIGHT) -> list[dict[str, Any]]:
    """One person as DWPose writes it, with places times `scale`."""
    rows = keypoint_array("coco18") * [*np.atleast_1d(scale) * [1, 1], 1]
    person = {"pose_keypoints_2d": rows.reshape(-1).tolist()}
    return [{"people": [person], "canvas_width": width, "canvas_height": height}]


@pytest.mark.parametrize("value", [
    canvas(), canvas(2, 2 * WIDTH, 2 * HEIGHT), canvas(np.array([1 / WIDTH, 1 / HEIGHT])), canvas()[0],
])  # fmt: skip
def test_pixels_of_a_canvas_and_fractions_of_it_are_pixels_of_the_photo(tmp_path, value):
    file = written(tmp_path, value)
    assert recognise(file) == "dwpose"
    keypoints = only(dwpose.read(file)).keypoints
    assert keypoints.layout == "coco18"
    assert keypoints.xy == pytest.approx(keypoint_array("coco18")[:, :2], abs=1e-3)


def test_a_canvas_of_other_proportions_is_left_out_with_the_reason(tmp_path):
    imported = dwpose.read(written(tmp_path, canvas(1, 100, 100)))
    assert imported.people == 0
    assert "other proportions" in imported.summary()


def test_people_without_a_body_are_left_out_and_absent_keypoints_are_absent(tmp_path):
    value = canvas()
    value[0]["people"].append({"pose_keypoints_2d": None, "face_keypoints_2d": [1, 2, 3]})
    value[0]["people"][0]["pose_keypoints_2d"][:3] = [0, 0, 0]
    imported = dwpose.read(written(tmp_path, value))
    assert only(imported).keypoints.confidence[0] == 0
    assert "no keypoints of a body" in imported.summary()


def test_several_canvases_are_frames_from_0(tmp_path):
    assert paths(dwpose.read(written(tmp_path, canvas() + canvas(), photos=FROM_0))) == list(FROM_0)


def test_easy_vitpose_has_y_before_x_and_the_names_of_its_keypoints(tmp_path):
    file = written(tmp_path, making_keypoints.easy_vitpose(), "a_result.json")
    assert recognise(file) == "easy-vitpose"
    imported = easy_vitpose.read(file)
    first, second = imported.photos[0].people
    assert first.keypoints.xy == pytest.approx(keypoint_array("coco17", 1)[:, :2], abs=1e-4)
    assert (first.track, second.track) == (None, None)  # numbers of a photo's people are nobody's track


def test_easy_vitpose_s_25_keypoints_are_not_in_openpose_s_order(tmp_path):
    names = ["nose", "left_eye", "right_eye", "left_ear", "right_ear", "neck", "left_shoulder", "right_shoulder",
             "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "hip", "left_knee",
             "right_knee", "left_ankle", "right_ankle", "left_big toe", "left_small_toe", "left_heel", "right_big_toe",
             "right_small_toe", "right_heel"]  # fmt: skip
    points = [[10 + place, 20 + place, 0.5] for place in range(25)]
    skeleton = {str(place): name for place, name in enumerate(names)}
    imported = easy_vitpose.read(written(tmp_path, {"keypoints": [{"0": points}], "skeleton": skeleton}))
    keypoints = only(imported).keypoints
    place = layout(keypoints.layout).keypoints.index("left_shoulder")
    assert keypoints.xy[place].tolist() == [26, 16]
    toe = layout(keypoints.layout).keypoints.index("left_big_toe")
    assert keypoints.xy[toe].tolist() == [39, 29]


def test_people_of_a_video_of_easy_vitpose_have_tracks(tmp_path):
    value = making_keypoints.easy_vitpose()
    value["keypoints"] *= 2
    imported = easy_vitpose.read(written(tmp_path, value, photos=FROM_0))
    assert [[one.track for one in photo.people] for photo in imported.photos] == [[1, 2], [1, 2]]


def test_easymocap_finds_photos_from_the_folder_that_holds_its_annotations(tmp_path):
    for camera in ("0", "1"):
        value = making_keypoints.easymocap() | {"filename": f"images/{camera}/000000.png"}
        photos = ("images/0/000000.png", "images/1/000000.png")
        written(tmp_path, value, f"annots/{camera}/000000.json", photos)
    for path in (tmp_path, tmp_path / "annots"):
        assert recognise(path) == "easymocap"
        imported = easymocap.read(path)
        assert paths(imported) == ["images/0/000000.png", "images/1/000000.png"]
        assert [photo.people[0].track for photo in imported.photos] == [3, 3]
    assert paths(easymocap.read(tmp_path / "annots" / "1")) == ["images/1/000000.png"]


@pytest.mark.parametrize("value", [{}, [], {"annots": 5}, {"keypoints": 5}, 7, {"instance_info": {}}, [[]]])
@pytest.mark.parametrize("reader", [mmpose, sapiens, dwpose, easy_vitpose, easymocap])
def test_what_is_not_the_detector_s_is_refused_in_words_or_holds_nobody(tmp_path, reader, value):
    try:
        said = reader.read(written(tmp_path, value)).summary()
    except ReadError as error:
        said = str(error)
    assert "0 people" in said or "a.json" in said


def test_an_openpose_file_with_18_keypoints_is_not_taken_for_dwpose(tmp_path):
    value = {"version": 1.3, "people": [{"pose_keypoints_2d": flat("coco18")}]}
    assert recognise(written(tmp_path, value, "a_keypoints.json")) == "openpose"
