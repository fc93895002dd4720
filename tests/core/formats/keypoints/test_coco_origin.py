"""A COCO file that is read and written again has all that it had; only what was edited differs."""

import copy
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from core.body.keypoints import layout
from core.errors import FitloopError
from core.formats.exchange import read_file, write_file
from core.formats.table import FORMATS, Beside
from core.records import BBox, Person, Photo
from tests.core.formats.making import keypoint_array, person

SAMPLES = Path(__file__).parents[5] / "shared" / "data" / "photos"
NAMES = list(layout("coco17").keypoints)
WAYS = ("direct", "project")


def points(seed: int) -> list[float]:
    """Of 17 keypoints: numbers that float32 cannot hold, with whole ones among them."""
    rows = keypoint_array("coco17", seed) * [1, 1, 2]
    return [*rows[:-1].reshape(-1).tolist(), 11, 12.5, 1]


def rich() -> dict[str, Any]:
    """Two photos and more people, objects and fields than any reader of people needs."""
    outline = [[1.25, 2.5, 3.125, 4.0, 5.0, 6.1]]
    annotations = [
        {"id": 9000000001, "image_id": 7, "category_id": 3, "iscrowd": 0, "bbox": [5.1, 6.2, 30.33, 20.7],
         "area": 411.17, "segmentation": outline, "keypoints": points(0), "num_keypoints": 17, "caption": "ñ 左"},
        {"id": 12, "image_id": 7, "category_id": 3, "iscrowd": 0, "bbox": [1, 2, 10, 11], "area": 110,
         "keypoints": points(1), "num_keypoints": 17, "keypoint_scores": [0.1234567890123] * 17},
        {"id": 13, "image_id": "second", "category_id": 3, "bbox": [0.0, 1.5, 12.125, 40.0], "keypoints": points(2),
         "track_id": 5, "attributes": {"tired": None, "deep": [{"a": 1.0}]}},
        {"id": 14, "image_id": "second", "category_id": 8, "bbox": [1, 1, 5, 5], "segmentation": outline},
        {"id": 15, "image_id": 7, "category_id": 3, "keypoints": "lost", "bbox": [1, 2, 3, 4]},
        {"id": 17, "image_id": 7, "category_id": 3, "iscrowd": 1, "bbox": [1, 1, 5, 5], "keypoints": points(4),
         "segmentation": {"counts": "abc", "size": [48, 64]}},
        {"id": 16, "image_id": 404, "category_id": 8, "bbox": [1, 1, 5, 5]},
    ]  # fmt: skip
    return {
        "info": {"description": "made up", "year": 2026, "more": [1, None, True]},
        "licenses": [{"id": 4, "name": "free", "url": "http://example.org"}],
        "images": [
            {"id": 7, "file_name": "a.png", "width": 64, "height": 48, "license": 4, "coco_url": "http://example.org/a",
             "date_captured": "2013-11-14"},
            {"id": "second", "file_name": "b/b.png", "width": 64, "height": 48, "video_id": 3},
            {"file_name": "no id.png"},
        ],
        "annotations": annotations,
        "categories": [
            {"id": 3, "name": "person", "keypoints": NAMES, "skeleton": [[1, 2]], "colour": "#fff"},
            {"id": 8, "name": "car"},
        ],
        "split": "train",
    }  # fmt: skip


def normal(document: dict[str, Any]) -> dict[str, Any]:
    """Without the order of records and keys; 1 and 1.0 differ."""
    return {
        name: sorted(json.dumps(record, sort_keys=True) for record in value)
        if isinstance(value, list)
        else json.dumps(value, sort_keys=True)
        for name, value in document.items()
    }


def saved(folder: Path, document: dict[str, Any], name: str = "in.json") -> Path:
    (folder / name).write_text(json.dumps(document), encoding="utf-8")
    return folder / name


def opened(path: Path, way: str, folder: Path, photos: Path | None = None) -> tuple[Photo, ...]:
    """The photos of a file, as they come from it or from a project that was made of it."""
    found = read_file(path, Beside(photos=photos))
    if way == "direct":
        return found.photos
    project = folder / f"{path.stem}.fitloop"
    write_file(FORMATS["project"], project, found.photos, Beside(root=found.root))
    return read_file(project, Beside(), "project").photos


def written(folder: Path, photos: tuple[Photo, ...], layout_name: str | None = None) -> dict[str, Any]:
    write_file(FORMATS["coco"], folder / "out.json", photos, Beside(written_layout=layout_name))
    return json.loads((folder / "out.json").read_text(encoding="utf-8"))


def changed(photos: tuple[Photo, ...], photo: int, place: int, **changes: Any) -> tuple[Photo, ...]:
    """With one person changed."""
    one = photos[photo]
    return (*photos[:photo], one.with_person(one.people[place].with_(**changes)), *photos[photo + 1 :])


def by_id(document: dict[str, Any]) -> dict[Any, dict[str, Any]]:
    return {annotation.get("id"): annotation for annotation in document["annotations"]}


@pytest.mark.parametrize("way", WAYS)
def test_a_file_without_an_edit_comes_back_with_equal_values(tmp_path, way):
    document = rich()
    photos = opened(saved(tmp_path, document), way, tmp_path)
    assert [person.track for photo in photos for person in photo.people] == [None, None, 5]
    assert normal(written(tmp_path, photos)) == normal(document)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "name", sorted(path.name for path in SAMPLES.glob("*.json") if "openpose" not in path.name)
)
def test_each_sample_of_a_public_data_set_comes_back_with_equal_values(tmp_path, way, name):
    document = json.loads((SAMPLES / name).read_text(encoding="utf-8"))
    photos = opened(SAMPLES / name, way, tmp_path, SAMPLES)
    assert normal(written(tmp_path, photos)) == normal(document)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "name", sorted(path.name for path in SAMPLES.glob("*.json") if "openpose" not in path.name)
)
def test_with_one_keypoint_moved_in_a_sample_only_its_three_numbers_differ(tmp_path, way, name):
    document = json.loads((SAMPLES / name).read_text(encoding="utf-8"))
    photos = opened(SAMPLES / name, way, tmp_path, SAMPLES)
    one = photos[0].people[-1]
    index = int(np.flatnonzero(one.keypoints.confidence == one.keypoints.confidence.max())[0])
    moved = one.keypoints.with_keypoint(index, xy=(12.5, 13.25))
    edited = changed(photos, 0, len(photos[0].people) - 1, keypoints=moved, original_keypoints=one.keypoints)
    before, after = by_id(document), by_id(written(tmp_path, edited))
    different = [id for id in before if normal({"a": before[id]}) != normal({"a": after[id]})]
    assert len(different) == 1
    (id,) = different
    assert before[id].keys() == after[id].keys()
    assert [n for n in before[id] if before[id][n] != after[id][n]] == ["keypoints"]
    pairs = list(zip(before[id]["keypoints"], after[id]["keypoints"], strict=True))
    places = [place for place, (old, new) in enumerate(pairs) if old != new]
    assert {after[id]["keypoints"][place] for place in places} <= {12.5, 13.25}
    assert {place // 3 for place in places} == {places[0] // 3}


def test_the_edited_keypoint_of_a_file_in_another_order_is_written_in_its_own_place(tmp_path):
    document = rich()
    document["categories"][0]["keypoints"] = [*NAMES[::-1], "tail"]
    for annotation in document["annotations"][:3]:
        annotation["keypoints"] = [*annotation["keypoints"], 3, 4, 2]
        annotation.pop("keypoint_scores", None)
    photos = opened(saved(tmp_path, document), "project", tmp_path)
    one = photos[0].people[0]
    moved = one.keypoints.with_keypoint("nose", xy=(1.5, 2.5), occluded=True)
    after = written(tmp_path, changed(photos, 0, 0, keypoints=moved, original_keypoints=one.keypoints))
    expected = copy.deepcopy(document)
    expected["annotations"][0]["keypoints"][16 * 3 : 17 * 3] = [1.5, 2.5, 1]
    assert normal(after) == normal(expected)


def test_a_confidence_by_hand_is_a_score_only_where_the_file_has_scores_or_it_is_a_fraction(tmp_path):
    photos = opened(saved(tmp_path, rich()), "direct", tmp_path)
    one, two = photos[0].people
    sure = changed(
        photos, 0, 0, keypoints=one.keypoints.with_keypoint(2, confidence=0), original_keypoints=one.keypoints
    )
    assert "keypoint_scores" not in by_id(written(tmp_path, sure))[9000000001]
    assert by_id(written(tmp_path, sure))[9000000001]["num_keypoints"] == 16
    half = changed(
        photos,
        0,
        0,
        keypoints=one.keypoints.with_keypoint(2, confidence=0.5),
        original_keypoints=one.keypoints,
    )
    assert by_id(written(tmp_path, half))[9000000001]["keypoint_scores"][1:4] == [1, 0.5, 1]
    scored = changed(
        photos, 0, 1, keypoints=two.keypoints.with_keypoint(2, confidence=1), original_keypoints=two.keypoints
    )
    assert by_id(written(tmp_path, scored))[12]["keypoint_scores"][1:4] == [
        0.1234567890123,
        1,
        0.1234567890123,
    ]


def test_keypoints_that_were_detected_anew_in_another_layout_move_to_a_category_of_theirs(tmp_path):
    photos = opened(saved(tmp_path, rich()), "project", tmp_path)
    new = person("openpose25").keypoints
    after = written(tmp_path, changed(photos, 0, 1, keypoints=new))
    annotation = by_id(after)[12]
    (category,) = [one for one in after["categories"] if one["id"] == annotation["category_id"]]
    assert category["keypoints"] == list(layout("openpose25").keypoints)
    np.testing.assert_allclose(np.reshape(annotation["keypoints"], (25, 3))[:, :2], new.xy)
    assert (annotation["bbox"], annotation["iscrowd"]) == ([1, 2, 10, 11], 0)
    rest = [one for one in after["annotations"] if one.get("id") != 12]
    expected = [one for one in rich()["annotations"] if one["id"] != 12]
    assert normal({"a": rest}) == normal({"a": expected})


@pytest.mark.parametrize("way", WAYS)
def test_a_box_that_was_drawn_is_the_box_in_the_file(tmp_path, way):
    photos = opened(saved(tmp_path, rich()), way, tmp_path)
    box = BBox.from_xywh([2.5, 3.25, 10, 31.5])
    after = by_id(written(tmp_path, changed(changed(photos, 0, 0, bbox=box), 0, 1, bbox=box)))
    expected = by_id(rich())
    expected[9000000001]["bbox"] = [2.5, 3.25, 10, 31.5]  # its area is that of its outline
    expected[12] |= {"bbox": [2.5, 3.25, 10, 31.5], "area": 315.0}
    assert after == expected


@pytest.mark.parametrize("way", WAYS)
def test_a_new_person_is_written_in_the_files_own_category(tmp_path, way):
    photos = opened(saved(tmp_path, rich()), way, tmp_path)
    new = Person(99, BBox.from_xywh([1, 2, 8, 16]), person("coco17").keypoints)
    after = written(tmp_path, (photos[0].with_person(new), *photos[1:]))
    assert after["categories"] == rich()["categories"]
    (extra,) = [one for one in after["annotations"] if one.get("id") not in by_id(rich())]
    assert (extra["image_id"], extra["category_id"], extra["bbox"]) == (7, 3, [1, 2, 8, 16])
    rest = [one for one in after["annotations"] if one is not extra]
    assert normal({"a": rest}) == normal({"a": rich()["annotations"]})


def test_a_person_who_was_removed_and_a_photo_that_was_removed_are_gone_and_nothing_else(tmp_path):
    photos = opened(saved(tmp_path, rich()), "project", tmp_path)
    after = written(tmp_path, (photos[0].with_(people=photos[0].people[1:]),))
    assert set(by_id(after)) == {12, 15, 16, 17}
    assert [image.get("id") for image in after["images"]] == [7, None]


def test_the_track_of_a_person_is_changed_taken_and_given(tmp_path):
    photos = opened(saved(tmp_path, rich()), "project", tmp_path)
    after = by_id(written(tmp_path, changed(changed(photos, 0, 0, track=4), 1, 0, track=None)))
    assert after[9000000001]["track_id"] == 4
    assert "track_id" not in after[13]


def test_equal_track_ids_of_two_videos_are_two_tracks_that_keep_their_ids_in_the_file(tmp_path):
    document = rich()
    document["images"][0]["video_id"] = 2
    document["annotations"][0]["track_id"] = 5
    photos = opened(saved(tmp_path, document), "project", tmp_path)
    assert photos[0].people[0].track != photos[1].people[0].track
    assert normal(written(tmp_path, photos)) == normal(document)


def test_two_files_in_one_project_keep_their_ids_where_these_are_free(tmp_path):
    first, second = rich(), rich()
    second["images"][0]["file_name"], second["images"][1]["file_name"] = "c.png", "d.png"
    second["categories"][0] |= {"colour": "#000"}
    second["licenses"][0] |= {"name": "not free"}
    one = opened(saved(tmp_path, first), "direct", tmp_path)
    other = opened(saved(tmp_path, second, "other.json"), "direct", tmp_path)
    after = written(tmp_path, (*one, *other))
    image_ids = [image["id"] for image in after["images"] if "id" in image]
    assert len(image_ids) == len(set(image_ids)) == 4
    ids = [annotation.get("id") for annotation in after["annotations"]]
    assert len(ids) == len(set(ids))
    colours = {one["id"]: one.get("colour") for one in after["categories"]}
    assert sorted(filter(None, colours.values())) == ["#000", "#fff"]
    images = {image.get("id"): image for image in after["images"]}
    for annotation in after["annotations"]:
        if "caption" in annotation:
            image = images[annotation["image_id"]]
            is_second = image["file_name"] == "c.png"
            assert colours[annotation["category_id"]] == ("#000" if is_second else "#fff")
            (license,) = [one for one in after["licenses"] if one["id"] == image["license"]]
            assert license["name"] == ("not free" if is_second else "free")


def test_an_edit_in_a_resized_photo_is_written_in_the_files_pixels(tmp_path):
    document = rich()
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((96, 128, 3), np.uint8))
    photos = opened(saved(tmp_path, document), "project", tmp_path)
    assert (photos[0].width, photos[0].height) == (128, 96)
    assert normal(written(tmp_path, photos)) == normal(document)
    one = photos[0].people[0]
    moved = one.keypoints.with_keypoint(1, xy=(20, 30), occluded=False)
    edited = changed(photos, 0, 0, keypoints=moved, original_keypoints=one.keypoints)
    expected = copy.deepcopy(document)
    expected["annotations"][0]["keypoints"][3:5] = [10.0, 15.0]
    assert normal(written(tmp_path, edited)) == normal(expected)
    drawn = written(tmp_path, changed(photos, 0, 1, bbox=BBox.from_xywh([4, 8, 20, 30])))
    assert by_id(drawn)[12]["bbox"] == [2, 4, 10, 15]


def test_people_left_out_because_of_another_photo_of_the_name_are_not_lost(tmp_path):
    document = rich()
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((20, 300, 3), np.uint8))
    photos = opened(saved(tmp_path, document), "project", tmp_path)
    assert [len(photo.people) for photo in photos] == [0, 1]
    assert normal(written(tmp_path, photos)) == normal(document)


def test_feet_beside_the_body_are_edited_in_their_own_field(tmp_path):
    document = rich()
    feet = [float(number) for number in range(1, 13)]
    feet = [value for x, y in zip(feet[::2], feet[1::2], strict=True) for value in (x, y, 2)]
    document["annotations"][0] |= {"foot_kpts": feet, "foot_valid": True}
    photos = opened(saved(tmp_path, document), "project", tmp_path)
    one = photos[0].people[0]
    assert one.keypoints.layout == "coco23"
    moved = one.keypoints.with_keypoint("right_big_toe", xy=(40, 41)).with_keypoint("nose", xy=(30, 31))
    after = written(tmp_path, changed(photos, 0, 0, keypoints=moved, original_keypoints=one.keypoints))
    expected = copy.deepcopy(document)
    expected["annotations"][0]["foot_kpts"][9:12] = [40, 41, 2]
    expected["annotations"][0]["keypoints"][:2] = [30, 31]
    expected["annotations"][0]["num_keypoints"] = 23
    del expected["annotations"][0]["num_keypoints"], by_id(after)[9000000001]["num_keypoints"]
    assert by_id(after)[9000000001]["foot_kpts"] == expected["annotations"][0]["foot_kpts"]
    np.testing.assert_allclose(by_id(after)[9000000001]["keypoints"][:2], [30, 31])
    assert by_id(after)[9000000001]["keypoints"][3:] == expected["annotations"][0]["keypoints"][3:]


@pytest.mark.parametrize("odd", ["NaN", "Infinity", "1e999"])
def test_a_number_that_json_lacks_becomes_null_and_stops_nothing(tmp_path, odd):
    text = json.dumps(rich()).replace('"caption": "\\u00f1 \\u5de6"', f'"caption": [{odd}]')
    (tmp_path / "in.json").write_text(text, encoding="utf-8")
    after = by_id(written(tmp_path, opened(tmp_path / "in.json", "project", tmp_path)))
    assert after[9000000001]["caption"] == [None]


class TestOneLayout:
    """As pycocotools evaluates it: one category, and in each annotation what its evaluation asks for."""

    def check(self, document: dict[str, Any], people: int, k: int = 17) -> None:
        (category,) = document["categories"]
        images = {image["id"] for image in document["images"] if "id" in image}
        assert len(category["keypoints"]) == k
        assert len(document["annotations"]) == people
        assert len({annotation["id"] for annotation in document["annotations"]}) == people
        for annotation in document["annotations"]:
            assert annotation["category_id"] == category["id"]
            assert annotation["image_id"] in images
            assert annotation["iscrowd"] in (0, 1)
            assert len(annotation["keypoints"]) == 3 * k
            visible = np.reshape(annotation["keypoints"], (k, 3))[:, 2]
            assert set(visible) <= {0, 1, 2}
            assert annotation["num_keypoints"] == (visible > 0).sum()
            assert len(annotation["bbox"]) == 4
            assert annotation["area"] > 0

    def test_of_spins_49_keypoints_17_are_written_at_their_places(self, tmp_path):
        one = person("spin49")
        after = written(tmp_path, (Photo("a.png", 64, 48, (one,)),), "coco17")
        self.check(after, 1)
        rows = np.reshape(after["annotations"][0]["keypoints"], (17, 3))
        for name, own in (("left_ankle", "left_ankle"), ("right_wrist", "right_wrist")):
            places = [i for i, other in enumerate(layout("spin49").keypoints) if other.endswith(own)]
            shown = rows[NAMES.index(name), :2]
            assert any(np.allclose(shown, one.keypoints.xy[place]) for place in places)

    @pytest.mark.parametrize("name", ["openpose25", "mpii16", "coco23"])
    def test_of_any_layout(self, tmp_path, name):
        self.check(written(tmp_path, (Photo("a.png", 64, 48, (person(name),)),), "coco17"), 1)

    def test_people_of_a_file_keep_their_ids_box_and_fields(self, tmp_path):
        document = rich()
        document["categories"][0]["keypoints"] = NAMES[::-1]
        photos = opened(saved(tmp_path, document), "project", tmp_path)
        new = Person(99, BBox.from_xywh([1, 2, 8, 16]), person("spin49").keypoints)
        after = written(tmp_path, (photos[0].with_person(new), *photos[1:]), "coco17")
        self.check(after, 4)
        old, now = by_id(document), by_id(after)
        for id in (9000000001, 12, 13):
            kept = {name: old[id][name] for name in ("image_id", "bbox") if name in old[id]}
            assert kept == {name: now[id][name] for name in kept}
            rows = np.reshape(old[id]["keypoints"], (17, 3))[::-1]
            np.testing.assert_allclose(
                np.reshape(now[id]["keypoints"], (17, 3))[:, :2], rows[:, :2], rtol=1e-6
            )
        assert now[13]["area"] == pytest.approx(12.125 * 40)
        assert now[13]["iscrowd"] == 0
        assert (now[9000000001]["area"], now[9000000001]["caption"]) == (411.17, "ñ 左")

    def test_another_layout_can_be_chosen_and_an_unknown_one_is_refused(self, tmp_path):
        self.check(written(tmp_path, (Photo("a.png", 64, 48, (person("coco17"),)),), "openpose25"), 1, k=25)
        with pytest.raises(Exception, match="keypoint layout"):
            written(tmp_path, (Photo("a.png", 64, 48, (person("coco17"),)),), "coco71")


def with_point(photos: tuple[Photo, ...], id: int, name: str, **changes: Any) -> tuple[Photo, ...]:
    """With one keypoint of an annotation's person changed by hand."""
    photo, before = next(
        (photo, one)
        for photo in photos
        for one in photo.people
        if json.loads(one.origin)["annotation"]["id"] == id
    )
    after = before.with_(
        keypoints=before.keypoints.with_keypoint(name, **changes),
        original_keypoints=before.original_keypoints or before.keypoints,
    )
    return tuple(photo.with_person(after) if one is photo else one for one in photos)


def test_an_edit_in_a_file_of_the_visibilities_0_and_1_keeps_the_meaning_of_its_other_ones(tmp_path):
    document = rich()
    for annotation in document["annotations"]:
        if isinstance(annotation.get("keypoints"), list):
            annotation["keypoints"][2::3] = [1] * 17
            annotation.pop("keypoint_scores", None)
    photos = opened(saved(tmp_path, document), "project", tmp_path)
    assert not any(one.keypoints.occluded.any() for photo in photos for one in photo.people)
    gone = written(tmp_path, with_point(photos, 12, "left_ear", confidence=0.0))
    left_ear = 3 * NAMES.index("left_ear") + 2
    assert by_id(gone)[12]["keypoints"][left_ear] == 0
    again = opened(saved(tmp_path, gone, "again.json"), "direct", tmp_path)
    back = written(tmp_path, with_point(again, 12, "left_ear", confidence=1.0, xy=(5, 6)))
    assert by_id(back)[12]["keypoints"][left_ear] == 1
    read = opened(saved(tmp_path, back, "back.json"), "direct", tmp_path)
    assert not any(one.keypoints.occluded.any() for photo in read for one in photo.people)
    hidden = with_point(photos, 12, "left_ear", occluded=True)
    told = write_file(FORMATS["coco"], tmp_path / "hidden.json", hidden, Beside())
    assert "0 and 1 only" in told.summary()


def test_photos_without_people_are_refused_in_words_whatever_layout_is_asked_for(tmp_path):
    for layout_name in (None, "coco17"):
        with pytest.raises(FitloopError, match="nobody was written"):
            written(tmp_path, (Photo("only.jpg", 320, 240),), layout_name)
