"""People of files that hold arrays: one row of keypoints for each person and frame."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from core.formats.keypoints.annotators.named_people import match_names
from core.formats.shared import people
from core.formats.shared.gathered_photos import GatheredPhotos, Tracks
from core.formats.shared.numbered_photos import NumberedPhotos
from core.formats.shared.report import Import, Report

Frame = int | str  # its number, counted from 0, or the name of the photo


def read_rows(
    report: Report,
    numbered: NumberedPhotos,
    names: Sequence[str],
    layout_name: str | None,
    frames: Sequence[Frame],
    identities: Sequence[Hashable],
    rows: np.ndarray,
) -> Import:
    """The people of rows (N, len(names), 3) = x, y [px], confidence, each with its frame and identity (N).

    A point that is not finite is absent, and so is a person without points. Raises ReadError, and Undecided for
    unknown names.
    """
    present = np.isfinite(rows).all(axis=2) & (rows[..., 2] > 0)
    there = np.flatnonzero(present.any(axis=1)).tolist()
    report.count_people(len(there))
    gathered, tracks = GatheredPhotos(report), Tracks()
    if not there:
        return gathered.done()
    matched = match_names(names, layout_name, report)
    numbered.align({frame for frame in frames if isinstance(frame, int)}, 0, report)
    missing: list[int] = []
    for index in there:
        frame = frames[index]
        if isinstance(frame, int) and not numbered.holds(frame):
            missing.append(frame)
            continue
        record = f"frame {frame}" if identities[index] is None else f"frame {frame}, {identities[index]}"
        with report.record(record):
            relative = numbered.frame(frame) if isinstance(frame, int) else numbered.folder.relative(frame)
            gathered.add_photo(relative, numbered.folder.known_size(relative))
            values = np.where(present[index, :, None], rows[index], 0)
            values[:, 2] = values[:, 2].clip(0, 1)
            keypoints = people.make_keypoints(matched.layout, matched.pick(values), report, record)
            gathered.add(relative, keypoints, people.box_round(keypoints), tracks.take(identities[index]))
    if missing:
        report.leave_out(f"{len(missing)} people from frame {missing[0]} on", numbered.missing)
    return gathered.done()
