"""Reads SLEAP's .slp projects and its analysis .h5 files.

Frames count from 0. A pixel's centre is at 0, 0 in SLEAP and at 0.5, 0.5 here: half a pixel is added; a .slp of a
format before 1.1 has it already. In an analysis file an axis of its arrays is told by their attribute `dims`, or is
(track, xy, node, frame). A .slp's own annotations stand for predictions of the same person and frame.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from core.files.hdf5 import Hdf5Object, read_hdf5
from core.files.unusable import Unusable
from core.formats.keypoints.annotators.frame_rows import read_rows
from core.formats.keypoints.annotators.named_people import MAX_NAMES
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.numbered_photos import NumberedPhotos
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PEOPLE, Import, Report

FORMAT = "SLEAP"
HALF_PIXEL = 0.5
MOST_POINTS = 10_000_000
_ANALYSIS = ("tracks", "node_names", "track_names", "point_scores")
_PROJECT = ("metadata", "frames", "instances", "points", "pred_points", "tracks_json")
_AXES = ("track", "xy", "node", "frame")
_AXIS_WORDS = {"tracks": "track", "xy": "xy", "nodes": "node", "frames": "frame", "space": "xy"}
_CENTRES_AT_ZERO = 1.1  # the first format whose pixel centres are at 0, 0
_PREDICTED = 1  # instance_type


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
    found = read_hdf5(path, {*_ANALYSIS, *_PROJECT})
    numbered = NumberedPhotos(
        PhotoFolder(photos or path.parent, report), path.name.split(".")[0], first_frame
    )
    try:
        if "node_names" in found:
            names, frames, identities, rows = _analysis(found, report)
        else:
            names, frames, identities, rows = _project(found, report)
    except Unusable as reason:
        raise report.error(str(reason), "Export it from SLEAP again, as .slp or analysis HDF5.") from reason
    return read_rows(report, numbered, names, layout_name, frames, identities, rows)


Rows = tuple[tuple[str, ...], list[int], list[Any], np.ndarray]


def _analysis(found: dict[str, Hdf5Object], report: Report) -> Rows:
    """Names, frames, tracks and rows of an analysis file. Raises Unusable."""
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
    return (
        names,
        [frame for _ in range(count) for frame in range(frames)],
        [identity for identity in identities for _ in range(frames)],
        rows.reshape(-1, nodes, 3),
    )


def _ordered(found: dict[str, Hdf5Object], name: str, axes: tuple[str, ...]) -> np.ndarray:
    """A numeric array with its axes in this order. Raises Unusable."""
    array = found[name].array if name in found else None
    if array is None or array.ndim != len(axes) or array.dtype.kind not in "fiu":
        raise Unusable(f"its '{name}' is no array of {len(axes)} axes")
    dims = found[name].attributes.get("dims")
    if dims is not None and dims.size == 1:
        try:
            words = json.loads(_text(dims.reshape(-1)[0]))
            order = [_AXIS_WORDS.get(word, word.removesuffix("s")) for word in words]
            array = array.transpose([order.index(axis) for axis in axes])
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise Unusable(f"the axes of its '{name}' are not known") from error
    return array.astype(np.float64)


def _project(found: dict[str, Hdf5Object], report: Report) -> Rows:
    """Names, frames, tracks and rows of a .slp. Raises Unusable."""
    metadata = found["metadata"].attributes if "metadata" in found else {}
    names = _skeleton_names(metadata)
    frames = _records(found, "frames", ("frame_id", "video", "frame_idx"))
    parts = ("instance_type", "frame_id", "track", "point_id_start", "point_id_end")
    instances = _records(found, "instances", parts)
    if len(instances) > MAX_PEOPLE:
        raise report.error(f"more than {MAX_PEOPLE} people", "Export it in parts.")
    points = {name: _points(found, name) for name in ("points", "pred_points")}
    version = metadata.get("format_id")
    old = (
        version is not None
        and version.dtype.kind in "fiu"
        and version.size == 1
        and version.item() < _CENTRES_AT_ZERO
    )
    shift = np.array([0.0, 0.0, 0.0] if old else [HALF_PIXEL, HALF_PIXEL, 0.0])
    numbers = dict(zip(frames["frame_id"].tolist(), frames["frame_idx"].tolist(), strict=True))
    videos = dict(zip(frames["frame_id"].tolist(), frames["video"].tolist(), strict=True))
    tracks, video = _track_names(found), min(videos.values(), default=0)
    chosen: dict[tuple[Any, ...], tuple[int, Any, np.ndarray, bool]] = {}
    for place, (kind, frame, track, start, end) in enumerate(
        zip(*(instances[p].tolist() for p in parts), strict=True)
    ):
        record = f"instance {place}"
        with report.record(record):
            rows = points["pred_points" if kind == _PREDICTED else "points"][max(start, 0) : max(end, 0)]
            if len(rows) != len(names) or frame not in numbers:
                raise Unusable("its points or its frame are not there")
            if videos[frame] != video:
                raise Unusable("it is of another video; the first one is read")
            key = (frame, track) if track >= 0 else (frame, track, place)
            if key in chosen and not chosen[key][3]:
                continue
            identity = tracks.get(track, track if track >= 0 else None)
            chosen[key] = int(numbers[frame]), identity, rows + shift, kind == _PREDICTED
    each = list(chosen.values())
    rows = np.stack([one[2] for one in each]) if each else np.zeros((0, len(names), 3))
    return names, [one[0] for one in each], [one[1] for one in each], rows


def _records(found: dict[str, Hdf5Object], name: str, parts: tuple[str, ...]) -> np.ndarray:
    array = found[name].array if name in found else None
    if array is None or array.ndim != 1 or not set(parts) <= set(array.dtype.names or ()):
        raise Unusable(f"its '{name}' is no table with {', '.join(parts)}")
    if any(array.dtype[part].kind not in "iu" for part in parts):
        raise Unusable(f"its '{name}' does not hold whole numbers")
    return array


def _points(found: dict[str, Hdf5Object], name: str) -> np.ndarray:
    """Rows (N, 3) = x, y, confidence; invisible points are nan."""
    array = found[name].array if name in found else None
    if array is None or array.ndim != 1 or not {"x", "y", "visible"} <= set(array.dtype.names or ()):
        return np.zeros((0, 3))
    score = np.asarray(array["score"] if "score" in (array.dtype.names or ()) else np.ones(len(array)))
    columns = [array["x"], array["y"], score]
    if any(column.dtype.kind not in "fiu" for column in columns):
        return np.zeros((0, 3))
    rows = np.column_stack([column.astype(np.float64) for column in columns])
    rows[array["visible"] == 0] = np.nan
    return rows


def _skeleton_names(metadata: dict[str, np.ndarray]) -> tuple[str, ...]:
    """The names of the first skeleton's nodes, whose ids are places in the list of all nodes. Raises Unusable."""
    text = metadata.get("json")
    try:
        document = {} if text is None or text.size != 1 else json.loads(_text(text.reshape(-1)[0]))
        nodes, skeleton = document["nodes"], document["skeletons"][0]["nodes"]
        names = tuple(str(nodes[node["id"]]["name"])[:64] for node in skeleton[:MAX_NAMES])
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise Unusable("its metadata name no skeleton") from error
    if not names:
        raise Unusable("its skeleton has no nodes")
    return names


def _track_names(found: dict[str, Hdf5Object]) -> dict[int, str]:
    """By number; a track is [spawned on, name]."""
    names = {}
    array = found["tracks_json"].array if "tracks_json" in found else None
    for place, text in enumerate(array.reshape(-1)[:MAX_PEOPLE].tolist() if array is not None else ()):
        try:
            names[place] = str(json.loads(_text(text))[1])[:64]
        except (ValueError, TypeError, KeyError, IndexError, RecursionError):
            continue
    return names


def _texts(found: dict[str, Hdf5Object], name: str) -> tuple[str, ...]:
    array = found[name].array
    if array is None or array.dtype.kind not in "SO" or array.size > MAX_NAMES:
        raise Unusable(f"its '{name}' are not texts")
    return tuple(_text(text)[:64] for text in array.reshape(-1).tolist())


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
