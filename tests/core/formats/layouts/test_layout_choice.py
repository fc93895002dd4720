"""Keypoints without telling names: by number, by the bodies they make, by the user's word, or by a question."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.body.keypoints import layout
from core.errors import LayoutError, ReadError, Undecided
from core.formats.exchange import read_file
from core.formats.format_row import Beside
from core.formats.layouts.layout_shape import by_bodies
from core.formats.shared.layout_match import match, match_in_order
from core.records import Keypoints
from tests.core.formats.layouts.standing import body_in
from tests.core.formats.making import write_photos

STYLES = [
    "{side}_{part}", "{part}_{side}", "{s}{part}", "{s}_{part}", "{n}_{side}_{part}", "{Side} {Part}", "{S}{Part}",
    "{side}{Part}", "{part}.{S}", "{S}.{Part}", "joint_{side}_{part}", "{SIDE}{PART}", "{side}{part}", "{part}-{s}",
    "kpt {n} {side} {part}", "{side}_{part}_{n}",
]  # fmt: skip


def coco_file(folder: Path, rows: list[list[float]], names: list[str] | None, **more: object) -> Path:
    write_photos(folder, ("a.png",), height=480, width=640)
    category = {"id": 1, "name": "person"} | ({} if names is None else {"keypoints": names})
    annotations = [
        {"id": n, "image_id": 1, "category_id": 1, "keypoints": row} | more for n, row in enumerate(rows, 1)
    ]
    images = [{"id": 1, "file_name": "a.png", "width": 640, "height": 480}]
    document = {"images": images, "annotations": annotations, "categories": [category]}
    file = folder / "a.json"
    file.write_text(json.dumps(document))
    return file


def flat(array: np.ndarray, v: float = 2) -> list[float]:
    return (array * [1, 1, v]).reshape(-1).tolist()


def keypoints_of(file: Path, layout_name: str | None = None) -> Keypoints:
    (photo,) = read_file(file, Beside(layout_name=layout_name)).photos
    return photo.people[0].keypoints


def styled(style: str, names: tuple[str, ...]) -> list[str]:
    """The names in a style; of those without a side only what stands before and behind."""
    found = []
    for number, name in enumerate(names):
        side, _, part = name.partition("_")
        if side not in ("left", "right"):
            before = style.partition("{side}")[0] if "{side}_{part}" in style or "kpt" in style else ""
            behind = "_{n}" if style.endswith("_{n}") else ""
            found.append((before + name + behind).format(n=number))
            continue
        words: dict[str, object] = {"side": side, "part": part, "s": side[0], "n": number}
        words |= {"S": side[0].upper(), "Side": side.capitalize(), "Part": part.capitalize()}
        words |= {"SIDE": side.upper(), "PART": part.upper()}
        found.append(style.format(**words))
    return found


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", ["coco17", "crowdpose14"])
def test_names_in_any_style_are_those_of_their_layout(style, name):
    found = match(styled(style, layout(name).keypoints))
    assert found is not None
    assert (found.layout, found.unknown) == (name, ())
    assert (found.take == np.arange(layout(name).k)).all()


def test_two_names_that_mean_one_keypoint_are_told(tmp_path):
    found = match(["nose", "left_eye", "l_eye", "right_eye"])
    assert found is not None
    assert found.unknown == ("l_eye",)


@pytest.mark.parametrize("start", [0, 1, 5])
def test_names_that_are_numbers_are_places_wherever_they_count_from(start):
    found = match_in_order([str(n + start) for n in range(17)][::-1], 17, "coco17")
    assert found is not None
    assert (found.take == np.arange(17)[::-1]).all()


@pytest.mark.parametrize("name", ["coco17", "coco18", "coco23", "halpe26", "openpose25", "openpose25b"])
def test_a_category_without_names_has_the_layout_of_its_number(name, tmp_path):
    assert keypoints_of(coco_file(tmp_path, [flat(body_in(name))], None)).layout == name


@pytest.mark.parametrize(("count", "name"), [(136, "halpe26"), (133, "coco23")])
def test_face_and_hands_behind_the_body_are_left_out_and_told(count, name, tmp_path):
    rows = np.concatenate([body_in(name), np.full((count - layout(name).k, 3), 300.0)])
    rows[:, 2] = 1
    found = read_file(coco_file(tmp_path, [flat(rows)], None))
    assert found.photos[0].people[0].keypoints.layout == name
    assert "face and hands" in found.summary()


def test_23_points_under_17_names_have_feet_and_a_person_of_17_among_them_stays(tmp_path):
    rows = [flat(body_in("coco23")), flat(body_in("coco17"))]
    (photo,) = read_file(coco_file(tmp_path, rows, list(layout("coco17").keypoints))).photos
    assert [one.keypoints.layout for one in photo.people] == ["coco23", "coco23"]
    assert [int((one.keypoints.confidence > 0).sum()) for one in photo.people] == [23, 17]


def test_names_of_no_person_are_asked_about_and_read_as_the_answer(tmp_path):
    file = coco_file(tmp_path, [flat(body_in("coco17"))], [f"point {chr(97 + n)}" for n in range(17)])
    with pytest.raises(Undecided) as asked:
        read_file(file)
    assert asked.value.option == "layout_name"
    assert "coco17" in {way.value for way in asked.value.ways}
    assert keypoints_of(file, "coco17").layout == "coco17"
    with pytest.raises(ReadError, match="16"):
        read_file(file, Beside(layout_name="mpii16"))
    with pytest.raises(LayoutError):
        read_file(file, Beside(layout_name="nonsense"))


@pytest.mark.parametrize("value", [None, "", "n/a", float("nan")])
@pytest.mark.parametrize("nested", [False, True])
def test_a_keypoint_with_an_odd_value_is_absent_and_the_person_stays(value, nested, tmp_path):
    row: list[object] = list(flat(body_in("coco17")))
    row[4] = value
    given = [row[n : n + 3] for n in range(0, 51, 3)] if nested else row
    confidence = keypoints_of(coco_file(tmp_path, [given], list(layout("coco17").keypoints))).confidence
    assert confidence[1] == 0
    assert confidence.sum() == 16


@pytest.mark.parametrize(("thirds", "hidden"), [((1, 1), 0), ((1, 2), 1), ((0, 1), 0), ((0.5, 1), 0)])
def test_v_of_0_and_1_only_means_labelled(thirds, hidden, tmp_path):
    array = body_in("coco17") * [1, 1, thirds[1]]
    array[0, 2] = thirds[0]
    file = coco_file(tmp_path, [array.reshape(-1).tolist()], list(layout("coco17").keypoints))
    assert keypoints_of(file).occluded.sum() == hidden


@pytest.mark.parametrize(("usual", "other"), [("openpose25", "openpose25b"), ("openpose25b", "openpose25")])
def test_a_wrong_order_of_keypoints_makes_no_body(usual, other):
    for true in (usual, other):
        assert by_bodies([body_in(true)], (usual, other), usual)[0] == true


@pytest.mark.parametrize("name", ["openpose25", "openpose25b", "coco18"])
def test_openposes_models_are_told_apart(name, tmp_path):
    write_photos(tmp_path, ("a.png",), height=480, width=640)
    file = tmp_path / "a_keypoints.json"
    file.write_text(json.dumps({"people": [{"pose_keypoints_2d": flat(body_in(name), 1)}]}))
    assert keypoints_of(file).layout == name


@pytest.mark.parametrize("stray", [1.02, 1.9, 40.0, -3.0])
def test_a_stray_fraction_makes_no_person_of_one_pixel(stray, tmp_path):
    array = body_in("openpose25") / [640, 480, 1]
    array[9, 0] = stray
    write_photos(tmp_path, ("a.png",), height=480, width=640)
    file = tmp_path / "a_keypoints.json"
    file.write_text(json.dumps({"people": [{"pose_keypoints_2d": flat(array, 1)}]}))
    with pytest.raises(ReadError, match="fractions"):
        read_file(file)


def test_a_layout_is_not_used_silently_by_a_format_that_has_its_own(tmp_path):
    from tests.core.formats.making import samples

    made = samples(tmp_path)["cliff"]
    assert "is not used" in read_file(made.file, Beside(layout_name="coco17")).summary()


def test_a_skeleton_of_cvat_with_numbers_for_names_is_asked_about_and_read_as_the_answer(tmp_path):
    write_photos(tmp_path, ("a.png",), height=480, width=640)
    points = "".join(
        f'<points label="{n}" outside="0" occluded="0" points="{x},{y}"/>'
        for n, (x, y, _) in enumerate(body_in("coco17"), start=1)
    )
    file = tmp_path / "a.xml"
    image = f'<image name="a.png" width="640" height="480"><skeleton label="x">{points}</skeleton></image>'
    file.write_text(f"<annotations>{image}</annotations>")
    with pytest.raises(Undecided):
        read_file(file)
    np.testing.assert_allclose(keypoints_of(file, "coco17").xy, body_in("coco17")[:, :2])
