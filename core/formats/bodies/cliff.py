"""Reads the guesses that CLIFF's demo saves (.npz).

The arrays are imgname, pose, shape, global_t, focal_l and detection_all. imgname (M,) lists the photos; the other
arrays have one row per detection. Columns of detection_all: the photo's index, the box (left, top, right, bottom), two
confidences, and of a video the track, which is 0 for all people of other photos. Poses are in the photo's frame.
pred_joints is not read: it follows from the pose.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from core.files.untrusted import read_arrays
from core.files.unusable import Unusable
from core.formats.bodies.networks.network_people import axis_angles, checked_guess
from core.formats.bodies.spin import checked
from core.formats.shared import people
from core.formats.shared.crop_frame import seen_by
from core.formats.shared.gathered_photos import Tracks
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import Import, Report
from core.records import Keypoints, Person, Photo

FORMAT = "CLIFF results"
NETWORK = "CLIFF"
LAYOUT = "coco17"
NAMES = ("imgname", "pose", "shape", "global_t", "focal_l", "detection_all")
_BOX = slice(1, 5)
_TRACK = 7


def recognise(seen: Glimpse) -> int:
    """By the arrays of CLIFF's demo."""
    return SURE if seen.arrays >= set(NAMES) else NO


def read(path: Path, photos: Path | None = None) -> Import:
    """Read photos and people with their guesses, without keypoints. Detections on missing photos are left out.

    Raises ReadError.
    """
    report = Report(path, FORMAT)
    arrays = read_arrays(path, NAMES)
    missing = [name for name in NAMES if name not in arrays]
    if missing:
        raise report.error(
            f"no array {', '.join(missing)}", "Choose a file that CLIFF's demo wrote with --save_results."
        )
    count = len(arrays["pose"]) if arrays["pose"].ndim else 0
    report.count_people(count)
    pose = _pose(arrays["pose"], count, report)
    betas = checked(arrays["shape"], "shape", count, (10,), report)
    cam_t = checked(arrays["global_t"], "global_t", count, (3,), report)
    focal_length = checked(arrays["focal_l"], "focal_l", count, (), report)
    detections = arrays["detection_all"]
    if detections.ndim != 2 or detections.shape[1] < _BOX.stop:
        raise report.error(f"its shape is {detections.shape}", "It must be (N, 5 or more).", "detection_all")
    detections = checked(detections, "detection_all", count, detections.shape[1:], report)
    if arrays["imgname"].dtype.kind not in "US":
        raise report.error("it is not a list of names", "Save it again as text.", "imgname")
    names = list(people.text_column(arrays["imgname"]))
    tracks = _tracks(detections)
    folder = PhotoFolder(photos or path.parent, report)
    found: dict[str, Photo] = {}
    for row in range(count):
        with report.record(f"detection {row}"):
            photo = _photo_of(detections[row, 0], names, folder, found)
            left, top, right, bottom = detections[row, _BOX]
            box = people.box_from_xywh(np.array([left, top, right - left, bottom - top]))
            numbers = pose[row], betas[row], cam_t[row], float(focal_length[row])
            guess = checked_guess(*numbers, photo.middle, NETWORK)
            absent = Keypoints(LAYOUT, np.zeros((17, 2)), np.zeros(17))
            person = Person(id=row, bbox=box, keypoints=absent, guess=guess, track=tracks[row])
            if not photo.people:
                photo = seen_by(photo, guess.focal_length, guess.camera_center)
            found[photo.path] = photo.with_(people=(*photo.people, person))
    return report.done(found.values())


def _pose(array: np.ndarray, count: int, report: Report) -> np.ndarray:
    """(N, 72) axis-angle [rad]; nan for unusable rows. A row of 72 numbers is axis-angle, one of 216 is matrices."""
    if array.ndim < 2 or len(array) != count:
        raise report.error(f"its shape is {array.shape}", f"It must have {count} rows.", "pose")
    numbers_a_row = array.size // max(count, 1)
    if array.shape[1:] in ((72,), (24, 3)):
        return checked(array.reshape(count, 72), "pose", count, (72,), report)
    if numbers_a_row != 216 or array.shape[1:] not in ((24, 3, 3), (24, 9), (216,)):
        problem = f"its shape is {array.shape}: neither 24 axis-angles nor 24 matrices a person"
        raise report.error(problem, "Save it as (N, 72) or (N, 24, 3, 3).", "pose")
    matrices = checked(array.reshape(count, 216), "pose", count, (216,), report)
    return axis_angles(matrices.reshape(count, 24, 3, 3))


def _tracks(detections: np.ndarray) -> list[int | None]:
    """The track of each detection (N, columns); None where the file has none, or a photo has the same one twice."""
    count = len(detections)
    if detections.shape[1] <= _TRACK or not detections[:, _TRACK].any():
        return [None] * count
    pairs = list(map(tuple, detections[:, [0, _TRACK]].tolist()))
    often, known = Counter(pairs), Tracks()
    return [known.take(pair[1]) if often[pair] == 1 else None for pair in pairs]


def _photo_of(index: float, names: list[str | None], folder: PhotoFolder, found: dict[str, Photo]) -> Photo:
    if not (0 <= index < len(names)) or index != int(index):
        raise Unusable("its photo is not among those named")
    relative = folder.relative(names[int(index)])
    if relative not in found:
        found[relative] = Photo(relative, *folder.known_size(relative))
    return found[relative]
