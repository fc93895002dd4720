"""The truth that lies beside a folder of predictions: it tells who was found, who was missed, and who is nobody.

Found people keep their predictions. A missed person comes with the truth's joints. Tags tell them apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from core.errors import ReadError
from core.files.regular import open_regular
from core.formats.bodies.agora.agora_frames import AgoraPhoto, read_frames
from core.formats.bodies.agora.agora_matching import match_people
from core.formats.bodies.agora.agora_prediction import JOINTS
from core.formats.shared import people
from core.formats.shared.report import Report
from core.records import Person, Photo

FOUND, MISSED, FALSE_POSITIVE = "found", "missed", "false-positive"  # tags have no spaces
FOLDERS = (".", "truth", "frames")  # beside the predictions
_START = 4096
_MARKS = b"pandas", b"DataFrame"


def frames_beside(predictions: Path) -> list[Path]:
    """Pickled tables of pandas in the folder that holds the predictions' folder, or in `truth` or `frames` there."""
    parent = predictions.absolute().parent
    files = [file for folder in FOLDERS for file in sorted((parent / folder).glob("*.pkl"))]
    return [file for file in files if _is_table(file)]


def _is_table(file: Path) -> bool:
    try:
        with open_regular(file) as stream:
            start = stream.read(_START)
    except OSError:
        return False
    return all(mark in start for mark in _MARKS)


def compared(
    found: Mapping[str, Photo],
    joints: Mapping[str, Sequence[tuple[int, np.ndarray]]],
    width: float,
    layout: str,
    frames: Sequence[Path],
    report: Report,
) -> dict[str, Photo]:
    """The photos with tags, and with the people that were missed.

    found: by the photo's path; joints: each prediction's person id and points (N, 2) [px of photos of this width], in
    the order of their files. A frame that cannot be used is noted, and the predictions come without tags.
    """
    names = {Path(path).name: path for path in found}
    result = dict(found)
    counts = dict.fromkeys((FOUND, MISSED, FALSE_POSITIVE), 0)
    try:
        for truth in read_frames(frames, names):
            path = names[truth.name]
            result[path] = _with_truth(found[path], joints[path], truth, width, layout, report)
            for person in result[path].people:
                for tag in person.tags:
                    counts[tag] = counts.get(tag, 0) + 1
    except ReadError as error:
        report.note(f"the truth beside is not compared: {error}")
        return dict(found)
    told = ", ".join(f"{count} {tag}" for tag, count in counts.items())
    report.note(f"compared with the truth in {', '.join(file.name for file in frames)}: {told}")
    return result


def _with_truth(
    photo: Photo,
    joints: Sequence[tuple[int, np.ndarray]],
    truth: AgoraPhoto,
    width: float,
    layout: str,
    report: Report,
) -> Photo:
    matches = match_people(
        [points for _, points in joints],
        [person.joints for person in truth.people],
        [person.can_match for person in truth.people],
    )
    hits = {joints[place][0] for place in matches.matched.values()}
    known = [person.with_(tags=(FOUND if person.id in hits else FALSE_POSITIVE,)) for person in photo.people]
    free = max((person.id for person in photo.people), default=-1) + 1
    missed = [
        _missed(free + place, truth.people[number].joints * photo.width / width, layout, report, photo.path)
        for place, number in enumerate(matches.misses)
    ]
    return photo.with_(people=(*known, *missed))


def _missed(number: int, joints: np.ndarray, layout: str, report: Report, record: str) -> Person:
    array = np.column_stack([joints[:JOINTS, :2], np.ones(JOINTS)])
    keypoints = people.make_keypoints(layout, array, report, record)
    return people.person(number, people.box_round(keypoints), keypoints).with_(tags=(MISSED,))
