"""HDF5 files: what h5py writes by default is read, all else is refused in words, and claims are bounded."""

import struct
from pathlib import Path

import numpy as np
import pytest

from core.errors import ReadError
from core.files.hdf5 import read_hdf5
from tests.core.files.hdf5_writing import hdf5_bytes

ARRAYS = {
    "numbers": np.arange(12, dtype=np.float64).reshape(3, 4),
    "small": np.array([[1.5, np.nan]], dtype=np.float32),
    "whole": np.array([-3, 4], dtype=np.int32),
    "bytes": np.array([1, 0, 1], dtype=np.uint8),
    "words": np.array([b"left_wrist", b"nose"]),
    "records": np.array([(1.5, 3), (2.5, -1)], dtype=[("x", "<f8"), ("track", "<i4")]),
}


def written(folder: Path, data: bytes) -> Path:
    (folder / "file.h5").write_bytes(data)
    return folder / "file.h5"


@pytest.mark.parametrize("packed", [(), tuple(ARRAYS)])
def test_arrays_come_back_as_they_were_written(tmp_path, packed):
    found = read_hdf5(written(tmp_path, hdf5_bytes(ARRAYS, packed=packed)), set(ARRAYS))
    assert set(found) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].array.tobytes() == array.tobytes()
        assert found[name].array.dtype == array.dtype
        assert found[name].array.shape == array.shape


def test_only_what_is_wanted_is_read_and_what_is_not_there_is_missing(tmp_path):
    assert set(read_hdf5(written(tmp_path, hdf5_bytes(ARRAYS)), {"whole", "absent"})) == {"whole"}


def test_attributes_of_arrays_and_of_groups_are_read(tmp_path):
    values = {"json": np.array(b'{"a": 1}'), "format_id": np.array(1.2)}
    data = hdf5_bytes(
        {"metadata": None, "numbers": ARRAYS["numbers"]}, {"metadata": values, "numbers": values}
    )
    found = read_hdf5(written(tmp_path, data), {"metadata", "numbers"})
    assert found["metadata"].array is None
    for one in found.values():
        assert one.attributes["json"].item() == b'{"a": 1}'
        assert one.attributes["format_id"].item() == 1.2


def test_an_array_of_the_tracks_of_sleap_is_read(shared_data: Path):
    found = read_hdf5(shared_data / "output_samples" / "sleap.analysis.h5", {"tracks", "node_names"})
    assert found["tracks"].array.shape == (2, 2, 17, 3)
    assert found["node_names"].array[0] == b"nose"


@pytest.mark.parametrize("cut", [4, 40, 100, 400, 900])
def test_a_file_that_is_cut_off_is_refused_with_its_name_and_a_remedy(tmp_path, cut):
    with pytest.raises(ReadError, match=r"file\.h5.*Export it again"):
        read_hdf5(written(tmp_path, hdf5_bytes(ARRAYS)[:cut]), set(ARRAYS))


def test_an_array_that_claims_more_than_its_bytes_is_refused(tmp_path):
    data = hdf5_bytes({"numbers": ARRAYS["numbers"]}, packed=("numbers",))
    for claim in (2**40, 2**63):
        shape = data.replace(struct.pack("<QQ", 3, 4), struct.pack("<QQ", claim, 4))
        with pytest.raises(ReadError, match="HDF5 file cannot be read"):
            read_hdf5(written(tmp_path, shape), {"numbers"})


def test_a_packing_that_is_not_known_is_named(tmp_path):
    data = hdf5_bytes({"numbers": ARRAYS["numbers"]}, packed=("numbers",))
    lzf = data.replace(struct.pack("<HHHHII", 1, 0, 1, 1, 4, 0), struct.pack("<HHHHII", 32000, 0, 1, 1, 4, 0))
    with pytest.raises(ReadError, match="packed with lzf"):
        read_hdf5(written(tmp_path, lzf), {"numbers"})
