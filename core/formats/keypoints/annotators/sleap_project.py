"""A project of SLEAP, .slp: people by frame and video, of its own annotations before predictions of the same person.

Half a pixel is added to places, but in a format before 1.1, which has it already. A video is a file, whose frames are
numbers, or a list of photos.
"""

from __future__ import annotations

import json
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from core.files.hdf5 import Hdf5Object
from core.files.unusable import Unusable
from core.formats.keypoints.annotators.frame_rows import Frame, FrameRows
from core.formats.keypoints.annotators.named_people import MAX_NAMES
from core.formats.shared.report import MAX_PEOPLE, MAX_PHOTOS, Report

PROJECT = ("metadata", "frames", "instances", "points", "pred_points", "tracks_json", "videos_json")
HALF_PIXEL = 0.5
MAX_VIDEOS = 10_000
_CENTRES_AT_ZERO = 1.1  # the first format whose pixel centres are at 0, 0
_PREDICTED = 1  # instance_type


def project_rows(found: dict[str, Hdf5Object], report: Report) -> tuple[FrameRows, list[str]]:
    """The people of a .slp, and where it is of several videos the names of those that have some. Raises Unusable."""
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
    tracks, sources = _track_names(found), _videos(found, sorted(set(videos.values())))
    chosen: dict[tuple[Any, ...], _Instance] = {}
    for place, (kind, frame, track, start, end) in enumerate(
        zip(*(instances[p].tolist() for p in parts), strict=True)
    ):
        record = f"instance {place}"
        with report.record(record):
            rows = points["pred_points" if kind == _PREDICTED else "points"][max(start, 0) : max(end, 0)]
            if len(rows) != len(names) or frame not in numbers:
                raise Unusable("its points or its frame are not there")
            video = sources[videos[frame]]
            if isinstance(video, Unusable):
                raise video
            key = (frame, track) if track >= 0 else (frame, track, place)
            if key in chosen and not chosen[key].is_predicted:
                continue
            identity = tracks.get(track, track if track >= 0 else None)
            chosen[key] = _Instance(
                video.frame(int(numbers[frame])), identity, rows + shift, video.name, kind == _PREDICTED
            )
    found_rows, named = _frame_rows(names, list(chosen.values()))
    return found_rows, named if len(sources) > 1 else []


@dataclass(frozen=True, eq=False)
class _Instance:
    """One person in one frame. rows (K, 3) = x, y, confidence."""

    frame: Frame
    identity: Hashable
    rows: np.ndarray
    video: str
    is_predicted: bool


def _frame_rows(names: tuple[str, ...], each: list[_Instance]) -> tuple[FrameRows, list[str]]:
    """The people, and the names of their videos."""
    rows = np.stack([one.rows for one in each]) if each else np.zeros((0, len(names), 3))
    places: dict[str, int] = {}
    videos = [places.setdefault(one.video, len(places)) for one in each]
    frames, identities = [one.frame for one in each], [one.identity for one in each]
    return FrameRows(names, frames, identities, rows, videos), list(places)


@dataclass(frozen=True)
class _Video:
    """name: of the file without suffix; photos: the names of its frames, where it is a list of photos."""

    name: str
    photos: tuple[str, ...] = ()

    def frame(self, number: int) -> Frame:
        """The name of a frame's photo, else its number."""
        return self.photos[number] if 0 <= number < len(self.photos) else number


def _videos(found: dict[str, Hdf5Object], numbers: list[int]) -> dict[int, _Video | Unusable]:
    """The videos of these numbers. With one alone its name does not matter; of several with one name the first is
    read."""
    array = found["videos_json"].array if "videos_json" in found else None
    texts = array.reshape(-1)[:MAX_VIDEOS].tolist() if array is not None else []
    videos: dict[int, _Video | Unusable] = {}
    names: set[str] = set()
    for number in numbers:
        video = _video(texts[number]) if number < len(texts) else _Video("")
        if video.name in names or (not video.name and len(numbers) > 1):
            words = f"its video {number} has no name of its own"
            videos[number] = Unusable(f"{words}; name the videos differently, or export them one by one")
            continue
        names.add(video.name)
        videos[number] = video
    return videos


def _video(text: Any) -> _Video:
    """Of its JSON: {filename, backend: {filename or filenames}}; nameless where that is something else."""
    try:
        document = json.loads(text_of(text))
        backend = document.get("backend", {})
        photos = backend.get("filenames", document.get("filenames"))
        names = [photos[0]] if photos else [backend.get("filename"), document.get("filename")]
        name = next(one for one in names if isinstance(one, str) and one not in ("", "."))
        path = PurePosixPath(name.replace("\\", "/"))
        if photos:
            listed = tuple(one if isinstance(one, str) else "" for one in photos[:MAX_PHOTOS])
            return _Video(path.parent.name or path.stem, listed)
        return _Video(path.stem)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, StopIteration):
        return _Video("")


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
        document = {} if text is None or text.size != 1 else json.loads(text_of(text.reshape(-1)[0]))
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
            names[place] = str(json.loads(text_of(text))[1])[:64]
        except (ValueError, TypeError, KeyError, IndexError, RecursionError):
            continue
    return names


def text_of(value: Any) -> str:
    """A text of HDF5, which has bytes."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
