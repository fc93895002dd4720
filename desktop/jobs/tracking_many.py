"""Tracks people without a track over the photos of a sequence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from core.records import Photo
from core.store import Project
from core.store.tracks.track_rows import Retracked

PHOTOS_A_STEP = 32


@dataclass(frozen=True, eq=False)
class Tracked:
    """Progress in photos, and the tracks found in the last of them, by a person's id."""

    done: int
    total: int
    tracks: Retracked


class Tracker:
    """Follows people from photo to photo. rate: of frames a second, by which names count; taken: tracks that are given
    already."""

    def __init__(self, rate: Fraction, taken: Sequence[int]) -> None:
        from core.formats.shared.gathered_photos import Tracks
        from core.formats.shared.tracking import Trail, most_lost_frames

        self._most_lost, self._tracks = most_lost_frames(rate), Tracks()
        for track in taken:
            self._tracks.take(track)
        self._trails: tuple[Trail, ...] = ()
        self._name = ""

    def follow(self, photo: Photo) -> Photo:
        """The photo with a track for everybody. Photos come in the order of time; another video's people are others."""
        from core.formats.photos.numbered_names import name_and_number
        from core.formats.shared.tracking import followed

        name, number = name_and_number(photo.path) or ("", 0)
        if name != self._name:
            self._name, self._trails = name, ()
        self._trails, numbers = followed(self._trails, number, photo.people, self._most_lost, self._tracks)
        people = tuple(
            person if person.track == number else person.with_(track=number)
            for person, number in zip(photo.people, numbers, strict=True)
        )
        return photo.with_(people=people)


def tracking_steps(project: Project, photo_ids: Sequence[int], rate: Fraction) -> Iterator[Tracked]:
    """Tracks of people without one, in steps of some photos; the tracks of others stay and are carried on."""
    taken = sorted({row.track for row in project.track_rows() if row.track is not None})
    tracker, found = Tracker(rate, taken), Retracked()
    for done, photo_id in enumerate(photo_ids, start=1):
        before = project.photo(photo_id)
        after = tracker.follow(before)
        found |= {
            new.id: new.track for old, new in zip(before.people, after.people, strict=True) if old is not new
        }
        if done % PHOTOS_A_STEP == 0 or done == len(photo_ids):
            yield Tracked(done, len(photo_ids), found)
            found = Retracked()
