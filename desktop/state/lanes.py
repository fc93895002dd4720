"""The people of a sequence as lanes of a timeline, one a track: pure functions of light rows.

F is the number of photos, W the width of a drawing in columns. A place is a photo's position in the sequence.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.records import Verdict
from core.store.tracks.track_rows import TrackRow

VERDICTS: tuple[Verdict, ...] = ("accepted", "todo", "later", "rejected")  # the later one is shown of several
ABSENT = -1


@dataclass(frozen=True, eq=False)
class Lane:
    """One track, or all people without one (track None). Of each of its N people: the place (N,) of the photo, rising;
    verdict (N,), an index of VERDICTS; score (N,) [px], NaN without a fit; corrected (N,) bool; person_ids (N,)."""

    track: int | None
    places: np.ndarray
    verdict: np.ndarray
    score: np.ndarray
    corrected: np.ndarray
    person_ids: np.ndarray

    def person_at(self, place: int) -> int | None:
        """The id of the person in the photo at a place; None in a gap."""
        at = int(np.searchsorted(self.places, place))
        return int(self.person_ids[at]) if at < len(self.places) and self.places[at] == place else None

    @property
    def gaps(self) -> np.ndarray:
        """(G, 2) first and last place of each stretch inside the track without anybody."""
        before, after = self.places[:-1], self.places[1:]
        wide = after - before > 1
        return np.stack([before[wide] + 1, after[wide] - 1], axis=1)


@dataclass(frozen=True, eq=False)
class Columns:
    """A part of a lane in W columns: verdict (W,) or ABSENT, the worst score (W,) [px] or NaN, corrected (W,) bool,
    inside (W,) bool between the track's first and last photo."""

    verdict: np.ndarray
    score: np.ndarray
    corrected: np.ndarray
    inside: np.ndarray


def lanes_of(photo_ids: Sequence[int], rows: Sequence[TrackRow]) -> tuple[Lane, ...]:
    """Lanes in the order of their first photos; people without a track are the last lane. photo_ids: in order."""
    place_of = {photo_id: place for place, photo_id in enumerate(photo_ids)}
    by_track: dict[int | None, list[tuple[int, TrackRow]]] = {}
    for row in rows:
        if row.photo_id in place_of:
            by_track.setdefault(row.track, []).append((place_of[row.photo_id], row))
    lanes = [_lane(track, sorted(members, key=lambda each: each[0])) for track, members in by_track.items()]
    return tuple(sorted(lanes, key=lambda lane: (lane.track is None, int(lane.places[0]), lane.track or 0)))


def columns(lane: Lane, first: float, last: float, width: int) -> Columns:
    """The part of a lane between two places, in columns; a column of several photos shows the worst of them."""
    edges = np.linspace(first, last, width + 1)
    low = np.searchsorted(lane.places, np.floor(edges[:-1]))
    high = np.searchsorted(lane.places, np.maximum(np.ceil(edges[1:]), np.floor(edges[:-1]) + 1))
    there = high > low
    verdict = np.full(width, ABSENT)
    score = np.full(width, np.nan)
    corrected = np.zeros(width, bool)
    if there.any():
        pairs = np.stack([low[there], high[there]], axis=1)
        verdict[there] = _reduced(np.maximum, lane.verdict, pairs)
        score[there] = _reduced(np.fmax, lane.score, pairs)
        corrected[there] = _reduced(np.maximum, lane.corrected, pairs)
    middle = (edges[:-1] + edges[1:]) / 2
    inside = (middle >= lane.places[0]) & (middle < lane.places[-1] + 1)
    return Columns(verdict, score, corrected, inside)


def beside(places: np.ndarray, place: int, by: int) -> int | None:
    """The next (by = 1) or previous (-1) of rising places; None if there is none."""
    found = places[places > place] if by > 0 else places[places < place]
    return None if not len(found) else int(found[0] if by > 0 else found[-1])


def _lane(track: int | None, members: list[tuple[int, TrackRow]]) -> Lane:
    rows = [row for _, row in members]
    return Lane(
        track,
        np.array([place for place, _ in members], np.int64),
        np.array([VERDICTS.index(row.verdict) for row in rows], np.int64),
        np.array([np.nan if row.score is None else row.score for row in rows], np.float64),
        np.array([row.corrected for row in rows], bool),
        np.array([row.person_id for row in rows], np.int64),
    )


def _reduced(function: np.ufunc, values: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """function over values[low:high] for each pair (N, 2), none of them empty."""
    padded = np.append(values, values[-1:])  # reduceat takes no index beyond the last
    return np.asarray(function.reduceat(padded, pairs.reshape(-1))[::2])
