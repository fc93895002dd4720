"""Converts records to rows of the project file and back, bit for bit.

Arrays are raw little-endian float32. A body (guess or fit) is packed as two lengths, its scalars as JSON and
its arrays; several bodies are concatenated. Keypoints are (K, 4): x, y [px], confidence, occluded.
"""

from __future__ import annotations

import json
import math
import sqlite3
import struct
from collections.abc import Mapping
from functools import lru_cache
from itertools import combinations
from typing import Any, get_args

import numpy as np

from core.errors import FitloopError, ProjectError
from core.guesses import TEACHER, of_networks, of_one_network
from core.records import BBox, Fit, Guess, Keypoints, Person, Photo, Verdict
from core.store.project.documents import document_hash
from core.store.project.row_checks import (
    PERSON_TYPES,
    check_body,
    check_box,
    check_keypoints,
    check_photo,
    check_types,
)
from core.store.project.schema import Row, Value
from core.wishes import from_plain, to_plain

VERDICTS = get_args(Verdict)
PACKED = 4096  # records whose bytes are kept: a verdict, and its undo, write the same ones again
BODY_ARRAYS = (("pose", 72), ("betas", 10), ("cam_t", 3), ("camera_center", 2))
BODY_FLOATS = sum(size for _, size in BODY_ARRAYS)
_LENGTHS = struct.Struct("<II")
_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def photo_row(photo: Photo) -> Row:
    """A photo's columns, except the size and hash of its file."""
    center = photo.camera_center or (None, None)
    return {
        "path": photo.path,
        "width": int(photo.width),
        "height": int(photo.height),
        "focal_length": _optional_float(photo.focal_length),
        "center_x": _optional_float(center[0]),
        "center_y": _optional_float(center[1]),
        "origin": photo.origin or None,
        "document": document_hash(photo.document),
    }


def photo_from_row(
    row: Mapping[str, Any] | sqlite3.Row, people: tuple[Person, ...], document: str = ""
) -> Photo:
    """The photo of a row, with its people and the text of its document. Raises ProjectError if it holds no photo."""
    try:
        check_photo(row)
    except (ValueError, TypeError) as error:
        number = _later_column(row, "id")
        raise ProjectError(f"photo {number} cannot be read ({error}). Remove it from the project.") from error
    center = None if row["center_x"] is None else (row["center_x"], row["center_y"])
    origin = _later_column(row, "origin") or ""
    return Photo(
        row["path"], row["width"], row["height"], people, row["focal_length"], center, origin, document
    )


def person_row(person: Person, photo_id: int) -> Row:
    """A person's columns, except the derived ones. Raises ProjectError for an unknown verdict."""
    original, size = person.original_keypoints, person.bbox.size
    if person.verdict not in VERDICTS:
        raise ProjectError(
            f"person {person.id}: there is no verdict {person.verdict!r}. Use one of {VERDICTS}."
        )
    return {
        "photo_id": photo_id,
        "verdict": person.verdict,
        "locked": int(person.locked),
        "tags": _to_json(person.tags),
        "note": person.note,
        "center_x": float(person.bbox.center[0]),
        "center_y": float(person.bbox.center[1]),
        "scale": float(person.bbox.scale),
        "layout": person.keypoints.layout,
        "keypoints": _pack_keypoints(person.keypoints),
        "original_layout": original.layout if original else None,
        "original_keypoints": _pack_keypoints(original) if original else None,
        "guess": _pack_guess(person.guess) if person.guess else None,
        "fit": _pack_fit(person.fit) if person.fit else None,
        "alternatives": b"".join(map(_pack_fit, person.alternatives)) or None,
        "wishes": _to_json([to_plain(wish) for wish in person.wishes]) if person.wishes else None,
        "track": person.track,
        "origin": person.origin or None,
        "box_width": None if size is None else float(size[0]),
        "box_height": None if size is None else float(size[1]),
        "trunk_x": None if person.trunk is None else float(person.trunk[0]),
        "trunk_y": None if person.trunk is None else float(person.trunk[1]),
    }


def person_from_row(row: Mapping[str, Any] | sqlite3.Row) -> Person:
    """The person of a row. Raises ProjectError if the row holds no valid person."""
    try:
        with np.errstate(over="ignore"):  # a number too large for float32 becomes infinite; records refuse it
            return _person(row)
    except (TypeError, ValueError, KeyError, struct.error, RecursionError, FitloopError) as error:
        raise ProjectError(
            f"person {row['id']} cannot be read ({error}). Put back an earlier state of this person."
        ) from error


def _person(row: Mapping[str, Any] | sqlite3.Row) -> Person:
    check_types(row, PERSON_TYPES)
    check_box(row)
    original = row["original_keypoints"]
    guess, fit = row["guess"], row["fit"]
    tags = json.loads(row["tags"])
    if (
        row["verdict"] not in VERDICTS
        or not isinstance(tags, list)
        or not all(isinstance(one, str) for one in tags)
    ):
        raise ValueError("its verdict, note or tags are not valid")
    return Person(
        id=row["id"],
        bbox=_bbox(row),
        keypoints=_unpack_keypoints(row["layout"], row["keypoints"]),
        original_keypoints=None if original is None else _unpack_keypoints(row["original_layout"], original),
        guess=None if guess is None else _unpack_guess(_Reader(guess)),
        fit=None if fit is None else _unpack_fit(_Reader(fit)),
        alternatives=_unpack_fits(row["alternatives"] or b""),
        verdict=row["verdict"],
        locked=bool(row["locked"]),
        note=row["note"],
        tags=tuple(tags),
        wishes=tuple(from_plain(fields) for fields in json.loads(_later_column(row, "wishes") or "[]")),
        track=_later_column(row, "track"),
        trunk=_trunk(row),
        origin=_later_column(row, "origin") or "",
    )


def _trunk(row: Mapping[str, Any] | sqlite3.Row) -> tuple[float, float] | None:
    x, y = _later_column(row, "trunk_x"), _later_column(row, "trunk_y")
    if x is None or y is None:
        return None
    if not (math.isfinite(x) and math.isfinite(y)):
        raise ValueError("the mark of its trunk is not finite")
    return float(x), float(y)


def _bbox(row: Mapping[str, Any] | sqlite3.Row) -> BBox:
    size = _later_column(row, "box_width"), _later_column(row, "box_height")
    known = None if None in size else np.array(size)
    return BBox(np.array([row["center_x"], row["center_y"]]), row["scale"], known)


def _later_column(row: Mapping[str, Any] | sqlite3.Row, name: str) -> Any:
    """A column that a migration added; None for rows in changes that older versions stored, which lack it."""
    return row[name] if name in tuple(row.keys()) else None


def derived(person: Person, path: str, now: float) -> Row:
    """The columns that the queue sorts and filters by. path: the photo's; now: the time [s since 1970]."""
    fit = person.fit
    score = float(fit.score) if fit and math.isfinite(fit.score) else None
    return {
        "updated": now,
        "score": score,
        "disagreement": max(_disagreements(person), default=None),
        "text": "\n".join((path, person.note, *person.tags)).casefold(),
    }


def _disagreements(person: Person) -> list[float]:
    """Angles [rad] between guess and fit, and between each two networks' guesses.

    PoseNet3D's teacher is left out: it sees points, no turns of limbs about themselves, and has a warning of its own.
    """
    networks = [one for one in of_networks(person.guess) if one.network != TEACHER]
    found = [pose_angle(one.pose, other.pose) for one, other in combinations(networks, 2)]
    if person.guess is not None and person.fit is not None:
        found.append(disagreement(person.guess, person.fit))
    return found


def disagreement(guess: Guess, fit: Fit) -> float:
    """Mean angle [rad] between a fit and the guesses of one network, weighted by their probabilities.

    It finds bad fits better than the angle to the likeliest guess alone: with several likely bodies, a fit can be
    wrong in several ways (`python -m tests.benchmarks.choices.orders`).
    """
    guesses = of_one_network(guess)
    probability = np.nan_to_num([one.probability for one in guesses]).clip(min=1e-6)
    angles = [pose_angle(one.pose, fit.pose) for one in guesses]
    return float(np.average(angles, weights=probability))


def pose_angle(first: np.ndarray, second: np.ndarray) -> float:
    """Mean angle [rad] between the joints' rotations of two poses (72,). Uses quaternions, to avoid importing torch."""
    cosine = np.abs((_quaternions(first) * _quaternions(second)).sum(-1))
    return float(2 * np.arccos(cosine.clip(max=1)).mean())


def _quaternions(pose: np.ndarray) -> np.ndarray:
    axis_angle = pose.reshape(-1, 3).astype(np.float64)
    half = np.linalg.norm(axis_angle, axis=-1, keepdims=True) / 2
    return np.concatenate([np.cos(half), axis_angle / 2 * np.sinc(half / np.pi)], axis=-1)


@lru_cache(maxsize=PACKED)
def _pack_keypoints(keypoints: Keypoints) -> bytes:
    columns = (keypoints.xy, keypoints.confidence[:, None], keypoints.occluded[:, None])
    return np.concatenate(columns, axis=1).astype("<f4").tobytes()


def _unpack_keypoints(layout: str, blob: bytes) -> Keypoints:
    values = np.frombuffer(blob, "<f4").reshape(-1, 4)
    keypoints = Keypoints(layout, values[:, :2], values[:, 2], values[:, 3] > 0)
    check_keypoints(keypoints)
    return keypoints


def _pack_body(record: Guess | Fit, **scalars: Value) -> bytes:
    scalars |= {"body": record.body, "kid": float(record.kid), "focal_length": float(record.focal_length)}
    head = _to_json(scalars).encode()
    arrays = np.concatenate([getattr(record, name) for name, _ in BODY_ARRAYS]).astype("<f4").tobytes()
    return _LENGTHS.pack(len(head), len(arrays)) + head + arrays


@lru_cache(maxsize=PACKED)
def _pack_fit(fit: Fit) -> bytes:
    return _pack_body(fit, score=float(fit.score), source=fit.source, weak=bool(fit.weak))


@lru_cache(maxsize=PACKED)
def _pack_guess(guess: Guess) -> bytes:
    others = guess.alternatives
    first = _pack_body(
        guess, network=guess.network, probability=float(guess.probability), alternatives=len(others)
    )
    return first + b"".join(map(_pack_guess, others))


class _Reader:
    """Reads packed bodies in sequence."""

    def __init__(self, blob: bytes) -> None:
        self.blob = blob
        self.at = 0

    def body(self) -> dict[str, Any]:
        """Scalars and arrays of the next body, by name."""
        head, arrays = _LENGTHS.unpack_from(self.blob, self.at)
        start = self.at + _LENGTHS.size
        self.at = start + head + arrays
        if arrays != 4 * BODY_FLOATS or self.at > len(self.blob):
            raise ValueError("a body's arrays have the wrong length")
        values = np.frombuffer(self.blob, "<f4", BODY_FLOATS, start + head)
        fields: dict[str, Any] = json.loads(self.blob[start : start + head])
        for name, size in BODY_ARRAYS:
            fields[name], values = values[:size], values[size:]
        return fields


def _unpack_guess(reader: _Reader) -> Guess:
    fields = reader.body()
    count = fields.pop("alternatives")
    guess = Guess(**fields, alternatives=tuple(_unpack_guess(reader) for _ in range(count)))
    check_body(guess)
    return guess


def _unpack_fit(reader: _Reader) -> Fit:
    fit = Fit(**reader.body())
    check_body(fit)
    return fit


def _unpack_fits(blob: bytes) -> tuple[Fit, ...]:
    reader, fits = _Reader(blob), []
    while reader.at < len(blob):
        fits.append(_unpack_fit(reader))
    return tuple(fits)


def _optional_float(value: float | None) -> float | None:
    return None if value is None else float(value)
