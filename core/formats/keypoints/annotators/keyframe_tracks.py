"""Tracks of people that are placed in some frames of a video, and move between them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.formats.keypoints.annotators.named_people import NamedPeople, NamedPerson, PlacedPoint
from core.formats.shared.gathered_photos import photo_size
from core.formats.shared.numbered_photos import NumberedPhotos

Points = Mapping[str, PlacedPoint]


@dataclass(frozen=True)
class KeyframeTrack:
    """One person: where it is in the file, and the points at each keyframe.

    spans: (first, end) of the times in which the person is there, without `end`. is_linear: whether points move
    between keyframes or stay.
    """

    where: str
    identity: Hashable
    keyframes: Mapping[int, Points]
    spans: Sequence[tuple[int, int]]
    is_linear: bool = True


@dataclass(frozen=True)
class Moment:
    """One frame of a track: `share` of the way, 0…1, from the points of a keyframe to those of the next."""

    frame: int
    here: Points
    following: Points
    share: float

    @property
    def points(self) -> Points:
        """Points of both keyframes lie linearly between; a point that the next lacks stays."""
        if not self.share or not self.following:
            return self.here
        moved = {
            name: _between(self.here[name], self.following[name], self.share)
            for name in self.following.keys() & self.here
        }
        return {**self.here, **moved}


def moments(track: KeyframeTrack) -> Iterator[Moment]:
    """The frames in which the person is there. A keyframe without points begins a gap."""
    frames = sorted(track.keyframes)
    for first, end in sorted(track.spans):
        for here, following in zip(frames, [*frames[1:], None], strict=True):
            points = track.keyframes[here]
            target = track.keyframes[following] if following is not None and track.is_linear else {}
            stop = end if following is None else following
            for frame in range(max(here, first), min(stop, end) if points else here):
                yield Moment(frame, points, target, (frame - here) / (stop - here))


def add_tracks(
    found: NamedPeople,
    tracks: Sequence[KeyframeTrack],
    numbered: NumberedPhotos,
    sides: tuple[object, object],
) -> None:
    """Add the people of tracks whose frames are photos; the frames that are not are reported.

    sides: width and height [px] as the file has them, None for those of the photos. Raises ReadError for too many.
    """
    each: list[tuple[KeyframeTrack, list[Moment]]] = []
    for track in tracks:
        each.append((track, []))
        for moment in moments(track):
            found.report.count_people()
            each[-1][1].append(moment)
    numbered.align({moment.frame for _, there in each for moment in there}, 0, found.report)
    for track, there in each:
        missing: list[int] = []
        for moment in there:
            if not numbered.holds(moment.frame):
                missing.append(moment.frame)
                continue
            record = f"{track.where}, frame {moment.frame}"
            with found.report.record(record):
                relative = numbered.frame(moment.frame)
                found.add_photo(relative, photo_size(*sides, relative, numbered.folder))
                found.add(NamedPerson(relative, record, moment.points, identity=track.identity))
        if missing:
            found.report.leave_out(
                f"{track.where}, {len(missing)} frames from {missing[0]} on", numbered.missing
            )


def _between(here: PlacedPoint, there: PlacedPoint, share: float) -> PlacedPoint:
    x, y = here.x + share * (there.x - here.x), here.y + share * (there.y - here.y)
    return PlacedPoint(x, y, here.occluded, here.confidence)
