"""Frames of a video as photos: chosen, counted, told, and a question where there are many."""

import json
from fractions import Fraction

import numpy as np
import pytest

from core.errors import ImageError, ReadError, Undecided
from core.files.video.frame_names import MOST_FRAMES
from core.formats.exchange import read_file
from core.formats.photos import video_photos
from core.formats.photos.photo_sequence import is_sequence
from core.formats.photos.video_photos import chosen_frames, frame_rate, is_video, video_steps
from tests.videos import SIZE, write_gif, write_video


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def read(video, frames="all"):
    steps = video_steps(video, frames)
    count = 0
    while True:
        try:
            next(steps)
            count += 1
        except StopIteration as end:
            return end.value, count


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("all", range(MOST_FRAMES)),
        ("every 5", range(0, MOST_FRAMES, 5)),
        ("120-480", range(120, 481)),
        ("120 - 480 every 2", range(120, 481, 2)),
        ("120-", range(120, MOST_FRAMES)),
        ("All", range(MOST_FRAMES)),
    ],
)
def test_frames_are_chosen_in_words(text, expected):
    assert chosen_frames(text) == expected


@pytest.mark.parametrize("text", ["", "some", "every 0", "9-3", "-5", "every -1"])
def test_a_choice_that_means_no_frames_is_refused(text):
    with pytest.raises(ReadError, match="is no choice of frames"):
        chosen_frames(text)


def test_the_chosen_frames_are_photos_of_the_video(tmp_path):
    found, steps = read(write_video(tmp_path / "a.mp4", 20, fps=29.97), "3-15 every 4")
    assert steps == 20
    assert [photo.path for photo in found.photos] == [f"a.mp4#{n:05d}" for n in (3, 7, 11, 15)]
    assert {(photo.width, photo.height) for photo in found.photos} == {SIZE}
    assert found.notes == ("a.mp4: 20 frames at 29.97 a second (30000/1001), numbered from 0",)


def test_a_range_beyond_the_video_is_refused(tmp_path):
    with pytest.raises(ReadError, match=r"has 5 frames, none of which is chosen by '9-12'"):
        read(write_video(tmp_path / "a.mp4", 5), "9-12")


def test_a_video_that_ends_early_says_so(tmp_path):
    video = write_video(tmp_path / "a.avi", 40)
    video.write_bytes(video.read_bytes()[: video.stat().st_size // 2])
    found, _ = read(video)
    assert 5 < len(found.photos) < 40
    assert any("the file may be cut off" in note for note in found.notes) or len(found.notes) == 1


def test_a_video_without_any_frame_is_refused(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"\0\0\0\x18ftypisom" + bytes(200))
    with pytest.raises(ImageError, match="no frame of this video can be read"):
        read(tmp_path / "a.mp4")


def test_a_long_video_asks_which_frames(tmp_path, monkeypatch):
    monkeypatch.setattr(video_photos, "ASKED_FROM", 30)
    video = write_video(tmp_path / "a.mp4", 40)
    with pytest.raises(Undecided, match="has 40 frames of 160 × 96 px, 1 s") as raised:
        next(video_steps(video))
    assert raised.value.option == "frames"
    assert [way.value for way in raised.value.ways][:2] == ["all", "every 2"]
    for way in raised.value.ways:
        chosen_frames(way.value)


def test_a_gif_is_a_video_only_if_it_moves(tmp_path):
    assert is_video(write_gif(tmp_path / "moving.gif", 4))
    assert not is_video(write_gif(tmp_path / "still.gif", 1))
    assert not is_video(tmp_path / "gone.mp4")


def test_the_rate_of_every_fifth_frame_is_a_fifth(tmp_path):
    write_video(tmp_path / "a.mp4", 30, fps=25)
    assert frame_rate(tmp_path, [f"a.mp4#{n:05d}" for n in range(4)]) == 25
    assert frame_rate(tmp_path, [f"a.mp4#{n:05d}" for n in (10, 0, 5)]) == 5
    assert frame_rate(tmp_path, ["a.mp4#00000", "b.jpg"]) == Fraction(0)


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([f"v.mp4#{n:05d}" for n in range(2)], True),
        ([f"f/{n:06d}.jpg" for n in range(30)], True),
        ([f"f/{5 * n:06d}.jpg" for n in range(30)], True),
        ([f"f/{n:06d}.jpg" for n in range(12)], False),
        ([f"{n:012d}.jpg" for n in np.random.default_rng(1).integers(0, 10**6, 60).cumsum()], False),
        ([f"photo_{chr(97 + n)}.jpg" for n in range(26)], False),
        ([], False),
    ],
)
def test_photos_are_a_sequence_where_their_numbers_rise_evenly(paths, expected):
    assert is_sequence(paths) == expected


def test_people_of_a_file_that_names_frames_by_number_are_found_in_the_video_beside_it(tmp_path):
    write_video(tmp_path / "walk.mp4", 6)
    keypoints = [[40.0 + 3 * k, 20.0 + 4 * k] for k in range(17)]
    instances = [
        {"keypoints": keypoints, "keypoint_scores": [0.9] * 17, "bbox": [[35, 15, 95, 90]], "bbox_score": 1}
    ]
    frames = [{"frame_id": n, "instances": instances} for n in range(4)]
    (tmp_path / "walk.json").write_text(json.dumps(frames))
    found = read_file(tmp_path / "walk.json")
    assert [photo.path for photo in found.photos] == [f"walk.mp4#{n:05d}" for n in range(4)]
    assert len({person.track for photo in found.photos for person in photo.people} | {None}) == 2
    assert any("frame 0 is walk.mp4#00000" in note for note in found.notes)
