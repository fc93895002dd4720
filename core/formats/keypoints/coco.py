"""Reads COCO keypoints JSON and its relatives: 23 keypoints, CrowdPose, Halpe, OCHuman, AIC, …

The layout is found from the category's keypoint names, or from their number if it has none. v = 0 is absent, 1
occluded, 2 visible; a fraction is a confidence; where 0 and 1 are the only ones, 1 is labelled. `keypoint_scores`,
which some tools and our writer add, holds confidences. `track_id` is one person's through the images of one `video_id`
or `vid_id`; CVAT has it in `attributes`. A box is x, y, width, height [px]. Of COCO-WholeBody the 17 body keypoints and
foot_kpts are read; face and hands are left out. (Its schema was taken from public code, not from a file of the data
set.)
"""

from __future__ import annotations

from collections.abc import Container, Hashable
from pathlib import Path
from typing import Any

from core.files.untrusted import read_json
from core.files.unusable import Unusable
from core.formats.keypoints.coco_boxes import as_xywh, told_corners
from core.formats.keypoints.coco_origin import document_of, with_annotation, with_image
from core.formats.keypoints.coco_people import read_categories, read_person, same_id, told_binary
from core.formats.shared import people
from core.formats.shared.gathered_photos import Tracks, photo_size
from core.formats.shared.glimpse import MAYBE, NO, SURE, Glimpse
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PHOTOS, Import, Report
from core.records import Person, Photo

FORMAT = "COCO keypoints"
_READ = {"id", "image_id", "category_id", "iscrowd", "bbox", "area", "keypoints", "keypoint_scores"}
_READ |= {"num_keypoints", "foot_kpts", "track_id"}
MAX_FIELDS_SHOWN = 10


def recognise(seen: Glimpse) -> int:
    """By the keys of its JSON."""
    known = seen.has_key("annotations") + seen.has_key("images")
    return SURE if known == 2 and not seen.is_list else MAYBE if known else NO


def read(path: Path, photos: Path | None = None, layout_name: str | None = None) -> Import:
    """Read photos and people. photos: the folder that file names are relative to.

    layout_name: of keypoints whose names do not tell it. Raises ReadError, and LayoutError for an unknown layout_name.
    """
    report = Report(path, FORMAT)
    data = read_json(path)
    if not isinstance(data, dict) or not all(
        isinstance(data.get(k), list) for k in ("images", "annotations")
    ):
        raise report.error("no lists 'images' and 'annotations'", "Choose a COCO keypoints file with both.")
    folder = PhotoFolder(photos or path.parent, report)
    rest: dict[str, list[Any]] = {"images": [], "annotations": []}  # what is kept, but not read
    found = _read_images(data["images"], folder, report, rest["images"])
    categories = read_categories(data.get("categories"), data["annotations"], layout_name, report)
    persons: dict[Hashable, list[Person]] = {}
    others: dict[Hashable, list[Any]] = {}
    tracks = Tracks()
    annotations = data["annotations"]
    ids = people.Ids(1 + max(map(_id_of, annotations), default=0))
    is_binary = told_binary(annotations, report)
    sizes = {id: (photo.width, photo.height) for id, (photo, _) in found.items()}
    are_corners = told_corners(annotations, sizes, report)
    report.count_people(len(annotations))
    unread: set[str] = set()
    for index in range(len(annotations)):
        annotation, annotations[index] = annotations[index], None  # frees memory while reading
        if isinstance(annotation, dict) and not annotation.keys() <= _READ and len(unread) < MAX_FIELDS_SHOWN:
            unread.update(annotation.keys() - _READ)
        with report.record(_record(annotation, index)):
            image = _image_of(annotation, found)
            box = as_xywh(annotation.get("bbox")) if are_corners else annotation.get("bbox")
            person = read_person(annotation, categories, is_binary, box, report, _record(annotation, index))
            person = person.with_(id=ids.take(annotation.get("id")))
            others_here = persons.setdefault(image, [])
            track = tracks.take(_track_of(annotation), _video_of(found[image][1]))
            if track is not None and track in {other.track for other in others_here}:
                report.leave_out(
                    f"{_record(annotation, index)}, track_id", "another person of the photo has it"
                )
                track = None
            others_here.append(with_annotation(person.with_(track=track), annotation))
            continue
        image = same_id(annotation.get("image_id"), found) if isinstance(annotation, dict) else None
        (rest["annotations"] if image is None else others.setdefault(image, [])).append(annotation)
    if ids.renewed:
        report.note(f"ids that repeat or are no whole numbers: {ids.renewed}; their people have new ones")
    if unread:
        names = ", ".join(sorted(unread)[:MAX_FIELDS_SHOWN])
        report.note(f"fields of annotations that are kept, but not read: {names}")
    fields = {name: value for name, value in data.items() if name not in rest}
    document = document_of(fields, rest["images"], rest["annotations"], categories, is_binary)
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
            if not isinstance(image, dict) or not isinstance(image.get("id"), (int, float, str)):
                raise Unusable("it has no id")
            relative = folder.relative(image.get("file_name"))
            if image["id"] in found or relative in paths:
                raise Unusable("its id or file name was used before in this file; each must have its own")
            width, height = photo_size(image.get("width"), image.get("height"), relative, folder)
            found[image["id"]] = Photo(relative, width, height), image
            paths.add(relative)
            missing += not folder.holds(relative)
            continue
        rest.append(image)
    if missing:
        report.note(f"{missing} of the photos are not in {folder.root}; their people are read nevertheless")
    return found


def _image_of(annotation: Any, found: Container[Hashable]) -> Hashable:
    if not isinstance(annotation, dict):
        raise Unusable("it is not an annotation")
    image = same_id(annotation.get("image_id"), found)
    if image is None:
        raise Unusable("its photo is not among those read")
    return image


def _track_of(annotation: dict[str, Any]) -> Any:
    """Its track_id, which CVAT puts among the attributes."""
    attributes = annotation.get("attributes")
    inner = attributes.get("track_id") if isinstance(attributes, dict) else None
    return annotation.get("track_id", inner)


def _video_of(image: dict[str, Any]) -> str:
    """The video that an image is of, as text."""
    return str(next((image[name] for name in ("video_id", "vid_id") if name in image), ""))


def _id_of(annotation: Any) -> int:
    return people.whole_number(annotation.get("id") if isinstance(annotation, dict) else None) or 0


def _record(annotation: Any, index: int) -> str:
    id = people.whole_number(annotation.get("id") if isinstance(annotation, dict) else None)
    return f"annotation number {index}" if id is None else f"annotation {id}"
