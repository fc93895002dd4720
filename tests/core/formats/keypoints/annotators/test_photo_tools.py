"""Tools in which people are placed in photos: labelme, X-AnyLabeling, Label Studio, Supervisely."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.body.keypoints import layout
from core.errors import ReadError, Undecided
from core.formats.keypoints.annotators import label_studio, labelme, supervisely
from core.formats.recognise import recognise
from core.formats.shared.report import Import
from core.records import Person
from tests.core.formats import making_keypoints
from tests.core.formats.making import HEIGHT, WIDTH, write_photos
from tests.core.formats.making_keypoints import NAMES, keypoint_array


def written(folder: Path, value: Any, name: str = "a.json", photos: tuple[str, ...] = ("a.png",)) -> Path:
    write_photos(folder, photos)
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(value))
    return folder / name


def people(imported: Import) -> list[Person]:
    return [person for photo in imported.photos for person in photo.people]


def place(person: Person, name: str) -> int:
    return layout(person.keypoints.layout).keypoints.index(name)


def shape(
    label: str, *points: list[float], group: Any = None, kind: str = "point", **more: Any
) -> dict[str, Any]:
    return {"label": label, "points": list(points), "group_id": group, "shape_type": kind, **more}


def marked(group: Any = None, shift: float = 0) -> list[dict[str, Any]]:
    """A point for each name, in one group."""
    rows = zip(NAMES, keypoint_array("coco17").tolist(), strict=True)
    return [shape(name, [x + shift, y], group=group) for name, (x, y, _) in rows]


def box(group: Any = None) -> dict[str, Any]:
    return shape("person", [35, 26], [5, 6], group=group, kind="rectangle")


def drawing(*shapes: dict[str, Any], **more: Any) -> dict[str, Any]:
    sides = {"imageWidth": WIDTH, "imageHeight": HEIGHT}
    return {"version": "5.5.0", "shapes": list(shapes), "imagePath": "a.png"} | sides | more


@pytest.mark.parametrize(("shapes", "expected"), [
    (marked(), 1), ([box(), *marked()], 1), ([box(4), *marked()], 1), ([box(4), *marked(4)], 1),
    ([*marked(1), *marked(2)], 2), ([box(1), *marked(1), *marked(2)], 2), ([*marked("one"), *marked("two")], 2),
])  # fmt: skip
def test_shapes_of_one_group_are_one_person(tmp_path, shapes, expected):
    found = people(labelme.read(written(tmp_path, drawing(*shapes))))
    assert len(found) == expected
    assert found[0].keypoints.xy == pytest.approx(keypoint_array("coco17")[:, :2], abs=1e-4)
    if any(one["shape_type"] == "rectangle" for one in shapes):
        assert found[0].bbox.center == pytest.approx([20, 16])


def test_points_without_a_group_beside_two_rectangles_are_nobody_s(tmp_path):
    imported = labelme.read(written(tmp_path, drawing(box(), box(), *marked())))
    assert imported.people == 0
    assert "group them" in imported.summary()


def test_points_of_two_people_without_groups_are_not_mixed(tmp_path):
    imported = labelme.read(written(tmp_path, drawing(*marked(), *marked(shift=5))))
    assert people(imported)[0].keypoints.xy == pytest.approx(keypoint_array("coco17")[:, :2], abs=1e-4)
    assert "Give each person a group_id" in imported.summary()


def test_a_rectangle_has_two_corners_in_any_order_or_four(tmp_path):
    four = shape("person", [5, 6], [35, 6], [35, 26], [5, 26], group=1, kind="rectangle")
    for corners in (box(1), four):
        (one,) = people(labelme.read(written(tmp_path, drawing(corners, *marked(1)))))
        assert one.bbox.center == pytest.approx([20, 16])


def test_difficult_points_are_occluded(tmp_path):
    shapes = marked(1)
    shapes[9]["difficult"] = True
    (one,) = people(labelme.read(written(tmp_path, drawing(*shapes))))
    assert one.keypoints.occluded.nonzero()[0].tolist() == [9]
    assert one.keypoints.confidence[9] == 1


def test_few_points_of_one_person_have_the_layout_of_the_others(tmp_path):
    some = [one for one in marked(2) if one["label"] in ("left_knee", "right_knee")]
    first, second = people(labelme.read(written(tmp_path, drawing(*marked(1), *some))))
    assert first.keypoints.layout == second.keypoints.layout == "coco17"
    assert second.keypoints.confidence.nonzero()[0].tolist() == [13, 14]


@pytest.mark.parametrize(
    "name", ["a.png", "../other/a.png", r"..\photos\a.png", "C:\\photos\\a.png", "/home/me/a.png"]
)
def test_a_photo_of_another_computer_is_found_by_its_name(tmp_path, name):
    imported = labelme.read(written(tmp_path, drawing(*marked(), imagePath=name)))
    assert [photo.path for photo in imported.photos] == ["a.png"]


@pytest.mark.parametrize("odd", [
    5, {}, shape("x", [1]), shape("x", ["a", "b"]), shape("x", [1e300, 2]), shape("", [1, 2]),
    shape("x", [1, 2], [3, 4]), shape("x", [1, 2], kind="polygon"),
    {"shape_type": "point", "label": 3, "points": [[1, 2]]},
])  # fmt: skip
def test_one_odd_shape_is_left_out(tmp_path, odd):
    imported = labelme.read(written(tmp_path, drawing(odd, *marked())))
    assert imported.people == 1
    assert imported.left_out[0].record == "a.json, shape 0"


def test_a_folder_is_one_file_a_photo_and_one_bad_file_is_told(tmp_path):
    written(tmp_path, drawing(*marked()))
    written(tmp_path, drawing(*marked(), imagePath="b.png"), "b.json", ("b.png",))
    (tmp_path / "c.json").write_text("{")
    assert recognise(tmp_path) == "labelme"
    imported = labelme.read(tmp_path)
    assert [photo.path for photo in imported.photos] == ["a.png", "b.png"]
    assert "c.json" in imported.summary()


def test_names_that_are_numbers_are_asked_and_read_in_the_layout_that_is_named(tmp_path):
    shapes = [one | {"label": str(number)} for number, one in enumerate(marked(), start=1)]
    file = written(tmp_path, drawing(*shapes[::-1]))
    with pytest.raises(Undecided) as asked:
        labelme.read(file)
    assert asked.value.option == "layout_name"
    assert "coco17" in {way.value for way in asked.value.ways}
    (one,) = people(labelme.read(file, layout_name="coco17"))
    assert one.keypoints.xy == pytest.approx(keypoint_array("coco17")[:, :2], abs=1e-4)


def test_names_of_something_else_are_refused_with_a_remedy(tmp_path):
    shapes = [shape(name, [5, 6]) for name in ("wheel", "door")]
    with pytest.raises(ReadError, match="Rename them"):
        labelme.read(written(tmp_path, drawing(*shapes)))


def task(**changes: Any) -> list[dict[str, Any]]:
    document = making_keypoints.label_studio()
    document[0]["annotations"][0].update(changes)
    return document


def regions() -> list[dict[str, Any]]:
    result: list[dict[str, Any]] = making_keypoints.label_studio()[0]["annotations"][0]["result"]
    return result


def read_task(folder: Path, value: Any) -> Import:
    return label_studio.read(written(folder, value))


def test_percents_are_pixels_of_the_photo(tmp_path):
    (one,) = people(read_task(tmp_path, task()))
    assert one.keypoints.xy == pytest.approx(keypoint_array("coco17")[:, :2], abs=1e-3)
    assert one.bbox.center == pytest.approx([0.35 * WIDTH, 0.3 * HEIGHT], abs=1e-3)


@pytest.mark.parametrize("address", [
    "/data/upload/1/ab12cd34-a.png", "a.png", "/data/local-files/?d=set/a.png", "https://host/set/a.png?key=1",
    "s3://bucket/a.png", "/data/upload/1/a.png",
])  # fmt: skip
def test_a_photo_is_found_by_its_address(tmp_path, address):
    document = task()
    document[0]["data"] = {"text": "no photo"} | {"image": address}
    assert [photo.path for photo in read_task(tmp_path, document).photos] == ["a.png"]


def test_a_turned_photo_is_refused(tmp_path):
    result = [region | {"image_rotation": 90} for region in regions()]
    imported = read_task(tmp_path, task(result=result))
    assert imported.people == 0
    assert "turned" in imported.summary()


def test_cancelled_annotations_are_passed_over_and_only_one_is_read(tmp_path):
    document = task()
    usable = document[0]["annotations"][0]
    document[0]["annotations"] = [usable | {"was_cancelled": True}, usable, usable]
    imported = read_task(tmp_path, document)
    assert imported.people == 1
    assert "the first is read" in imported.summary()
    document[0]["annotations"] = [usable | {"was_cancelled": True}]
    assert read_task(tmp_path, document).people == 0


def test_completions_are_the_annotations_of_older_versions(tmp_path):
    document = task()
    document[0]["completions"] = document[0].pop("annotations")
    file = written(tmp_path, document)
    assert recognise(file) == "label-studio"
    assert label_studio.read(file).people == 1


@pytest.mark.parametrize("is_reversed", [False, True])
def test_relations_join_keypoints_to_rectangles(tmp_path, is_reversed):
    points = [{key: part for key, part in region.items() if key != "parentID"} for region in regions()[1:]]
    boxes = [regions()[0] | {"id": name} for name in ("one", "two")]
    relations = []
    both = [point | {"id": f"{owner}{point['id']}"} for owner in ("one", "two") for point in points]
    for point in both:
        ends = (point["id"][:3], point["id"])
        first, second = ends[::-1] if is_reversed else ends
        relations.append({"type": "relation", "from_id": first, "to_id": second})
    imported = read_task(tmp_path, task(result=[*boxes, *both, *relations]))
    assert imported.people == 2
    assert not imported.left_out


def test_keypoints_joined_to_none_of_two_rectangles_are_nobody_s(tmp_path):
    points = [{key: part for key, part in region.items() if key != "parentID"} for region in regions()[1:]]
    boxes = [regions()[0] | {"id": name} for name in ("one", "two")]
    imported = read_task(tmp_path, task(result=[*boxes, *points]))
    assert imported.people == 0
    assert "joined to none" in imported.summary()
    assert read_task(tmp_path, task(result=points)).people == 1
    assert read_task(tmp_path, task(result=[boxes[0], *points])).people == 1


@pytest.mark.parametrize("value", [None, {}, {"x": 1}, {"x": "a", "y": 2, "keypointlabels": ["nose"]},
                                   {"x": 1, "y": 2, "keypointlabels": []}])  # fmt: skip
def test_one_odd_keypoint_is_left_out(tmp_path, value):
    result = regions()
    result[1]["value"] = value
    (one,) = people(read_task(tmp_path, task(result=result)))
    assert one.keypoints.confidence[0] == 0
    assert one.keypoints.confidence[1:].all()


@pytest.mark.parametrize("kind", [None, [], {}, 5, "brushlabels"])
def test_one_region_of_an_odd_type_is_passed_over(tmp_path, kind):
    assert read_task(tmp_path, task(result=[{"id": "x", "type": kind}, *regions()])).people == 1


def project(folder: Path, data_set: str = "ds0") -> None:
    nodes = {
        f"id{place}": {"loc": [x, y]} for place, (x, y, _) in enumerate(keypoint_array("coco17").tolist())
    }
    nodes["id9"]["disabled"] = True
    graph = {"geometryType": "graph", "nodes": nodes}
    annotation = {"size": {"width": WIDTH, "height": HEIGHT}, "objects": [graph]}
    written(folder, annotation, f"{data_set}/ann/a.png.json", (f"{data_set}/img/a.png",))
    names = {f"id{place}": {"label": name} for place, name in enumerate(NAMES)}
    written(folder, {"classes": [{"title": "person", "geometry_config": {"nodes": names}}]}, "meta.json", ())


def test_a_project_of_supervisely_is_read_from_each_of_its_folders(tmp_path):
    project(tmp_path)
    for path in (".", "ds0", "ds0/ann", "ds0/ann/a.png.json"):
        assert recognise(tmp_path / path) == "supervisely"
        imported = supervisely.read(tmp_path / path)
        (one,) = people(imported)
        assert one.keypoints.layout == "coco17"
        assert one.keypoints.xy == pytest.approx(keypoint_array("coco17")[:, :2], abs=1e-4)
        assert one.keypoints.occluded.nonzero()[0].tolist() == [9]
        photo = supervisely.photo_root(tmp_path / path) / imported.photos[0].path
        assert photo.is_file()


def test_two_data_sets_of_a_project_keep_their_photos_apart(tmp_path):
    project(tmp_path)
    project(tmp_path, "ds1")
    assert [photo.path for photo in supervisely.read(tmp_path).photos] == ["ds0/img/a.png", "ds1/img/a.png"]


def test_an_id_that_no_meta_file_names_is_the_name_itself(tmp_path):
    (one,) = people(supervisely.read(written(tmp_path, making_keypoints.supervisely(), "a.png.json")))
    assert one.keypoints.layout == "coco17"
    assert one.keypoints.occluded.nonzero()[0].tolist() == [place(one, "left_wrist")]


def graph(nodes: Any) -> dict[str, Any]:
    return {"geometryType": "graph", "nodes": nodes}


@pytest.mark.parametrize(
    "odd", [5, {"geometryType": "rectangle"}, graph({"nose": {"loc": [1]}}), graph({"nose": 5}), graph({})]
)
def test_one_odd_object_is_left_out(tmp_path, odd):
    value = making_keypoints.supervisely()
    value["objects"].insert(0, odd)
    imported = supervisely.read(written(tmp_path, value, "a.png.json"))
    assert imported.people == 1
    assert imported.left_out[0].record == "a.png.json, object 0"


def test_the_meta_file_alone_says_what_to_choose(tmp_path):
    project(tmp_path)
    with pytest.raises(ReadError, match="Choose the project's folder"):
        supervisely.read(tmp_path / "meta.json")


@pytest.mark.parametrize("value", [{}, [], {"shapes": 5}, {"objects": 5}, 7, [[]], [{"annotations": 5}]])
@pytest.mark.parametrize("reader", [labelme, label_studio, supervisely])
def test_what_is_not_the_tool_s_is_refused_in_words(tmp_path, reader, value):
    with pytest.raises(ReadError, match=r"a\.json"):
        reader.read(written(tmp_path, value))


def test_a_point_far_away_costs_no_person(tmp_path):
    shapes = marked()
    shapes[0]["points"] = [[1e9, 2]]
    (one,) = people(labelme.read(written(tmp_path, drawing(*shapes))))
    assert np.isfinite(one.keypoints.array).all()
    assert one.keypoints.confidence[0] == 0
