"""Reads labelme's and X-AnyLabeling's JSON, one file a photo: points, and rectangles round people.

Shapes with one group_id are one person. Points without a group belong to the only rectangle, or to the only person
where there is none. X-AnyLabeling marks occluded points as `difficult`.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from core.errors import ReadError
from core.files.untrusted import finite, point, read_json
from core.files.unusable import Unusable
from core.formats.keypoints.annotators.named_people import NamedPeople, NamedPerson, PlacedPoint
from core.formats.shared.gathered_photos import json_files, photo_size
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import Import, Report

FORMAT = "labelme"
Group = int | str | None


def recognise(seen: Glimpse) -> int:
    """By its words; a folder by its first file."""
    return SURE if seen.first_json.has_keys("shapes", "imagePath") else NO


def read(path: Path, photos: Path | None = None, layout_name: str | None = None) -> Import:
    """Read a file, or a folder of them. Raises ReadError, and LayoutError for an unknown layout_name."""
    report = Report(path, FORMAT)
    folder = PhotoFolder(photos or (path if path.is_dir() else path.parent), report)
    found = NamedPeople(report, layout_name)
    for file in json_files(path):
        try:
            data = read_json(file)
        except ReadError as error:
            if file == path:
                raise
            report.leave_out(file.name, str(error))
            continue
        if not isinstance(data, dict) or not isinstance(data.get("shapes"), list):
            if file == path:
                raise report.error("no list 'shapes'", "Choose a file that labelme saved.")
            report.leave_out(file.name, "it has no list 'shapes'")
            continue
        with report.record(file.name):
            relative = folder.relative(data.get("imagePath"))
            size = photo_size(data.get("imageWidth"), data.get("imageHeight"), relative, folder)
            found.add_photo(relative, size)
            _read_shapes(data["shapes"], relative, file.name, found, report)
    return found.done()


def _read_shapes(shapes: list[Any], relative: str, name: str, found: NamedPeople, report: Report) -> None:
    """The people of one photo."""
    points: dict[Group, dict[str, PlacedPoint]] = defaultdict(dict)
    boxes: dict[Group, list[list[float]]] = defaultdict(list)
    for index, shape in enumerate(shapes):
        record = f"{name}, shape {index}"
        with report.record(record):
            kind = shape.get("shape_type") if isinstance(shape, dict) else None
            group = _group(shape)
            if kind == "point":
                _add_point(points[group], shape)
            elif kind == "rectangle":
                boxes[group].append(_xywh(shape.get("points")))
            else:
                raise Unusable("only points and rectangles are read")
    if None in points and len(boxes) == 1 and (len(points) == 1 or None in boxes):
        only = next(iter(boxes))
        points[only] = {**points.pop(None), **points.get(only, {})} if only is not None else points[None]
    report.count_people(len(points))
    for group, placed in points.items():
        record = f"{name}, person {group}" if group is not None else f"{name}, points without a group"
        with report.record(record):
            own = boxes.get(group, [])
            if group is None and len(own) > 1:
                raise Unusable(
                    "several rectangles have no group_id, so the points may be anybody's; group them"
                )
            found.add(NamedPerson(relative, record, placed, own[0] if own else None))


def _add_point(placed: dict[str, PlacedPoint], shape: dict[str, Any]) -> None:
    label = shape.get("label")
    if not isinstance(label, str) or not label:
        raise Unusable("the point has no label")
    label = label[:64]
    if label in placed:
        raise Unusable(f"the person has two points '{label}'; the first is read. Give each person a group_id")
    points = shape.get("points")
    x, y = point(points[0] if isinstance(points, list) and len(points) == 1 else None)
    placed[label] = PlacedPoint(x, y, occluded=shape.get("difficult") is True)


def _group(shape: Any) -> Group:
    group = shape.get("group_id") if isinstance(shape, dict) else None
    return group if isinstance(group, (int, str)) and not isinstance(group, bool) else None


def _xywh(corners: Any) -> list[float]:
    """Left, top, width, height of two or four corners (N, 2) [px]. Raises Unusable."""
    array = finite(corners, -1, 2)
    if len(array) not in (2, 4):
        raise Unusable("a rectangle has two or four corners")
    low, high = array.min(axis=0), array.max(axis=0)
    return [*low.tolist(), *(high - low).tolist()]
