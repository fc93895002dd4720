"""Writes COCO keypoints JSON. People of a COCO file keep all fields of the file but those that were edited.

An occluded keypoint is v = 1; confidences other than 0 and 1 are written as `keypoint_scores`. The box is the tight
one, or where that is not known the square without its padding.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from core.body.keypoints import convert, layout
from core.errors import FitloopError
from core.files.json_parts import json_parts
from core.files.whole_file import whole_file
from core.formats.keypoints.coco_annotation import completed, edited, labelled_only, made, places, rewritten
from core.formats.keypoints.coco_header import CocoHeader, Id
from core.formats.keypoints.coco_origin import AnnotationOrigin, annotation_origin, image_origin
from core.formats.photos.moved_people import moved
from core.formats.shared.layout_match import NameMatch
from core.formats.shared.report import Export, LeftOut, Report
from core.records import Keypoints, Person, Photo


def write(
    path: Path, photos: Iterable[Photo], description: str = "", written_layout: str | None = None
) -> Export:
    """Write photos and people. Raises FitloopError and OSError.

    written_layout: the layout of all keypoints, in one category, as pycocotools evaluates them. By default people stay
    in the category of their file, and others get a category for each layout.
    """
    writer = _CocoWriter(tuple(photos), description, written_layout)
    try:
        with whole_file(path) as stream:
            stream.writelines(json_parts(writer.fields()))
    except ValueError as error:
        raise FitloopError(
            f"{path.name}: a number in it is not finite ({error}). Read its file again."
        ) from error
    return Export(writer.people, tuple(writer.left_out))


class _CocoWriter:
    """Writes one file, record by record."""

    def __init__(self, photos: tuple[Photo, ...], description: str, written_layout: str | None) -> None:
        self.people = 0
        self._photos = photos
        self._written_layout = None if written_layout is None else layout(written_layout).name
        documents = dict.fromkeys(photo.document for photo in photos)
        self._header = CocoHeader(documents, description)
        self.left_out = self._header.left_out
        self._annotation_ids, ids = _FreeIds(), _FreeIds()
        origins = [image_origin(photo) for photo in photos]
        known = [ids.take(origin.image.get("id")) if origin else None for origin in origins]
        for document in self._header.rest:
            for image in document.images:
                ids.keep(image)
        self._image_ids: list[Id] = [ids.take() if id is None else id for id in known]

    def fields(self) -> Iterator[tuple[str, Any]]:
        """The file's fields. Categories come last: annotations tell which are needed."""
        yield "images", self._images()
        yield "annotations", self._annotations()
        header = self._header.document
        if self._written_layout is not None:
            kept, _ = self._header.category_of_layout(self._written_layout)
            header["categories"] = [
                one for one in header.get("categories", ()) if isinstance(one, dict) and one.get("id") == kept
            ]
        yield from header.items()

    def _images(self) -> Iterator[dict[str, Any]]:
        for photo, id in zip(self._photos, self._image_ids, strict=True):
            origin = image_origin(photo)
            if origin is None:
                yield {"id": id, "file_name": photo.path, "width": photo.width, "height": photo.height}
                continue
            image = origin.image | {"id": id}
            if "license" in image:
                image["license"] = self._header.license_of(photo.document, image["license"])
            yield image
        for document in self._header.rest:
            yield from document.images

    def _annotations(self) -> Iterator[Any]:
        """Those of files first: they keep their ids. Of equal ids, all but the first get new ones at the end."""
        doubles: list[dict[str, Any]] = []
        later: list[tuple[Photo, Id, Person, Person]] = []
        for photo, image_id in zip(self._photos, self._image_ids, strict=True):
            for person, shown in zip(photo.people, _in_file(photo), strict=True):
                origin = annotation_origin(person)
                if origin is None or not self._annotation_ids.keep(origin.annotation):
                    later.append((photo, image_id, person, shown))
                    continue
                self.people += 1
                yield self._told(photo, person, self._known(photo, image_id, person, shown, origin))
            yield from self._others(photo, image_id, doubles)
        for document in self._header.rest if self._written_layout is None else ():
            for annotation in document.annotations:
                if self._annotation_ids.keep(annotation):
                    yield annotation
                else:
                    doubles.append(annotation)
        for double in doubles:
            yield double | {"id": self._annotation_ids.take()}
        for photo, image_id, person, shown in later:
            self.people += 1
            known = annotation_origin(person)
            own = self._annotation_ids.take(person.id) if known is None else None
            id = self._annotation_ids.take() if own is None else own
            yield self._told(photo, person, self._new(photo, image_id, person, shown)) | {"id": id}

    def _told(self, photo: Photo, person: Person, annotation: dict[str, Any]) -> dict[str, Any]:
        """The annotation with visibilities as its file has them."""
        if not self._header.is_binary:
            return annotation
        if person.keypoints.occluded.any():
            reason = "its file has the visibilities 0 and 1 only, which do not tell what is occluded"
            self.left_out.append(LeftOut(f"{photo.path}, person {person.id}", reason))
        return labelled_only(annotation)

    def _known(
        self, photo: Photo, image_id: Id, person: Person, shown: Person, origin: AnnotationOrigin
    ) -> dict[str, Any]:
        """The annotation of a person of a COCO file."""
        own = origin.annotation.get("category_id")
        matched = self._header.match_of(photo.document, own)
        keypoints = self._keypoints(photo, shown)
        category_id = self._header.category_of(photo.document, own)
        is_asked = self._written_layout is None or category_id == self._category(photo, keypoints)[0]
        stays = (
            matched is not None and places(matched, origin.annotation, person.keypoints.layout) is not None
        )
        if matched is not None and stays and is_asked:
            annotation = edited(person, shown, origin, matched)
        else:
            category_id, matched = self._category(photo, keypoints)
            annotation = rewritten(person, shown.with_(keypoints=keypoints), origin, matched)
        if self._written_layout is not None:
            annotation = completed(annotation, shown.with_(keypoints=keypoints), matched)
        return _numbered(annotation, image_id, category_id)

    def _new(self, photo: Photo, image_id: Id, person: Person, shown: Person) -> dict[str, Any]:
        """An annotation with a new id: of a new person, or of one whose id another has too."""
        origin = annotation_origin(person)
        if origin is not None:
            reason = "its id is another annotation's too, so it gets a new one"
            self.left_out.append(LeftOut(f"{photo.path}, annotation {origin.annotation.get('id')}", reason))
            return self._known(photo, image_id, person, shown, origin)
        keypoints = self._keypoints(photo, shown)
        category_id, matched = self._category(photo, keypoints)
        ids = {"image_id": image_id, "category_id": category_id}
        return ids | made(shown.with_(keypoints=keypoints), matched)

    def _others(self, photo: Photo, image_id: Id, doubles: list[dict[str, Any]]) -> Iterator[Any]:
        """The image's annotations that are no people, unless only people of one layout are asked for. Those whose id
        is taken are added to `doubles` instead."""
        origin = image_origin(photo)
        others = origin.annotations if origin is not None else []
        if self._written_layout is not None:
            for _ in others:
                reason = "it is no person whose keypoints were read, and one layout was asked for"
                self.left_out.append(LeftOut(f"{photo.path}, annotation", reason))
            return
        for annotation in others:
            keeps = self._annotation_ids.keep(annotation)
            if isinstance(annotation, dict):
                category_id = self._header.category_of(photo.document, annotation.get("category_id"))
                annotation = _numbered(annotation, image_id, category_id)
            if keeps:
                yield annotation
            else:
                doubles.append(annotation)

    def _keypoints(self, photo: Photo, person: Person) -> Keypoints:
        """The keypoints in the layout that is written."""
        keypoints, target = person.keypoints, self._written_layout
        if target is None or keypoints.layout == target:
            return keypoints
        converted = convert(keypoints, keypoints.layout, target)
        if (convert(converted, target, keypoints.layout).confidence < keypoints.confidence).any():
            reason = f"some keypoints of layout '{keypoints.layout}' have no place in {target}"
            self.left_out.append(LeftOut(f"{photo.path}, person {person.id}", reason))
        return converted

    def _category(self, photo: Photo, keypoints: Keypoints) -> tuple[Id, NameMatch]:
        if self._written_layout is not None:
            return self._header.category_of_layout(self._written_layout)
        return self._header.category_for(photo.document, keypoints)


class _FreeIds:
    """Ids of a file's records: each once."""

    def __init__(self) -> None:
        self._used: set[Hashable] = set()
        self._next = 1

    def take(self, wanted: Any = None) -> Any:
        """`wanted`, or None if it is no id or was taken; without it the next free number."""
        if wanted is None:
            while self._next in self._used:
                self._next += 1
            wanted = self._next
        if not isinstance(wanted, (int, float, str)) or wanted in self._used:
            return None
        self._used.add(wanted)
        return wanted

    def keep(self, record: Any) -> bool:
        """Take the id of a record as it came. False if another record has it."""
        id = record.get("id") if isinstance(record, dict) else None
        return id is None or not isinstance(id, Hashable) or self.take(id) is not None


def _numbered(annotation: dict[str, Any], image_id: Id, category_id: Id) -> dict[str, Any]:
    """The annotation with these ids in the fields that it has."""
    ids = {"image_id": image_id, "category_id": category_id}
    return annotation | {name: id for name, id in ids.items() if name in annotation}


def _in_file(photo: Photo) -> tuple[Person, ...]:
    """The people in the pixels of the photo's file, if the photo has another size or lies otherwise."""
    origin = image_origin(photo)
    if origin is None or origin.affine is None:
        return photo.people
    linear = np.linalg.inv(origin.affine[:, :2])
    back = np.column_stack([linear, -linear @ origin.affine[:, 2]])
    bare = [person.with_(fit=None, guess=None, alternatives=()) for person in photo.people]
    size = photo.width, photo.height
    return moved(photo.with_(people=tuple(bare), origin=""), back, size, Report(Path(), "")).people
