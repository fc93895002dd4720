"""Files as people report them: sizes, boxes, tracks and categories in the wrong place, marks and commas of
spreadsheets."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import ReadError
from core.formats.keypoints import coco
from core.formats.keypoints.annotators import deeplabcut
from core.formats.recognise import recognise
from core.formats.shared.report import Import
from core.formats.table import FORMATS
from tests.core.formats import making, making_keypoints
from tests.core.formats.making import HEIGHT, WIDTH, write_photos
from tests.core.formats.making_keypoints import csv_bytes

MARK = b"\xef\xbb\xbf"
DOG = ["nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_front_paw", "tail"]


def read_document(folder: Path, document: dict[str, Any]) -> Import:
    write_photos(folder)
    (folder / "a.json").write_text(json.dumps(document))
    return coco.read(folder / "a.json")


@pytest.mark.parametrize(("width", "height"), [(0, 0), ("", ""), ("wide", 3), (-1, HEIGHT), (True, HEIGHT)])
def test_a_size_of_coco_that_is_none_is_taken_from_the_photo(tmp_path, width, height):
    document = making.coco_document()
    document["images"][0] |= {"width": width, "height": height}
    found = read_document(tmp_path, document)
    assert [(photo.width, photo.height) for photo in found.photos] == [(WIDTH, HEIGHT)] * 2
    assert found.people == 3
    assert "not valid is taken from the photo" in found.summary()


def test_a_size_of_coco_as_text_is_a_number(tmp_path):
    document = making.coco_document()
    document["images"][0] |= {"width": "100", "height": "60", "file_name": "far.png"}
    assert (read_document(tmp_path, document).photos[0].width, 60) == (100, 60)


def test_a_size_that_is_none_of_a_missing_photo_is_told(tmp_path):
    document = making.coco_document()
    document["images"][0] |= {"width": 0, "file_name": "far.png"}
    found = read_document(tmp_path, document)
    assert len(found.photos) == 1
    assert "not valid, and the photo is not in the folder" in found.summary()


def test_boxes_of_corners_in_place_of_width_and_height_are_read_as_corners_and_told(tmp_path):
    document = making.coco_document()
    for place, annotation in enumerate(document["annotations"]):
        annotation["bbox"] = [WIDTH - 20 - place, HEIGHT - 10, WIDTH - 2, HEIGHT - 1]
    found = read_document(tmp_path, document)
    boxes = sorted(person.bbox.xywh.tolist() for photo in found.photos for person in photo.people)
    assert np.array(boxes) == pytest.approx(
        np.array([[WIDTH - 20 - n, HEIGHT - 10, 18 + n, 9] for n in (2, 1, 0)])
    )
    assert "boxes are read as left, top, right, bottom" in found.summary()


def test_boxes_inside_their_photos_stay_as_they_are(tmp_path):
    found = read_document(tmp_path, making.coco_document())
    assert found.photos[0].people[0].bbox.xywh == pytest.approx([5, 6, 30, 20])
    assert "boxes are read" not in found.summary()


def test_a_track_among_the_attributes_is_cvats_and_comes_back_there(tmp_path):
    document = making.coco_document()
    for annotation in document["annotations"]:
        annotation["attributes"] = {"track_id": 4 + annotation["id"] % 2, "keyframe": True}
    found = read_document(tmp_path, document)
    assert {person.id: person.track for photo in found.photos for person in photo.people} == {
        10: 4, 11: 5, 12: None,
    }  # fmt: skip
    FORMATS["coco"].write(tmp_path / "out.json", found.photos)
    written = json.loads((tmp_path / "out.json").read_text())
    assert {one["id"]: one for one in written["annotations"]} == {
        one["id"]: one for one in document["annotations"]
    }


def test_an_animal_beside_people_is_nobody_unless_the_layout_is_named(tmp_path):
    document = making.coco_document()
    document["categories"].append({"id": 2, "name": "dog", "keypoints": DOG})
    dog = {
        "id": 99,
        "image_id": 1,
        "category_id": 2,
        "keypoints": document["annotations"][0]["keypoints"][:21],
    }
    document["annotations"].append(dog)
    found = read_document(tmp_path, document)
    assert found.people == 3
    assert "those of an animal, such as left_front_paw, tail" in found.summary()
    assert coco.read(tmp_path / "a.json", layout_name="coco17").people == 4


def test_third_numbers_above_2_are_told(tmp_path):
    document = making.coco_document()
    document["annotations"][0]["keypoints"][2::3] = range(50, 67)
    assert "third numbers above 2" in read_document(tmp_path, document).summary()


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_table_of_deeplabcut_that_a_spreadsheet_saved_is_read(tmp_path, delimiter):
    write_photos(tmp_path, ("f_0.png", "f_1.png"))
    plain = csv_bytes(making_keypoints.deeplabcut())
    (tmp_path / "clip.csv").write_bytes(plain)
    expected = deeplabcut.read(tmp_path / "clip.csv")
    saved = plain if delimiter == "," else plain.replace(b",", b";").replace(b".", b",")
    (tmp_path / "clip.csv").write_bytes(MARK + saved)
    assert recognise(tmp_path / "clip.csv") == "deeplabcut"
    found = deeplabcut.read(tmp_path / "clip.csv")
    assert found.people == expected.people > 0
    for one, other in zip(found.photos, expected.photos, strict=True):
        assert one.people[0].keypoints.array == pytest.approx(other.people[0].keypoints.array)


@pytest.mark.parametrize(
    ("word", "name", "data"),
    [("yolo", "a.txt", making.yolo_text()), ("cvat", "a.xml", making.cvat_text())],
)
def test_a_mark_of_utf_8_hides_no_format(tmp_path, word, name, data):
    write_photos(tmp_path)
    (tmp_path / name).write_bytes(MARK + data.encode())
    assert recognise(tmp_path / name) == word
    assert FORMATS[word].read(tmp_path / name).people


def test_a_zip_in_a_folder_that_is_no_format_is_named(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "set.zip").write_bytes(b"PK")
    with pytest.raises(ReadError, match=r"Choose the \.zip in it"):
        recognise(tmp_path / "in")
