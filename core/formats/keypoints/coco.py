"""Reads COCO keypoints JSON and its relatives: 23 keypoints, CrowdPose, Halpe, OCHuman, AIC, …

The layout is found from the category's keypoint names. v = 0 is absent, 1 occluded, 2 visible; a fraction is a
confidence. `keypoint_scores`, which some tools and our writer add, holds confidences. A box is x, y, width, height
[px]. `track_id` is one person's through the images of one `video_id` or `vid_id`. Of COCO-WholeBody the 17 body
keypoints and foot_kpts are read; face and hands are kept in the origin only. (Its schema was taken from public code,
not from a file of the data set.)
"""

from __future__ import annotations

from collections.abc import Container, Hashable
from pathlib import Path
from typing import Any

import numpy as np

from core.body.keypoints import layout
from core.files.untrusted import finite, number, numbers, read_json
from core.files.unusable import Unusable
from core.formats.keypoints.coco_origin import document_of, with_annotation, with_image
from core.formats.shared import people
from core.formats.shared.gathered_photos import Tracks
from core.formats.shared.glimpse import MAYBE, NO, SURE, Glimpse
from core.formats.shared.layout_match import NameMatch, match
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PHOTOS, Import, Report
from core.records import Person, Photo

FORMAT = "COCO keypoints"
MAX_SIDE = 100_000  # px
_READ = {"id", "image_id", "category_id", "iscrowd", "bbox", "area", "keypoints", "keypoint_scores"}
_READ |= {"num_keypoints", "foot_kpts", "track_id"}
MAX_FIELDS_SHOWN = 10
FEET = ("left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel")


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
    rest: dict[str, list[Any]] = {"images": [], "annotations": []}  # what is kept, but not read
    found = _read_images(data["images"], folder, report, rest["images"])
    categories = _read_categories(data.get("categories"), report)
    persons: dict[Hashable, list[Person]] = {}
    others: dict[Hashable, list[Any]] = {}
    tracks = Tracks()
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
            others_here = persons.setdefault(image, [])
            track = tracks.take(annotation.get("track_id"), _video_of(found[image][1]))
            if track is not None and track in {other.track for other in others_here}:
                report.leave_out(
                    f"{_record(annotation, index)}, track_id", "another person of the photo has it"
                )
                track = None
            others_here.append(with_annotation(person.with_(track=track), annotation))
            continue
        image = annotation.get("image_id") if isinstance(annotation, dict) else None
        is_known = isinstance(image, (int, str)) and image in found
        (others.setdefault(image, []) if is_known else rest["annotations"]).append(annotation)
    if unread:
        names = ", ".join(sorted(unread)[:MAX_FIELDS_SHOWN])
        report.note(f"fields of annotations that are kept, but not read: {names}")
    fields = {name: value for name, value in data.items() if name not in rest}
    document = document_of(fields, rest["images"], rest["annotations"], categories)
    return report.done(
        with_image(photo, image, others.get(key, [])).with_(
            people=tuple(persons.get(key, ())), document=document
        )
        for key, (photo, image) in found.items()
    )


def _read_images(
    images: list[Any], folder: PhotoFolder, report: Report, rest: list[Any]
) -> dict[Hashable, tuple[Photo, dict[str, Any]]]:
    """Photos with their images by id. Adds the images that cannot be used to `rest`."""
    if len(images) > MAX_PHOTOS:
        raise report.error(f"more than {MAX_PHOTOS} photos", "Split the file and read the parts.")
    found: dict[Hashable, tuple[Photo, dict[str, Any]]] = {}
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
            found[image["id"]] = Photo(relative, width, height), image
            paths.add(relative)
            missing += not folder.holds(relative)
            continue
        rest.append(image)
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


def _image_of(annotation: Any, found: Container[Hashable]) -> Hashable:
    if not isinstance(annotation, dict):
        raise Unusable("it is not an annotation")
    image = annotation.get("image_id")
    if not isinstance(image, (int, str)) or image not in found:
        raise Unusable("its photo is not among those read")
    return image


def _video_of(image: dict[str, Any]) -> str:
    """The video that an image is of, as text."""
    return str(next((image[name] for name in ("video_id", "vid_id") if name in image), ""))


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
    both = match((*layout(matched.layout).keypoints, *FEET))
    if both is None or both.unknown or len(both.take) != len(array) + len(FEET):
        return array, matched
    feet = numbers(annotation["foot_kpts"], 3 * len(FEET)).reshape(-1, 3)
    return both.pick(np.concatenate([array, _rows(feet)])), both


def _rows(triples: np.ndarray) -> np.ndarray:
    """Triples (K, 3) = x, y, v to rows (K, 4) = x, y, confidence, occluded."""
    return np.column_stack([triples[:, :2], *people.confidence_and_occluded(triples[:, 2])])


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
