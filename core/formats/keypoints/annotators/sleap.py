"""Reads SLEAP's .slp projects and its analysis .h5 files.

Frames count from 0. A pixel's centre is at 0, 0 in SLEAP and at 0.5, 0.5 here: half a pixel is added. In an analysis
file an axis of its arrays is told by their attribute `dims`, or is (track, xy, node, frame).
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from core.files.hdf5 import Hdf5Object, read_hdf5
from core.files.unusable import Unusable
from core.formats.keypoints.annotators.frame_rows import FrameRows, read_rows
from core.formats.keypoints.annotators.named_people import MAX_NAMES
from core.formats.keypoints.annotators.sleap_project import HALF_PIXEL, PROJECT, project_rows, text_of
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.numbered_photos import NumberedPhotos
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PEOPLE, Import, Report

FORMAT = "SLEAP"
MOST_POINTS = 10_000_000
_ANALYSIS = ("tracks", "node_names", "track_names", "point_scores")
_AXES = ("track", "xy", "node", "frame")
_AXIS_WORDS = {"tracks": "track", "xy": "xy", "nodes": "node", "frames": "frame", "space": "xy"}


def recognise(seen: Glimpse) -> int:
    """HDF5 with SLEAP's names."""
    if seen.kind != "hdf5":
        return NO
    is_project = b"pred_points" in seen.data and b"instances" in seen.data
    return SURE if is_project or (b"node_names" in seen.data and b"tracks" in seen.data) else NO


def read(
    path: Path, photos: Path | None = None, layout_name: str | None = None, first_frame: int | None = None
) -> Import:
    """Read photos and people. photos: the folder of the video's frames. Raises ReadError, and LayoutError for an
    unknown layout_name."""
    report = Report(path, FORMAT)
    found = read_hdf5(path, {*_ANALYSIS, *PROJECT})
    folder = PhotoFolder(photos or path.parent, report)
    series, is_only = [path.name.split(".")[0]], False
    try:
        with np.errstate(invalid="ignore"):  # a NaN that signals is an absent point as any other
            if "node_names" in found:
                rows = _analysis(found, report)
            else:
                rows, videos = project_rows(found, report)
                series, is_only = videos or series, bool(videos)
    except Unusable as reason:
        raise report.error(str(reason), "Export it from SLEAP again, as .slp or analysis HDF5.") from reason
    numbered = [NumberedPhotos(folder, one, first_frame, is_only=is_only) for one in series]
    return read_rows(report, numbered, layout_name, rows)


def _analysis(found: dict[str, Hdf5Object], report: Report) -> FrameRows:
    """The people of an analysis file. Raises Unusable."""
    names = _texts(found, "node_names")
    tracks = _ordered(found, "tracks", _AXES)
    count, _, nodes, frames = tracks.shape
    if tracks.shape[1] != 2 or nodes != len(names):
        raise Unusable("its tracks do not have x and y of each node")
    if count * frames > MAX_PEOPLE or tracks.size > 2 * MOST_POINTS:
        raise report.error(f"more than {MAX_PEOPLE} people, or {MOST_POINTS} points", "Export it in parts.")
    scores = np.ones((count, nodes, frames))
    if "point_scores" in found:
        scores = np.nan_to_num(_ordered(found, "point_scores", ("track", "node", "frame")), nan=0.0)
        if scores.shape != (count, nodes, frames):
            raise Unusable("its scores do not belong to its tracks")
    rows = np.concatenate(
        [tracks.transpose(0, 3, 2, 1) + HALF_PIXEL, scores.transpose(0, 2, 1)[..., None]], axis=3
    )
    named = _texts(found, "track_names") if "track_names" in found else ()
    identities = [named[track] if track < len(named) else track for track in range(count)]
    return FrameRows(
        names,
        [frame for _ in range(count) for frame in range(frames)],
        [identity for identity in identities for _ in range(frames)],
        rows.reshape(-1, nodes, 3),
        [0] * (count * frames),
    )


def _ordered(found: dict[str, Hdf5Object], name: str, axes: tuple[str, ...]) -> np.ndarray:
    """A numeric array with its axes in this order. Raises Unusable."""
    array = found[name].array if name in found else None
    if array is None or array.ndim != len(axes) or array.dtype.kind not in "fiu":
        raise Unusable(f"its '{name}' is no array of {len(axes)} axes")
    dims = found[name].attributes.get("dims")
    if dims is not None and dims.size == 1:
        try:
            words = json.loads(text_of(dims.reshape(-1)[0]))
            order = [_AXIS_WORDS.get(word, word.removesuffix("s")) for word in words]
            array = array.transpose([order.index(axis) for axis in axes])
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise Unusable(f"the axes of its '{name}' are not known") from error
    return array.astype(np.float64)


def _texts(found: dict[str, Hdf5Object], name: str) -> tuple[str, ...]:
    array = found[name].array
    if array is None or array.dtype.kind not in "SO" or array.size > MAX_NAMES:
        raise Unusable(f"its '{name}' are not texts")
    return tuple(text_of(text)[:64] for text in array.reshape(-1).tolist())
