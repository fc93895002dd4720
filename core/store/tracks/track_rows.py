"""Light rows of all people for a timeline, and edits of tracks: pure functions that return the people's new tracks."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple, cast

from core.errors import ProjectError
from core.records import Verdict


class TrackRow(NamedTuple):
    """A person in a timeline. score: of the fit, None without one; corrected: whether a hand changed the keypoints."""

    person_id: int
    photo_id: int
    track: int | None
    verdict: Verdict
    score: float | None
    corrected: bool


Retracked = dict[int, int | None]  # id of a person -> the new track


def track_rows_of(db: sqlite3.Connection) -> list[TrackRow]:
    """All people of a project, photo by photo in the order of their addition."""
    rows = db.execute(
        "SELECT id, photo_id, track, verdict, score, original_keypoints IS NOT NULL FROM person ORDER BY photo_id, id"
    ).fetchall()
    return [
        TrackRow(row[0], row[1], row[2], cast(Verdict, row[3]), row[4], bool(row[5]))
        for row in rows
        if isinstance(row[0], int) and isinstance(row[2], int | None)
    ]


def swapped(rows: Sequence[TrackRow], one: int, other: int, from_photo: int) -> Retracked:
    """Exchange two tracks from a photo on."""
    named = {one: other, other: one}
    return {
        row.person_id: named[row.track]
        for row in rows
        if row.photo_id >= from_photo and row.track is not None and row.track in named
    }


def cut(rows: Sequence[TrackRow], track: int, from_photo: int) -> Retracked:
    """Give a track a new number from a photo on. Raises ProjectError where the track begins there."""
    own = [row for row in rows if row.track == track]
    if not any(row.photo_id < from_photo for row in own):
        raise ProjectError(
            f"track {track} begins in this photo, so there is nothing to cut. Go to a later photo."
        )
    new = free_track(rows)
    return {row.person_id: new for row in own if row.photo_id >= from_photo}


def joined(rows: Sequence[TrackRow], track: int, other: int) -> Retracked:
    """Make another track part of a track. Raises ProjectError where a photo has people of both."""
    photos = {row.photo_id for row in rows if row.track == track}
    theirs = [row for row in rows if row.track == other]
    both = [row.photo_id for row in theirs if row.photo_id in photos]
    if both:
        count = "1 photo has" if len(both) == 1 else f"{len(both)} photos have"
        raise ProjectError(
            f"{count} people of track {track} and of track {other}, so they are not one person. Cut or swap them first."
        )
    return {row.person_id: track for row in theirs}


def next_to_join(rows: Sequence[TrackRow], track: int) -> int | None:
    """The track that goes on soonest after a track ends, else the one that ends latest before it begins; None if every
    other track overlaps it."""
    spans = spans_of(rows)
    if track not in spans:
        return None
    first, last = spans[track]
    after = [(span[0], number) for number, span in spans.items() if number != track and span[0] > last]
    before = [(-span[1], number) for number, span in spans.items() if number != track and span[1] < first]
    found = min(after, default=None) or min(before, default=None)
    return None if found is None else found[1]


def spans_of(rows: Sequence[TrackRow]) -> dict[int, tuple[int, int]]:
    """The first and the last photo's id of each track."""
    spans: dict[int, tuple[int, int]] = {}
    for row in rows:
        if row.track is not None:
            first, last = spans.get(row.track, (row.photo_id, row.photo_id))
            spans[row.track] = min(first, row.photo_id), max(last, row.photo_id)
    return spans


def free_track(rows: Sequence[TrackRow]) -> int:
    """A number above all tracks."""
    return max((row.track for row in rows if row.track is not None), default=-1) + 1
