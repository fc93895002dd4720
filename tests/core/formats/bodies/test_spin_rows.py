"""Rows of a SPIN data set keep their order and their number, whatever photos they are of and wherever these lie."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from core.body.model import Body
from core.errors import FitsError
from core.formats.bodies import spin, spin_edited, spin_write
from core.formats.exchange import read_file, write_file
from core.formats.format_row import Beside
from core.formats.table import FORMATS
from core.records import BBox
from core.store.fits.row_origin import row_of, rows_of_one_file
from tests.core.formats import making
from tests.core.formats.making import person
from train import convert

NAMES = ("b.png", "a.png", "b.png", "gone.png", "sub/a.png", "a.png", "b.png")  # b's rows are not adjacent
LOST = 3


@pytest.fixture(scope="module")
def body(tmp_path_factory: pytest.TempPathFactory) -> Body:
    return making.toy_body(tmp_path_factory.mktemp("body"))


def random_rows(count: int) -> np.ndarray:
    return np.random.default_rng(5).normal(0, 0.3, (count, 82)).astype(np.float32)


def data_set(folder: Path, prefix: str = "", lost: tuple[str, ...] = ("gone.png",)) -> tuple[Path, Path]:
    """A data set of these photos without truth, and its fits. prefix: of the photos' names."""
    folder.mkdir(parents=True, exist_ok=True)
    random, count = np.random.default_rng(3), len(NAMES)
    centers = np.stack([5 + 8 * np.arange(count), np.full(count, 20.0)], axis=1)
    arrays = {
        "imgname": np.array([prefix + name for name in NAMES]),
        "center": centers,
        "scale": np.full(count, 0.1),
        "part": random.uniform(1, 40, (count, 24, 3)) * [1, 1, 0.02],
        "openpose": random.uniform(1, 40, (count, 25, 3)) * [1, 1, 0.02],
        "S": random.normal(0, 1, (count, 24, 4)),
    }
    np.savez(folder / "d.npz", **arrays)
    np.save(folder / "d_fits.npy", random_rows(count))
    for name in set(NAMES) - set(lost):
        file = folder / (prefix + name)
        file.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(file), np.zeros((48, 64, 3), np.uint8))
    return folder / "d.npz", folder / "d_fits.npy"


def assert_same_rows(found: np.ndarray, expected: np.ndarray, rows: list[int]) -> None:
    assert found.shape == expected.shape
    np.testing.assert_array_equal(found[rows], expected[rows])


def test_converted_fits_have_every_row_of_the_data_set_in_its_order(tmp_path, capsys):
    base, fits = data_set(tmp_path)
    assert convert.main([str(base), str(tmp_path / "out.npy"), "--fits", str(fits), "--frame", "crop"]) == 0
    assert_same_rows(np.load(tmp_path / "out.npy"), np.load(fits), list(range(len(NAMES))))
    assert "row 3: nobody was read from this row: it stays as it was" in capsys.readouterr().out


def test_a_converted_data_set_keeps_rows_without_photo_and_arrays_that_are_not_read(tmp_path):
    base, fits = data_set(tmp_path)
    given = ["--fits", str(fits), "--frame", "crop"]
    assert convert.main([str(base), str(tmp_path / "out.npz"), *given]) == 0
    with np.load(base) as before, np.load(tmp_path / "out.npz") as after:
        for name in ("imgname", "center", "scale", "S", "openpose"):
            np.testing.assert_array_equal(after[name], before[name])
        read = [row for row in range(len(NAMES)) if row != LOST]
        np.testing.assert_allclose(after["shape"][read], np.load(fits)[read, 72:], atol=1e-6)
        assert not after["has_smpl"][LOST]
    assert not (tmp_path / "out_fits.npy").exists()


def test_a_project_puts_fits_back_into_the_rows_and_its_lost_row_is_zeros_or_the_bases(tmp_path, capsys):
    base, fits = data_set(tmp_path)
    project = tmp_path / "deep" / "p.fitloop"
    project.parent.mkdir()
    assert convert.main([str(base), str(project), "--fits", str(fits), "--frame", "crop"]) == 0
    capsys.readouterr()
    read = [row for row in range(len(NAMES)) if row != LOST]
    assert convert.main([str(project), str(tmp_path / "out.npy")]) == 0
    out = np.load(tmp_path / "out.npy")
    np.testing.assert_allclose(out[read], np.load(fits)[read], atol=1e-4)
    assert not out[LOST].any()
    assert (
        "row 3: nobody was read from this row: it is zeros; --base and --fits keep it"
        in capsys.readouterr().out
    )
    given = ["--base", str(base), "--fits", str(fits)]
    assert convert.main([str(project), str(tmp_path / "new.npy"), *given]) == 0
    assert_same_rows(np.load(tmp_path / "new.npy"), np.load(fits), list(range(len(NAMES))))


def test_only_the_row_of_an_edited_or_rejected_person_differs(tmp_path, body):
    base, fits = data_set(tmp_path)
    photos = list(spin.read(base, fits=fits, body=body, frame="crop").photos)
    first = photos[0]
    edited, refused = first.people[1], first.people[2]
    changed = first.with_person(edited.with_(fit=making.fit(9, focal_length=80.0)))
    photos[0] = changed.with_person(refused.with_(verdict="rejected"))
    done = spin_write.write_fits(tmp_path / "new.npy", photos, body, base, fits)
    rows = np.load(tmp_path / "new.npy")
    same = [row for row in range(len(NAMES)) if row not in (edited.id, refused.id)]
    assert_same_rows(rows, np.load(fits), same)
    np.testing.assert_array_equal(rows[edited.id, 72:], making.fit(9).betas)
    assert not rows[refused.id].any()
    assert done.written == len(NAMES) - 1


def test_final_fits_npz_give_the_rows_too(tmp_path, body):
    base, fits = data_set(tmp_path)
    rows = np.load(fits)
    valid = np.array([1, 1, 0, 1, 1, 1, 1])
    np.savez(tmp_path / "final.npz", pose=rows[:, :72], betas=rows[:, 72:], valid_fit=valid)
    photos = spin.read(base, fits=tmp_path / "final.npz", body=body, frame="crop").photos
    spin_write.write_fits(tmp_path / "new.npy", photos, body, base, tmp_path / "final.npz")
    out = np.load(tmp_path / "new.npy")
    assert_same_rows(out, rows, [0, 1, 3, 4, 5, 6])
    assert not out[2].any()


def test_a_new_data_set_of_a_project_is_in_row_order_and_people_of_no_row_come_last(tmp_path, body):
    base, fits = data_set(tmp_path)
    photos = list(spin.read(base, fits=fits, body=body, frame="crop").photos)
    photos[0] = photos[0].with_person(person("spin49", id=99))
    done = spin_write.write(tmp_path / "new.npz", photos, body, "crop")
    with np.load(tmp_path / "new.npz") as new:
        names = [name for row, name in enumerate(NAMES) if row != LOST]
        assert new["imgname"].tolist() == [*names, "b.png"]
    assert "row 3: nobody was read from this row" in done.summary()


def test_people_of_two_data_sets_have_no_rows():
    people = [making.person(id=id) for id in range(3)]
    ones = [one.with_(origin=f'{{"row": {row}, "rows": {count}}}')
            for one, row, count in zip(people, (1, 1, 0), (5, 5, 4), strict=True)]  # fmt: skip
    assert rows_of_one_file(ones) == ([None] * 3, 0)
    assert rows_of_one_file(ones[:2]) == ([1, None], 5)


@pytest.mark.parametrize(
    "origin",
    [
        '{"row"',
        '{"row": "1", "rows": 5}',
        '{"row": 5, "rows": 5}',
        '{"row": -1, "rows": 5}',
        '{"row": true, "rows": 5}',
        '{"row": 1}',
        '{"row": ' + "[" * 100_000,
        "",
    ],
)
def test_an_origin_that_tells_no_row_is_none(origin):
    assert row_of(making.person().with_(origin=origin)) is None


class TestTheBaseInSpinsOwnFolders:
    """The .npz in one folder, photos in another, and the project in a third."""

    @pytest.mark.parametrize(
        "prefix", ["images/", "", "/elsewhere/of/another/computer/images/", "C:\\data\\images\\"]
    )
    @pytest.mark.parametrize("has_origin", [True, False])
    def test_finds_its_rows(self, tmp_path, prefix, has_origin, capsys):
        data_set(tmp_path / "photos" / "lsp", "images/")
        base = tmp_path / "extras" / "lsp.npz"
        base.parent.mkdir()
        with np.load(tmp_path / "photos/lsp/d.npz") as arrays:
            named = {**arrays, "imgname": np.array([prefix + name for name in NAMES])}
        np.savez(base, **named)
        found = spin.read(tmp_path / "photos/lsp/d.npz")
        photos = [photo.with_(people=tuple(one if has_origin else one.with_(origin="") for one in photo.people))
                  for photo in found.photos]  # fmt: skip
        project = tmp_path / "work" / "p.fitloop"
        project.parent.mkdir()
        write_file(FORMATS["project"], project, photos, Beside(root=tmp_path / "photos/lsp"))
        again = read_file(project, Beside(), "project")
        edited = list(again.photos)
        one = edited[0].people[1]
        moved = one.keypoints.with_keypoint(30, xy=(7.0, 8.0))
        edited[0] = edited[0].with_person(one.with_(keypoints=moved))
        done = spin_edited.write(base, edited, tmp_path / "new.npz", root=again.root)
        assert done.written == 1
        assert f"{len(NAMES) - 1} of its {len(NAMES)} rows are of these people" in done.summary()
        with np.load(tmp_path / "new.npz") as new:
            differ = [row for row in range(len(NAMES)) if (new["part"][row] != named["part"][row]).any()]
            assert differ == [2]

    def test_of_other_people_is_an_error_and_nothing_is_written(self, tmp_path, capsys):
        base, _ = data_set(tmp_path / "one")
        other = tmp_path / "other"
        making.write_photos(other, ("x/p.png",))
        photo = making.photo_with(person("spin49"), path="x/p.png")
        write_file(FORMATS["project"], other / "p.fitloop", (photo,), Beside(root=other))
        for name in ("new.npz", "new.npy"):
            given = ["--base", str(base), "--frame", "crop"]
            assert convert.main([str(other / "p.fitloop"), str(tmp_path / name), *given]) == 1
            said = capsys.readouterr().err
            assert "none of its rows is of these people" in said
            assert "'b.png'" in said
            assert not (tmp_path / name).exists()

    def test_photos_of_one_name_in_two_folders_are_told_apart_or_left_out(self, tmp_path):
        base, _ = data_set(tmp_path)
        photos = spin.read(base).photos
        bare = [photo.with_(people=tuple(one.with_(origin="") for one in photo.people)) for photo in photos]
        moved = [photo.with_(path=f"far/{photo.path}") for photo in bare]
        done = spin_edited.write(base, moved, tmp_path / "new.npz", root=tmp_path / "else")
        assert f"{len(NAMES) - 1} of its {len(NAMES)} rows" in done.summary()
        twice = [photo.with_(path=f"far/{folder}/b.png") for photo in bare[:1] for folder in "xy"]
        with pytest.raises(FitsError, match="none of its rows"):
            spin_edited.write(base, twice, tmp_path / "twice.npz", root=tmp_path / "else")


def test_a_persons_box_that_was_drawn_anew_stays_in_its_row(tmp_path, body):
    base, fits = data_set(tmp_path)
    photos = list(spin.read(base, fits=fits, body=body, frame="crop").photos)
    one = photos[0].people[0]
    photos[0] = photos[0].with_person(one.with_(bbox=BBox.from_xywh([30, 2, 10, 30])))
    spin_edited.write(base, photos, tmp_path / "new.npz", body=body, frame="crop")
    with np.load(tmp_path / "new.npz") as new:
        np.testing.assert_allclose(new["center"][one.id], [35, 17])
        assert new["scale"][one.id] == pytest.approx(1.2 * 30 / 200)
