"""Which photo a numbered frame is: by the numbers of frames and photos, else by a question."""

import json

import pytest

from core.errors import Undecided
from core.formats.exchange import read_file
from core.formats.format_row import Beside
from core.formats.photos.first_frame import FrameShift, frame_shift
from tests.core.formats.making import write_photos
from tests.core.formats.making_keypoints import instance


@pytest.mark.parametrize(("frames", "photos", "first", "expected"), [
    (range(5), range(5), 0, FrameShift(0)),
    (range(5), range(1, 6), 0, FrameShift(1)),  # as ffmpeg numbers photos
    (range(1, 6), range(5), 1, FrameShift(-1)),
    (range(1, 6), range(1, 6), 0, FrameShift(0)),  # the file counts as the photos do
    ((3, 4), range(6), 0, FrameShift(0)),
    ((3, 4), range(1, 7), 0, FrameShift(1, (0,))),  # somebody who comes later: nothing shows it
    ((3, 5), range(1, 7), 0, FrameShift(1)),  # the last frame is the last photo
    ((1, 2), (0, 1), 0, FrameShift(-1, (0,))),  # against what the program does: better asked
    (range(3), range(100, 103), 0, FrameShift(100)),
    (range(100, 103), range(100, 110), 0, FrameShift(0)),
    (range(99, 109), range(100, 110), 0, FrameShift(1)),
])  # fmt: skip
def test_frames_lie_on_photos_as_their_numbers_show(frames, photos, first, expected):
    assert frame_shift(frames, set(photos), first) == expected


def test_an_open_case_is_asked_with_the_photos_of_both_answers_and_read_as_answered(tmp_path):
    photos = [f"f_{number:04d}.png" for number in range(1, 7)]
    write_photos(tmp_path, photos)
    file = tmp_path / "people.json"
    file.write_text(json.dumps([{"frame_id": frame, "instances": [instance()]} for frame in (2, 3)]))
    with pytest.raises(Undecided) as asked:
        read_file(file)
    assert (asked.value.option, asked.value.flag) == ("first_frame", "--first-frame")
    assert [(way.value, way.words) for way in asked.value.ways] == [
        ("0", "frame 2 is f_0003.png"),
        ("1", "frame 2 is f_0002.png"),
    ]
    for answer, expected in ((0, photos[2:4]), (1, photos[1:3])):
        found = read_file(file, Beside(first_frame=answer))
        assert [photo.path for photo in found.photos] == expected
        assert "as was asked for" in found.summary()
