"""One person's way through the photos: tracks where photos are numbered, and sequences by track."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.errors import FitsError
from core.formats.motion.gaps import FilledFits, by_frame, filled
from core.formats.photos.numbered_names import name_and_number
from core.formats.shared.association import associate
from core.formats.shared.gathered_photos import Tracks
from core.formats.shared.report import LeftOut
from core.records import Fit, Person, Photo

LACKS = "has no fit here to write: the sequence goes on without this photo"
MADE = "has no fit here: the frame was made from the fits before and after"


@dataclass(frozen=True, eq=False)
class PersonSequence:
    """The fits of one person in the order of the photos. track: None where no photo has a second person. made: how many
    of the fits were made between two others."""

    track: int | None
    fits: tuple[Fit, ...]
    made: int = 0


def with_tracks(photos: Iterable[Photo], tracks: Tracks | None = None) -> tuple[Photo, ...]:
    """Photos of which consecutive numbers show the same people, with a track for each that is found again.

    People are matched by their keypoints. Photos in which somebody has a track already stay as they are. tracks: those
    that are given already.
    """
    done, tracks = list(photos), tracks or Tracks()
    numbered = [(name_and_number(photo.path), place) for place, photo in enumerate(done)]
    ordered = sorted(
        (key, place) for key, place in numbered if key is not None and not _has_tracks(done[place])
    )
    for (before, first), (after, second) in pairwise(ordered):
        if before[0] == after[0] and before[1] + 1 == after[1]:
            done[first], done[second] = _matched(done[first], done[second], tracks)
    return tuple(done)


def sequences(
    photos: Sequence[Photo],
    fitted: Iterable[tuple[Photo, Person]],
    person_id: int | None,
    track: int | None,
    left_out: list[LeftOut],
    fill: bool = False,
) -> list[PersonSequence]:
    """One sequence a person, never of two people. Photos that a sequence lacks are added to `left_out`.

    fitted: the people with fits to write. person_id, track: the only person to write. fill: frames that lack between
    two fits are made from them, so that the rest keeps its time. Raises FitsError where nothing tells people apart, or
    there is no such person.
    """
    people = _tracked(list(fitted))
    if track is None and person_id is not None:
        people = _of_person(people, person_id)
    elif track is not None:
        people = [(photo, person) for photo, person in people if person.track == track]
    if not people:
        raise FitsError(_nothing_to_write(person_id, track))
    if all(person.track is None for _, person in people):
        _check_is_one(people, person_id)
    found = []
    paths = [photo.path for photo in photos]
    for number, unordered in _fits_by_track(people, left_out).items():
        fits = by_frame(unordered, paths)
        whole = filled(fits, paths) if fill else FilledFits(tuple(fits.values()))
        name = "the person" if number is None else f"track {number}"
        left_out += [
            LeftOut(path, f"{name} {MADE if path in whole.covered else LACKS}")
            for path in paths
            if path not in fits
        ]
        found.append(PersonSequence(number, whole.fits, whole.made))
    return found


def _nothing_to_write(person_id: int | None, track: int | None) -> str:
    if track is None and person_id is None:
        return "there is no fit to write. Fit people first."
    named = (
        f"track {track} has no person with a fit" if track is not None else f"person {person_id} has no fit"
    )
    return f"{named} to write. Fit people first, or choose another."


def _fits_by_track(
    people: list[tuple[Photo, Person]], left_out: list[LeftOut]
) -> dict[int | None, dict[str, Fit]]:
    """Fits by the path of their photo, for each track, or for the only person of all."""
    several = any(person.track is not None for _, person in people)
    found: dict[int | None, dict[str, Fit]] = {}
    for photo, person in people:
        record = f"{photo.path}, person {person.id}"
        if person.fit is None or (several and person.track is None):
            reason = "nothing tells which person of the other photos it is, so it is in no sequence"
            left_out.append(LeftOut(record, reason))
        elif photo.path in found.setdefault(person.track, {}):
            left_out.append(LeftOut(record, f"track {person.track} is there twice"))
        else:
            found[person.track][photo.path] = person.fit
    return found


def _tracked(people: list[tuple[Photo, Person]]) -> list[tuple[Photo, Person]]:
    """People with tracks, from numbered photos where they have none. Raises FitsError if nothing tells them apart."""
    if any(person.track is not None for _, person in people):
        return people
    photos: dict[str, list[Person]] = {}
    shown = {photo.path: photo for photo, _ in people}
    for photo, person in people:
        photos.setdefault(photo.path, []).append(person)
    if all(len(members) == 1 for members in photos.values()):
        return people
    found = with_tracks(shown[path].with_(people=tuple(members)) for path, members in photos.items())
    return [(photo, person) for photo in found for person in photo.people]


def _of_person(people: list[tuple[Photo, Person]], person_id: int) -> list[tuple[Photo, Person]]:
    """The person of this id with all of its track."""
    own = [(photo, person) for photo, person in people if person.id == person_id]
    tracks = {person.track for _, person in own}
    if len(tracks) > 1:
        known = ", ".join(sorted(str(track) for track in tracks if track is not None))
        raise FitsError(
            f"people of id {person_id} are of several tracks. Choose one of them: --track {known}."
        )
    track = next(iter(tracks), None)
    if track is not None:
        return [(photo, person) for photo, person in people if person.track == track]
    return own


def _check_is_one(people: list[tuple[Photo, Person]], person_id: int | None) -> None:
    """Raises FitsError if people without tracks may be several persons."""
    is_alone = all(len(photo.people) == 1 for photo, _ in people)
    if len(people) > 1 and not is_alone and (person_id is not None or _is_crowded(people)):
        raise FitsError(
            "nothing tells which people of these photos are the same person, so no sequence is written. Give people "
            "with tracks: of OpenPose's or COCO's files that have them, or of photos that are numbered in the order of "
            "the video."
        )


def _is_crowded(people: list[tuple[Photo, Person]]) -> bool:
    paths = [photo.path for photo, _ in people]
    return len(set(paths)) < len(paths)


def _has_tracks(photo: Photo) -> bool:
    return any(person.track is not None for person in photo.people)


def _matched(before: Photo, after: Photo, tracks: Tracks) -> tuple[Photo, Photo]:
    old, new = list(before.people), list(after.people)
    for place, found in enumerate(associate(old, new)):
        if found is None:
            continue
        track = tracks.new() if old[place].track is None else old[place].track
        old[place], new[found] = old[place].with_(track=track), new[found].with_(track=track)
    return before.with_(people=tuple(old)), after.with_(people=tuple(new))
