"""Frames of videos: decoded in order, never by seeking, and kept in a bounded cache."""

from fractions import Fraction

import cv2
import numpy as np
import pytest

from core.errors import ImageError
from core.files.video import frame_cache
from core.files.video.decoder import VideoDecoder, as_fraction
from core.files.video.frame_cache import cache_folder, frame_jpeg, keep_frames
from core.files.video.frame_names import file_of, frame_name, frame_of
from core.geometry.image import image_size, read_image, read_image_as, read_small_image
from tests.videos import SIZE, number_in, turned_quarter, write_gif, write_video


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def cached() -> list[str]:
    return sorted(file.name for file in cache_folder().rglob("*.jpg"))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("video.mp4#00123", ("video.mp4", 123)),
        ("a b/Clip.MOV#123456", ("a b/Clip.MOV", 123456)),
        ("../a#b.mp4#00001", ("../a#b.mp4", 1)),
        ("video.mp4#000123", None),
        ("video.mp4#1000000", None),
        ("video.mp4#٠٠١٢٣", None),
        ("a#b.jpg", None),
        ("video.mp4", None),
        ("video.mp4#12", None),
        ("photo#00123.jpg", None),
        ("photo.jpg#00123", None),
    ],
)
def test_a_frame_is_named_by_its_video_and_its_number(path, expected):
    assert frame_of(path) == expected
    if expected:
        assert frame_name(*expected) == path
        assert str(file_of(path)) == expected[0]


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.avi", "a.webm"])
def test_each_frame_of_a_video_is_the_one_of_its_number(tmp_path, name):
    video = write_video(tmp_path / name, 70)
    for number in (0, 1, 69, 3, 40, 39, 38):
        path = tmp_path / frame_name(name, number)
        assert number_in(read_image(path)) == number
        assert image_size(path) == SIZE
    assert number_in(read_image_as(f"{video}#00012", (80, 48)).repeat(2, 0).repeat(2, 1)) == 12
    assert read_small_image(f"{video}#00012", 40).shape == (24, 40, 3)


def test_a_moving_gif_has_frames(tmp_path):
    video = write_gif(tmp_path / "a.gif", 5)
    assert [number_in(read_image(f"{video}#{number:05d}")) for number in range(5)] == [0, 1, 2, 3, 4]


def test_a_video_is_turned_as_its_header_says(tmp_path):
    plain = read_image(f"{write_video(tmp_path / 'plain.mp4', 3)}#00002")
    video = turned_quarter(write_video(tmp_path / "turned.mp4", 3))
    shown = read_image(f"{video}#00002")
    assert image_size(f"{video}#00002") == SIZE[::-1]
    assert shown.shape[:2] == SIZE
    assert np.abs(shown.astype(int) - np.rot90(plain, -1).astype(int)).mean() < 3


def test_a_whole_video_is_decoded_once_and_only_the_chosen_frames_are_kept(tmp_path):
    video = write_video(tmp_path / "a.mp4", 20)
    steps = list(keep_frames(video, range(2, 15, 5)))
    assert [step.number for step in steps] == list(range(20))
    assert [step.number for step in steps if step.kept] == [2, 7, 12]
    assert cached() == ["0000002.jpg", "0000007.jpg", "0000012.jpg"]
    assert steps[3].time_ms == pytest.approx(100, abs=1)


def test_a_stopped_start_keeps_its_frames_and_the_next_one_goes_on(tmp_path, monkeypatch):
    video = write_video(tmp_path / "a.mp4", 12)
    steps = keep_frames(video, range(12))
    for _ in range(5):
        next(steps)
    steps.close()
    encoded = []
    encode = cv2.imencode
    monkeypatch.setattr(cv2, "imencode", lambda *rest: (encoded.append(1), encode(*rest))[1])
    assert len(list(keep_frames(video, range(12)))) == 12
    assert len(encoded) == 7


def test_stepping_backwards_decodes_the_video_again_once_in_many_steps(tmp_path, monkeypatch):
    video = write_video(tmp_path / "a.mp4", 70)
    opened = []

    class Counting(VideoDecoder):
        def __init__(self, path):
            opened.append(path)
            super().__init__(path)

    monkeypatch.setattr(frame_cache, "VideoDecoder", Counting)
    for number in range(69, -1, -1):
        assert number_in(read_image(f"{video}#{number:05d}")) == number
    assert len(opened) <= 70 / frame_cache.BEHIND + 2


def test_the_cache_is_bounded_and_lost_frames_are_decoded_again(tmp_path, monkeypatch):
    monkeypatch.setenv("FITLOOP_FRAMES_GB", str(30_000 / 2**30))
    video = write_video(tmp_path / "a.mp4", 60)
    for _ in keep_frames(video, range(60)):
        pass
    sizes = [file.stat().st_size for file in cache_folder().rglob("*.jpg")]
    assert 0 < sum(sizes) < 35_000
    assert len(sizes) < 60
    assert [number_in(read_image(f"{video}#{number:05d}")) for number in (0, 30, 59)] == [0, 30, 59]


def test_a_video_of_another_content_has_other_frames(tmp_path):
    video = write_video(tmp_path / "a.mp4", 3)
    before = read_image(f"{video}#00002")
    write_video(video, (np.full((96, 160, 3), 255, np.uint8) for _ in range(9)))
    assert read_image(f"{video}#00002").mean() > 240 > before.mean()


def test_a_cut_video_ends_early_and_says_where(tmp_path):
    video = write_video(tmp_path / "a.avi", 40)
    video.write_bytes(video.read_bytes()[: video.stat().st_size // 2])
    count = len(list(keep_frames(video, range(40))))
    assert 5 < count < 40
    with pytest.raises(
        ImageError, match=rf"has no frame 39: it ends after {count}\. Put the whole video back"
    ):
        frame_jpeg(tmp_path / "a.avi#00039")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"#EXTM3U\nhttp://example.org/a.ts\n", "is no MP4, MOV, AVI, WebM or GIF"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "is no MP4, MOV, AVI, WebM or GIF"),
        (b"\0\0\0\x18ftypisom" + bytes(300), "no frame of this video can be read"),
    ],
)
def test_a_file_that_is_no_video_has_one_clear_error(tmp_path, content, words):
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(ImageError, match=words):
        frame_jpeg(tmp_path / "a.mp4#00000")


def test_a_missing_video_has_one_clear_error(tmp_path):
    with pytest.raises(ImageError, match=r"cannot be read .*Put it back"):
        read_image(tmp_path / "gone.mp4#00000")


@pytest.mark.parametrize(
    ("fps", "expected"),
    [
        (29.97, Fraction(30000, 1001)),
        (29.97002997, Fraction(30000, 1001)),
        (23.976, Fraction(24000, 1001)),
        (59.94, Fraction(60000, 1001)),
        (25.0, Fraction(25)),
        (12.5, Fraction(25, 2)),
        (0.0, Fraction(0)),
        (float("nan"), Fraction(0)),
    ],
)
def test_a_rate_is_a_fraction(fps, expected):
    assert as_fraction(fps) == expected
