"""Types and sizes of what a row holds, checked when it is read: SQLite stores any type in any column."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Mapping
from typing import Any, get_args

from core.body.keypoints import layout as keypoint_layout
from core.records import Fit, Guess, Keypoints, Source

MOST_PIXELS = 10**7  # of a photo's side
FARTHEST_PX = 1e9  # of a box; numbers beyond overflow float32
MOST_TEXT = 2**20
MOST_PATH = 4096  # as POSIX has it
MOST_KEYPOINT_BYTES = 16 * 1000
MOST_BODY_BYTES = 4 * 2**20
MOST_ID = 2**62  # so that the next ids are still those of SQLite
SOURCES = get_args(Source)

Columns = Mapping[str, Any] | sqlite3.Row

PHOTO_TYPES = {
    "path": (str,),
    "width": (int,),
    "height": (int,),
    "origin": (str, None),
    "document": (str, None),
}
PERSON_TYPES = {
    "verdict": (str,),
    "locked": (int,),
    "tags": (str,),
    "note": (str,),
    "center_x": (float, int),
    "center_y": (float, int),
    "scale": (float, int),
    "layout": (str,),
    "keypoints": (bytes,),
    "original_layout": (str, None),
    "original_keypoints": (bytes, None),
    "guess": (bytes, None),
    "fit": (bytes, None),
    "alternatives": (bytes, None),
    "wishes": (str, None),
    "track": (int, None),
    "origin": (str, None),
    "box_width": (float, int, None),
    "box_height": (float, int, None),
    "trunk_x": (float, int, None),
    "trunk_y": (float, int, None),
}
SIZES = {
    "keypoints": MOST_KEYPOINT_BYTES,
    "original_keypoints": MOST_KEYPOINT_BYTES,
    "guess": MOST_BODY_BYTES,
    "fit": MOST_BODY_BYTES,
    "alternatives": MOST_BODY_BYTES,
    "tags": MOST_TEXT,
    "note": MOST_TEXT,
    "path": MOST_PATH,
    "wishes": MOST_TEXT,
}


def check_types(row: Columns, types: Mapping[str, tuple[type | None, ...]]) -> None:
    """Raises ValueError for a column of another type, or that is too long. Missing columns came later."""
    present = set(row.keys())
    for name, wanted in types.items():
        if name not in present:
            continue
        value = row[name]
        kind = None if value is None else type(value)
        if kind not in wanted:
            raise ValueError(f"its {name} is {_in_words(value)}")
        if name in SIZES and value is not None and len(value) > SIZES[name]:
            raise ValueError(f"its {name} has {len(value)} bytes")


def check_photo(row: Columns) -> None:
    """Raises ValueError for a row that no photo has."""
    check_types(row, PHOTO_TYPES)
    if not row["path"] or "\0" in row["path"]:
        raise ValueError("its path is none")
    if not (1 <= row["width"] <= MOST_PIXELS and 1 <= row["height"] <= MOST_PIXELS):
        raise ValueError(f"its size is {row['width']} × {row['height']} px")
    if row["focal_length"] is not None and not (_is_number(row["focal_length"]) and row["focal_length"] > 0):
        raise ValueError(f"its focal length is {_in_words(row['focal_length'])}")
    centre = row["center_x"], row["center_y"]
    if centre != (None, None) and not all(map(_is_number, centre)):
        raise ValueError("its camera's centre is no place")


def check_box(row: Columns) -> None:
    """Raises ValueError for a box that no photo has."""
    if not all(abs(row[name]) <= FARTHEST_PX for name in ("center_x", "center_y", "scale")):
        raise ValueError("its box is farther out than any photo")


def check_keypoints(keypoints: Keypoints) -> None:
    """Raises ValueError unless the keypoints are those of their layout."""
    if not keypoints.layout.isidentifier():  # it names a file of ours
        raise ValueError(f"no keypoint layout {keypoints.layout!r:.40}")
    count = len(keypoint_layout(keypoints.layout).keypoints)
    if keypoints.k != count:
        raise ValueError(f"{keypoints.k} keypoints, but layout '{keypoints.layout}' has {count}")


def check_body(record: Guess | Fit) -> None:
    """Raises ValueError for a body of other types: `Guess` and `Fit` check the numbers."""
    texts = [record.body, record.network if isinstance(record, Guess) else record.source]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("a body's names are no text")
    if isinstance(record, Fit) and (record.source not in SOURCES or not isinstance(record.weak, bool)):
        raise ValueError(f"a fit's source is {_in_words(record.source)}")
    if not (math.isfinite(record.kid) and 0 < record.focal_length < math.inf):
        raise ValueError("a body's focal length is not more than 0")


def light_number(value: object) -> float | None:
    """A finite number of a light row; None for anything else, as for a person without it."""
    return float(value) if _is_number(value) and math.isfinite(value) else None  # type: ignore[arg-type]


def light_tags(value: object) -> str:
    """The tags of a light row as JSON; none where they are none."""
    try:
        tags = json.loads(value) if isinstance(value, str) and len(value) <= MOST_TEXT else []
    except (ValueError, RecursionError):
        return "[]"
    fine = isinstance(tags, list) and all(isinstance(tag, str) for tag in tags)
    return str(value) if fine and tags else "[]"


def light_text(value: object) -> str:
    """The start of a text of a light row; '' for anything else."""
    return value[:MOST_TEXT] if isinstance(value, str) else ""


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def _in_words(value: object) -> str:
    if value is None:
        return "missing"
    kinds = {str: "text", bytes: "bytes", int: "a whole number", float: "a number"}
    return kinds.get(type(value), type(value).__name__)
