"""numpy's files from anywhere: what they hold, or one fault that says which array and what next."""

import io
import os
import struct
import zipfile

import numpy as np
import pytest

from core.errors import BodyFileError, FitsError, ReadError
from core.files import npz
from core.files.npz import ArrayFault, faults_as, npz_names, read_npy, read_npz, read_objects


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, allow_pickle=True)
    return stream.getvalue()


def archive(path, members: list[tuple[str, bytes]], compression: int = zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, data in members:
            file.writestr(name, data)
    return path


ARRAYS = {
    "numbers": np.arange(12.0).reshape(3, 4),
    "columns first": np.asfortranarray(np.arange(6, dtype=np.int16).reshape(2, 3)),
    "one": np.array(3),
    "none": np.zeros((0, 72), np.float32),
    "text": np.array(["a", "bcd"]),
    "bytes": np.array([b"a", b"bcd"]),
    "large": np.arange(3_000_000, dtype=np.float32),
    "truth": np.array([True, False]),
    "big end first": np.arange(3, dtype=">i4"),
}


@pytest.mark.slow
def test_what_numpy_writes_is_read_as_numpy_reads_it(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", **ARRAYS)
    found = read_npz(tmp_path / "a.npz")
    assert list(found) == list(ARRAYS) == npz_names(tmp_path / "a.npz")
    for name, array in ARRAYS.items():
        assert np.array_equal(found[name], array)
        assert found[name].dtype == array.dtype
        assert found[name].flags.writeable
        np.save(tmp_path / "a.npy", array)
        assert np.array_equal(read_npy(tmp_path / "a.npy"), array)
    assert list(read_npz(tmp_path / "a.npz", ("one", "another"))) == ["one"]


def test_what_python_2_wrote_is_read_without_a_word(tmp_path):
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (2L, 1L), }\n"
    data = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + np.ones(2).tobytes()
    (tmp_path / "a.npy").write_bytes(data)
    assert np.array_equal(read_npy(tmp_path / "a.npy"), np.ones((2, 1)))


def test_an_array_twice_is_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = archive(tmp_path / "a.npz", [("x.npy", npy(np.ones(3))), ("x.npy", npy(np.zeros(3)))])
    with pytest.raises(ArrayFault, match="holds an array twice"):
        read_npz(path, ("y",))


def test_a_name_is_looked_up_and_is_never_a_path(tmp_path):
    path = archive(tmp_path / "a.npz", [("/etc/../../x.npy", npy(np.ones(3)))])
    assert list(read_npz(path)) == ["/etc/../../x"]
    assert os.listdir(tmp_path) == ["a.npz"]


def test_a_list_of_more_arrays_than_anybody_has_is_refused(tmp_path):
    some = archive(tmp_path / "some.npz", [(f"{i}.npy", b"") for i in range(npz.MAX_ARRAYS + 1)])
    with pytest.raises(ArrayFault, match="more than 256 arrays"):
        read_npz(some)
    many = archive(tmp_path / "many.npz", [(f"{i:0200}.npy", b"") for i in range(5000)])
    with pytest.raises(ArrayFault, match="lists more arrays"):
        npz_names(many)


def test_a_bomb_is_bounded_by_what_its_reader_allows(tmp_path):
    path = archive(tmp_path / "a.npz", [("x.npy", npy(np.zeros(2**20)))])
    assert path.stat().st_size < 2**15
    assert len(read_npz(path)["x"]) == 2**20
    with pytest.raises(ArrayFault, match="unpacks to more than 4 MB"):
        read_npz(path, limit=4 * 2**20)
    np.save(tmp_path / "a.npy", np.zeros(2**20))
    with pytest.raises(ArrayFault, match="more than 4 MB"):
        read_npy(tmp_path / "a.npy", limit=4 * 2**20)


@pytest.mark.parametrize("data", [b"", npy(np.ones(3))[:-1], npy(np.ones(3)) + b"more", npy(np.ones(3))[:50]])
def test_an_array_that_is_cut_off_or_longer_than_it_says_is_refused(data, tmp_path):
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(ArrayFault):
        read_npy(tmp_path / "a.npy")
    with pytest.raises(ArrayFault):
        read_npz(archive(tmp_path / "a.npz", [("x.npy", data)]))


@pytest.mark.parametrize("dtype", [object, "i4,f8", "M8[s]", "c8", "V4", "2i4"])
def test_what_is_neither_number_nor_text_is_refused_by_name(dtype, tmp_path):
    path = archive(tmp_path / "a.npz", [("x.npy", npy(np.zeros(3, dtype)))])
    if dtype == "2i4":  # numpy writes such an array as one of numbers
        assert read_npz(path)["x"].shape == (3, 2)
        return
    with pytest.raises(ArrayFault, match="x: it does not hold plain numbers or text"):
        read_npz(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_or_a_folder_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(ArrayFault, match="not a file"):
            read_npz(path)


@pytest.mark.parametrize("error", [BodyFileError, FitsError, ReadError])
def test_every_reader_tells_a_fault_as_its_own_error_in_the_same_words(error, tmp_path):
    path = archive(tmp_path / "a.npz", [("x.npy", npy(np.array([None])))])
    with (
        pytest.raises(error, match=r"^a.npz, x: it does not hold .* records\. Save it as .*\.$"),
        faults_as(error, path.name),
    ):
        read_npz(path)


def with_flags(path, flags: int, method: int | None = None):
    """The archive with flags and perhaps a method of compression in both heads of its first member."""
    data = bytearray(path.read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(mark) + place
        data[at] |= flags
        if method is not None:
            data[at + 2 : at + 4] = struct.pack("<H", method)
    path.write_bytes(bytes(data))
    return path


@pytest.mark.parametrize("reader", [read_npz, read_objects])
def test_an_encrypted_array_and_one_of_another_compression_are_told_in_words(reader, tmp_path):
    member = [("x.npy", npy(np.array({"a": 1}, dtype=object)))]
    for flag in (0x01, 0x40):
        with pytest.raises(ArrayFault, match="encrypted"):
            reader(with_flags(archive(tmp_path / "a.npz", member), flag))
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, 93, 99):
        with pytest.raises(ArrayFault, match="a way numpy does not write"):
            reader(with_flags(archive(tmp_path / "a.npz", member), 0, method))


def test_pickles_in_an_archive_that_unpack_without_end_are_refused_before_they_are_unpacked(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(npz, "SMALL_BYTES", 1000)
    data = npy(np.array({"a": bytes(10_000_000)}, dtype=object))
    with pytest.raises(ArrayFault, match="unpacks to more"):
        read_objects(archive(tmp_path / "a.npz", [("x.npy", data)]))


def test_a_member_longer_or_shorter_than_its_claim_is_refused(tmp_path):
    for claim in (150, 5000):
        path = archive(tmp_path / "a.npz", [("x.npy", npy(np.ones(100)))])
        data = bytearray(path.read_bytes())
        for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
            at = data.index(mark) + place
            data[at : at + 4] = struct.pack("<I", claim)
        path.write_bytes(bytes(data))
        with pytest.raises(ArrayFault):
            read_npz(path)
