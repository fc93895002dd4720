"""Whether the boxes of a COCO file are left, top, right, bottom, as some scripts write them, in place of width and
height. No box of COCO reaches beyond its photo; read the wrong way, most of them do."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from core.files.untrusted import finite
from core.files.unusable import Unusable
from core.formats.keypoints.coco_people import same_id
from core.formats.shared.report import Report

CORNERS = (
    "boxes are read as left, top, right, bottom: as left, top, width, height most reach beyond their photos"
)
_BEYOND = 0.05  # of the photo's side, that rounding and careless boxes do not reach
_MOST_BEYOND, _FEWEST_INSIDE = 0.5, 0.95  # shares of the boxes
_FEWEST = 3  # boxes
Size = tuple[int, int]


def told_corners(annotations: Iterable[Any], sizes: Mapping[Hashable, Size], report: Report) -> bool:
    """Whether the file's boxes are corners. sizes: width, height [px] by an image's id. The report is told."""
    count = beyond = inside = 0
    for annotation in annotations:
        box = annotation.get("bbox") if isinstance(annotation, dict) else None
        image = same_id(annotation.get("image_id"), sizes) if isinstance(box, list) else None
        if image is None:
            continue
        try:
            left, top, third, fourth = finite(box, 4).tolist()
        except Unusable:
            continue
        width, height = ((1 + _BEYOND) * side for side in sizes[image])
        count += 1
        beyond += left + third > width or top + fourth > height
        inside += left < third <= width and top < fourth <= height
    are_corners = count >= _FEWEST and beyond > _MOST_BEYOND * count and inside >= _FEWEST_INSIDE * count
    if are_corners:
        report.note(CORNERS)
    return are_corners


def as_xywh(box: Any) -> Any:
    """Left, top, width, height of corners; every other value as it is."""
    try:
        left, top, right, bottom = finite(box, 4).tolist()
    except Unusable:
        return box
    return [left, top, right - left, bottom - top] if right > left and bottom > top else box
