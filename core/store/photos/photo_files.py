"""The photos' files: their paths, sizes and hashes, and the search for files that moved."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import NamedTuple

from core.errors import ProjectError
from core.files.regular import open_regular
from core.files.video.frame_names import file_of, frame_name, frame_of

HASH_BYTES = 16
READ_BYTES = 2**20
MAX_PHOTO_BYTES = 2 * 2**30


class KnownFile(NamedTuple):
    """A photo's file as stored in the project; size [bytes] and hash are None if the file was never read."""

    id: int
    path: str
    size: int | None
    hash: str | None


@dataclass(frozen=True)
class Relocation:
    """The result of a search for moved files.

    moved: old path to new path. missing: paths for which no file was found. ambiguous: paths for which several files
    match, or whose only match belongs to another photo.
    """

    moved: dict[str, str]
    missing: tuple[str, ...]
    ambiguous: tuple[str, ...]


def hash_of(file: Path) -> str:
    """BLAKE2b hash of a file's content, 32 hexadecimal digits. Raises OSError."""
    digest = hashlib.blake2b(digest_size=HASH_BYTES)
    with open_regular(file, MAX_PHOTO_BYTES) as stream:
        while block := stream.read(READ_BYTES):
            digest.update(block)
    return digest.hexdigest()


def size_of(file: Path) -> int | None:
    """Size [bytes], of a frame that of its video; None if there is no such file."""
    try:
        return file_of(file).stat().st_size
    except (OSError, ValueError):
        return None


def size_and_hash(file: Path) -> tuple[int, str] | None:
    """Size [bytes] and hash; None if the file cannot be read."""
    try:
        return file.stat().st_size, hash_of(file)
    except (OSError, ValueError):
        return None


@lru_cache(maxsize=4096)  # an act on many people checks the same paths as its undo
def check_path(path: str) -> str:
    """The path unchanged. Raises ProjectError for an absolute or empty path."""
    if not path or PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute() or "\0" in path:
        raise ProjectError(f"the photo path {path!r} is not relative to the project. Give a relative path.")
    if not is_storable(path):
        raise ProjectError(f"the name of the photo {path!r} is not UTF-8. Rename the file.")
    return path


def is_storable(name: str) -> bool:
    """Whether a name is UTF-8: an older system's, in Latin-1, is not."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def find_moved(photos: Iterable[KnownFile], root: Path, folder: Path) -> Relocation:
    """Search `folder` for the files of photos that are missing at their paths, which are relative to `root`.

    A file matches a photo if its content has the photo's hash, or if name and size agree where no hash is known.
    Raises ProjectError if `folder` is no folder.
    """
    photos = list(photos)
    taken = {photo.path for photo in photos}
    lost = [photo for photo in photos if not _is_file(file_of(root / photo.path))]
    by_name, by_size = _index(folder) if lost else ({}, {})
    moved, missing, ambiguous = {}, [], []
    found: dict[KnownFile, list[Path]] = {}  # the frames of a video share one file
    for photo in lost:
        file = photo._replace(id=0, path=file_of(photo.path).as_posix())
        if file not in found:
            named = by_name.get(PurePosixPath(file.path).name, [])
            found[file] = _fitting(file, named) or _fitting_renamed(file, by_size)
        fitting = found[file]
        if not fitting:
            missing.append(photo.path)
        elif (len(fitting) > 1 and photo.hash is None) or (
            path := _moved_to(photo.path, _relative(fitting[0], root))
        ) in taken:
            ambiguous.append(photo.path)
        else:
            moved[photo.path] = path
            taken.add(path)
    return Relocation(moved, tuple(missing), tuple(ambiguous))


def _moved_to(path: str, file: str) -> str:
    """The new path of a photo, or of a frame, whose file is `file` now."""
    frame = frame_of(path)
    return file if frame is None else frame_name(file, frame[1])


def _is_file(file: Path) -> bool:
    try:
        return file.is_file()
    except (OSError, ValueError):  # a folder that may not be looked into, a name that no file has
        return False


def _fitting(photo: KnownFile, files: list[Path]) -> list[Path]:
    sized = [file for file in files if photo.size in (None, size_of(file))]
    return sized if photo.hash is None else [file for file in sized if _same(file, photo.hash)]


def _fitting_renamed(photo: KnownFile, by_size: dict[int, list[Path]]) -> list[Path]:
    return [] if photo.hash is None or photo.size is None else _fitting(photo, by_size.get(photo.size, []))


def _same(file: Path, wanted: str) -> bool:
    try:
        return hash_of(file) == wanted
    except OSError:
        return False


def _index(folder: Path) -> tuple[dict[str, list[Path]], dict[int, list[Path]]]:
    """All files under a folder by name and by size. Links to folders are not followed."""
    if not folder.is_dir():
        raise ProjectError(f"{folder} is not a folder. Choose the folder that the photos are in now.")
    by_name: dict[str, list[Path]] = defaultdict(list)
    by_size: dict[int, list[Path]] = defaultdict(list)
    for file in _files(folder):
        by_name[file.name].append(file)
        size = size_of(file)
        if size is not None:
            by_size[size].append(file)
    return by_name, by_size


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(place, name) for name in sorted(names))


def _relative(file: Path, root: Path) -> str:
    try:
        return Path(os.path.relpath(file.absolute(), root.absolute())).as_posix()
    except ValueError as error:  # another drive of Windows
        raise ProjectError(f"{file} is on another drive than the project. Move one of them.") from error
