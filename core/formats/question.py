"""A question that a file leaves open, with what each answer would make of it: to be shown, answered and read again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.errors import FitloopError, ImageError, Undecided, Way
from core.formats.exchange import read_file
from core.formats.format_row import Beside
from core.formats.shared.report import Import
from core.geometry.image import apply_affine, crop_affine, read_image, warp
from core.records import Keypoints

LOOK_PX = 220
_MOST_LOOKS = 6
MOST_LOOK_BYTES = 32 * 2**20  # of a file that is read anew for each look, some seconds in all
_LAYOUT = "layout_name"


@dataclass(frozen=True, eq=False)
class Look:
    """The first person of a file as one answer reads it. picture (LOOK_PX, LOOK_PX, 3) of the photo; keypoints [px] in
    it."""

    picture: np.ndarray
    keypoints: Keypoints


@dataclass(frozen=True, eq=False)
class Question:
    """problem: in words; option: the field of Beside that the answer is for; ways: the answers; looks: of answers."""

    problem: str
    option: str
    ways: tuple[Way, ...]
    looks: Mapping[str, Look]


def question_of(undecided: Undecided, path: Path, beside: Beside, with_looks: bool = True) -> Question:
    """The question, for layouts with a look at the first person by each of the first answers: the file is read anew.
    A file beyond MOST_LOOK_BYTES gets no look."""
    looks = {}
    is_small = not path.is_file() or path.stat().st_size <= MOST_LOOK_BYTES
    if with_looks and is_small and undecided.option == _LAYOUT:
        for way in undecided.ways[:_MOST_LOOKS]:
            look = _look(path, replace(beside, layout_name=way.value))
            if look is not None:
                looks[way.value] = look
    return Question(undecided.problem, undecided.option, undecided.ways, looks)


def _look(path: Path, beside: Beside) -> Look | None:
    try:
        return _first(read_file(path, beside))
    except FitloopError:
        return None


def _first(found: Import) -> Look | None:
    """The first person; grey where the photo is not there."""
    for photo in found.photos:
        for person in photo.people[:1]:
            affine = crop_affine(person.bbox, LOOK_PX)
            try:
                picture = warp(read_image(found.root / photo.path), affine, LOOK_PX)
            except (ImageError, OSError):
                picture = np.full((LOOK_PX, LOOK_PX, 3), 96, np.uint8)
            xy = apply_affine(affine, person.keypoints.xy)
            return Look(np.ascontiguousarray(picture), replace(person.keypoints, xy=xy))
    return None
