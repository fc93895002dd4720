"""Reads Label Studio's JSON export: tasks with keypointlabels and rectanglelabels, in percent of the photo.

A person is a rectangle with the keypoints that have it as parentID, or are joined to it by a relation. Without either,
keypoints are one person's where there is at most one rectangle. Of several annotations the first that was not cancelled
is read. Names of photos that were uploaded begin with eight letters and a hyphen, which are not theirs.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from core.files.untrusted import number, point, read_json
from core.files.unusable import Unusable
from core.formats.keypoints.annotators.named_people import NamedPeople, NamedPerson, PlacedPoint
from core.formats.shared.gathered_photos import photo_size
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PHOTOS, Import, Report

FORMAT = "Label Studio"
_LABELS = {"keypointlabels": "keypointlabels", "keypoint": "labels"}


def recognise(seen: Glimpse) -> int:
    """By its words."""
    has_tasks = seen.has_key("data") and (seen.has_key("annotations") or seen.has_key("completions"))
    return SURE if has_tasks and seen.has_keys("result", "original_width") else NO


def read(path: Path, photos: Path | None = None, layout_name: str | None = None) -> Import:
    """Read photos and people. Raises ReadError, and LayoutError for an unknown layout_name."""
    report = Report(path, FORMAT)
    data = read_json(path)
    tasks = data if isinstance(data, list) else [data]
    if not any(isinstance(task, dict) and _annotations(task) is not None for task in tasks):
        raise report.error("no task has annotations", "Export the project as JSON.")
    if len(tasks) > MAX_PHOTOS:
        raise report.error(f"more than {MAX_PHOTOS} tasks", "Export it in parts.")
    folder = PhotoFolder(photos or path.parent, report)
    found = NamedPeople(report, layout_name)
    for index, task in enumerate(tasks):
        id = task.get("id") if isinstance(task, dict) else None
        record = f"task {id}" if isinstance(id, int) else f"task number {index}"
        with report.record(record):
            _read_task(task, record, folder, found, report)
    return found.done()


def _read_task(task: Any, record: str, folder: PhotoFolder, found: NamedPeople, report: Report) -> None:
    """The photo of a task and its people. Raises Unusable."""
    if not isinstance(task, dict):
        raise Unusable("it is not a task")
    result = _result(_annotations(task) or [], record, report)
    relative = _photo_of(task.get("data"), folder)
    sized = next((r for r in result if "original_width" in r), {})
    size = photo_size(sized.get("original_width"), sized.get("original_height"), relative, folder)
    if any(r.get("image_rotation") not in (None, 0) for r in result):
        raise Unusable("its photo is turned in Label Studio, and the places are those of the turned photo")
    found.add_photo(relative, size)
    regions = {r["id"]: r for r in result if isinstance(r.get("id"), str)}
    boxes = {id: r for id, r in regions.items() if r.get("type") in ("rectanglelabels", "rectangle")}
    parents = _parents(result, boxes)
    points: dict[str | None, dict[str, PlacedPoint]] = defaultdict(dict)
    for place, region in enumerate(result):
        if region.get("type") in tuple(_LABELS):
            with report.record(f"{record}, keypoint {place}"):
                parent = parents.get(str(region.get("id")))
                name, point = _point(region, size)
                if name in points[parent]:
                    raise Unusable(
                        f"the person has two points '{name}'; the first is read. Join each to its rectangle"
                    )
                points[parent][name] = point
    if None in points and len(boxes) == 1 and len(points) == 1:
        points[next(iter(boxes))] = points.pop(None)
    report.count_people(len(points))
    for parent, placed in points.items():
        each = f"{record}, {'keypoints without a rectangle' if parent is None else f'person {parent[:32]}'}"
        with report.record(each):
            if parent is None and len(boxes) > 1:
                raise Unusable("the photo has several rectangles and these are joined to none")
            xywh = None if parent is None else _xywh(boxes[parent], size)
            found.add(NamedPerson(relative, each, placed, xywh))


def _annotations(task: dict[str, Any]) -> list[Any] | None:
    annotations = task.get("annotations", task.get("completions"))
    return annotations if isinstance(annotations, list) else None


def _result(annotations: list[Any], record: str, report: Report) -> list[dict[str, Any]]:
    """The regions of the first annotation that was not cancelled."""
    usable = [
        one for one in annotations
        if isinstance(one, dict) and isinstance(one.get("result"), list) and not one.get("was_cancelled")
    ]  # fmt: skip
    for place in range(1, len(usable)):
        report.leave_out(
            f"{record}, annotation {place}", "of several annotations of a task the first is read"
        )
    return [region for region in usable[0]["result"] if isinstance(region, dict)] if usable else []


def _parents(result: list[dict[str, Any]], boxes: dict[str, dict[str, Any]]) -> dict[str, str]:
    """The rectangle of each keypoint that has one, by their ids."""
    parents: dict[str, str] = {}
    for region in result:
        if region.get("type") == "relation":
            ends = str(region.get("from_id")), str(region.get("to_id"))
            for box, point in (ends, ends[::-1]):
                if box in boxes and point not in boxes:
                    parents[point] = box
        elif str(region.get("parentID")) in boxes:
            parents[str(region.get("id"))] = str(region["parentID"])
    return parents


def _point(region: dict[str, Any], size: tuple[int, int]) -> tuple[str, PlacedPoint]:
    value = region["value"] if isinstance(region.get("value"), dict) else {}
    labels = value.get(_LABELS[region["type"]], value.get("labels"))
    if not isinstance(labels, list) or len(labels) != 1 or not isinstance(labels[0], str):
        raise Unusable("it does not have one label")
    x, y = point([value.get("x"), value.get("y")])
    return labels[0][:64], PlacedPoint(*point([x / 100 * size[0], y / 100 * size[1]]))


def _xywh(region: dict[str, Any], size: tuple[int, int]) -> list[float] | None:
    """The rectangle [px]; None for one that is turned or has no numbers."""
    value = region.get("value")
    if not isinstance(value, dict) or value.get("rotation") not in (None, 0):
        return None
    try:
        sides = [number(value.get(key)) / 100 for key in ("x", "y", "width", "height")]
    except Unusable:
        return None
    return [part * side for part, side in zip(sides, (*size, *size), strict=True)]


def _photo_of(data: Any, folder: PhotoFolder) -> str:
    """The photo of a task's address, with or without what the upload put before its name. Raises Unusable."""
    fields = data if isinstance(data, dict) else {}
    texts = [value for value in (fields.get("image"), *fields.values()) if isinstance(value, str)]
    return folder.relative(texts[0] if texts else None)
