"""`curated.npz` comes back as it was written, is whole or old, and a file that is none is refused with a reason."""

import contextlib
import errno
import io
import os
import zipfile

import numpy as np
import pytest

from core.errors import FitsError
from core.files import npz, whole_file
from core.files.whole_file import version_file
from core.store.fits.dictionary import FitsDictionary
from tests.core.store.fits.making_fits import random_arrays, random_fits


def same_rows(first: FitsDictionary, second: FitsDictionary) -> bool:
    arrays = first.arrays(), second.arrays()
    return arrays[0].keys() == arrays[1].keys() and all(
        arrays[0][name].tobytes() == arrays[1][name].tobytes() for name in arrays[0]
    )


def test_a_dictionary_comes_back_bit_for_bit(tmp_path, random):
    locked = random.random(50) < 0.3
    fits = random_fits(random, 50, locked=locked, score=np.where(locked, np.nan, 1.5).astype(np.float32))
    fits.save(tmp_path / "curated.npz")
    assert same_rows(FitsDictionary.load(tmp_path / "curated.npz"), fits)


def test_it_holds_the_arrays_that_the_trainer_and_spin_know(tmp_path, random):
    random_fits(random, 5).save(tmp_path / "curated.npz")
    with np.load(tmp_path / "curated.npz", allow_pickle=False) as file:
        shapes = {name: file[name].shape for name in file.files}
    assert shapes["pose"] == (5, 72)
    assert shapes["betas"] == (5, 10)
    assert shapes["keypoints"] == (5, 49, 3)
    rows = (
        "valid_fit",
        "imgname",
        "dataset",
        "scale",
        "focal_length",
        "score",
        "verdict",
        "locked",
        "source",
    )
    assert {shapes[name] for name in rows} == {(5,)}
    assert shapes["body"] == shapes["format_version"] == ()


def test_the_last_three_versions_are_kept(tmp_path, random):
    path = tmp_path / "curated.npz"
    versions = [random_fits(random, 3) for _ in range(6)]
    for fits in versions:
        fits.save(path)
    assert same_rows(FitsDictionary.load(path), versions[5])
    for number in (1, 2, 3):
        assert same_rows(FitsDictionary.load(version_file(path, number)), versions[5 - number])
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("failing", ["_sync", "_keep_version"])
def test_a_full_disk_is_said_and_the_old_file_is_untouched(tmp_path, random, monkeypatch, failing):
    path = tmp_path / "curated.npz"
    fits = random_fits(random, 3)
    fits.save(path)

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(whole_file, failing, full)
    with pytest.raises(FitsError, match=r"cannot be written \(No space left.*the old file is untouched"):
        random_fits(random, 3).save(path)
    assert same_rows(FitsDictionary.load(path), fits)
    assert [file.name for file in tmp_path.iterdir()] == ["curated.npz"]


def test_a_folder_that_is_not_there_is_said(tmp_path, random):
    with pytest.raises(FitsError, match="cannot be written"):
        random_fits(random, 3).save(tmp_path / "nowhere" / "curated.npz")


def test_what_a_killed_program_left_half_written_is_removed_later(tmp_path, random):
    old, young = (tmp_path / f".curated.npz.{number}.tmp" for number in (1, 2))
    for left in (old, young):
        left.write_bytes(b"half")
    os.utime(old, (0, 0))
    random_fits(random, 3).save(tmp_path / "curated.npz")
    assert (old.exists(), young.exists()) == (False, True)


def test_betas_of_another_body_are_refused_with_both_names(tmp_path, random):
    random_fits(random, 3).save(tmp_path / "curated.npz")
    with pytest.raises(FitsError, match=r"'toy body 1234', but body 'anny 99' is in use"):
        FitsDictionary.load(tmp_path / "curated.npz", body="anny 99")
    assert len(FitsDictionary.load(tmp_path / "curated.npz", body="toy body 1234")) == 3


class TestOtherFiles:
    def refused(self, path, what: str) -> None:
        with pytest.raises(FitsError, match=what):
            FitsDictionary.load(path)

    def saved(self, path, arrays: dict[str, np.ndarray]):
        np.savez(path, **arrays)
        return path

    @pytest.mark.parametrize("content", [b"", b"PK\x05\x06", b"{}", b"\x93NUMPY\x01\x00", os.urandom(5000)])
    def test_what_is_no_npz_is_refused(self, tmp_path, content):
        (tmp_path / "a.npz").write_bytes(content)
        self.refused(tmp_path / "a.npz", "no numpy file, or it is damaged")

    def test_a_file_that_is_not_there_is_said(self, tmp_path):
        self.refused(tmp_path / "a.npz", "is not there")

    def test_each_missing_array_is_named(self, tmp_path, random):
        arrays = random_arrays(random, 3)
        del arrays["cam_t"], arrays["body"]
        self.refused(self.saved(tmp_path / "a.npz", arrays), "has no cam_t, body")

    def test_a_newer_format_is_refused(self, tmp_path, random):
        arrays = {**random_arrays(random, 3), "format_version": np.array(2)}
        self.refused(self.saved(tmp_path / "a.npz", arrays), "newer than this program's 1")

    @pytest.mark.parametrize(
        ("name", "value", "what"),
        [
            ("pose", np.zeros((3, 71), np.float32), r"pose: it is \(3, 71\)"),
            ("betas", np.zeros((2, 10), np.float32), r"betas: it is \(2, 10\)"),
            ("pose", np.full((3, 72), np.nan, np.float32), "pose, row 0: a number is not finite"),
            ("scale", np.array([1, 0, 1], np.float32), "scale, row 1: it must be more than 5e-06"),
            ("verdict", np.zeros(3), "verdict: it is"),
            ("source", np.array(["fit", "magic", "fit"]), "row 1: unknown source 'magic'"),
            (
                "imgname",
                np.array(["a", None, "b"], object),
                "imgname: it does not hold plain numbers or text",
            ),
            ("locked", np.array(["yes"] * 3), "locked: it is"),
        ],
    )
    def test_an_array_that_is_wrong_is_named(self, tmp_path, random, name, value, what):
        arrays = {**random_arrays(random, 3), name: value}
        self.refused(self.saved(tmp_path / "a.npz", arrays), what)

    def test_an_array_that_unpacks_to_gigabytes_is_refused_before_memory_is_asked_for(self, tmp_path, random):
        path = self.saved(tmp_path / "a.npz", random_arrays(random, 3))
        header = io.BytesIO()
        claimed = {"descr": "<f4", "fortran_order": False, "shape": (2**40, 72)}
        np.lib.format.write_array_header_1_0(header, claimed)
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "b.npz", "w") as new:
            for name in old.namelist():
                new.writestr(name, header.getvalue() if name == "pose.npy" else old.read(name))
        self.refused(tmp_path / "b.npz", "pose: it is not as long as its shape")

    def test_a_zip_bomb_is_refused(self, tmp_path, random, monkeypatch):
        monkeypatch.setattr(npz, "MAX_BYTES", 10_000)
        self.refused(self.saved(tmp_path / "a.npz", random_arrays(random, 30)), "unpacks to more than")

    def test_a_file_cut_or_scribbled_anywhere_is_refused_or_read_whole(self, tmp_path, random):
        path = self.saved(tmp_path / "a.npz", random_arrays(random, 3))
        content = path.read_bytes()
        for at in random.integers(0, len(content), 60):
            for broken in (content[:at], content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :]):
                path.write_bytes(broken)
                with contextlib.suppress(FitsError):
                    assert len(FitsDictionary.load(path)) == 3
