"""Reads and writes COCO keypoints JSON and its relatives: 23 keypoints, CrowdPose, Halpe, OCHuman, AIC, …

The layout is found from the category's keypoint names. v = 0 is absent, 1 occluded, 2 visible; a fraction is a
confidence. `keypoint_scores`, which some tools and our writer add, holds confidences. A box is x, y, width, height
[px]. Of COCO-WholeBody the 17 body keypoints and foot_kpts are read; face and hands are left out. (Its schema was
taken from public code, not from a file of the data set.)
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from core.body.keypoints import layout
from core.files.json_parts import json_parts
from core.files.untrusted import finite, number, numbers, read_json
from core.files.unusable import Unusable
from core.files.whole_file import whole_file
from core.formats.shared import people
from core.formats.shared.glimpse import MAYBE, NO, SURE, Glimpse
from core.formats.shared.layout_match import NameMatch, match
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PHOTOS, Export, Import, Report
from core.records import Person, Photo

FORMAT = "COCO keypoints"
MAX_SIDE = 100_000  # px
_READ = {"id", "image_id", "category_id", "iscrowd", "bbox", "area", "keypoints", "keypoint_scores"}
_READ |= {"num_keypoints", "foot_kpts"}
MAX_FIELDS_SHOWN = 10
_FEET = ("left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel")


def recognise(seen: Glimpse) -> int:
    """By the keys of its JSON."""
    known = seen.has_key("annotations") + seen.has_key("images")
    return SURE if known == 2 and not seen.is_list else MAYBE if known else NO


def read(path: Path, photos: Path | None = None) -> Import:
    """Read photos and people. photos: the folder that file names are relative to. Raises ReadError."""
    report = Report(path, FORMAT)
    data = read_json(path)
    if not isinstance(data, dict) or not all(
        isinstance(data.get(k), list) for k in ("images", "annotations")
    ):
        raise report.error("no lists 'images' and 'annotations'", "Choose a COCO keypoints file with both.")
    folder = PhotoFolder(photos or path.parent, report)
    found = _read_images(data["images"], folder, report)
    categories = _read_categories(data.get("categories"), report)
    persons: dict[Hashable, list[Person]] = {}
    annotations = data["annotations"]
    ids = people.Ids(1 + max(map(_id_of, annotations), default=0))
    report.count_people(len(annotations))
    unread: set[str] = set()
    for index in range(len(annotations)):
        annotation, annotations[index] = annotations[index], None  # frees memory while reading
        if isinstance(annotation, dict) and not annotation.keys() <= _READ and len(unread) < MAX_FIELDS_SHOWN:
            unread.update(annotation.keys() - _READ)
        with report.record(_record(annotation, index)):
            image = _image_of(annotation, found)
            person = _read_person(annotation, categories, ids, report, index)
            persons.setdefault(image, []).append(person)
    if unread:
        fields = ", ".join(sorted(unread)[:MAX_FIELDS_SHOWN])
        report.note(f"fields of annotations that are not read: {fields}")
    return report.done(
        photo.with_(people=tuple(persons[key])) if key in persons else photo for key, photo in found.items()
    )


def write(path: Path, photos: Iterable[Photo], description: str = "") -> Export:
    """Write photos and people, with one category per layout. Raises OSError.

    A bbox is written as the square without its padding, an occluded keypoint as v = 1, confidences as
    `keypoint_scores`.
    """
    photos = tuple(photos)
    layouts = sorted({person.keypoints.layout for photo in photos for person in photo.people})
    category_ids = {name: index for index, name in enumerate(layouts, start=1)}
    annotations = []
    images = []
    used = people.Ids()
    for image_id, photo in enumerate(photos, start=1):
        images.append({"id": image_id, "file_name": photo.path, "width": photo.width, "height": photo.height})
        for person in photo.people:
            annotation = _annotation(person, image_id, category_ids[person.keypoints.layout])
            annotations.append(annotation | {"id": used.take_or_next(person.id)})
    categories = [_category(name, id) for name, id in category_ids.items()]
    document = {"info": {"description": description}, "images": images, "annotations": annotations}
    with whole_file(path) as stream:
        stream.writelines(json_parts(document | {"categories": categories}))
    return Export(len(annotations))


def _read_images(images: list[Any], folder: PhotoFolder, report: Report) -> dict[Hashable, Photo]:
    if len(images) > MAX_PHOTOS:
        raise report.error(f"more than {MAX_PHOTOS} photos", "Split the file and read the parts.")
    found: dict[Hashable, Photo] = {}
    paths: set[str] = set()
    missing = 0
    for index, image in enumerate(images):
        with report.record(f"image {index}"):
            if not isinstance(image, dict) or not isinstance(image.get("id"), (int, str)):
                raise Unusable("it has no id")
            relative = folder.relative(image.get("file_name"))
            if image["id"] in found or relative in paths:
                raise Unusable("its id or file name was used before in this file; each must have its own")
            width, height = _image_size(image, relative, folder)
            found[image["id"]] = Photo(relative, width, height)
            paths.add(relative)
            missing += not folder.holds(relative)
    if missing:
        report.note(f"{missing} of the photos are not in {folder.root}; their people are read nevertheless")
    return found


def _image_size(image: dict[str, Any], relative: str, folder: PhotoFolder) -> tuple[int, int]:
    if image.get("width") is None or image.get("height") is None:
        return folder.known_size(relative)
    width, height = number(image["width"]), number(image["height"])
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise Unusable("its width or height is not valid")
    return int(width), int(height)


def _read_categories(categories: object, report: Report) -> dict[Hashable, NameMatch]:
    found: dict[Hashable, NameMatch] = {}
    for index, category in enumerate(categories if isinstance(categories, list) else []):
        record = f"category {index}"
        names = category.get("keypoints") if isinstance(category, dict) else None
        if (
            not isinstance(names, list)
            or not all(isinstance(name, str) for name in names)
            or len(names) > 1000
        ):
            report.leave_out(record, "it names no keypoints")
            continue
        matched = match(names)
        if matched is None or not isinstance(category.get("id"), (int, str)):
            report.leave_out(record, "its keypoint names are not those of a person")
            continue
        report.note(f"{record} is read as layout '{matched.layout}'")
        for name in matched.unknown:
            report.leave_out(
                f"{record}, keypoint '{name[:64]}'", f"layout '{matched.layout}' has no such keypoint"
            )
        found[category["id"]] = matched
    if not found:
        raise report.error("no category names the keypoints of a person", "Add the names to 'categories'.")
    return found


def _image_of(annotation: Any, found: dict[Hashable, Photo]) -> Hashable:
    if not isinstance(annotation, dict):
        raise Unusable("it is not an annotation")
    image = annotation.get("image_id")
    if not isinstance(image, (int, str)) or image not in found:
        raise Unusable("its photo is not among those read")
    return image


def _read_person(
    annotation: dict[str, Any],
    categories: dict[Hashable, NameMatch],
    ids: people.Ids,
    report: Report,
    index: int,
) -> Person:
    record = _record(annotation, index)
    category = annotation.get("category_id")
    if not isinstance(category, (int, str)) or category not in categories:
        raise Unusable("its category names no keypoints of a person")
    if annotation.get("iscrowd") == 1:
        raise Unusable("it marks a crowd, not a person")
    matched = categories[category]
    values = numbers(annotation.get("keypoints"), -1)
    if len(values) % 3:
        raise Unusable("its keypoints are not triples x, y, v")
    triples = values.reshape(-1, 3)
    if len(triples) != matched.count:
        raise Unusable(f"it has {len(triples)} keypoints, but its category names {matched.count}")
    rows = _rows(triples)
    scores = annotation.get("keypoint_scores")
    if scores is not None:
        rows[:, 2] *= finite(scores, len(triples))
    array = matched.pick(rows)
    if "foot_kpts" in annotation:
        array, matched = _with_feet(array, annotation, matched)
    keypoints = people.make_keypoints(matched.layout, array[:, :3], report, record, array[:, 3] > 0)
    bbox = people.box_or_round(annotation.get("bbox"), keypoints, report, record)
    return people.person(ids.take(annotation.get("id")), bbox, keypoints)


def _with_feet(
    array: np.ndarray, annotation: dict[str, Any], matched: NameMatch
) -> tuple[np.ndarray, NameMatch]:
    """Add COCO-WholeBody's separate feet to the 17 keypoints, if a layout has both; else nothing changes."""
    both = match((*layout(matched.layout).keypoints, *_FEET))
    if both is None or both.unknown or len(both.take) != len(array) + len(_FEET):
        return array, matched
    feet = numbers(annotation["foot_kpts"], 3 * len(_FEET)).reshape(-1, 3)
    return both.pick(np.concatenate([array, _rows(feet)])), both


def _rows(triples: np.ndarray) -> np.ndarray:
    """Triples (K, 3) = x, y, v to rows (K, 4) = x, y, confidence, occluded."""
    return np.column_stack([triples[:, :2], *people.confidence_and_occluded(triples[:, 2])])


def _annotation(person: Person, image_id: int, category_id: int) -> dict[str, Any]:
    keypoints = person.keypoints
    seen = keypoints.confidence > 0
    visibility = np.where(seen, np.where(keypoints.occluded, 1, 2), 0)
    rows = [
        value for xy, v in zip(keypoints.xy.tolist(), visibility.tolist(), strict=True) for value in (*xy, v)
    ]
    xywh = person.bbox.xywh.tolist()
    return {
        "image_id": image_id, "category_id": category_id, "iscrowd": 0, "bbox": xywh,
        "area": xywh[2] * xywh[3],
        "keypoints": rows, "keypoint_scores": keypoints.confidence.tolist(), "num_keypoints": int(seen.sum()),
    }  # fmt: skip


def _category(name: str, id: int) -> dict[str, Any]:
    chosen = layout(name)
    skeleton = [[a + 1, b + 1] for a, b in chosen.bones]
    return {"id": id, "name": "person", "supercategory": "person", "layout": name,
            "keypoints": list(chosen.keypoints), "skeleton": skeleton}  # fmt: skip


def _id_of(annotation: Any) -> int:
    id = annotation.get("id") if isinstance(annotation, dict) else None
    return id if isinstance(id, int) else 0


def _record(annotation: Any, index: int) -> str:
    id = annotation.get("id") if isinstance(annotation, dict) else None
    return (
        f"annotation {id}"
        if isinstance(id, int) and not isinstance(id, bool)
        else f"annotation number {index}"
    )
