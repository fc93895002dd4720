"""Reads OpenPose's JSON: one file per photo, `<photo>_keypoints.json`, of BODY_25, BODY_25B, BODY_135 or COCO 18.

BODY_25 and BODY_25B have as many keypoints in another order: the bodies that they make tell which it is.

The file holds neither the photo's path nor its size, so the photo must exist under the file's name. Detections are
matched by their keypoints: to the people of `known` photos, or in a numbered sequence to the people of the previous
photo. Hands, face and 3D are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from core.body.keypoints import convert, layout
from core.errors import ReadError
from core.files.untrusted import read_json
from core.files.unusable import Unusable, read_error
from core.formats.bodies import eft
from core.formats.keypoints import coco
from core.formats.layouts.keypoint_rows import triples
from core.formats.layouts.layout_choice import undecided
from core.formats.layouts.layout_shape import by_bodies
from core.formats.shared import people
from core.formats.shared.association import associate
from core.formats.shared.glimpse import LIKELY, NO, Glimpse
from core.formats.shared.layout_match import NameMatch, layouts_of, match_in_order
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PHOTOS, Import, Report
from core.records import Keypoints, Person, Photo

FORMAT = "OpenPose"
LAYOUTS_BY_COUNT = {18: "coco18", 25: "openpose25", 135: "openpose25b"}
_EXPERIMENTAL = "openpose25b"
MAX_PEOPLE_IN_PHOTO = 1000
_MAX_BYTES = 32 * 2**20
_LOOKED_INTO = 20  # files of a folder
_ENDINGS = ("_keypoints", "_openpose")
_NUMBERED = re.compile(r"(.*?)(\d+)$")
_EXTRA = ("face_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d")


def recognise(seen: Glimpse) -> int:
    """By the key of its JSON, or the ending of its files."""
    return LIKELY if seen.has_key("people") or seen.has_file("*.json") else NO


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
    layouts = _Layouts(files, layout_name, report)
    by_path = {photo.path: photo for photo in known}
    found: dict[str, Photo] = {}
    before: tuple[str, int, Photo] | None = None
    for file in files:
        try:
            photo = _read_photo(file, folder, layouts, report, by_path)
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
    return report.done(found.values())


def read_one(file: Path, number: int, folder: PhotoFolder) -> Keypoints | None:
    """Keypoints of entry `number` in the file's list of people; None if there is none or it is unusable.

    Raises ReadError for a file that is not OpenPose's.
    """
    entries, report = _entries(file), Report(file, FORMAT)
    if number >= len(entries):
        return None
    folder.known_size(folder.named(_stem(file)))
    try:
        return _read_keypoints(entries[number], f"person {number}", _Layouts([file], None, report), report)
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
    file: Path, folder: PhotoFolder, layouts: _Layouts, report: Report, known: Mapping[str, Photo]
) -> Photo | None:
    entries = _entries(file)
    with report.record(file.name):
        relative = folder.named(_stem(file))
        width, height = folder.known_size(relative)
        persons = _read_people(entries, file.name, layouts, report)
        if not known:
            return Photo(relative, width, height, tuple(persons))
        if relative not in known:
            raise Unusable("its photo is not among the known photos")
        return _update(known[relative], persons, file.name, report)
    return None


def _read_people(entries: list[Any], name: str, layouts: _Layouts, report: Report) -> list[Person]:
    if len(entries) > MAX_PEOPLE_IN_PHOTO:
        raise Unusable(f"more than {MAX_PEOPLE_IN_PHOTO} people in one photo")
    persons: list[Person] = []
    report.count_people(len(entries))
    for index, entry in enumerate(entries):
        record = f"{name}, person {index}"
        with report.record(record):
            keypoints = _read_keypoints(entry, record, layouts, report)
            persons.append(people.person(len(persons) + 1, people.box_round(keypoints), keypoints))
    return persons


def _read_keypoints(entry: Any, record: str, layouts: _Layouts, report: Report) -> Keypoints:
    if not isinstance(entry, dict):
        raise Unusable("it is not a person")
    array = triples(entry.get("pose_keypoints_2d"), report, record)
    matched = layouts.of(len(array))
    people.refuse_fractions(array, "run OpenPose with --keypoint_scale 0")
    for part in _EXTRA:
        if isinstance(entry.get(part), list) and any(entry[part]):
            report.note(f"'{part}' is not read: the layouts have no face or hands")
    return people.make_keypoints(matched.layout, matched.pick(array), report, record)


class _Layouts:
    """Which layout the people of the files have, by the number of their keypoints.

    Raises Undecided for people of whom it is not known, LayoutError for an unknown layout_name.
    """

    def __init__(self, files: Sequence[Path], layout_name: str | None, report: Report) -> None:
        if layout_name is not None:
            layout(layout_name)
        self._given, self._report = layout_name, report
        self._found: dict[int, NameMatch] = {}
        seen = list(_some_people(files))
        if layout_name is None:
            self._tell_experimental(seen)
            self._ask({len(rows) for rows in seen})

    def of(self, count: int) -> NameMatch:
        """How so many keypoints map to a layout. Raises Unusable."""
        if count not in self._found:
            name = self._given or LAYOUTS_BY_COUNT.get(count)
            found = None if name is None else match_in_order((), count, name)
            if found is None:
                known = " or ".join(f"{number} ({name})" for number, name in LAYOUTS_BY_COUNT.items())
                known = self._given or f"OpenPose models with {known} are read"
                raise Unusable(f"it has {count} keypoints; {known}")
            self._report.note(f"{count} keypoints are read as layout '{found.layout}'")
            self._found[count] = found
        return self._found[count]

    def _tell_experimental(self, seen: list[np.ndarray]) -> None:
        """Tell BODY_25B from BODY_25. Raises Undecided."""
        usual = LAYOUTS_BY_COUNT[25]
        some = [rows for rows in seen if len(rows) == 25]
        name, order = by_bodies(some, (usual, _EXPERIMENTAL), usual)
        if name is None:
            raise undecided(self._report, "its keypoints can be those of BODY_25 and of BODY_25B.", order)
        found = match_in_order((), 25, name)
        if found is not None and name == _EXPERIMENTAL:
            self._report.note("25 keypoints are read as layout 'openpose25b': only so they make bodies")
            self._found[25] = found

    def _ask(self, counts: set[int]) -> None:
        """Raise Undecided if nobody has as many keypoints as one of OpenPose's models."""
        unknown = next((count for count in sorted(counts) if layouts_of(count)), None)
        if unknown is not None and not counts & LAYOUTS_BY_COUNT.keys():
            raise undecided(
                self._report,
                f"its people have {unknown} keypoints, as no model of OpenPose that is known here.",
                layouts_of(unknown),
            )


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
        updated.append(person if place is None else person.with_(keypoints=_merged(person, found[place])))
    return photo.with_(people=tuple(updated))


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
