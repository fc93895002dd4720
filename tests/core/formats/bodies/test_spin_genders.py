"""Whose shape is of SMPL's male or female body, a SPIN data set tells by its column `gender`."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.body.model import SMPL_NEUTRAL, Body
from core.errors import ReadError
from core.formats.bodies import spin, spin_edited, spin_write
from tests.core.formats import making
from tests.core.formats.making import fit, person, photo_with, write_photos


@pytest.fixture(scope="module")
def body(tmp_path_factory: pytest.TempPathFactory) -> Body:
    return making.toy_body(tmp_path_factory.mktemp("body"))


def write_dataset(folder: Path, **arrays: np.ndarray) -> Path:
    write_photos(folder)
    path = folder / "train.npz"
    given = making.spin_arrays() | {"has_smpl": np.ones(3, np.uint8)} | arrays
    path.write_bytes(making.npz_bytes(given))
    return path


def bodies_in(path: Path, body: Body, fits: Path | None = None) -> list[str]:
    """Of each row's fit, in the order of the rows."""
    found = {
        one.id: one
        for photo in spin.read(path, fits=fits, body=body, frame="crop").photos
        for one in photo.people
    }
    return [found[row].fit.body for row in range(3)]


@pytest.mark.parametrize("dtype", ["U", "S"])
def test_truth_of_a_gender_is_of_smpls_body_of_it(dtype, tmp_path, body):
    path = write_dataset(tmp_path, gender=np.array(["m", "female", "n"], dtype))
    assert bodies_in(path, body) == ["smpl-male", "smpl-female", SMPL_NEUTRAL]
    imported = spin.read(path, body=body, frame="crop")
    assert "2 poses are of SMPL's male or female body" in imported.summary()
    assert "'gender' is not read" not in imported.summary()


def test_fits_beside_a_data_set_that_tells_genders_are_of_the_neutral_body(tmp_path, body):
    path = write_dataset(tmp_path, gender=np.array(["m", "f", "m"]), has_smpl=np.zeros(3, np.uint8))
    np.save(tmp_path / "fits.npy", np.random.default_rng(7).normal(0, 0.3, (3, 82)))
    assert bodies_in(path, body, tmp_path / "fits.npy") == [SMPL_NEUTRAL] * 3


def test_a_gender_that_is_none_is_refused_where_a_shape_would_be_of_it(tmp_path, body):
    path = write_dataset(tmp_path, gender=np.array(["m", "x", "m"]))
    with pytest.raises(ReadError, match=r"gender: 'x' is unknown. Use 'm', 'f' or 'neutral'"):
        spin.read(path, body=body, frame="crop")


def test_genders_that_no_shape_asks_for_are_not_looked_at(tmp_path, body):
    path = write_dataset(tmp_path, gender=np.arange(3), has_smpl=np.zeros(3, np.uint8))
    photos = list(spin.read(path, body=body, frame="crop").photos)
    assert [one.fit for photo in photos for one in photo.people] == [None] * 3
    (second,) = photos[1].people
    moved = second.with_(bbox=replace(second.bbox, scale=1.1 * second.bbox.scale))
    photos[1] = photos[1].with_(people=(moved,))
    assert spin_edited.write(path, photos, tmp_path / "new.npz", body=body).written == 1


def test_shapes_of_gendered_bodies_come_back_as_such_from_a_spin_data_set(tmp_path, body):
    write_photos(tmp_path)
    bodies = ["smpl-male", SMPL_NEUTRAL, "smpl-female"]
    people = [person(id=row, seed=row, fit=fit(row, body=name)) for row, name in enumerate(bodies)]
    spin_write.write(tmp_path / "train.npz", [photo_with(*people)], body)
    assert bodies_in(tmp_path / "train.npz", body) == bodies


def test_a_data_set_of_neutral_bodies_alone_tells_no_genders(tmp_path, body):
    spin_write.write(tmp_path / "train.npz", [photo_with(person(fit=fit(1)))], body)
    assert "gender" not in np.load(tmp_path / "train.npz")


@pytest.mark.parametrize("dtype", ["U6", "S1"])
def test_a_neutral_fit_in_place_of_gendered_truth_makes_its_row_neutral(dtype, tmp_path, body):
    path = write_dataset(tmp_path, gender=np.array(["m", "f", "m"], dtype))
    photos = list(spin.read(path, body=body, frame="crop").photos)
    (second,) = photos[1].people
    photos[1] = photos[1].with_(people=(second.with_(fit=fit(9, body=SMPL_NEUTRAL, focal_length=80.0)),))
    spin_edited.write(path, photos, tmp_path / "new.npz", body=body)
    assert bodies_in(tmp_path / "new.npz", body) == ["smpl-male", SMPL_NEUTRAL, "smpl-male"]
    assert np.load(tmp_path / "new.npz")["gender"].dtype == np.dtype(dtype)


def test_a_gendered_fit_of_a_row_without_truth_brings_its_gender(tmp_path, body):
    path = write_dataset(tmp_path, has_smpl=np.array([1, 0, 1], np.uint8))
    photos = list(spin.read(path, body=body, frame="crop").photos)
    (second,) = photos[1].people
    photos[1] = photos[1].with_(people=(second.with_(fit=fit(9, body="smpl-male", focal_length=80.0)),))
    spin_edited.write(path, photos, tmp_path / "new.npz", body=body)
    assert bodies_in(tmp_path / "new.npz", body) == [SMPL_NEUTRAL, "smpl-male", SMPL_NEUTRAL]
