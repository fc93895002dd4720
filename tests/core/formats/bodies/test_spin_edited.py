"""A SPIN data set that is written back changes where somebody edited it, and nowhere else."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.body.model import Body, load_body
from core.errors import FitsError
from core.formats.bodies import spin, spin_edited
from core.formats.shared.report import Export
from core.records import Person
from tests.core.formats import making
from tests.core.formats.making import fit, photo_with, write_photos


@pytest.fixture(scope="module")
def body(tmp_path_factory: pytest.TempPathFactory) -> Body:
    return making.toy_body(tmp_path_factory.mktemp("body"))


def raw_arrays(file: Path) -> dict[str, np.ndarray]:
    with np.load(file) as stored:
        return dict(stored)


def test_only_edited_rows_of_a_spin_data_set_and_its_fits_change(tmp_path, body):
    write_photos(tmp_path)
    base, fits = tmp_path / "train.npz", tmp_path / "train_fits.npy"
    arrays = making.spin_arrays() | {"has_smpl": np.zeros(3, dtype=np.uint8)}
    base.write_bytes(making.npz_bytes(arrays))
    np.save(fits, np.random.default_rng(7).normal(0, 0.3, (3, 82)))
    photos = list(spin.read(base, fits=fits, body=body, frame="crop").photos)
    edited = photos[0].people[1]
    moved = edited.with_(
        id=99, keypoints=edited.keypoints.with_keypoint(30, xy=(7.0, 8.0)), fit=fit(9, focal_length=80.0)
    )
    photos[0] = photos[0].with_(people=(moved, photos[0].people[0]))
    renumbered = [
        photo.with_(people=tuple(one.with_(id=one.id + 50) for one in photo.people)) for photo in photos
    ]
    new, new_fits = tmp_path / "new.npz", tmp_path / "new_fits.npy"
    assert spin_edited.write(base, renumbered, new, (fits, new_fits), body).written == 1

    row = edited.id
    others = [index for index in range(3) if index != row]
    before, after = raw_arrays(base), raw_arrays(new)
    assert before.keys() == after.keys()
    for name, array in before.items():
        assert after[name].dtype == array.dtype
        assert after[name][others].tobytes() == array[others].tobytes(), name
    assert after["S"].tobytes() == before["S"].tobytes()
    np.testing.assert_array_equal(after["part"][row, 5, :2], (7, 8))
    unchanged = [index for index in range(24) if index != 5]
    assert after["part"][row, unchanged].tobytes() == before["part"][row, unchanged].tobytes()
    old_rows, new_rows = np.load(fits), np.load(new_fits)
    assert new_rows[others].tobytes() == old_rows[others].tobytes()
    np.testing.assert_array_equal(new_rows[row, 72:].astype(np.float32), fit(9).betas)


def test_a_spin_data_set_that_nobody_edited_comes_out_with_every_array_the_same(tmp_path, body):
    write_photos(tmp_path)
    base = tmp_path / "train.npz"
    base.write_bytes(making.npz_bytes(making.spin_arrays()))
    photos = spin.read(base, body=body, frame="crop").photos
    assert spin_edited.write(base, photos, tmp_path / "new.npz", body=body).written == 0
    before, after = raw_arrays(base), raw_arrays(tmp_path / "new.npz")
    assert all(after[name].tobytes() == array.tobytes() for name, array in before.items())


def write_named(folder: Path, body: str, **arrays: np.ndarray) -> Path:
    """A data set that says of which body its shapes are, and how much of children they are, all of it truth."""
    write_photos(folder)
    base = folder / "train.npz"
    told = {"body": np.array(body), "kid": np.full(3, 0.25), "has_smpl": np.ones(3, np.uint8)}
    base.write_bytes(making.npz_bytes(making.spin_arrays() | told | arrays))
    return base


def test_a_data_set_of_the_open_body_that_nobody_edited_keeps_its_shapes(tmp_path):
    base = write_named(tmp_path, load_body().fingerprint)
    photos = spin.read(base, frame="crop").photos
    export = spin_edited.write(base, photos, tmp_path / "new.npz")
    assert (export.written, export.left_out) == (0, ())
    before, after = raw_arrays(base), raw_arrays(tmp_path / "new.npz")
    assert all(after[name].tobytes() == array.tobytes() for name, array in before.items())


def test_shape_and_age_of_a_fit_of_the_data_sets_own_body_are_written_and_those_of_another_are_not(tmp_path):
    name = load_body().fingerprint
    base = write_named(tmp_path, name)
    photos = list(spin.read(base, frame="crop").photos)
    (second,) = photos[1].people
    older = replace(second.fit, kid=0.75)
    other = fit(9, focal_length=80.0)
    for given, kid, betas in ((older, 0.75, older.betas), (other, 0, np.zeros(10))):
        edited = [photos[0], photos[1].with_(people=(second.with_(fit=given),))]
        export = spin_edited.write(base, edited, tmp_path / f"{kid}.npz")
        after = raw_arrays(tmp_path / f"{kid}.npz")
        assert export.written == 1
        assert after["kid"].tolist() == [0.25, kid, 0.25]
        np.testing.assert_array_equal(after["shape"][1].astype(np.float32), betas)
    assert f"its shape is not of '{name}', the data set's body" in export.summary()


def edited_rows(folder: Path, body: Body, has_smpl: list[int], *people: Person) -> tuple[Export, dict, dict]:
    """A data set with this truth written back with people by row number: the report, its arrays before and after."""
    base, new = folder / "train.npz", folder / "new.npz"
    base.write_bytes(making.npz_bytes(making.spin_arrays() | {"has_smpl": np.array(has_smpl, np.uint8)}))
    photos = [photo_with(*people, path=making.PHOTOS[1])]
    return spin_edited.write(base, photos, new, body=body), raw_arrays(base), raw_arrays(new)


def second_row(folder: Path, body: Body, **changes: Any) -> Person:
    """The person of row 1 of the sample data set, alone in its photo."""
    write_photos(folder)
    base = folder / "train.npz"
    base.write_bytes(making.npz_bytes(making.spin_arrays() | {"has_smpl": np.ones(3, np.uint8)}))
    (found,) = spin.read(base, body=body, frame="crop").photos[1].people
    return found.with_(**changes)


def test_a_fit_of_a_row_that_had_no_truth_becomes_its_truth(tmp_path, body):
    fitted = second_row(tmp_path, body, fit=fit(9, focal_length=80.0))
    export, before, after = edited_rows(tmp_path, body, [1, 0, 1], fitted)
    assert (export.written, export.left_out) == (1, ())
    np.testing.assert_array_equal(after["has_smpl"], [1, 1, 1])
    np.testing.assert_array_equal(after["shape"][1].astype(np.float32), fit(9).betas)
    assert after["pose"][[0, 2]].tobytes() == before["pose"][[0, 2]].tobytes()


def test_a_doubtful_fit_of_a_row_that_had_no_truth_comes_without_has_smpl_and_that_is_said(tmp_path, body):
    fitted = second_row(tmp_path, body, fit=fit(9, focal_length=80.0, score=40.0), locked=False)
    export, _, after = edited_rows(tmp_path, body, [1, 0, 1], fitted)
    np.testing.assert_array_equal(after["has_smpl"], [1, 0, 1])
    assert "its score is over 10 px, and nobody accepted it" in export.summary()


def test_a_rejected_truth_loses_has_smpl_and_nothing_else_and_that_is_said(tmp_path, body):
    refused = second_row(tmp_path, body, verdict="rejected")
    export, before, after = edited_rows(tmp_path, body, [1, 1, 1], refused)
    assert export.written == 1
    assert "it was rejected, so the row's has_smpl is 0" in export.summary()
    np.testing.assert_array_equal(after.pop("has_smpl"), [1, 0, 1])
    assert all(array.tobytes() == before[name].tobytes() for name, array in after.items())


def test_a_rejected_fit_of_a_row_without_truth_stays_out_and_is_said(tmp_path, body):
    refused = second_row(tmp_path, body, fit=fit(9), verdict="rejected")
    export, before, after = edited_rows(tmp_path, body, [1, 0, 1], refused)
    assert export.written == 0
    assert "it was rejected" in export.summary()
    assert all(array.tobytes() == before[name].tobytes() for name, array in after.items())


def test_a_rejected_fit_of_the_fits_file_becomes_zeros(tmp_path, body):
    refused = second_row(tmp_path, body, fit=fit(9), verdict="rejected")
    base, fits = tmp_path / "train.npz", tmp_path / "fits.npy"
    base.write_bytes(making.npz_bytes(making.spin_arrays() | {"has_smpl": np.zeros(3, np.uint8)}))
    np.save(fits, np.random.default_rng(7).normal(0, 0.3, (3, 82)))
    files = fits, tmp_path / "new.npy"
    photos = [photo_with(refused, path=making.PHOTOS[1])]
    assert spin_edited.write(base, photos, tmp_path / "new.npz", files, body).written == 1
    old, new = np.load(fits), np.load(files[1])
    assert not new[1].any()
    np.testing.assert_array_equal(new[[0, 2]], old[[0, 2]])


def test_fits_beside_a_data_set_with_truth_stay_where_nobody_edited(tmp_path, body):
    write_photos(tmp_path)
    base, fits, new_fits = (tmp_path / name for name in ("train.npz", "fits.npy", "new.npy"))
    base.write_bytes(making.npz_bytes(making.spin_arrays()))
    np.save(fits, np.random.default_rng(7).normal(0, 0.3, (3, 82)))
    photos = spin.read(base, fits=fits, body=body, frame="crop").photos
    assert spin_edited.write(base, photos, tmp_path / "new.npz", (fits, new_fits), body).written == 0
    assert new_fits.read_bytes() == fits.read_bytes()


@pytest.mark.parametrize("name", ["./b.png", ".\\b.png", "{folder}/b.png"])
def test_a_row_is_found_however_it_writes_the_name_of_its_photo(name, tmp_path, body):
    refused = second_row(tmp_path, body, verdict="rejected")
    names = np.array(["a.png", name.format(folder=tmp_path), "a.png"])
    base = tmp_path / "train.npz"
    base.write_bytes(making.npz_bytes(making.spin_arrays() | {"imgname": names, "has_smpl": np.ones(3)}))
    photos = [photo_with(refused, path=making.PHOTOS[1])]
    assert spin_edited.write(base, photos, tmp_path / "new.npz", body=body).written == 1


def test_rows_are_found_from_a_project_in_another_folder(tmp_path, body):
    refused = second_row(tmp_path, body, verdict="rejected")
    photos = [photo_with(refused, path=f"../{making.PHOTOS[1]}")]
    new = tmp_path / "new.npz"
    export = spin_edited.write(tmp_path / "train.npz", photos, new, body=body, root=tmp_path / "projects")
    assert export.written == 1


def test_the_data_set_itself_is_never_written(tmp_path):
    base = tmp_path / "train.npz"
    base.write_bytes(making.npz_bytes(making.spin_arrays()))
    before = base.read_bytes()
    with pytest.raises(FitsError, match="Choose another name"):
        spin_edited.write(base, [], base)
    assert base.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "rows", "told"),
    [
        (
            "fits.npy",
            np.zeros((4, 82)),
            "fits.npy: it is (4, 82) of float64, but train.npz has 3 rows of 82 numbers",
        ),
        ("fits.npy", np.full((3, 82), "a"), "it is (3, 82) of <U1"),
        ("final.npz", np.zeros(3), "final fits (.npz) are read, but only a .npy of fits is written back"),
    ],
)
def test_fits_that_are_not_those_of_the_data_set_are_refused_before_anything_is_written(
    name, rows, told, tmp_path, body
):
    person = second_row(tmp_path, body)
    fits, new = tmp_path / name, tmp_path / "new.npz"
    with fits.open("wb") as stream:
        np.save(stream, rows)
    photos = [photo_with(person, path=making.PHOTOS[1])]
    with pytest.raises(FitsError) as refused:
        spin_edited.write(tmp_path / "train.npz", photos, new, (fits, tmp_path / "new_fits.npy"), body)
    assert told in str(refused.value)
    assert not new.exists()
    assert not (tmp_path / "new_fits.npy").exists()
