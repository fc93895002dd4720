"""Tracks of people over the frames of a video: each frame's people are matched with the expected places of the tracks.

A track moves on at its last velocity. The likeness of a person to it is the object keypoint similarity (OKS) of COCO's
evaluation where both have enough keypoints, else the overlap of their boxes (IoU); the assignment has the greatest sum.
People without a match by keypoints are matched by boxes. A track ends one second after its last person.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from itertools import groupby

import numpy as np
from scipy.optimize import linear_sum_assignment

from core.body.keypoints import convert, layout
from core.formats.photos.numbered_names import name_and_number
from core.formats.shared.gathered_photos import Tracks
from core.geometry.iou import iou as iou_of_corners
from core.records import BBox, Keypoints, Person, Photo

FEWEST_SHARED = 5  # keypoints of both that OKS is trusted with
LEAST_LIKE = 0.3  # likeness of a match
LOST_S = 1.0  # [s] that a track lives without a person
USUAL_RATE = 30  # frames a second where nothing tells it
NEWEST_SHARE = 0.2  # of the velocity that the last step shows, in the one kept
OTHER_SIGMA = 0.08  # of keypoints that COCO has not
# COCO's sigmas, of keypoints by a word of their names (pycocotools' cocoeval.py).
SIGMAS = {
    "nose": 0.026,
    "eye": 0.025,
    "ear": 0.035,
    "shoulder": 0.079,
    "elbow": 0.072,
    "wrist": 0.062,
    "hip": 0.107,
    "knee": 0.087,
    "ankle": 0.089,
}
AREA_SHARE = 0.53  # of a box that a person covers, as pycocotools takes it for a person without mask


@dataclass(frozen=True, eq=False)
class Trail:
    """A track so far: the person last seen, in frame `frame`, moving at velocity (2,) [px a frame]."""

    track: int
    person: Person
    frame: int
    velocity: np.ndarray

    def at(self, frame: int) -> tuple[Keypoints, BBox]:
        """Keypoints and box where they should be in a later frame."""
        shift = (frame - self.frame) * self.velocity
        keypoints, box = self.person.keypoints, self.person.bbox
        return replace(keypoints, xy=keypoints.xy + shift), replace(box, center=box.center + shift)

    def continued(self, person: Person, frame: int) -> Trail:
        """The track after one more frame."""
        step = _shift(self.person, person) / (frame - self.frame)
        velocity = step if self.is_new else NEWEST_SHARE * step + (1 - NEWEST_SHARE) * self.velocity
        return Trail(self.track, person, frame, velocity)

    @property
    def is_new(self) -> bool:
        """Whether it was seen once, so that nothing is known of its velocity."""
        return not self.velocity.any()


def with_video_tracks(
    photos: Iterable[Photo], rate: Fraction, tracks: Tracks | None = None
) -> tuple[Photo, ...]:
    """Photos whose people have tracks, if they are seen in more than one photo. Tracks that people have already stay,
    and go on in photos without any.

    Photos of one name with numbers, and frames of one video, are in the order of their numbers; others are left. rate:
    of frames a second, of which the numbers count; 0 where it is not known. tracks: those that are given already.
    """
    done, tracks = list(photos), tracks or Tracks()
    for photo in done:
        for person in photo.people:
            tracks.take(person.track)
    numbered = [(key, place) for place, photo in enumerate(done) if (key := name_and_number(photo.path))]
    most_lost = most_lost_frames(rate)
    for _, group in groupby(sorted(numbered), key=lambda each: each[0][0]):
        places = [(key[1], place) for key, place in group]
        linked = link([(frame, done[place].people) for frame, place in places], most_lost, tracks)
        for (_, place), people in zip(places, linked, strict=True):
            done[place] = done[place].with_(people=people)
    return tuple(done)


def link(
    frames: Sequence[tuple[int, tuple[Person, ...]]], most_lost: int, tracks: Tracks
) -> list[tuple[Person, ...]]:
    """The people of each frame with their tracks. frames: their numbers, rising, and their people. most_lost: frames
    that a track lives without a person."""
    trails: tuple[Trail, ...] = ()
    given: list[list[int]] = []
    for frame, people in frames:
        trails, numbers = followed(trails, frame, people, most_lost, tracks)
        given.append(numbers)
    return _without_single(frames, given)


def followed(
    trails: Sequence[Trail], frame: int, people: Sequence[Person], most_lost: int, tracks: Tracks
) -> tuple[tuple[Trail, ...], list[int]]:
    """The trails after one more frame, and the track of each of its people; a new one for a person without a match."""
    alive = [one for one in trails if 0 < frame - one.frame <= most_lost]
    known = [person.track for person in people]
    if all(track is None for track in known):
        places = _matched(alive, frame, people)
        known = [None if place is None else alive[place].track for place in places]
    numbers = [tracks.new() if track is None else track for track in known]
    before = {one.track: one for one in alive}
    now = {
        number: before[number].continued(person, frame)
        if number in before
        else Trail(number, person, frame, np.zeros(2))
        for number, person in zip(numbers, people, strict=True)
    }
    return (*now.values(), *(one for one in alive if one.track not in now)), numbers


def most_lost_frames(rate: Fraction) -> int:
    """Frames that a track lives without a person, of a rate of frames a second; 0 where it is not known."""
    return max(1, round(LOST_S * float(rate or USUAL_RATE)))


def likeness(known: tuple[Keypoints, BBox], person: Person) -> float:
    """OKS in 0..1 of a person's keypoints and those known; the IoU of the boxes where they share too few."""
    keypoints, box = known
    theirs = person.keypoints
    if theirs.layout != keypoints.layout:
        theirs = convert(theirs, theirs.layout, keypoints.layout)
    both = (keypoints.confidence > 0) & (theirs.confidence > 0)
    if both.sum() < FEWEST_SHARED:
        return iou(box, person.bbox)
    away = ((keypoints.xy - theirs.xy)[both].astype(np.float64) ** 2).sum(axis=1)
    area = AREA_SHARE * float(np.prod(box.xywh[2:].astype(np.float64)))
    variance = (2 * _sigmas(keypoints.layout)[both]) ** 2
    return float(np.exp(-away / (2 * area * variance + 1e-9)).mean())


def iou(one: BBox, other: BBox) -> float:
    """Intersection over union of two tight boxes."""
    return float(iou_of_corners(one.corners.ravel(), other.corners.ravel()))


def _matched(trails: Sequence[Trail], frame: int, people: Sequence[Person]) -> list[int | None]:
    """For each person the place of its trail, or None: by likeness, and the rest by boxes."""
    expected = [trail.at(frame) for trail in trails]
    chosen: list[int | None] = [None] * len(people)
    for by_box in (False, True):
        free = [place for place in range(len(trails)) if place not in chosen]
        rest = [index for index, place in enumerate(chosen) if place is None]
        if not free or not rest:
            break
        alike = np.array(
            [
                [
                    iou(expected[p][1], people[i].bbox) if by_box else likeness(expected[p], people[i])
                    for p in free
                ]
                for i in rest
            ]
        )
        alike[alike < LEAST_LIKE] = 0
        for row, column in zip(*linear_sum_assignment(alike, maximize=True), strict=True):
            if alike[row, column] > 0:
                chosen[rest[row]] = free[column]
    return chosen


def _without_single(
    frames: Sequence[tuple[int, tuple[Person, ...]]], given: Sequence[Sequence[int]]
) -> list[tuple[Person, ...]]:
    """People with their tracks; a track of one frame that no file gave is none."""
    counts: dict[int, int] = {}
    for numbers in given:
        for number in numbers:
            counts[number] = counts.get(number, 0) + 1
    return [
        tuple(
            person if person.track is not None or counts[number] < 2 else person.with_(track=number)
            for person, number in zip(people, numbers, strict=True)
        )
        for (_, people), numbers in zip(frames, given, strict=True)
    ]


def _shift(before: Person, after: Person) -> np.ndarray:
    """How far a person moved: the median of the keypoints seen in both, else the middle of the box. (2,) [px]"""
    old, new = before.keypoints, after.keypoints
    if old.layout == new.layout:
        both = (old.confidence > 0) & (new.confidence > 0)
        if both.sum() >= FEWEST_SHARED:
            return np.asarray(np.median((new.xy - old.xy)[both].astype(np.float64), axis=0))
    return (after.bbox.center - before.bbox.center).astype(np.float64)


@cache
def _sigmas(name: str) -> np.ndarray:
    """(K,) of the keypoints of a layout."""
    return np.array(
        [
            next((sigma for word, sigma in SIGMAS.items() if word in definition), OTHER_SIGMA)
            for definition in layout(name).definitions
        ]
    )
