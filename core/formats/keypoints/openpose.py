"""Reads OpenPose's JSON: one file per photo, `<photo>_keypoints.json`, of BODY_25, BODY_25B, BODY_135 or COCO 18.

BODY_25 and BODY_25B have as many keypoints in another order: the bodies that they make tell which it is.

The file holds neither the photo's path nor its size, so the photo must exist under the file's name. Detections are
matched by their keypoints: to the people of `known` photos, or in a numbered sequence to the people of the previous
photo. A `person_id` is the person's track; else people who are found again in the next photo have one. Hands, face and
3D are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from core.body.keypoints import convert
from core.errors import ReadError
from core.files.untrusted import read_json
from core.files.unusable import Unusable, read_error
from core.formats.bodies import eft
from core.formats.keypoints import coco
from core.formats.keypoints.openpose_layouts import OpenposeLayouts
from core.formats.layouts.keypoint_rows import triples
from core.formats.shared import people
from core.formats.shared.association import associate
from core.formats.shared.gathered_photos import Tracks
from core.formats.shared.glimpse import LIKELY, NO, Glimpse
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PHOTOS, Import, Report
from core.formats.shared.sequences import with_tracks
from core.records import Keypoints, Person, Photo

FORMAT = "OpenPose"
MAX_PEOPLE_IN_PHOTO = 1000
_MAX_BYTES = 32 * 2**20
_LOOKED_INTO = 20  # files of a folder
_SURE = 0.2  # confidence above which SPIN's demo makes a box of OpenPose's keypoints
_ENDINGS = ("_keypoints", "_openpose")
_NUMBERED = re.compile(r"(.*?)(\d+)$")
_EXTRA = ("face_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d")


def recognise(seen: Glimpse) -> int:
    """By the key of its JSON; a folder by that of one of its first files."""
    if seen.kind != "folder":
        return LIKELY if seen.has_key("people") else NO
    some = islice(sorted(seen.path.glob("*.json")), _LOOKED_INTO)
    return LIKELY if any(recognise(Glimpse(file)) for file in some if file.is_file()) else NO


def refuse(seen: Glimpse) -> None:
    """Raises ReadError for a folder of files that are each a whole data set: one of them is meant."""
    if seen.kind != "folder" or seen.has_file("*_keypoints.json"):
        return
    some = [Glimpse(file) for file in islice(sorted(seen.path.glob("*.json")), _LOOKED_INTO)]
    whole = [one.path.name for one in some if max(coco.recognise(one), eft.recognise(one)) > recognise(one)]
    if whole:
        problem = f"holds data sets of their own: {', '.join(whole)}"
        raise read_error(seen.path, problem, "Give the one that you mean.")


def read(
    path: Path, photos: Path | None = None, known: Sequence[Photo] = (), layout_name: str | None = None
) -> Import:
    """Read one file, or all `*.json` of a folder. Raises ReadError, and LayoutError for an unknown layout_name.

    known: photos with people. Each person gets the keypoints of the matching detection, converted to the person's
    layout. Nobody is added, and detections without a matching person are left out. layout_name: of the keypoints,
    where their number does not tell it.
    """
    report = Report(path, FORMAT)
    folder = PhotoFolder(photos or (path if path.is_dir() else path.parent), report)
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise report.error("no .json files in this folder", "Choose the folder that OpenPose wrote.")
    if len(files) > MAX_PHOTOS:
        raise report.error(f"more than {MAX_PHOTOS} files", "Split the folder.")
    layouts = OpenposeLayouts(_some_people(files), layout_name, report)
    by_path, tracks = {photo.path: photo for photo in known}, Tracks()
    found: dict[str, Photo] = {}
    before: tuple[str, int, Photo] | None = None
    for file in files:
        try:
            photo = _read_photo(file, folder, (layouts, tracks), report, by_path)
        except ReadError as error:
            if file == path:
                raise
            report.leave_out(file.name, str(error))
            continue
        if photo is None or photo.path in found:
            continue
        number = _NUMBERED.match(_stem(file))
        if number and not known:
            if before and before[0] == number[1] and before[1] == int(number[2]) - 1:
                photo = _same_ids(before[2], photo)
            before = number[1], int(number[2]), photo
        found[photo.path] = photo
    return report.done(found.values() if known else with_tracks(found.values(), tracks))


def read_one(file: Path, number: int, folder: PhotoFolder) -> Keypoints | None:
    """Keypoints of entry `number` in the file's list of people; None if there is none or it is unusable.

    Raises ReadError for a file that is not OpenPose's.
    """
    entries, report = _entries(file), Report(file, FORMAT)
    if number >= len(entries):
        return None
    folder.known_size(folder.named(_stem(file)))
    try:
        return _read_keypoints(
            entries[number], f"person {number}", OpenposeLayouts(_some_people([file]), None, report), report
        )
    except Unusable:
        return None


def _entries(file: Path) -> list[Any]:
    """The file's list of people. Raises ReadError if it has none."""
    data = read_json(file, _MAX_BYTES)
    if not isinstance(data, dict) or not isinstance(data.get("people"), list):
        raise Report(file, FORMAT).error(
            "no list 'people'", "Choose a file that OpenPose wrote with --write_json."
        )
    return list(data["people"])


def _read_photo(
    file: Path,
    folder: PhotoFolder,
    through: tuple[OpenposeLayouts, Tracks],
    report: Report,
    known: Mapping[str, Photo],
) -> Photo | None:
    entries = _entries(file)
    with report.record(file.name):
        relative = folder.named(_stem(file))
        width, height = folder.known_size(relative)
        layouts, tracks = through
        persons = _read_people(entries, file.name, layouts, report, _tracks(file, entries, tracks))
        if not known:
            return Photo(relative, width, height, tuple(persons))
        if relative not in known:
            raise Unusable("its photo is not among the known photos")
        return _update(known[relative], persons, file.name, report)
    return None


def _tracks(file: Path, entries: list[Any], tracks: Tracks) -> list[int | None]:
    """The track of each entry by its person_id, which is [-1] for none; None also where two entries share one."""
    number = _NUMBERED.match(_stem(file))
    found: list[int | None] = []
    for entry in entries:
        id = entry.get("person_id") if isinstance(entry, dict) else None
        id = id[0] if isinstance(id, list) and len(id) == 1 else id
        track = tracks.take(id, number[1] if number else "")
        found.append(None if track in found else track)
    return found


def _read_people(
    entries: list[Any], name: str, layouts: OpenposeLayouts, report: Report, tracks: list[int | None]
) -> list[Person]:
    if len(entries) > MAX_PEOPLE_IN_PHOTO:
        raise Unusable(f"more than {MAX_PEOPLE_IN_PHOTO} people in one photo")
    persons: list[Person] = []
    report.count_people(len(entries))
    for index, entry in enumerate(entries):
        record = f"{name}, person {index}"
        with report.record(record):
            keypoints = _read_keypoints(entry, record, layouts, report)
            person = people.person(len(persons) + 1, people.box_round(keypoints, _SURE), keypoints)
            persons.append(person.with_(track=tracks[index]))
    return persons


def _read_keypoints(entry: Any, record: str, layouts: OpenposeLayouts, report: Report) -> Keypoints:
    if not isinstance(entry, dict):
        raise Unusable("it is not a person")
    array = triples(entry.get("pose_keypoints_2d"), report, record)
    matched = layouts.of(len(array))
    people.refuse_fractions(array, "run OpenPose with --keypoint_scale 0")
    for part in _EXTRA:
        if isinstance(entry.get(part), list) and any(entry[part]):
            report.note(f"'{part}' is not read: the layouts have no face or hands")
    return people.make_keypoints(matched.layout, matched.pick(array), report, record)


def _some_people(files: Sequence[Path]) -> Iterator[np.ndarray]:
    """Keypoints (K, 3) of people in some of the files."""
    for file in files[:: max(1, len(files) // _LOOKED_INTO)][:_LOOKED_INTO]:
        try:
            entries = _entries(file)
        except ReadError:
            continue
        for entry in entries[:MAX_PEOPLE_IN_PHOTO]:
            values = entry.get("pose_keypoints_2d") if isinstance(entry, dict) else None
            try:
                yield triples(values, Report(file, FORMAT), "")
            except Unusable:
                continue


def _update(photo: Photo, found: list[Person], name: str, report: Report) -> Photo:
    """The photo with each person's keypoints updated from the matching detection."""
    chosen = associate(photo.people, found)
    for index in set(range(len(found))) - {place for place in chosen if place is not None}:
        report.leave_out(f"{name}, person {index}", "nobody in the photo has keypoints near these")
    updated = []
    for person, place in zip(photo.people, chosen, strict=True):
        if place is None:
            report.leave_out(
                f"{photo.path}, person {person.id}", "no detection is near; the keypoints stay unchanged"
            )
        updated.append(person if place is None else _with_detection(person, found[place]))
    return photo.with_(people=tuple(updated))


def _with_detection(person: Person, detected: Person) -> Person:
    track = detected.track if person.track is None else person.track
    return person.with_(keypoints=_merged(person, detected), track=track)


def _merged(person: Person, detected: Person) -> Keypoints:
    """The detection's keypoints; keypoints that it lacks stay the person's own."""
    own, new = person.keypoints, detected.keypoints
    new = new if new.layout == own.layout else convert(new, new.layout, own.layout)
    take = new.confidence > 0
    return Keypoints(
        own.layout,
        np.where(take[:, None], new.xy, own.xy),
        np.where(take, new.confidence, own.confidence),
        own.occluded & ~take,
    )


def _same_ids(before: Photo, photo: Photo) -> Photo:
    """The photo with the ids of the matching people in the previous photo."""
    chosen = associate(before.people, photo.people)
    ids = {place: person.id for person, place in zip(before.people, chosen, strict=True) if place is not None}
    free = max([*ids.values(), *(person.id for person in before.people), 0])
    persons = []
    for place, person in enumerate(photo.people):
        if place not in ids:
            free += 1
        persons.append(person.with_(id=ids.get(place, free)))
    return photo.with_(people=tuple(persons))


def _stem(file: Path) -> str:
    stem = file.stem
    for ending in _ENDINGS:
        stem = stem.removesuffix(ending)
    return stem
