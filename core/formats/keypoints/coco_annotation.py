"""One person as an annotation of a COCO file: a new one, or that of the person's file with what was edited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.body.keypoints import layout
from core.formats.keypoints.coco_origin import AnnotationOrigin, bbox_print, keypoints_print
from core.formats.keypoints.coco_people import FEET
from core.formats.shared.layout_match import NameMatch, match
from core.formats.shared.people import OCCLUDED, VISIBLE
from core.records import Keypoints, Person

SAME_AREA = 1e-3  # share by which an area differs from its box's at most, if it is the box's
Place = tuple[str, int]  # the field of an annotation, and the index of a keypoint in it


def made(person: Person, matched: NameMatch) -> dict[str, Any]:
    """A new annotation, without the ids of its image and category."""
    xywh = person.bbox.xywh.tolist()
    keypoints = person.keypoints
    fields = {"iscrowd": 0, "bbox": xywh, "area": xywh[2] * xywh[3], **_whole(keypoints, matched)}
    if not _is_plain(keypoints):
        seen = keypoints.confidence > 0
        fields["score"] = float(keypoints.confidence[seen].mean())
    return fields if person.track is None else fields | {"track_id": person.track}


def edited(
    person: Person, shown: Person, origin: AnnotationOrigin, matched: NameMatch | None = None
) -> dict[str, Any]:
    """The annotation of the person's file with the keypoints, box and track that changed since.

    shown: the person in the pixels of its file. matched: how the keypoints of its category were read; without it
    keypoints stay.
    """
    annotation = dict(origin.annotation)
    if matched is not None and keypoints_print(person.keypoints) != origin.keypoints:
        annotation |= _with_keypoints(annotation, shown.keypoints, _changes(person, origin), matched)
    if bbox_print(person.bbox) != origin.bbox:
        annotation |= _with_box(annotation, shown)
    if person.track != origin.track:
        annotation.pop("track_id", None)
        annotation |= {} if person.track is None else {"track_id": person.track}
    return annotation


def rewritten(person: Person, shown: Person, origin: AnnotationOrigin, matched: NameMatch) -> dict[str, Any]:
    """As `edited`, with all keypoints of `shown` in another category, as `matched` maps them."""
    annotation = edited(person, shown, origin) | _whole(shown.keypoints, matched)
    annotation.pop("foot_kpts", None)
    if _is_plain(shown.keypoints):
        annotation.pop("keypoint_scores", None)
    return annotation


def labelled_only(annotation: dict[str, Any]) -> dict[str, Any]:
    """With v = 1 for each keypoint that is there, as in a file that has no 2."""
    rows = {name: _triples(annotation.get(name)) for name in ("keypoints", "foot_kpts")}
    told: dict[str, Any] = {}
    for name, each in rows.items():
        if each is not None:
            seen = [[*row[:2], 1 if row[2] == VISIBLE else row[2]] for row in each]
            told[name] = seen if _is_nested(annotation[name]) else [value for row in seen for value in row]
    return annotation | told


def completed(annotation: dict[str, Any], shown: Person, matched: NameMatch) -> dict[str, Any]:
    """With the fields that an evaluation needs, if the file lacked them."""
    fresh = made(shown, matched)
    needed = ("iscrowd", "bbox", "area", "num_keypoints")
    return {name: fresh[name] for name in needed} | annotation


def places(matched: NameMatch, annotation: dict[str, Any], layout_name: str) -> list[Place | None] | None:
    """Where an annotation keeps each keypoint of a layout; None if it was not read in this layout."""
    own: list[Place | None] = [("keypoints", int(at)) if at >= 0 else None for at in matched.take]
    if matched.layout == layout_name:
        return own
    both = match((*layout(matched.layout).keypoints, *FEET)) if "foot_kpts" in annotation else None
    if both is None or both.layout != layout_name:
        return None
    all_places = [*own, *(("foot_kpts", index) for index in range(len(FEET)))]
    return [all_places[at] if 0 <= at < len(all_places) else None for at in both.take]


def _whole(keypoints: Keypoints, matched: NameMatch) -> dict[str, Any]:
    """All keypoints in the order of a category; zeros for those that a layout lacks."""
    rows, scores = np.zeros((matched.count, 2)), np.zeros(matched.count)
    visibility = np.zeros(matched.count, dtype=int)
    known = np.flatnonzero(matched.take >= 0)
    to = matched.take[known]
    rows[to], scores[to] = keypoints.xy[known], keypoints.confidence[known]
    visibility[to] = _visibility(keypoints)[known]
    triples = [value for xy, v in zip(rows.tolist(), visibility.tolist(), strict=True) for value in (*xy, v)]
    told = {"keypoints": triples, "num_keypoints": int((visibility > 0).sum())}
    return told if _is_plain(keypoints) else told | {"keypoint_scores": scores.tolist()}


@dataclass(frozen=True, eq=False)
class _Changes:
    """Of K keypoints, those whose place (K,) bool, or confidence and occlusion (K,) bool, differ from what was read."""

    placed: np.ndarray
    seen: np.ndarray


def _changes(person: Person, origin: AnnotationOrigin) -> _Changes:
    """All keypoints if those that were read are not known any more."""
    now, before = person.keypoints, person.original_keypoints
    if before is None or before.layout != now.layout or keypoints_print(before) != origin.keypoints:
        return _Changes(*np.ones((2, now.k), dtype=bool))
    seen = (now.confidence != before.confidence) | (now.occluded != before.occluded)
    return _Changes((now.xy != before.xy).any(axis=1), seen)


def _with_keypoints(
    annotation: dict[str, Any], keypoints: Keypoints, changes: _Changes, matched: NameMatch
) -> dict[str, Any]:
    """The fields in which changed keypoints are written; all other numbers stay as they came."""
    where = places(matched, annotation, keypoints.layout) or []
    fields = {name: _triples(annotation.get(name)) for name in ("keypoints", "foot_kpts")}
    if fields["keypoints"] is None or len(fields["keypoints"]) < matched.count:
        return _whole(keypoints, matched)
    is_scored = any(_number(row[2]) % 1 for rows in fields.values() for row in rows or [])
    scores = annotation.get("keypoint_scores")
    scores = list(scores) if isinstance(scores, list) and len(scores) >= matched.count else None
    if scores is None and not is_scored and not _is_plain(keypoints, changes.seen):
        scores = [float(_number(row[2]) > 0) for row in fields["keypoints"]]
    visibility, more_seen = _visibility(keypoints), 0
    for index in np.flatnonzero(changes.placed | changes.seen).tolist():
        place = where[index]
        rows = None if place is None else fields[place[0]]
        if place is None or rows is None or place[1] >= len(rows):
            continue
        row, confidence = rows[place[1]], float(keypoints.confidence[index])
        if changes.placed[index]:
            row[:2] = keypoints.xy[index].tolist()
        if changes.seen[index]:
            more_seen += int(confidence > 0) - int(_number(row[2]) > 0)
            row[2] = confidence if is_scored else int(visibility[index])
            if scores is not None and place[0] == "keypoints":
                scores[place[1]] = confidence
    told: dict[str, Any] = {
        name: rows if _is_nested(annotation[name]) else [value for row in rows for value in row]
        for name, rows in fields.items()
        if rows is not None
    }
    if isinstance(count := annotation.get("num_keypoints"), int):
        told["num_keypoints"] = count + more_seen
    return told if scores is None else told | {"keypoint_scores": scores}


def _with_box(annotation: dict[str, Any], shown: Person) -> dict[str, Any]:
    """The new box, and its area where the old area was the old box's; the area of an outline stays."""
    old, area = annotation.get("bbox"), annotation.get("area")
    new = shown.bbox.xywh.tolist()
    is_box_area = area is None
    if isinstance(old, list) and len(old) == 4 and isinstance(area, (int, float)):
        was = _number(old[2]) * _number(old[3])
        is_box_area = abs(was - area) <= SAME_AREA * abs(was)
    return {"bbox": new, "area": new[2] * new[3]} if is_box_area else {"bbox": new}


def _triples(value: Any) -> list[list[Any]] | None:
    """Keypoints of a file as rows of three; None if they are none."""
    if not isinstance(value, list):
        return None
    if _is_nested(value):
        return (
            [list(row) for row in value] if all(isinstance(r, list) and len(r) == 3 for r in value) else None
        )
    return None if len(value) % 3 else [value[start : start + 3] for start in range(0, len(value), 3)]


def _is_nested(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], list)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _visibility(keypoints: Keypoints) -> np.ndarray:
    return np.where(keypoints.confidence > 0, np.where(keypoints.occluded, OCCLUDED, VISIBLE), 0)


def _is_plain(keypoints: Keypoints, among: np.ndarray | None = None) -> bool:
    """Whether confidences are 0 or 1, which visibilities tell."""
    confidence = keypoints.confidence if among is None else keypoints.confidence[among]
    return bool(np.isin(confidence, (0, 1)).all())
