"""Reads the results of easy_ViTPose: {keypoints: [{id: [[y, x, score]]}], skeleton: {place: name}}.

y comes before x. The first list has one entry for a photo, which the file is named after, or one for each frame of a
video, from 0; ids are tracks in a video.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from core.files.untrusted import read_json
from core.files.unusable import Unusable
from core.formats.keypoints.detectors.detected import DetectedLayouts, rows_of
from core.formats.keypoints.detectors.mmpose import photo_stem
from core.formats.shared import people
from core.formats.shared.gathered_photos import GatheredPhotos, Tracks
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.numbered_photos import NumberedPhotos
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PHOTOS, Import, Report

FORMAT = "easy_ViTPose"
_START = re.compile(rb'[\s\xef\xbb\xbf]*\{\s*"(keypoints"\s*:\s*\[\s*[{\]]|skeleton"\s*:\s*[{\[])')


def recognise(seen: Glimpse) -> int:
    """A dictionary of two, each with a list or dictionary."""
    is_dictionary = seen.kind == "json" and _START.match(seen.data) is not None
    return SURE if is_dictionary and seen.has_keys("keypoints", "skeleton") else NO


def read(
    path: Path, photos: Path | None = None, layout_name: str | None = None, first_frame: int | None = None
) -> Import:
    """Read photos and people. Raises ReadError, and LayoutError for an unknown layout_name."""
    report = Report(path, FORMAT)
    data = read_json(path)
    frames = data.get("keypoints") if isinstance(data, dict) else None
    if not isinstance(frames, list):
        raise report.error("no list 'keypoints'", "Choose the file that easy_ViTPose saved.")
    if len(frames) > MAX_PHOTOS:
        raise report.error(f"more than {MAX_PHOTOS} frames", "Split the file and read the parts.")
    folder = PhotoFolder(photos or path.parent, report)
    numbered = NumberedPhotos(folder, photo_stem(path), first_frame)
    if len(frames) > 1:
        numbered.align(range(len(frames)), 0, report)
    gathered, tracks = GatheredPhotos(report), Tracks()
    layouts = DetectedLayouts(report, layout_name, _names(data.get("skeleton")))
    for index, frame in enumerate(frames):
        with report.record(f"frame {index}"):
            relative = numbered.frame(index) if len(frames) > 1 else folder.named(photo_stem(path))
            gathered.add_photo(relative, folder.known_size(relative))
            if not isinstance(frame, dict):
                raise Unusable("it is not a dictionary of people")
            report.count_people(len(frame))
            for id, points in frame.items():
                record = f"frame {index}, person {id[:32]}"
                with report.record(record):
                    keypoints = layouts.keypoints(_rows(points), record)
                    track = tracks.take(id) if len(frames) > 1 else None
                    gathered.add(relative, keypoints, people.box_round(keypoints), track)
    layouts.check(gathered.count)
    return gathered.done()


def _rows(points: Any) -> np.ndarray:
    """Rows x, y, score of y, x, score."""
    return rows_of(points)[:, [1, 0, 2]]


def _names(skeleton: Any) -> list[str]:
    """The names by place; empty without them."""
    if not isinstance(skeleton, (dict, list)) or not skeleton or len(skeleton) > 1000:
        return []
    names = skeleton if isinstance(skeleton, list) else [skeleton.get(str(i)) for i in range(len(skeleton))]
    texts = [name for name in names if isinstance(name, str)]
    return texts if len(texts) == len(names) else []
