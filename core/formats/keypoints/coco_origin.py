"""What of a COCO file is kept beside photos and people, so that a file written later loses nothing of it.

Person.origin has the annotation as it came, Photo.origin the image with its annotations that are no people, and
Photo.document all else. Prints of keypoints and box as they were read tell later which of them were edited.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.formats.shared.layout_match import NameMatch
from core.records import BBox, Keypoints, Person, Photo

KIND = "coco"
_PRINT_BYTES = 8


@dataclass(frozen=True, eq=False)
class AnnotationOrigin:
    """An annotation, prints of the keypoints and the box that were read from it, and its track."""

    annotation: dict[str, Any]
    keypoints: str
    bbox: str
    track: int | None


@dataclass(frozen=True, eq=False)
class ImageOrigin:
    """An image, its annotations that are no people, and the affine (2, 3) from its pixels to the photo's, if the photo
    has another size or lies otherwise."""

    image: dict[str, Any]
    annotations: list[Any]
    affine: np.ndarray | None


@dataclass(frozen=True, eq=False)
class DocumentOrigin:
    """The fields of a file but images and annotations; those of the two that were left out; and by the category's id
    how its keypoints were read. is_binary: its visibilities are 0 and 1 only, so that 1 means labelled."""

    fields: dict[str, Any]
    images: list[Any]
    annotations: list[Any]
    matches: dict[Hashable, NameMatch]
    is_binary: bool = False


def with_annotation(person: Person, annotation: Mapping[str, Any]) -> Person:
    """The person as it was just read, with its annotation as origin."""
    return person.with_(origin=_to_json({"annotation": annotation, **_prints(person)}))


def with_image(photo: Photo, image: Mapping[str, Any], annotations: list[Any]) -> Photo:
    """The photo with its image as origin. annotations: of the image, but no people."""
    return photo.with_(origin=_to_json({"image": image, "annotations": annotations}))


def in_moved_photo(photo: Photo, affine: np.ndarray) -> Photo:
    """The photo just after it and its people were moved by an affine (2, 3), with origins that know it."""
    origin = _object(photo.origin)
    if "image" not in origin:
        return photo
    people = []
    for person in photo.people:
        known = _object(person.origin)
        is_known = "annotation" in known
        people.append(person.with_(origin=_to_json(known | _prints(person))) if is_known else person)
    return photo.with_(people=tuple(people), origin=_to_json(origin | {"affine": affine.tolist()}))


def without_people(before: Photo, after: Photo) -> Photo:
    """The photo `after`, with the annotations of people that only `before` has kept in its origin."""
    here = {person.id for person in after.people}
    gone = [person for person in before.people if person.id not in here]
    origin = _object(after.origin) if gone else {}
    if "image" not in origin:
        return after
    kept = [known.annotation for known in map(annotation_origin, gone) if known is not None]
    return after.with_(origin=_to_json(origin | {"annotations": [*origin.get("annotations", []), *kept]}))


def document_of(
    fields: Mapping[str, Any],
    images: list[Any],
    annotations: list[Any],
    matches: Mapping[Hashable, NameMatch],
    is_binary: bool = False,
) -> str:
    """The text of Photo.document. Arguments as in `DocumentOrigin`."""
    read = [[id, one.layout, one.take.tolist(), one.count, one.unknown] for id, one in matches.items()]
    told = {"kind": KIND, "fields": fields, "images": images, "annotations": annotations, "matches": read}
    return _to_json(told | {"binary": True} if is_binary else told)


def annotation_origin(person: Person) -> AnnotationOrigin | None:
    """What is known of a person's annotation; None for a person of another kind of file."""
    known = _object(person.origin)
    annotation, track = known.get("annotation"), known.get("track")
    if not isinstance(annotation, dict):
        return None
    is_number = isinstance(track, int) and not isinstance(track, bool)
    prints = str(known.get("keypoints")), str(known.get("bbox"))
    return AnnotationOrigin(annotation, *prints, track if is_number else None)


def image_origin(photo: Photo) -> ImageOrigin | None:
    """What is known of a photo's image; None for a photo of another kind of file."""
    known = _object(photo.origin)
    image, annotations = known.get("image"), known.get("annotations")
    if not isinstance(image, dict):
        return None
    affine = known.get("affine")
    try:
        matrix = None if affine is None else np.array(affine, dtype=np.float64).reshape(2, 3)
    except (ValueError, TypeError):
        matrix = None
    return ImageOrigin(image, _list(annotations), matrix)


def document_origin(text: str) -> DocumentOrigin | None:
    """What is known of a file; None for one of another kind."""
    known = _object(text)
    if known.get("kind") != KIND or not isinstance(known.get("fields"), dict):
        return None
    images, annotations, read = (_list(known.get(name)) for name in ("images", "annotations", "matches"))
    matches = {}
    for entry in read:
        try:
            id, name, take, count, unknown = entry
            matches[id] = NameMatch(str(name), np.array(take, dtype=np.int64), int(count), tuple(unknown))
        except (ValueError, TypeError, OverflowError):
            continue
    return DocumentOrigin(known["fields"], images, annotations, matches, known.get("binary") is True)


def keypoints_print(keypoints: Keypoints) -> str:
    """A short print: equal for equal keypoints, and for no others."""
    arrays = (keypoints.xy, keypoints.confidence, keypoints.occluded)
    return _print(keypoints.layout.encode(), *(array.tobytes() for array in arrays))


def bbox_print(bbox: BBox) -> str:
    """As `keypoints_print`."""
    size = b"" if bbox.size is None else bbox.size.tobytes()
    return _print(bbox.center.tobytes(), np.float64(bbox.scale).tobytes(), size)


def _prints(person: Person) -> dict[str, Any]:
    return {
        "keypoints": keypoints_print(person.keypoints),
        "bbox": bbox_print(person.bbox),
        "track": person.track,
    }


def _print(*parts: bytes) -> str:
    return hashlib.blake2b(b"|".join(parts), digest_size=_PRINT_BYTES).hexdigest()


def _object(text: str) -> dict[str, Any]:
    """The object of a JSON text; empty if it is none. A project may come from anywhere."""
    try:
        value = json.loads(text, parse_constant=lambda _: None) if text else None
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _to_json(value: Any) -> str:
    """JSON text in ASCII; a number that is not finite, which JSON lacks, becomes null."""
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"))
    except ValueError:
        return json.dumps(_finite(value), separators=(",", ":"))


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
