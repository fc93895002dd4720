"""A file's people lie in the pixels of the photo as it is now, or are left out with the reason: never elsewhere."""

import json
import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from core.body.keypoints import layout
from core.errors import ReadError
from core.formats.bodies import parameters
from core.formats.exchange import read_file
from core.geometry.image import one_ratio
from core.geometry.orientation import sensor_to_shown
from core.records import BBox, Keypoints, Person, Photo
from core.store.project.project import Project
from tests.core.formats.making import fit
from tests.core.geometry.test_image import exif_block

FIELD = Path(__file__).parents[5] / "shared" / "data" / "field_cases"
NAMES = layout("coco17").keypoints
# Of a standing person: across and down in heads, by keypoint.
SHAPE = {
    "nose": (0, 0.5), "eye": (0.15, 0.4), "ear": (0.3, 0.45), "shoulder": (0.8, 1.4), "elbow": (1.0, 2.6),
    "wrist": (1.1, 3.6), "hip": (0.5, 3.8), "knee": (0.5, 5.6), "ankle": (0.5, 7.3),
}  # fmt: skip


def standing(x: float, y: float, head: float) -> np.ndarray:
    """(17, 2) [px] of a person that faces the camera. x, y: of the top of the head."""
    rows = []
    for name in NAMES:
        side, _, part = name.rpartition("_")
        across, down = SHAPE[part]
        rows.append((x + (across if side == "left" else -across) * head, y + down * head))
    return np.array(rows)


def write_photo(path: Path, width: int, height: int, orientation: int = 1) -> None:
    """A black JPEG; width, height [px]: of the sensor's picture."""
    data = cv2.imencode(".jpg", np.zeros((height, width, 3), np.uint8))[1].tobytes()
    body = b"Exif\0\0" + exif_block(orientation, "<")
    path.write_bytes(data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:])


def document(width: int, height: int, *people: np.ndarray, photos: int = 1) -> dict[str, Any]:
    """COCO; people (17, 2) [px], all in each photo, which are 0.jpg, 1.jpg …"""
    annotations = [
        {"id": 100 * photo + number, "image_id": photo, "category_id": 1,
         "keypoints": np.column_stack([xy, np.full(17, 2)]).ravel().tolist(),
         "bbox": [*xy.min(axis=0), *np.ptp(xy, axis=0)]}
        for photo in range(photos) for number, xy in enumerate(people)
    ]  # fmt: skip
    images = [{"id": n, "file_name": f"{n}.jpg", "width": width, "height": height} for n in range(photos)]
    return {"images": images, "annotations": annotations, "categories": [{"id": 1, "keypoints": list(NAMES)}]}


def read(folder: Path, content: dict[str, Any]) -> Any:
    (folder / "people.json").write_text(json.dumps(content))
    return read_file(folder / "people.json")


def refused(folder: Path, content: dict[str, Any]) -> str:
    """Why nobody could be read."""
    with pytest.raises(ReadError) as raised:
        read(folder, content)
    return str(raised.value)


@pytest.mark.parametrize(("width", "height"), [(320, 240), (1280, 960), (333, 250), (100, 75), (641, 481)])
def test_people_of_a_resized_photo_are_resized_with_it(width, height, tmp_path):
    write_photo(tmp_path / "0.jpg", width, height)
    xy = standing(320, 60, 50)
    found = read(tmp_path, document(640, 480, xy))
    (photo,) = found.photos
    (person,) = photo.people
    ratio = np.array([width / 640, height / 480])
    assert (photo.width, photo.height) == (width, height)
    np.testing.assert_allclose(person.keypoints.xy, xy * ratio, atol=0.01)
    low, high = xy.min(axis=0) * ratio, xy.max(axis=0) * ratio
    np.testing.assert_allclose(person.bbox.center, (low + high) / 2, atol=0.01)
    np.testing.assert_allclose(person.bbox.side, 1.2 * (high - low).max(), rtol=0.01)
    assert f"640 × 480 there, {width} × {height} here" in found.summary()


@pytest.mark.parametrize(("width", "height"), [(640, 400), (480, 480), (320, 480), (700, 480), (640, 488)])
def test_people_of_a_photo_that_was_cut_or_stretched_are_left_out_and_told(width, height, tmp_path):
    write_photo(tmp_path / "0.jpg", width, height)
    content = document(640, 480, standing(320, 60, 50))
    said = refused(tmp_path, content)
    assert f"640 × 480 px, but the photo has {width} × {height} px, which is no resizing" in said
    content["images"].append({"id": 1, "file_name": "missing.jpg", "width": 640, "height": 480})
    content["annotations"].append(content["annotations"][0] | {"id": 1, "image_id": 1})
    found = read(tmp_path, content)
    assert [(photo.width, photo.height, len(photo.people)) for photo in found.photos] == [
        (width, height, 0),
        (640, 480, 1),
    ]


def test_a_photo_that_is_missing_keeps_the_size_in_the_file(tmp_path):
    found = read(tmp_path, document(640, 480, standing(320, 60, 50)))
    assert found.people == 1
    assert (found.photos[0].width, found.photos[0].height) == (640, 480)


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
@pytest.mark.parametrize("scale", [1.0, 0.5])
@pytest.mark.parametrize(("x", "y", "head"), [(250, 40, 55), (240, 20, 20)])
def test_people_in_the_sensors_picture_are_turned_with_it(orientation, scale, x, y, head, tmp_path):
    write_photo(tmp_path / "0.jpg", int(640 * scale), int(480 * scale), orientation)
    upright = standing(x, y, head)
    turn = sensor_to_shown(orientation, 640, 480)
    raw = (upright - turn[:, 2]) @ np.linalg.inv(turn[:, :2]).T
    if orientation in (5, 7):  # in the mirror, left looked like right
        raw = raw[list(layout("coco17").flip)]
    found = read(tmp_path, document(640, 480, raw))
    (photo,) = found.photos
    assert (photo.width, photo.height) == (480 * scale, 640 * scale)
    np.testing.assert_allclose(photo.people[0].keypoints.xy, upright * scale, atol=0.01)
    assert "before Exif turns it" in found.summary()


@pytest.mark.parametrize("orientation", [1, 5, 6, 7, 8])
def test_upright_people_stay_where_only_the_size_is_swapped(orientation, tmp_path):
    width, height = (640, 480) if orientation > 4 else (480, 640)
    write_photo(tmp_path / "0.jpg", width, height, orientation)
    upright = standing(240, 40, 55)
    found = read(tmp_path, document(640, 480, upright))
    assert (found.photos[0].width, found.photos[0].height) == (480, 640)
    np.testing.assert_allclose(found.photos[0].people[0].keypoints.xy, upright, atol=0.01)
    assert "only the size is mended" in found.summary()


@pytest.mark.parametrize("orientation", [1, 6])
def test_people_that_could_lie_either_way_are_left_out_and_told(orientation, tmp_path):
    write_photo(tmp_path / "0.jpg", *((640, 480) if orientation == 6 else (480, 640)), orientation)
    xy = standing(0, 0, 30)
    middle = (xy - xy.mean(axis=0)) @ (np.array([[1, -1], [1, 1]]) / np.sqrt(2)) + 240  # falls
    assert "nothing tells how its keypoints lie" in refused(tmp_path, document(640, 480, middle))


def test_a_lying_person_is_turned_as_the_other_people_of_the_file_say(tmp_path):
    content = document(640, 480, standing(250, 40, 20), photos=4)
    for number in range(4):
        write_photo(tmp_path / f"{number}.jpg", 640, 480, 6)
    turn = sensor_to_shown(6, 640, 480)
    for number, annotation in enumerate(content["annotations"]):
        xy = np.array(annotation["keypoints"]).reshape(17, 3)
        if number != 3:
            xy[:, :2] = (xy[:, :2] - turn[:, 2]) @ np.linalg.inv(turn[:, :2]).T
        annotation["keypoints"] = xy.ravel().tolist()
    # Three of four people say: sensor. That is no agreement, so all are left out.
    assert "nothing tells how its keypoints lie" in refused(tmp_path, content)
    for annotation in content["annotations"][3:]:
        annotation["keypoints"][0::3] = [300 + 5 * k for k in range(17)]
        annotation["keypoints"][1::3] = [300 + 5 * k for k in range(17)]
    found = read(tmp_path, content)
    assert found.people == 4
    np.testing.assert_allclose(found.photos[3].people[0].keypoints.xy[0], (180, 300))


def test_photos_upside_down_follow_what_the_others_show_else_are_taken_as_shown(tmp_path):
    content = document(640, 480, standing(250, 40, 55), photos=2)
    write_photo(tmp_path / "0.jpg", 640, 480, 3)
    write_photo(tmp_path / "1.jpg", 640, 480, 1)
    found = read(tmp_path, content)
    np.testing.assert_allclose(found.photos[0].people[0].keypoints.xy, standing(250, 40, 55), atol=0.01)
    assert "upside down or mirrors; their people are taken as the photo is shown: 1; 0.jpg" in found.summary()

    write_photo(tmp_path / "1.jpg", 640, 480, 6)  # whose person reaches beyond 480 px in the photo shown
    content["annotations"][1]["keypoints"][0] = 600
    turned = read(tmp_path, content)
    expected = np.array([640, 480]) - standing(250, 40, 55)
    np.testing.assert_allclose(turned.photos[0].people[0].keypoints.xy, expected, atol=0.01)


def test_a_camera_and_a_body_are_resized_with_their_photo(tmp_path):
    write_photo(tmp_path / "0.jpg", 128, 96)
    person = Person(
        1, BBox([32.0, 24.0], 0.2), Keypoints("coco17", np.zeros((17, 2)), np.zeros(17)), fit=fit()
    )
    photo = Photo("0.jpg", 64, 48, (person,), focal_length=80.0, camera_center=(32.0, 24.0))
    parameters.write(tmp_path / "people.json", [photo])
    (found,) = read_file(tmp_path / "people.json").photos
    (after,) = found.people
    assert (after.fit.focal_length, *after.fit.camera_center) == pytest.approx((160, 64, 48))
    np.testing.assert_array_equal(after.fit.cam_t, person.fit.cam_t)
    np.testing.assert_array_equal(after.fit.pose, person.fit.pose)
    np.testing.assert_allclose(after.bbox.center, (64, 48))
    assert (found.camera[0], *found.camera[1]) == pytest.approx((160, 64, 48))


def test_a_project_whose_photo_was_resized_is_read_in_the_photos_pixels(tmp_path):
    (tmp_path / "work").mkdir()
    write_photo(tmp_path / "0.jpg", 320, 240)
    keypoints = Keypoints("coco17", standing(320, 60, 50), np.ones(17))
    with Project.create(tmp_path / "work" / "mine.fitloop") as project:
        project.add_photos([Photo("../0.jpg", 640, 480, (Person(1, BBox([320, 240], 2.0), keypoints),))])
    (photo,) = read_file(tmp_path / "work" / "mine.fitloop", word="project").photos
    assert (photo.width, photo.people[0].bbox.scale) == (320, 1.0)


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ((4000, 3000), (640, 480), True),
        ((4032, 3024), (1000, 750), True),
        ((1920, 1080), (853, 480), True),
        ((1920, 1080), (854, 480), True),
        ((640, 427), (320, 213), True),
        ((640, 427), (320, 214), True),
        ((640, 480), (480, 640), False),
        ((640, 480), (640, 360), False),
        ((1920, 1080), (1920, 1088), False),
        ((1000, 1000), (500, 505), False),
    ],
)
def test_a_resized_photo_has_one_ratio_but_for_rounding(before, after, same):
    assert one_ratio(before, after) is same


@pytest.mark.skipif(not FIELD.exists(), reason="the field's cases are not here")
@pytest.mark.parametrize("name", ["50-resized/a.json", "49-exif/raw.json", "49-exif/ls.json"])
def test_the_fields_photos_have_their_people_where_they_are(name):
    (photo,) = read_file(FIELD / name).photos
    upright = np.array([[320, 100], [360, 150], [280, 150], [352, 430], [288, 430]])
    names = [
        NAMES.index(part) for part in ("nose", "left_shoulder", "right_shoulder", "left_ankle", "right_ankle")
    ]
    ratio = photo.width / 640
    assert photo.height == 480 * ratio
    np.testing.assert_allclose(photo.people[0].keypoints.xy[names], upright * ratio, atol=1.01)
