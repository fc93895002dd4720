"""Unpacks a .zip of a data set beside itself: within a bounded size, nowhere else, as a whole or not at all."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import stat
import time
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from glob import escape
from pathlib import Path, PurePosixPath
from typing import IO

from core.errors import ReadError
from core.files.regular import NotOrdinary, open_regular
from core.files.unusable import read_error
from core.files.whole_file import STALE_AFTER_S

MAX_ENTRIES = 200_000
MAX_BYTES = 64 * 2**30
MAX_GROWTH = 200  # times the archive's size; photos hardly grow, texts grow tenfold
SMALL_BYTES = 64 * 2**20  # may grow by any number
FREE_BYTES = 2**30  # that stay on the disk
_PIECE = 2**20
_LIST_BYTES = 24 * 2**20  # of the archive's list of files
_DEEPEST = 64  # folders
_LONGEST_PART = 255  # bytes, of most file systems
_ENCRYPTED = 0x41  # flags of a file: by a password, or strongly
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_NOT_PHOTOS = {"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"}
_OTHERS = {
    b"\x1f\x8b": "gzip",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!": "RAR",
    b"\xfd7zXZ": "xz",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "Zstandard",
}
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)


def is_archive(path: Path) -> bool:
    """Whether a path is a .zip of files, which an .npz or a checkpoint is not."""
    return path.suffix.lower() == ".zip" and path.is_file()


def packed_as(path: Path) -> str:
    """How a file is packed that cannot be unpacked here, in a word; "" for any other file."""
    try:
        with open_regular(path) as stream:
            start = stream.read(512)
    except OSError:
        return ""
    if start[257:262] == b"ustar":
        return "tar"
    return next((name for mark, name in _OTHERS.items() if start.startswith(mark)), "")


def unpack(path: Path) -> Path:
    """The folder beside NAME.zip with its files, NAME; it is kept if it was unpacked before. Raises ReadError."""
    with _readable(path) as archive:
        entries = dict(_entries(path, archive))
        folder = path.with_suffix("")
        if folder.exists():
            if all(_is_there(folder / name, entry) for name, entry in entries.items()):
                return folder
            problem = f"{folder.name} is there already beside it, with other files"
            raise read_error(path, problem, "Remove or rename that folder, or choose it instead.")
        _check_space(path, entries)
        beside = folder.with_name(f".{folder.name}.{os.getpid()}.unpacking")
        try:
            _sweep(folder)
            for name, entry in entries.items():
                _write(path, archive, entry, beside / name)
            beside.rename(folder)
        except OSError as error:
            problem = f"it cannot be unpacked beside itself ({error.strerror or error})"
            raise read_error(path, problem, "Unpack it elsewhere, and choose the folder.") from error
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    return folder


class _Bounded(io.BufferedReader):
    """A file for zipfile, which reads the list of files in one piece of any claimed length: refuses one too long."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _LIST_BYTES:
            raise zipfile.BadZipFile("it lists too many files")
        return super().read(size)


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with _Bounded(open_regular(path)) as stream, zipfile.ZipFile(stream) as archive:
            yield archive
    except ReadError:
        raise
    except NotOrdinary as error:
        raise read_error(path, str(error.strerror), "Choose the file itself.") from error
    except _BROKEN as error:
        raise read_error(path, f"this is no .zip, or it is damaged ({error})", "Load it again.") from error
    except OSError as error:
        raise read_error(path, f"it cannot be read ({error.strerror or error})", "Check the file.") from error


def _entries(path: Path, archive: zipfile.ZipFile) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """Name and entry of each file; the archive's own size bounds how much all may claim. Raises ReadError."""
    infos = archive.infolist()
    if len(infos) > MAX_ENTRIES:
        raise read_error(path, f"it holds more than {MAX_ENTRIES} files", "Split it, or unpack it yourself.")
    claimed = sum(info.file_size for info in infos)
    if claimed > MAX_BYTES or claimed > max(SMALL_BYTES, MAX_GROWTH * path.stat().st_size):
        problem = f"it claims to unpack to {claimed / 2**30:.1f} GB"
        raise read_error(path, problem, "If you trust it, unpack it yourself and choose the folder.")
    seen: set[str] = set()
    folders: set[str] = set()
    for info in infos:
        parts = PurePosixPath(info.filename.replace("\\", "/")).parts
        is_link = stat.S_ISLNK(info.external_attr >> 16)
        if info.is_dir() or is_link or any(part in _NOT_PHOTOS or part.startswith("._") for part in parts):
            continue
        if not parts or len(parts) > _DEEPEST or not all(map(_is_safe, parts)):
            problem = f"it holds a file whose name leads elsewhere, {info.filename[:80]!r}"
            raise read_error(path, problem, "Do not unpack it; get the data set from its source.")
        if info.flag_bits & _ENCRYPTED:
            raise read_error(path, "it is encrypted", "Unpack it with its password, and choose the folder.")
        if info.compress_type not in _PACKED:
            problem = f"{info.filename[:80]!r} is compressed in a way that is not read here"
            raise read_error(path, problem, "Unpack it with the program that made it, and choose the folder.")
        name = "/".join(parts)
        plain = unicodedata.normalize("NFC", name).casefold()
        if plain in seen:
            raise read_error(path, f"it holds {name[:80]!r} twice", "Pack it again.")
        seen.add(plain)
        folders |= {plain[:end] for end, letter in enumerate(plain) if letter == "/"}
        yield name, info
    if both := seen & folders:
        raise read_error(path, f"it holds {min(both)[:80]!r} as a file and as a folder", "Pack it again.")


def _is_safe(part: str) -> bool:
    return (
        part not in ("", ".", "..", "/")
        and ":" not in part
        and len(part.encode(errors="surrogateescape")) <= _LONGEST_PART
        and part.isprintable()
    )


def _is_there(file: Path, entry: zipfile.ZipInfo) -> bool:
    try:
        status = os.lstat(file)
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size == entry.file_size


def _check_space(path: Path, entries: dict[str, zipfile.ZipInfo]) -> None:
    """Raises ReadError where the disk has no room for the files."""
    needed = sum(entry.file_size for entry in entries.values()) + FREE_BYTES
    if needed > shutil.disk_usage(path.parent).free:
        problem = f"unpacking it takes {needed / 2**30:.1f} GB, which the disk does not have"
        raise read_error(path, problem, "Free some space, or unpack it on another disk.")


def _write(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, file: Path) -> None:
    """One file of the archive, no longer than it claims. Raises ReadError and OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as content, file.open("xb") as stream:
        written = _copied(content, stream, entry.file_size)
    if written != entry.file_size:
        raise read_error(path, f"{entry.filename[:80]!r} is not as long as it claims", "Load it again.")


def _copied(content: IO[bytes], stream: IO[bytes], most: int) -> int:
    written = 0
    while (piece := content.read(_PIECE)) and written <= most:
        stream.write(piece)
        written += len(piece)
    return written


def _sweep(folder: Path) -> None:
    """Remove what killed processes left half unpacked."""
    for left in folder.parent.glob(f".{escape(folder.name)}.*.unpacking"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > STALE_AFTER_S:
                shutil.rmtree(left, ignore_errors=True)
