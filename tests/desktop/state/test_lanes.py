"""Lanes of a timeline: one a track, with gaps, verdicts and scores, drawn in any number of columns."""

import numpy as np
import pytest

from core.store.tracks.track_rows import TrackRow
from desktop.state.lanes import ABSENT, VERDICTS, beside, columns, lanes_of

PHOTOS = [3, 5, 8, 9, 12, 20]


def row(photo: int, track: int | None, verdict="todo", score=None, corrected=False) -> TrackRow:
    return TrackRow(100 * photo + (track or 0), photo, track, verdict, score, corrected)


def test_there_is_a_lane_for_each_track_in_the_order_of_first_photos_and_one_for_those_without():
    found = lanes_of(PHOTOS, [row(3, 4), row(5, None), row(5, 4), row(5, 1), row(9, 1), row(77, 2)])
    assert [lane.track for lane in found] == [4, 1, None]
    assert [lane.places.tolist() for lane in found] == [[0, 1], [1, 3], [1]]
    assert found[1].person_at(3) == 901
    assert found[1].person_at(2) is None
    assert found[1].person_at(5) is None


def test_gaps_lie_inside_a_track():
    (lane,) = lanes_of(PHOTOS, [row(5, 1), row(8, 1), row(20, 1)])
    assert lane.gaps.tolist() == [[3, 4]]
    (whole,) = lanes_of(PHOTOS, [row(5, 1), row(8, 1)])
    assert whole.gaps.shape == (0, 2)


def test_a_photo_may_be_many_columns_wide():
    (lane,) = lanes_of(PHOTOS, [row(3, 1, "accepted", 2.0), row(8, 1, "rejected", 9.0, True)])
    shown = columns(lane, 0, 6, 12)
    names = [None if code == ABSENT else VERDICTS[code] for code in shown.verdict]
    assert names == ["accepted"] * 2 + [None] * 2 + ["rejected"] * 2 + [None] * 6
    assert shown.corrected.tolist() == [False] * 4 + [True] * 2 + [False] * 6
    assert shown.inside.tolist() == [True] * 6 + [False] * 6
    assert shown.score[0] == 2.0
    assert np.isnan(shown.score[2])


def test_a_column_of_many_photos_shows_the_worst():
    ids = list(range(1000))
    rows = [row(n, 1, "rejected" if n == 567 else "accepted", 8.0 if n == 567 else 1.0) for n in ids]
    (lane,) = lanes_of(ids, rows)
    shown = columns(lane, 0, 1000, 10)
    assert [VERDICTS[code] for code in shown.verdict] == ["accepted"] * 5 + ["rejected"] + ["accepted"] * 4
    assert shown.score.tolist() == [1.0] * 5 + [8.0] + [1.0] * 4


def test_a_part_between_two_photos_shows_nothing_of_others():
    (lane,) = lanes_of(PHOTOS, [row(3, 1), row(20, 1)])
    shown = columns(lane, 1, 5, 8)
    assert (shown.verdict == ABSENT).all()
    assert shown.inside.all()


@pytest.mark.parametrize(
    ("place", "by", "expected"), [(4, 1, 7), (4, -1, 2), (7, 1, None), (2, -1, None), (0, 1, 2)]
)
def test_the_next_of_rising_places(place, by, expected):
    assert beside(np.array([2, 4, 7]), place, by) == expected
