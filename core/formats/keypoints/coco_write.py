"""Writes COCO keypoints JSON. People of a COCO file keep all that the file told of them, but for what was edited.

An occluded keypoint is v = 1; confidences other than 0 and 1 are written as `keypoint_scores`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.body.keypoints import convert
from core.errors import FitloopError
from core.files.json_parts import json_parts
from core.files.whole_file import whole_file
from core.formats.keypoints.coco_annotation import edited, made
from core.formats.keypoints.coco_header import CocoHeader, Id
from core.formats.keypoints.coco_origin import AnnotationOrigin, annotation_origin, image_origin
from core.formats.shared.moved_people import moved
from core.formats.shared.report import Export, LeftOut, Report
from core.records import Person, Photo


def write(
    path: Path, photos: Iterable[Photo], description: str = "", layout_written: str | None = None
) -> Export:
    """Write photos and people. Raises FitloopError and OSError.

    layout_written: of all keypoints, which are then one category, as pycocotools evaluates it; by default people keep
    their categories, and others get one per layout. The box written is the tight one, else the square without padding.
    """
    photos = tuple(photos)
    header = CocoHeader(dict.fromkeys(photo.document for photo in photos), description)
    writer = _Writer(photos, header, layout_written)
    # Annotations come before the categories: new ones are found while they are written.
    parts = {"images": writer.images(), "annotations": writer.annotations(), **{}}
    try:
        with whole_file(path) as stream:
            stream.writelines(json_parts(parts, header.written))
    except ValueError as error:
        raise FitloopError(f"{path.name}: a number of its photos or people is not finite ({error}).") from error
    return Export(writer.people, tuple(header.left_out))
