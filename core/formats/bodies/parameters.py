"""Reads and writes SMPL parameters of fitted people, as .npz (arrays) or .json (a list), in the photo's frame.

Each person has imgname, width and height [px], the bbox's center and scale, pose (72,) axis-angle [rad], betas (10,),
kid, cam_t (3,) [m], focal_length and camera_center [px], score, body, source, weak. A body's point x projects to
the pixel camera_center + focal_length * (X / Z, Y / Z), where (X, Y, Z) = R (x - pelvis) + pelvis + cam_t. Camera
frame: x right, y down, z forward. Reading restores the written values exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.files.json_parts import json_parts
from core.files.untrusted import finite, number, read_arrays, read_json
from core.files.unusable import Unusable
from core.files.whole_file import whole_file
from core.formats.bodies.spin import MAX_POSE
from core.formats.bodies.spin_write import with_truth
from core.formats.shared import people
from core.formats.shared.crop_frame import UNSCORED, seen_by
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import Export, Import, LeftOut, Report
from core.records import Fit, Keypoints, Person, Photo

FORMAT = "SMPL parameters"
KIND = "fitloop smpl parameters"
VERSION = 1
LAYOUT = "coco17"
MAX_SIDE = 100_000  # px
_ARRAYS = {"center": 2, "pose": 72, "betas": 10, "cam_t": 3, "camera_center": 2}
_NUMBERS = ("width", "height", "scale", "kid", "focal_length", "score", "weak", "person")
_TEXTS = ("imgname", "body", "source")
NAMES = (*_TEXTS, *_ARRAYS, *_NUMBERS)
_SOURCES = ("guess", "fit", "curated")


def recognise(seen: Glimpse) -> int:
    """By its arrays, or by the name of the format in JSON."""
    return SURE if seen.arrays >= set(NAMES) or seen.has_key(KIND) else NO


def write(path: Path, photos: Iterable[Photo]) -> Export:
    """Write all people whose fit was not rejected: .json by the path's suffix, else .npz. Raises OSError."""
    left_out: list[LeftOut] = []
    fitted = with_truth([(photo, person) for photo in photos for person in photo.people], left_out)
    rows = [_row(photo, person, person.fit) for photo, person in fitted if person.fit is not None]
    with whole_file(path) as stream:
        if path.suffix == ".json":
            document = {"format": KIND, "version": VERSION, "people": [_plain(row) for row in rows]}
            stream.writelines(json_parts(document))
        else:
            np.savez(stream, allow_pickle=False, **_columns(rows))
    return Export(len(rows), tuple(left_out))


def read(path: Path, photos: Path | None = None) -> Import:
    """Read photos and people with their fits, without keypoints. Raises ReadError."""
    report = Report(path, FORMAT)
    rows = _json_rows(path, report) if path.suffix == ".json" else _npz_rows(path, report)
    report.count_people(len(rows))
    folder = PhotoFolder(photos or path.parent, report)
    found: dict[str, Photo] = {}
    for index, row in enumerate(rows):
        with report.record(f"person {index}"):
            if not isinstance(row, Mapping):
                raise Unusable("it is not a person")
            relative = folder.relative(row.get("imgname"))
            person = _person(row)
            photo = found.get(relative) or _photo(relative, row, person)
            if any(other.id == person.id for other in photo.people):
                raise Unusable("its id was used before in this photo; each must have its own")
            found[relative] = photo.with_(people=(*photo.people, person))
    return report.done(found.values())


def _columns(rows: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    columns = {"format": np.array(KIND), "version": np.array(VERSION)}
    for name in NAMES:
        kind: Any = np.str_ if name in _TEXTS else np.float32 if name in _ARRAYS else np.float64
        values = np.array([row[name] for row in rows], dtype=kind)
        columns[name] = values.reshape(len(rows), _ARRAYS[name]) if name in _ARRAYS else values
    return columns


def _row(photo: Photo, person: Person, fit: Fit) -> dict[str, Any]:
    return {
        "imgname": photo.path, "width": photo.width, "height": photo.height, "person": person.id,
        "center": person.bbox.center, "scale": person.bbox.scale,
        "pose": fit.pose, "betas": fit.betas, "kid": fit.kid, "cam_t": fit.cam_t,
        "focal_length": fit.focal_length, "camera_center": fit.camera_center,
        "score": fit.score, "body": fit.body, "source": fit.source, "weak": fit.weak,
    }  # fmt: skip


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row for JSON, which has no NaN: an unknown score is null."""
    plain = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in row.items()}
    return plain | {"score": row["score"] if np.isfinite(row["score"]) else None}


def _json_rows(path: Path, report: Report) -> list[Any]:
    data = read_json(path)
    if not isinstance(data, dict) or data.get("format") != KIND or not isinstance(data.get("people"), list):
        raise report.error(f"not a file of '{KIND}'", "Choose one that fitloop wrote.")
    people_ = data["people"]
    return people_


def _npz_rows(path: Path, report: Report) -> list[dict[str, Any]]:
    arrays = read_arrays(path, NAMES)
    missing = [name for name in NAMES if name not in arrays]
    if missing:
        raise report.error(
            f"no array {', '.join(missing)}", "Choose a file of parameters that fitloop wrote."
        )
    count = len(arrays["pose"]) if arrays["pose"].ndim else 0
    columns: dict[str, list[Any]] = {}
    for name, array in arrays.items():
        shape = (count, _ARRAYS[name]) if name in _ARRAYS else (count,)
        kinds = "US" if name in _TEXTS else "biuf"
        if array.shape != shape or array.dtype.kind not in kinds:
            raise report.error(f"its shape is {array.shape}, but must be {shape}", "Export it again.", name)
        columns[name] = (
            list(people.text_column(array)) if name in _TEXTS else array.astype(np.float64).tolist()
        )
    return [{name: values[row] for name, values in columns.items()} for row in range(count)]


def _photo(relative: str, row: Mapping[str, Any], person: Person) -> Photo:
    """A photo with the camera of its first person's fit."""
    width, height = number(row.get("width")), number(row.get("height"))
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise Unusable("the photo's width or height is missing or not valid")
    photo = Photo(relative, int(width), int(height))
    return photo if person.fit is None else seen_by(photo, person.fit.focal_length, person.fit.camera_center)


def _person(row: Mapping[str, Any]) -> Person:
    values = {name: finite(row.get(name), size) for name, size in _ARRAYS.items()}
    if max(np.abs(values["pose"]).max(), np.abs(values["betas"]).max()) > MAX_POSE:
        raise Unusable("its numbers are too large for a body")
    body, source = row.get("body"), row.get("source")
    if not isinstance(body, str) or source not in _SOURCES:
        raise Unusable("its body or source is missing")
    focal_length, id = number(row.get("focal_length")), number(row.get("person"))
    if focal_length <= 0 or id != int(id) or id < 0:
        raise Unusable("its focal length or its person number is not valid")
    fit = Fit(
        pose=values["pose"], betas=values["betas"], kid=number(row.get("kid")), cam_t=values["cam_t"],
        focal_length=focal_length, camera_center=values["camera_center"],
        score=_score(row.get("score")),
        body=body, source=source, weak=row.get("weak") in (True, 1),
    )  # fmt: skip
    box = people.box_from_center(values["center"], number(row.get("scale")))
    return Person(int(id), box, Keypoints(LAYOUT, np.zeros((17, 2)), np.zeros(17)), fit=fit)


def _score(value: object) -> float:
    """A score; NaN where the file has null or a number that is not finite."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return UNSCORED
    return number(value)
