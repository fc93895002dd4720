"""People of files that hold arrays: one row of keypoints for each person and frame."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from core.formats.keypoints.annotators.named_people import match_names
from core.formats.shared import people
from core.formats.shared.gathered_photos import GatheredPhotos, Tracks
from core.formats.shared.numbered_photos import NumberedPhotos
from core.formats.shared.report import Import, Report

_AT_ONCE = 2000  # people whose records are made together
Frame = int | str  # its number, counted from 0, or the name of the photo


@dataclass(frozen=True, eq=False)
class FrameRows:
    """names of K keypoints; of N people rows (N, K, 3) = x, y [px], confidence, the frame, the identity, and the place
    of its video among those that the file is of."""

    names: tuple[str, ...]
    frames: Sequence[Frame]
    identities: Sequence[Hashable]
    rows: np.ndarray
    videos: Sequence[int]


def read_rows(
    report: Report, numbered: Sequence[NumberedPhotos], layout_name: str | None, found: FrameRows
) -> Import:
    """The people of rows. numbered: the photos of each video. The same identity in two videos is two tracks.

    A point that is not finite is absent, and so is a person without points. Raises ReadError, and Undecided for
    unknown names.
    """
    frames, rows, identities = found.frames, found.rows, found.identities
    present = np.isfinite(rows).all(axis=2) & (rows[..., 2] > 0)
    there = np.flatnonzero(present.any(axis=1)).tolist()
    report.count_people(len(there))
    gathered, tracks = GatheredPhotos(report), Tracks()
    if not there:
        return gathered.done()
    matched = match_names(found.names, layout_name, report)
    own: list[set[int]] = [set() for _ in numbered]
    for index in there:
        if isinstance(frame := frames[index], int):
            own[found.videos[index]].add(frame)
    for photos, numbers in zip(numbered, own, strict=True):
        photos.align(numbers, 0, report)
    missing: list[list[int]] = [[] for _ in numbered]
    for start in range(0, len(there), _AT_ONCE):
        part = there[start : start + _AT_ONCE]
        records = [_record(frames[index], identities[index]) for index in part]
        values = np.where(present[part][..., None], rows[part], 0)
        values[..., 2] = values[..., 2].clip(0, 1)
        array = matched.pick_all(values)
        hidden = np.zeros(array.shape[:2], bool)
        each = people.keypoints_of_all(matched.layout, array, report, records, hidden)
        for index, record, keypoints in zip(part, records, each, strict=True):
            frame, photos = frames[index], numbered[found.videos[index]]
            if isinstance(frame, int) and not photos.holds(frame):
                missing[found.videos[index]].append(frame)
                continue
            with report.record(record):
                relative = photos.frame(frame) if isinstance(frame, int) else photos.folder.relative(frame)
                gathered.add_photo(relative, photos.folder.known_size(relative))
                track = tracks.take(identities[index], photos.series)
                gathered.add(relative, keypoints, people.box_round(keypoints), track)
    for photos, lacking in zip(numbered, missing, strict=True):
        if lacking:
            of = f" of {photos.series}" if len(numbered) > 1 else ""
            report.leave_out(f"{len(lacking)} people from frame {lacking[0]}{of} on", photos.missing)
    return gathered.done()


def _record(frame: Frame, identity: Hashable) -> str:
    return f"frame {frame}" if identity is None else f"frame {frame}, {identity}"
