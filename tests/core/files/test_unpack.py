"""A .zip is unpacked beside itself as a whole or not at all, within bounds, and never elsewhere."""

import io
import shutil
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from core.errors import ReadError
from core.files import unpack as module
from core.files.unpack import is_archive, packed_as, unpack


def packed(path: Path, files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, compression)
    return path


def files_in(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


def test_the_files_lie_in_a_folder_of_the_archives_name(tmp_path):
    path = packed(
        tmp_path / "task.zip", {"annotations.xml": b"<a/>", "images/é 1.jpg": b"photo", "images/": b""}
    )
    folder = unpack(path)
    assert folder == tmp_path / "task"
    assert files_in(tmp_path) == {"task.zip", "task/annotations.xml", "task/images/é 1.jpg"}
    assert (folder / "images" / "é 1.jpg").read_bytes() == b"photo"


def test_what_was_unpacked_before_is_kept_and_what_differs_is_not_written_over(tmp_path):
    path = packed(tmp_path / "task.zip", {"a.json": b"{}", "b.json": b"[]"})
    first = unpack(path)
    (first / "more.txt").write_text("mine")
    assert unpack(path) == first
    assert (first / "more.txt").read_text() == "mine"
    (first / "a.json").write_text("edited")
    with pytest.raises(ReadError, match=r"task is there already beside it.*Remove or rename"):
        unpack(path)
    assert (first / "a.json").read_text() == "edited"


@pytest.mark.parametrize(
    "name",
    [
        "../a.jpg",
        "x/../../a.jpg",
        "/etc/a.jpg",
        "C:/a.jpg",
        "..\\a.jpg",
        "a\n.jpg",
        "C:a.jpg",
        "a" * 300 + ".jpg",
    ],
)
def test_a_name_that_leads_elsewhere_refuses_the_whole_archive(name, tmp_path):
    (tmp_path / "inside").mkdir()
    path = packed(tmp_path / "inside" / "task.zip", {"good.json": b"{}", name: b"x"})
    with pytest.raises(ReadError, match="leads elsewhere"):
        unpack(path)
    assert files_in(tmp_path) == {"inside/task.zip"}


def test_links_and_what_a_mac_adds_are_not_unpacked(tmp_path):
    link = zipfile.ZipInfo("link.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "task.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("__MACOSX/._a.jpg", b"x")
        archive.writestr("images/._a.jpg", b"x")
        archive.writestr("images/.DS_Store", b"x")
        archive.writestr("images/a.jpg", b"photo")
    assert files_in(unpack(tmp_path / "task.zip")) == {"images/a.jpg"}


def test_a_bomb_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SMALL_BYTES", 1000)
    path = packed(tmp_path / "bomb.zip", {"a.json": bytes(10_000_000)})
    with pytest.raises(ReadError, match="claims to unpack to"):
        unpack(path)
    assert files_in(tmp_path) == {"bomb.zip"}


def test_a_file_longer_than_it_claims_leaves_nothing(tmp_path):
    path = packed(tmp_path / "liar.zip", {"a.json": b"x" * 5000})
    data = bytearray(path.read_bytes())
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(mark) + place
        data[at : at + 4] = struct.pack("<I", 10)
    path.write_bytes(bytes(data))
    with pytest.raises(ReadError, match=r"liar\.zip"):
        unpack(path)
    assert files_in(tmp_path) == {"liar.zip"}


def test_too_many_files_a_name_twice_a_full_disk_and_a_password_are_each_told(tmp_path, monkeypatch):
    path = packed(tmp_path / "task.zip", {"a.json": b"{}", "A.JSON": b"{}"})
    with pytest.raises(ReadError, match=r"holds 'A\.JSON' twice"):
        unpack(path)
    path = packed(tmp_path / "full.zip", {"a.json": b"{}"})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 0))
    with pytest.raises(ReadError, match="which the disk does not have"):
        unpack(path)
    data = bytearray(path.read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + place] |= 1
    (tmp_path / "secret.zip").write_bytes(bytes(data))
    with pytest.raises(ReadError, match="it is encrypted"):
        unpack(tmp_path / "secret.zip")
    monkeypatch.setattr(module, "MAX_ENTRIES", 0)
    with pytest.raises(ReadError, match="more than 0 files"):
        unpack(path)


def test_a_damaged_archive_is_one_clear_error(tmp_path):
    whole = packed(tmp_path / "task.zip", {f"{n}.json": b"{}" * 50 for n in range(5)}).read_bytes()
    path = tmp_path / "damaged.zip"
    for cut in range(0, len(whole), 13):
        for data in (whole[:cut], whole[:cut] + b"\xff" + whole[cut + 1 :]):
            path.write_bytes(data)
            try:
                unpack(path)
            except ReadError as error:
                words = str(error)
                assert words.startswith("damaged.zip: ")
            shutil.rmtree(tmp_path / "damaged", ignore_errors=True)
            assert not list(tmp_path.glob(".*"))


def test_only_a_zip_of_files_is_an_archive_and_other_packing_has_a_name(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("imgname.npy", b"x")
    (tmp_path / "data.npz").write_bytes(buffer.getvalue())
    assert not is_archive(tmp_path / "data.npz")
    assert not is_archive(tmp_path / "missing.zip")
    for start, name in ((b"\x1f\x8b\x08", "gzip"), (b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!\x1a\x07", "RAR")):
        (tmp_path / "packed").write_bytes(start + bytes(600))
        assert packed_as(tmp_path / "packed") == name
    assert packed_as(tmp_path) == ""


def test_a_name_of_file_and_folder_a_deep_one_and_another_compression_are_each_told(tmp_path):
    for files in ({"a": b"x", "a/b.jpg": b"y"}, {"A/b.jpg": b"y", "a": b"x"}):
        with pytest.raises(ReadError, match="as a file and as a folder"):
            unpack(packed(tmp_path / "task.zip", files))
    with pytest.raises(ReadError, match="leads elsewhere"):
        unpack(packed(tmp_path / "task.zip", {"a/" * 100 + "b.jpg": b"x"}))
    data = bytearray(packed(tmp_path / "task.zip", {"a.json": b"{}"}).read_bytes())
    for mark, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = data.index(mark) + place
        data[at : at + 2] = struct.pack("<H", 97)
    (tmp_path / "task.zip").write_bytes(bytes(data))
    with pytest.raises(ReadError, match="compressed in a way that is not read"):
        unpack(tmp_path / "task.zip")
    assert files_in(tmp_path) == {"task.zip"}
