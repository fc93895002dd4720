"""A file is there as a whole or not at all, and what killed processes left half written goes."""

import os
import time

import pytest

from core.files.whole_file import STALE_AFTER_S, half_written, whole_file


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


class TestPlantedNames:
    """Under the name of a half-written file stands something else: a link to a precious file, or what a kill left."""

    @pytest.mark.parametrize("what", ["link", "dangling link", "file of a kill", "pipe"])
    def test_it_goes_and_what_a_link_leads_to_stays(self, tmp_path, what):
        target, path = tmp_path / "precious", tmp_path / "a.json"
        target.write_text("precious")
        planted = half_written(path)
        if what == "file of a kill":
            planted.write_text("half")
        elif what == "pipe":
            os.mkfifo(planted)
        else:
            planted.symlink_to(target if what == "link" else tmp_path / "nowhere")
        with whole_file(path) as stream:
            stream.write(b"whole")
        assert path.read_text() == "whole"
        assert not path.is_symlink()
        assert target.read_text() == "precious"
        assert sorted(file.name for file in tmp_path.iterdir()) == ["a.json", "precious"]

    def test_what_kills_left_goes_also_when_the_clock_was_set_back(self, tmp_path):
        path = tmp_path / "a.json"
        for number, age_s in ((1, 7200), (2, -7200), (3, 10)):
            left = tmp_path / f".a.json.{number}.tmp"
            left.write_text("half")
            os.utime(left, (time.time() - age_s,) * 2)
        with whole_file(path) as stream:
            stream.write(b"whole")
        assert sorted(file.name for file in tmp_path.iterdir()) == [".a.json.3.tmp", "a.json"]
