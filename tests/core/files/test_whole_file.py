"""A file is there as a whole or not at all, and what killed processes left half written goes."""

import os

import pytest

from core.files.whole_file import STALE_AFTER_S, whole_file


def write_half(path, lasting):
    """Half a file, then a full disk."""
    with whole_file(path, lasting=lasting) as stream:
        stream.write(b"half")
        raise OSError("full")


@pytest.mark.parametrize("name", ["a.npz", "a[1].npz", "a*.npz", "**.npz", "what?**b.npz"])
def test_a_name_that_means_something_to_a_search_is_only_a_name(name, tmp_path):
    folder = tmp_path / "run [2] **"
    folder.mkdir()
    left, another = (folder / f".{one}.7.tmp" for one in (name, "a1.npz"))
    for file in (left, another):
        file.write_bytes(b"half")
        os.utime(file, (0, left.stat().st_mtime - 2 * STALE_AFTER_S))
    with whole_file(folder / name) as stream:
        stream.write(b"whole")
    assert (folder / name).read_bytes() == b"whole"
    assert not left.exists()
    assert another.exists()


@pytest.mark.parametrize("lasting", [True, False])
def test_a_file_whose_writing_fails_is_still_the_old_one(lasting, tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"old")
    with pytest.raises(OSError, match="full"):
        write_half(path, lasting)
    assert path.read_bytes() == b"old"
    with whole_file(path, lasting=lasting) as stream:
        stream.write(b"whole")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"whole"
    assert os.listdir(tmp_path) == ["a.jpg"]
