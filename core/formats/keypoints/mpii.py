"""Reads MPII Human Pose's own annotations (.mat).

Keypoints are RELEASE.annolist[].annorect[].annopoints.point[] {x, y, id, is_visible}. Public readers agree on this
structure. It was not checked against the original file, and every import notes that. objpos and scale give the bbox
(side = 200 * scale px). is_visible 0 marks an occluded keypoint.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from core.files.mat import read_mat
from core.files.untrusted import finite, number
from core.files.unusable import Unusable
from core.formats.layouts.layout_choice import fixed_layout
from core.formats.shared import people
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PHOTOS, Import, Report
from core.records import BBox, Keypoints, Person, Photo

FORMAT = "MPII annotations"
LAYOUT = "mpii16"
KEYPOINTS = 16


def recognise(seen: Glimpse) -> int:
    """By its variable."""
    return SURE if "RELEASE" in seen.variables else NO


def read(path: Path, photos: Path | None = None, layout_name: str | None = None) -> Import:
    """Read photos and people. Missing photos are left out: the format holds no sizes.

    layout_name: another layout of as many keypoints. Raises ReadError, and LayoutError for an unknown layout_name.
    """
    report = Report(path, FORMAT)
    chosen = fixed_layout(report, LAYOUT, layout_name)
    release = _first(read_mat(path).get("RELEASE"))
    annolist = release.get("annolist") if release else None
    if not isinstance(annolist, list):
        raise report.error("no RELEASE.annolist", "Choose mpii_human_pose_v1_u12_1.mat.")
    if len(annolist) > MAX_PHOTOS:
        raise report.error(f"more than {MAX_PHOTOS} photos", "Split the file.")
    report.note(
        "MPII's structure is read as public code describes it; it was not checked against the original file"
    )
    folder = PhotoFolder(photos or path.parent, report)
    found: dict[str, Photo] = {}
    for index, entry in enumerate(annolist):
        record = f"annolist {index}"
        with report.record(record):
            image = _first(entry.get("image")) if isinstance(entry, dict) else None
            relative = folder.relative(image.get("name") if image else None)
            if relative in found:
                raise Unusable("its photo was named before in this file")
            persons = _read_people(entry.get("annorect"), record, chosen, report)
            if persons:
                found[relative] = Photo(relative, *folder.known_size(relative), tuple(persons))
    return report.done(found.values())


def _read_people(rects: Any, record: str, chosen: str, report: Report) -> list[Person]:
    persons: list[Person] = []
    for index, rect in enumerate(rects if isinstance(rects, list) else []):
        name = f"{record}, annorect {index}"
        report.count_people()
        with report.record(name):
            points = _first(rect.get("annopoints")) if isinstance(rect, dict) else None
            if points is None:
                raise Unusable("it has no keypoints (a test photo, or only a head)")
            keypoints = _keypoints(points.get("point"), name, chosen, report)
            persons.append(people.person(index, _box(rect, keypoints, name, report), keypoints))
    return persons


def _keypoints(points: Any, record: str, chosen: str, report: Report) -> Keypoints:
    array, occluded = np.zeros((KEYPOINTS, 3)), np.zeros(KEYPOINTS, dtype=bool)
    for point in points if isinstance(points, list) else []:
        if not isinstance(point, dict):
            raise Unusable("its keypoints are not structures of x, y and id")
        place = number(point.get("id"))
        if place != int(place) or not 0 <= place < KEYPOINTS:
            raise Unusable(f"a keypoint's id is not one of 0 to {KEYPOINTS - 1}")
        array[int(place)] = number(point.get("x")), number(point.get("y")), 1
        occluded[int(place)] = _is_zero(point.get("is_visible"))
    return people.make_keypoints(chosen, array, report, record, occluded)


def _box(rect: dict[str, Any], keypoints: Keypoints, record: str, report: Report) -> BBox:
    position = _first(rect.get("objpos"))
    try:
        if position is None:
            raise Unusable("it has no objpos")
        center = np.array([number(position.get("x")), number(position.get("y"))])
        return people.box_from_center(center, number(rect.get("scale")))
    except Unusable as problem:
        box = people.box_round(keypoints)
        report.leave_out(f"{record}, box", f"{problem}; computed from the keypoints instead")
        return box


def _first(value: Any) -> dict[str, Any] | None:
    """The structure in a 1×1 array of structures, else None."""
    return value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else None


def _is_zero(value: Any) -> bool:
    """True for zero as a number or as text: is_visible is a number, text or empty, depending on the photo."""
    if isinstance(value, np.ndarray):
        return value.size == 1 and bool((finite(value) == 0).all())
    return value == "0"
