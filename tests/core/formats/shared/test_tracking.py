"""Who is who over frames: through crossings and gaps of a second, and never two people in one track of a frame."""

from fractions import Fraction

import numpy as np
import pytest

from core.formats.shared.tracking import LEAST_LIKE, iou, likeness, with_video_tracks
from core.records import BBox, Keypoints, Person, Photo

RATE = Fraction(30)
LAYOUT, K = "coco17", 17
SHAPE = np.random.default_rng(3).uniform([-20, -60], [20, 60], (K, 2))  # of a person about the middle [px]


def standing(id: int, x: float, y: float = 100.0, seen: int = K, track: int | None = None) -> Person:
    xy = SHAPE + np.array([x, y])
    confidence = np.where(np.arange(K) < seen, 0.9, 0.0)
    box = BBox.from_xywh(np.array([x - 20, y - 60, 40, 120]))
    return Person(id, box, Keypoints(LAYOUT, xy, confidence), track=track)


def clip(frames: list[list[Person]], step: int = 1, name: str = "v.mp4") -> list[Photo]:
    return [Photo(f"{name}#{step * n:05d}", 640, 200, tuple(people)) for n, people in enumerate(frames)]


def tracks_by_id(photos, rate=RATE) -> dict[int, set[int | None]]:
    """The tracks of each person, whose id is the same in all frames."""
    found: dict[int, set[int | None]] = {}
    for photo in with_video_tracks(photos, rate):
        for person in photo.people:
            found.setdefault(person.id, set()).add(person.track)
    return found


def test_each_person_keeps_one_track_whatever_the_order_of_detections():
    frames = [[standing(1, 100 + 3 * n), standing(2, 400 - 2 * n)][:: 1 - 2 * (n % 2)] for n in range(20)]
    found = tracks_by_id(clip(frames))
    assert all(len(tracks) == 1 and None not in tracks for tracks in found.values())
    assert found[1] != found[2]


def test_people_who_cross_keep_their_tracks():
    frames = [[standing(1, 100 + 8 * n), standing(2, 420 - 8 * n, 104)] for n in range(40)]
    found = tracks_by_id(clip(frames))
    assert len(found[1]) == len(found[2]) == 1
    assert found[1] != found[2]


def test_a_lost_track_lives_one_second_at_its_last_velocity():
    def away(frames: int) -> dict[int, set[int | None]]:
        people = [[standing(1, 50 + 4 * n)] if n < 10 or n >= 10 + frames else [] for n in range(20 + frames)]
        return tracks_by_id(clip(people))

    assert len(away(20)[1]) == 1
    assert len(away(40)[1]) == 2


def test_a_second_counts_in_frames_of_the_video_also_where_every_fifth_is_kept():
    people = [[standing(1, 100)], [], [], [], [standing(1, 100)]]
    assert len(tracks_by_id(clip(people, step=5))[1]) == 1
    assert tracks_by_id(clip(people, step=15))[1] == {None}


def test_people_with_few_keypoints_are_matched_by_their_boxes():
    frames = [[standing(1, 100 + n, seen=2), standing(2, 300 - n, seen=2)] for n in range(5)]
    found = tracks_by_id(clip(frames))
    assert len(found[1]) == len(found[2]) == 1


def test_somebody_seen_once_has_no_track():
    frames = [[standing(1, 100)], [standing(1, 100), standing(2, 500)], [standing(1, 100)]]
    assert tracks_by_id(clip(frames))[2] == {None}


def test_tracks_that_a_file_gives_stay_and_are_carried_on():
    frames = [[standing(1, 100, track=7)], [standing(1, 101)], [standing(1, 102), standing(2, 400)]]
    frames += [[standing(2, 401)]]
    found = tracks_by_id(clip(frames))
    assert found[1] == {7}
    assert len(found[2]) == 1
    assert not found[2] & {7, None}


def test_people_of_two_videos_have_different_tracks():
    photos = clip([[standing(1, 100)]] * 3) + clip([[standing(2, 100)]] * 3, name="w.mp4")
    found = tracks_by_id(photos)
    assert found[1] != found[2]
    assert None not in found[1] | found[2]


@pytest.mark.parametrize(("by", "alike"), [(0.0, True), (4.0, True), (200.0, False)])
def test_likeness_falls_with_the_distance_of_keypoints(by, alike):
    one, other = standing(1, 100), standing(2, 100 + by)
    assert (likeness((one.keypoints, one.bbox), other) >= LEAST_LIKE) == alike


def test_the_overlap_of_boxes_is_that_of_their_areas():
    def box(x: float) -> BBox:
        return BBox.from_xywh(np.array([x, 0, 10, 20]))

    assert iou(box(0), box(0)) == pytest.approx(1)
    assert iou(box(0), box(5)) == pytest.approx(1 / 3)
    assert iou(box(0), box(30)) == 0
