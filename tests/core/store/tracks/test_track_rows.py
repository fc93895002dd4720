"""Edits of tracks: swap, cut and join tell who gets which track, and refuse what would put two people into one."""

import pytest

from core.errors import ProjectError
from core.store.tracks.track_rows import TrackRow, cut, free_track, joined, next_to_join, spans_of, swapped


def rows(*tracks_of_photos: tuple[int | None, ...]) -> list[TrackRow]:
    """Photo 1, 2, … with people of these tracks; person 10 × photo + place."""
    return [
        TrackRow(10 * photo + place, photo, track, "todo", None, False)
        for photo, tracks in enumerate(tracks_of_photos, start=1)
        for place, track in enumerate(tracks)
    ]


def test_a_swap_exchanges_two_tracks_from_a_photo_on():
    changed = swapped(rows((0, 1), (0, 1), (1, 0, 5), (None, 1)), 0, 1, 2)
    assert changed == {20: 1, 21: 0, 30: 0, 31: 1, 41: 0}


def test_a_cut_gives_the_rest_of_a_track_a_new_number():
    assert cut(rows((0, 3), (0,), (0, 3)), 0, 2) == {20: 4, 30: 4}


def test_a_cut_at_the_beginning_of_a_track_is_refused():
    with pytest.raises(ProjectError, match="track 0 begins in this photo"):
        cut(rows((3,), (0,), (0,)), 0, 2)


def test_joined_tracks_have_one_number():
    assert joined(rows((0,), (0,), (2,), (2,)), 0, 2) == {30: 0, 40: 0}


def test_tracks_of_one_photo_are_not_joined():
    with pytest.raises(ProjectError, match="1 photo has people of track 0 and of track 2"):
        joined(rows((0,), (0, 2), (2,)), 0, 2)


def test_the_next_track_to_join_is_the_one_that_begins_soonest_after():
    table = rows((0,), (0, 4), (4,), (2, 4), (2,), (9,))
    assert next_to_join(table, 0) == 2
    assert next_to_join(table, 9) == 2
    assert next_to_join(table, 4) == 9
    assert next_to_join(rows((0, 1), (0, 1)), 0) is None


def test_spans_and_free_numbers():
    assert spans_of(rows((0,), (), (0, 7))) == {0: (1, 3), 7: (3, 3)}
    assert free_track(rows((0,), (7,))) == 8
    assert free_track([]) == 0
