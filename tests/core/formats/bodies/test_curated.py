"""The fits dictionary read back: what training and other programs do not change comes home as it went."""

import numpy as np
import pytest

from core.errors import ReadError
from core.formats.bodies import curated
from core.records import Photo
from core.store.fits.from_photos import fits_of_photos
from tests.core.formats.making import HEIGHT, WIDTH, fit, npz_bytes, person, photo_with, write_photos
from tests.core.store.making import same


@pytest.fixture
def written(tmp_path):
    """Three people in two photos, one of them accepted, one rejected, one never fitted."""
    write_photos(tmp_path)
    people = (
        person(fit=fit(1, source="curated")).with_(verdict="accepted", locked=True),
        person(id=2, seed=3, fit=fit(2)).with_(verdict="rejected"),
        person(id=3, seed=4),
    )
    photos = (
        photo_with(*people[:2]).with_(focal_length=90.0, camera_center=(30.0, 25.0)),
        photo_with(people[2], path="b.png"),
    )
    file = tmp_path / "people_fits.npz"
    fits_of_photos(photos, fit().body).save(file)
    return file, photos


def test_people_come_back_with_fit_verdict_lock_and_keypoints(written):
    file, photos = written
    found = curated.read(file)
    assert found.people == 3
    assert not found.left_out
    for before, after in zip(photos, found.photos, strict=True):
        assert after.path == before.path
        for one, other in zip(before.people, after.people, strict=True):
            assert same(one.with_(id=0), other.with_(id=0))


def test_a_fit_without_a_score_has_none_when_it_comes_back(tmp_path):
    write_photos(tmp_path)
    unscored = photo_with(person(fit=fit(1, score=np.nan)))
    fits_of_photos([unscored], fit().body).save(tmp_path / "people_fits.npz")
    (photo,) = curated.read(tmp_path / "people_fits.npz").photos
    assert photo.people[0].fit is not None
    assert np.isnan(photo.people[0].fit.score)


@pytest.mark.parametrize("verdict", ["todo", "accepted", "rejected", "later"])
@pytest.mark.parametrize(("score", "weak"), [(2.5, False), (2.5, True), (12.0, False), (12.0, True)])
def test_no_fit_becomes_truth_by_being_read_and_written_again(tmp_path, verdict, score, weak):
    write_photos(tmp_path)
    photo = photo_with(person(fit=fit(1, score=score, weak=weak)).with_(verdict=verdict))
    first = fits_of_photos([photo], fit().body)
    first.save(tmp_path / "people_fits.npz")
    again = fits_of_photos(curated.read(tmp_path / "people_fits.npz").photos, fit().body)
    assert again.valid_fit.equal(first.valid_fit)


def test_a_camera_that_was_assumed_is_none_again(written):
    file, _ = written
    for photo in curated.read(file).photos:  # the first one's fits were made with the assumed camera
        assert (photo.focal_length, photo.camera_center) == (None, None)


def test_rows_whose_photo_is_gone_are_left_out_and_named(written):
    file, _ = written
    (file.parent / "b.png").unlink()
    found = curated.read(file)
    assert found.people == 2
    assert found.left_out[0].record == "row 2"
    assert "not in the folder" in found.left_out[0].reason


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("verdict", np.array(["splendid"] * 3), "verdict 'splendid'"),
        ("source", np.array(["heaven"] * 3), "source 'heaven'"),
        ("imgname", np.array(["../../etc/passwd"] * 3), "leads outside"),
    ],
)
def test_a_row_that_says_nonsense_is_left_out(written, name, value, said):
    file, _ = written
    with np.load(file) as stored:
        arrays = {**stored, name: value}
    file.write_bytes(npz_bytes(arrays))
    found = curated.read(file)
    assert found.people == 0
    assert said in found.summary()


def test_a_newer_file_is_refused(written):
    file, _ = written
    with np.load(file) as stored:
        arrays = {**stored, "format_version": np.array(99)}
    file.write_bytes(npz_bytes(arrays))
    with pytest.raises(ReadError, match="newer than this program"):
        curated.read(file)


def test_photos_have_the_size_of_their_files(written):
    file, _ = written
    assert {(photo.width, photo.height) for photo in curated.read(file).photos} == {(WIDTH, HEIGHT)}
    assert all(isinstance(photo, Photo) for photo in curated.read(file).photos)
