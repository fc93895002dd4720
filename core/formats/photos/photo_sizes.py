"""Compares the sizes of photos in a file with those of the photos themselves: one step after every reader.

A photo that was resized takes its people along. One whose width and height are swapped was turned by Exif: its people
are turned too, if they refer to the sensor's picture. People of a photo of quite another size are left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.formats.keypoints.coco_origin import without_people
from core.formats.photos.moved_people import moved
from core.formats.photos.sensor_frame import agreed, by_place, by_posture
from core.formats.shared.report import Import, Report
from core.geometry.image import one_ratio
from core.geometry.image_header import ImageHeader
from core.geometry.orientation import LYING_DOWN, UPRIGHT, sensor_to_shown
from core.records import Photo

SURE_VOTES = 3  # people that must agree before photos of the same shape are turned because of the others
RESIZED = "photos of another size than in the file, whose people are scaled"
TURNED = "photos whose people are turned, as the file refers to the picture before Exif turns it"
SWAPPED = (
    "photos whose width and height are swapped in the file, but not their people: only the size is mended"
)
UNSURE = "photos that Exif turns upside down or mirrors; their people are taken as the photo is shown"
Size = tuple[int, int]


@dataclass(frozen=True, eq=False)
class _Pair:
    """A photo as the file has it, and as it is."""

    photo: Photo
    header: ImageHeader

    @property
    def size(self) -> Size:
        return self.header[:2]

    @property
    def is_equal(self) -> bool:
        return (self.photo.width, self.photo.height) == self.size

    @property
    def is_scaled(self) -> bool:
        return one_ratio((self.photo.width, self.photo.height), self.size)

    @property
    def is_swapped(self) -> bool:
        """Whether width and height of the file are those of the photo swapped."""
        return not self.is_scaled and one_ratio((self.photo.height, self.photo.width), self.size)


def as_in_photos(found: Import, header_of: Callable[[str], ImageHeader | None]) -> Import:
    """The people in the pixels of their photos. header_of: of a path in `found`; None for a missing photo."""
    report = Report(Path(), found.format)
    headers = [header_of(photo.path) for photo in found.photos]
    pairs = [
        None if header is None else _Pair(p, header) for p, header in zip(found.photos, headers, strict=True)
    ]
    sensor, is_sure = _is_sensor(pair for pair in pairs if pair is not None and pair.is_swapped)
    photos: list[Photo] = []
    notes: dict[str, list[str]] = defaultdict(list)
    for photo, pair in zip(found.photos, pairs, strict=True):
        done, note = (
            (photo, "") if pair is None else _in_photo(pair, sensor, bool(sensor and is_sure), report)
        )
        photos.append(without_people(photo, done))
        if note:
            notes[note].append(photo.path)
    told = (f"{note}: {len(paths)}; {paths[0]}" for note, paths in notes.items())
    left_out = report.done(()).left_out
    return replace(
        found, photos=tuple(photos), notes=(*found.notes, *told), left_out=(*found.left_out, *left_out)
    )


def _is_sensor(swapped: Iterable[_Pair]) -> tuple[bool | None, bool]:
    """Whether the file's keypoints refer to the sensor's pictures, None if nothing tells; and whether that is sure."""
    pairs = list(swapped)
    places = [by_place(pair.photo) for pair in pairs]
    by_places = agreed(places.count(True), places.count(False))
    if by_places is not None:
        return by_places, True
    votes = by_posture((pair.photo, pair.header.orientation) for pair in pairs)
    return agreed(*votes), sum(votes) >= SURE_VOTES


def _in_photo(pair: _Pair, sensor: bool | None, turns_all: bool, report: Report) -> tuple[Photo, str]:
    """The photo in its own size, and the note for its kind. sensor: whether the file refers to the sensor's pictures;
    turns_all: also where the size does not show it."""
    photo, orientation = pair.photo, pair.header.orientation
    if not photo.people and not pair.is_equal:
        return _emptied(pair), ""
    if pair.is_equal:
        if orientation in (UPRIGHT, *LYING_DOWN) or not photo.people:
            return photo, ""
        return (_turned(pair, report), TURNED) if turns_all else (photo, UNSURE)
    if pair.is_scaled:
        words = f"{RESIZED} ({photo.width} × {photo.height} there, {pair.size[0]} × {pair.size[1]} here)"
        return _scaled(photo, pair.size, report), words
    own = by_place(photo) if pair.is_swapped else None
    refers = sensor if own is None else own
    if pair.is_swapped and refers and orientation in LYING_DOWN:
        return _turned(pair, report), TURNED
    if pair.is_swapped and refers is False:
        return _scaled(photo.with_(width=photo.height, height=photo.width), pair.size, report), SWAPPED
    count = len(photo.people)
    report.leave_out(f"{photo.path}, {'1 person' if count == 1 else f'{count} people'}", _why(pair))
    return _emptied(pair), ""


def _emptied(pair: _Pair) -> Photo:
    """The photo in its own size without people; its camera was of another picture unless it was resized."""
    photo = pair.photo.with_(people=())
    if pair.is_scaled:
        return moved(photo, _scaling((photo.width, photo.height), pair.size), pair.size, Report(Path(), ""))
    return photo.with_(width=pair.size[0], height=pair.size[1], focal_length=None, camera_center=None)


def _scaled(photo: Photo, size: Size, report: Report) -> Photo:
    return moved(photo, _scaling((photo.width, photo.height), size), size, report)


def _turned(pair: _Pair, report: Report) -> Photo:
    photo, orientation = pair.photo, pair.header.orientation
    turn = sensor_to_shown(orientation, photo.width, photo.height)
    shown = (photo.height, photo.width) if orientation in LYING_DOWN else (photo.width, photo.height)
    return moved(photo, _scaling(shown, pair.size)[:, :2] @ turn, pair.size, report)


def _why(pair: _Pair) -> str:
    photo = pair.photo
    sizes = f"the file says {photo.width} × {photo.height} px, but the photo has {pair.size[0]} × {pair.size[1]} px"
    if pair.is_swapped:
        return f"{sizes}, and nothing tells how its keypoints lie; save the photo upright, and export the people again"
    return f"{sizes}, which is no resizing; choose the photos that the people were marked in"


def _scaling(before: Size, after: Size) -> np.ndarray:
    """The affine (2, 3) from a photo's pixels to those of the resized photo."""
    return np.column_stack([np.diag([after[0] / before[0], after[1] / before[1]]), np.zeros(2)])
