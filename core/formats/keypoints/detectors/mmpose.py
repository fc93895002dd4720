"""Reads the predictions of MMPose 1.x: of its Inferencer and of its demo, a photo's or a video's; also of Sapiens.

The Inferencer writes a list: of people for a photo, of {frame_id, instances} from 0 for a video. The demo writes
{meta_info, instance_info}, whose frames count from 1. A photo has the name of its file, the demo's after "results_".
The Inferencer's boxes are in a list of their own. Sapiens writes {instance_info} without names; of its 308 keypoints
those of the body are read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.errors import ReadError
from core.files.untrusted import read_json
from core.files.unusable import Unusable
from core.formats.keypoints.detectors.detected import DetectedLayouts, box_of_corners, rows_of
from core.formats.shared.gathered_photos import GatheredPhotos, Tracks, json_files
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.numbered_photos import NumberedPhotos
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import Import, Report

FORMAT = "MMPose"
_BEFORE, _AFTER = ("results_",), ("_result", "_keypoints")  # of the names of files, what is not the photo's
_FIRST_OF_INFERENCER, _FIRST_OF_DEMO = 0, 1


def recognise(seen: Glimpse) -> int:
    """By its words; a folder by its first file."""
    first = seen.first_json
    if first.is_list:
        return (
            SURE if first.has_keys("keypoints", "keypoint_scores") and not first.has_key("image_id") else NO
        )
    return SURE if first.has_keys("instance_info", "meta_info") else NO


def read(
    path: Path, photos: Path | None = None, layout_name: str | None = None, first_frame: int | None = None
) -> Import:
    """Read a file, or a folder with one file a photo. Raises ReadError, and LayoutError for an unknown layout_name."""
    return read_instances(Report(path, FORMAT), photos, layout_name, first_frame)


def read_instances(
    report: Report, photos: Path | None, layout_name: str | None, first_frame: int | None
) -> Import:
    """As `read`, of a report's path."""
    path = report.path
    folder = PhotoFolder(photos or (path if path.is_dir() else path.parent), report)
    gathered = GatheredPhotos(report)
    layouts = DetectedLayouts(report, layout_name)
    for file in json_files(path):
        try:
            entries, first, names = _instances(file)
        except ReadError as error:
            if file == path:
                raise
            report.leave_out(file.name, str(error))
            continue
        if names:
            layouts = DetectedLayouts(report, layout_name, names)
        reading = _Reading(folder, gathered, layouts, report)
        if _is_video(entries):
            reading.video(entries, NumberedPhotos(folder, photo_stem(file), first_frame), first)
        else:
            with report.record(file.name):
                reading.photo(folder.named(photo_stem(file)), entries, file.name)
    layouts.check(gathered.count)
    return gathered.done()


class _Reading:
    def __init__(
        self, folder: PhotoFolder, gathered: GatheredPhotos, layouts: DetectedLayouts, report: Report
    ) -> None:
        self._folder, self._gathered, self._layouts, self._report = folder, gathered, layouts, report
        self._tracks = Tracks()

    def video(self, entries: list[Any], numbered: NumberedPhotos, first: int) -> None:
        """People of a video, frame by frame."""
        numbered.align(
            {frame for entry in entries if (frame := _frame(entry)) is not None}, first, self._report
        )
        for index, entry in enumerate(entries):
            frame = _frame(entry)
            record = f"entry {index}" if frame is None else f"frame {frame}"
            with self._report.record(record):
                if frame is None or not isinstance(entry.get("instances"), list):
                    raise Unusable("it is not a frame with its people")
                self.photo(numbered.frame(frame), entry["instances"], record)

    def photo(self, relative: str, instances: list[Any], where: str) -> None:
        """People of one photo. Raises Unusable if it is not there."""
        self._gathered.add_photo(relative, self._folder.known_size(relative))
        self._report.count_people(len(instances))
        for index, instance in enumerate(instances):
            record = f"{where}, person {index}"
            with self._report.record(record):
                if not isinstance(instance, dict):
                    raise Unusable("it is not a person")
                rows = rows_of(instance.get("keypoints"), instance.get("keypoint_scores", ()))
                keypoints = self._layouts.keypoints(rows, record)
                box = box_of_corners(instance.get("bbox"), keypoints, self._report, record)
                track = self._tracks.take(instance.get("track_id"))
                self._gathered.add(relative, keypoints, box, track)


def photo_stem(file: Path) -> str:
    """The name of the photo, or video, that a detector's file is named after."""
    stem = file.stem
    for before in _BEFORE:
        stem = stem.removeprefix(before)
    for after in _AFTER:
        stem = stem.removesuffix(after)
    return stem


def _instances(file: Path) -> tuple[list[Any], int, list[str]]:
    """The list of people or frames, the number of a video's first frame, and the keypoints' names. Raises ReadError."""
    data = read_json(file)
    if isinstance(data, list):
        return data, _FIRST_OF_INFERENCER, []
    if not isinstance(data, dict) or not isinstance(data.get("instance_info"), list):
        problem, remedy = "no list 'instance_info'", "Choose the predictions that MMPose or Sapiens wrote."
        raise Report(file, FORMAT).error(problem, remedy)
    return data["instance_info"], _FIRST_OF_DEMO, _names(data.get("meta_info"))


def _names(meta: Any) -> list[str]:
    """From {"0": "nose", …}; empty without them."""
    by_place = meta.get("keypoint_id2name") if isinstance(meta, dict) else None
    if not isinstance(by_place, dict) or len(by_place) > 1000:
        return []
    names = [by_place.get(str(place)) for place in range(len(by_place))]
    texts = [name for name in names if isinstance(name, str)]
    return texts if len(texts) == len(by_place) else []


def _is_video(entries: list[Any]) -> bool:
    return any(isinstance(entry, dict) and "instances" in entry for entry in entries)


def _frame(entry: Any) -> int | None:
    frame = entry.get("frame_id") if isinstance(entry, dict) else None
    return frame if isinstance(frame, int) and not isinstance(frame, bool) and abs(frame) < 2**53 else None
