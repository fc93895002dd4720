"""A file is there as a whole or not at all, and what killed processes left half written goes."""

import os

import pytest

from core.files.whole_file import STALE_AFTER_S, whole_file


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
