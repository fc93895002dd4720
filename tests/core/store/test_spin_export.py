"""Exports for SPIN change the rows that were edited and not one byte of the others."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import FitsError
from core.geometry.camera import full_to_crop
from core.store.fits import FitsDictionary
from core.store.spin_export import export_fits_npy, export_locked_npz
from tests.core.store.making_fits import angles, random_fits

COUNT = 20


@pytest.fixture
def fits(random: np.random.Generator) -> FitsDictionary:
    """Two people in each of ten photos."""
    return random_fits(random, COUNT)


def crop_pose(fits: FitsDictionary) -> np.ndarray:
    """What SPIN's rows hold: poses in the frame of the crop."""
    place = (fits.center, 200 * fits.scale, fits.focal_length, fits.camera_center)
    orient, _ = full_to_crop(fits.pose[:, :3], fits.cam_t, torch.zeros(len(fits), 3), *place)
    return torch.cat([orient, fits.pose[:, 3:]], 1).numpy()


def dataset_of(fits: FitsDictionary, path: Path, order: np.ndarray, **more: np.ndarray) -> Path:
    keypoints = fits.keypoints.numpy().astype(np.float64)[order]
    np.savez_compressed(
        path,
        imgname=fits.imgname[order],
        center=fits.center.numpy().astype(np.float64)[order],
        scale=fits.scale.numpy().astype(np.float64)[order],
        part=keypoints[:, 25:],
        openpose=keypoints[:, :25],
        S=np.arange(len(order) * 96.0).reshape(-1, 24, 4),
        maskname=np.array([None, {"a": 1}], object),
        **more,
    )
    return path


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


class TestFitsNpy:
    def test_rows_are_in_the_order_of_the_data_set_and_the_frame_of_its_crops(self, fits, tmp_path, random):
        order = random.permutation(COUNT)
        dataset = dataset_of(fits, tmp_path / "mine.npz", order)
        done = export_fits_npy(fits, dataset, tmp_path / "mine_fits.npy")
        table = np.load(tmp_path / "mine_fits.npy", allow_pickle=False)
        assert (table.shape, table.dtype, done.rows, done.unmatched) == ((COUNT, 82), np.float32, COUNT, 0)
        assert angles(table[:, :72], crop_pose(fits)[order]).max() < 1e-5
        assert np.array_equal(table[:, 72:], fits.betas.numpy()[order])

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_only_rows_that_were_edited_change_byte_for_byte(self, fits, tmp_path, dtype):
        dataset = dataset_of(fits, tmp_path / "mine.npz", np.arange(COUNT))
        base = np.concatenate([crop_pose(fits), fits.betas.numpy()], axis=1).astype(dtype)
        np.save(tmp_path / "old.npy", base)
        fits.pose[7, 20] += 0.3
        fits.betas[9, 0] = 2.0
        done = export_fits_npy(fits, dataset, tmp_path / "new.npy", base=tmp_path / "old.npy")
        table = np.load(tmp_path / "new.npy")
        changed = np.flatnonzero((table != base).any(axis=1))
        assert (changed.tolist(), done.rows, table.dtype) == ([7, 9], 2, dtype)
        assert table[7, 20] == fits.pose[7, 20]

    def test_who_is_not_in_the_dictionary_keeps_their_row(self, fits, tmp_path, random):
        dataset = dataset_of(fits, tmp_path / "mine.npz", np.arange(COUNT))
        base = random.normal(0, 1, (COUNT, 82)).astype(np.float32)
        np.save(tmp_path / "old.npy", base)
        arrays = fits.arrays()
        half = {name: array[::2] if array.shape else array for name, array in arrays.items()}
        export_fits_npy(FitsDictionary.from_arrays(half), dataset, tmp_path / "new.npy", tmp_path / "old.npy")
        table = np.load(tmp_path / "new.npy")
        assert np.array_equal(table[1::2], base[1::2])
        assert (table[::2] != base[::2]).any(axis=1).all()

    def test_a_person_without_a_fit_gives_zeros(self, fits, tmp_path):
        fits.score[3] = torch.nan
        dataset = dataset_of(fits, tmp_path / "mine.npz", np.arange(COUNT))
        export_fits_npy(fits, dataset, tmp_path / "new.npy")
        table = np.load(tmp_path / "new.npy")
        assert not table[3].any()
        assert table[4].any()

    def test_two_people_in_one_photo_are_told_apart_by_their_place(self, fits, tmp_path):
        fits.imgname[:] = "one.jpg"
        fits.center[:] = fits.center.mean(0) + torch.arange(COUNT)[:, None] * 30
        fits.scale[:] = 2.0
        order = np.arange(COUNT)[::-1]
        dataset = dataset_of(fits, tmp_path / "mine.npz", order)
        export_fits_npy(fits, dataset, tmp_path / "new.npy")
        assert np.array_equal(np.load(tmp_path / "new.npy")[:, 72:], fits.betas.numpy()[order])

    def test_a_data_set_of_other_people_is_refused(self, fits, tmp_path, random):
        dataset = dataset_of(random_fits(random, 4), tmp_path / "mine.npz", np.arange(4))
        fits.imgname[:] = "elsewhere.jpg"
        with pytest.raises(FitsError, match=r"none of the people of the fits.*'elsewhere.jpg'"):
            export_fits_npy(fits, dataset, tmp_path / "new.npy")

    def test_old_fits_of_another_length_are_refused(self, fits, tmp_path):
        dataset = dataset_of(fits, tmp_path / "mine.npz", np.arange(COUNT))
        np.save(tmp_path / "old.npy", np.zeros((3, 82)))
        with pytest.raises(FitsError, match=r"\(3, 82\), but mine\.npz has 20 rows"):
            export_fits_npy(fits, dataset, tmp_path / "new.npy", base=tmp_path / "old.npy")


class TestLockedTruth:
    def test_locked_rows_become_truth_and_nothing_else_changes(self, fits, tmp_path, random):
        truth = {
            "pose": random.normal(0, 1, (COUNT, 72)),
            "shape": random.normal(0, 1, (COUNT, 10)),
            "has_smpl": np.zeros(COUNT, np.uint8),
        }
        dataset = dataset_of(fits, tmp_path / "mine.npz", np.arange(COUNT), **truth)
        fits.locked[[2, 5]] = True
        fits.keypoints[5, 30] = torch.tensor([12.5, 13.5, 1.0])
        done = export_locked_npz(fits, dataset, tmp_path / "locked.npz")
        before, after = members(dataset), members(tmp_path / "locked.npz")
        assert done.rows == 2
        assert list(before) == list(after)
        differ = {name for name in before if before[name] != after[name]}
        assert differ == {"pose.npy", "shape.npy", "has_smpl.npy", "part.npy"}
        with np.load(dataset) as old, np.load(tmp_path / "locked.npz") as new:
            assert np.flatnonzero(new["has_smpl"]).tolist() == [2, 5]
            for name in ("pose", "shape"):
                assert np.flatnonzero((new[name] != old[name]).any(1)).tolist() == [2, 5]
            assert angles(new["pose"][[2, 5]], crop_pose(fits)[[2, 5]]).max() < 1e-5
            assert np.argwhere((new["part"] != old["part"]).any(2)).tolist() == [[5, 5]]
            assert new["part"][5, 5].tolist() == [12.5, 13.5, 1.0]

    def test_a_data_set_without_truth_gets_it(self, fits, tmp_path):
        dataset = dataset_of(fits, tmp_path / "mine.npz", np.arange(COUNT))
        fits.locked[4] = True
        export_locked_npz(fits, dataset, tmp_path / "locked.npz")
        with np.load(tmp_path / "locked.npz") as new:
            assert np.flatnonzero(new["has_smpl"]).tolist() == [4]
            assert new["shape"].shape == (COUNT, 10)

    def test_truth_that_the_data_set_has_by_default_stays_truth(self, fits, tmp_path, random):
        truth = {"pose": random.normal(0, 1, (COUNT, 72)), "shape": random.normal(0, 1, (COUNT, 10))}
        dataset = dataset_of(fits, tmp_path / "mine.npz", np.arange(COUNT), **truth)
        fits.locked[4] = True
        export_locked_npz(fits, dataset, tmp_path / "locked.npz")
        with np.load(tmp_path / "locked.npz") as new:
            assert new["has_smpl"].all()

    def test_without_locked_rows_the_copy_is_the_same(self, fits, tmp_path):
        dataset = dataset_of(fits, tmp_path / "mine.npz", np.arange(COUNT), has_smpl=np.zeros(COUNT))
        export_locked_npz(fits, dataset, tmp_path / "locked.npz")
        after = members(tmp_path / "locked.npz")
        assert {name: after[name] for name in members(dataset)} == members(dataset)

    def test_the_data_set_itself_is_never_written(self, fits, tmp_path):
        dataset = dataset_of(fits, tmp_path / "mine.npz", np.arange(COUNT))
        with pytest.raises(FitsError, match="is the file that is to be copied"):
            export_locked_npz(fits, dataset, dataset)

    def test_a_file_that_is_no_data_set_is_refused(self, fits, tmp_path):
        np.savez(tmp_path / "a.npz", imgname=np.array(["a"]), scale=np.ones(2), center=np.ones((1, 2)))
        with pytest.raises(FitsError, match=r"scale: it is \(2,\), but must be \(1,\)"):
            export_locked_npz(fits, tmp_path / "a.npz", tmp_path / "b.npz")
        np.savez(tmp_path / "a.npz", pose=np.zeros((3, 72)))
        with pytest.raises(FitsError, match="has no center, imgname, scale"):
            export_locked_npz(fits, tmp_path / "a.npz", tmp_path / "b.npz")
