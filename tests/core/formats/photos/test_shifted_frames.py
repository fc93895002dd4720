"""People of a file that counts frames otherwise are moved to the frames that are meant."""

import pytest

from core.formats.photos.shifted_frames import path_beside, shifted
from core.formats.shared.report import Import
from core.records import Photo
from tests.videos import write_video


@pytest.mark.parametrize(
    ("path", "by", "expected"),
    [
        ("v.mp4#00009", 1, "v.mp4#00010"),
        ("v.mp4#00000", -1, None),
        ("a/f_099.jpg", 1, "a/f_100.jpg"),
        ("a/f_100.jpg", -1, "a/f_099.jpg"),
        ("a.jpg", 1, None),
    ],
)
def test_the_photo_beside_has_the_next_number(path, by, expected):
    assert path_beside(path, by) == expected


def test_people_beyond_the_photos_are_left_out_and_told(tmp_path):
    for number in (1, 2):
        (tmp_path / f"{number}.jpg").touch()
    found = shifted(Import((Photo("1.jpg", 4, 4), Photo("2.jpg", 4, 4)), root=tmp_path), 1)
    assert [photo.path for photo in found.photos] == ["2.jpg"]
    assert [left.record for left in found.left_out] == ["2.jpg"]
    assert "people were moved by +1 frames" in found.notes


def test_people_of_the_last_frame_are_not_moved_beyond_the_video(tmp_path):
    write_video(tmp_path / "v.mp4", 3)
    photos = tuple(Photo(f"v.mp4#{n:05d}", 160, 96) for n in range(3))
    found = shifted(Import(photos, root=tmp_path), 1)
    assert [photo.path for photo in found.photos] == ["v.mp4#00001", "v.mp4#00002"]
    assert [left.record for left in found.left_out] == ["v.mp4#00002"]
