"""Reads V7's Darwin JSON 2.0: skeletons of a photo or a video, one file each.

Frames count from 0. Between keyframes the points move linearly; a range ends before its last number. A person's
instance_id, else the annotation, is its track. Only the first slot is read.
"""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

from core.errors import ReadError
from core.files.untrusted import point, read_json
from core.files.unusable import Unusable
from core.formats.keypoints.annotators.keyframe_tracks import KeyframeTrack, add_tracks
from core.formats.keypoints.annotators.named_people import NamedPeople, NamedPerson, PlacedPoint
from core.formats.shared.gathered_photos import json_files, photo_size
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.numbered_photos import NumberedPhotos
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import Import, Report

FORMAT = "Darwin"


def recognise(seen: Glimpse) -> int:
    """By its words; a folder by its first file."""
    return SURE if seen.first_json.has_keys("item", "slots", "annotations") else NO


def read(
    path: Path, photos: Path | None = None, layout_name: str | None = None, first_frame: int | None = None
) -> Import:
    """Read a file, or a folder of them. Raises ReadError, and LayoutError for an unknown layout_name."""
    report = Report(path, FORMAT)
    folder = PhotoFolder(photos or (path if path.is_dir() else path.parent), report)
    found = NamedPeople(report, layout_name)
    for file in json_files(path):
        try:
            data = read_json(file)
        except ReadError as error:
            if file == path:
                raise
            report.leave_out(file.name, str(error))
            continue
        item = data.get("item") if isinstance(data, dict) else None
        if not isinstance(item, dict) or not isinstance(data.get("annotations"), list):
            if file == path:
                raise report.error("no 'item' and list 'annotations'", "Export it as Darwin 2.0.")
            report.leave_out(file.name, "it has no 'item' and list 'annotations'")
            continue
        with report.record(file.name):
            _Item(item, folder, found, first_frame).read(data["annotations"], file.name)
    return found.done()


class _Item:
    """A photo or a video, and its annotations."""

    def __init__(
        self, item: dict[str, Any], folder: PhotoFolder, found: NamedPeople, first_frame: int | None
    ) -> None:
        slots = item.get("slots")
        slot = slots[0] if isinstance(slots, list) and slots and isinstance(slots[0], dict) else {}
        self._sides = slot.get("width"), slot.get("height")
        self._slot = slot.get("slot_name")
        self._name = item.get("name")
        self._folder, self._found = folder, found
        self._is_video = slot.get("type") == "video"
        series = Path(self._name).stem if isinstance(self._name, str) else ""
        self._numbered = NumberedPhotos(folder, series if "\0" not in series else "", first_frame)

    def read(self, annotations: list[Any], file: str) -> None:
        """The people. Raises Unusable for a photo that is nowhere."""
        report = self._found.report
        persons = [(index, one) for index, one in enumerate(annotations) if _is_person(one, self._slot)]
        for index in set(range(len(annotations))) - {index for index, _ in persons}:
            report.leave_out(f"{file}, annotation {index}", "only skeletons of the first slot are read")
        if not self._is_video and not any("frames" in one for _, one in persons):
            relative = self._add_photo(self._folder.relative(self._name))
            report.count_people(len(persons))
            for index, one in persons:
                record = f"{file}, annotation {index}"
                with report.record(record):
                    self._found.add(NamedPerson(relative, record, _points(one), identity=_instance(one)))
            return
        tracks = []
        for index, one in persons:
            name = f"{file}, annotation {index}"
            with report.record(name):
                keyframes = _frames(one)
                identity: Hashable = _instance(one)
                tracks.append(
                    KeyframeTrack(
                        name,
                        str(one.get("id", name)) if identity is None else identity,
                        keyframes,
                        _spans(one, keyframes),
                        one.get("interpolated") is not False,
                    )
                )
                for points in keyframes.values():
                    self._found.name(points)
        add_tracks(self._found, tracks, self._numbered, self._sides)

    def _add_photo(self, relative: str) -> str:
        self._found.add_photo(relative, photo_size(*self._sides, relative, self._folder))
        return relative


def _is_person(annotation: Any, slot: object) -> bool:
    if not isinstance(annotation, dict):
        return False
    names = annotation.get("slot_names")
    if isinstance(names, list) and names and slot is not None and slot not in names:
        return False
    return "skeleton" in annotation or isinstance(annotation.get("frames"), dict)


def _frames(annotation: dict[str, Any]) -> dict[int, dict[str, PlacedPoint]]:
    """The keyframes by frame. Raises Unusable if one of them is none."""
    frames = annotation.get("frames")
    if not isinstance(frames, dict):
        raise Unusable("it has no frames, but its item is a video")
    found = {}
    for key, frame in frames.items():
        if not (key.isascii() and key.isdigit() and len(key) < 10):
            raise Unusable("the number of a frame is not valid")
        if isinstance(frame, dict) and "skeleton" in frame:
            found[int(key)] = _points(frame)
    return found


def _spans(annotation: dict[str, Any], keyframes: dict[int, Any]) -> list[tuple[int, int]]:
    """(first, end) of the times in which the person is there: as the file has them, else from key to key."""
    ranges = annotation.get("ranges")
    usable = [(r[0], r[1]) for r in ranges if _is_range(r)] if isinstance(ranges, list) else []
    return usable or [(min(keyframes), max(keyframes) + 1)] if keyframes else []


def _is_range(value: Any) -> bool:
    return (
        isinstance(value, list) and len(value) == 2 and all(type(n) is int and 0 <= n < 10**10 for n in value)
    )


def _instance(annotation: dict[str, Any]) -> int | None:
    """The instance's number, of the annotation or of its first frame that has one."""
    frames = annotation.get("frames")
    for one in (annotation, *(frames.values() if isinstance(frames, dict) else ())):
        instance = one.get("instance_id") if isinstance(one, dict) else None
        value = instance.get("value") if isinstance(instance, dict) else None
        if type(value) is int:
            return value
    return None


def _points(holder: dict[str, Any]) -> dict[str, PlacedPoint]:
    """The nodes of a skeleton. Raises Unusable."""
    skeleton = holder.get("skeleton")
    nodes = skeleton.get("nodes") if isinstance(skeleton, dict) else None
    if not isinstance(nodes, list):
        raise Unusable("its skeleton has no nodes")
    placed = {}
    for node in nodes:
        if not isinstance(node, dict) or not isinstance(node.get("name"), str):
            raise Unusable("a node has no name")
        x, y = point([node.get("x"), node.get("y")])
        placed[node["name"][:64]] = PlacedPoint(x, y, node.get("occluded") is True)
    return placed
