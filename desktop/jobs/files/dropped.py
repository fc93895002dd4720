"""Tells dropped files apart: projects, videos, photos, bodies, networks, folders, and files with people."""

import mmap
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.files.regular import open_regular, start_of

What = Literal["project", "folder", "video", "photo", "network", "body", "people", "missing"]

PROJECT_BEGINS = b"SQLite format 3\x00"
PICKLE_BEGINS = b"\x80"
NETWORK_SUFFIXES = (".pt", ".pth", ".ckpt", ".tar")
TORCH_PART, BODY_PART = "/data.pkl", "v_template"  # in a checkpoint of torch; in an SMPL file
MOST_PICKLE_BYTES = 2**29


@dataclass(frozen=True)
class DroppedFile:
    """A dropped path, and what it is."""

    path: Path
    what: What


def told_apart(paths: Sequence[Path]) -> list[DroppedFile]:
    """Each path with what it is. Nothing in the files is executed; a file that cannot be read may hold people."""
    return [DroppedFile(path, what_is(path)) for path in paths]


def what_is(path: Path) -> What:
    """What a path is, by its content; photos by their name, as there may be thousands."""
    from core.formats.photos.photo_names import PHOTO_SUFFIXES
    from core.formats.photos.video_photos import is_video

    if path.is_dir():
        return "folder"
    if not path.is_file():
        return "missing"
    if is_video(path):
        return "video"
    suffix = path.suffix.lower()
    if suffix in PHOTO_SUFFIXES:
        return "photo"
    try:
        with open_regular(path) as file:
            begins = start_of(file, len(PROJECT_BEGINS))
        if begins == PROJECT_BEGINS:
            return "project"
        if zipfile.is_zipfile(path):
            return _of_zip(path)
        if begins.startswith(PICKLE_BEGINS) and suffix in NETWORK_SUFFIXES:
            return "network"  # written by torch before 1.6
        if suffix == ".pkl" and _mentions(path, BODY_PART.encode()):
            return "body"
    except (OSError, zipfile.BadZipFile, ValueError):
        return "people"  # opening it says why it cannot be read
    return "network" if suffix == ".safetensors" else "people"


def _of_zip(path: Path) -> What:
    with zipfile.ZipFile(path) as parts:
        names = parts.namelist()
    if any(name.endswith(TORCH_PART) for name in names):
        return "network"
    return "body" if f"{BODY_PART}.npy" in names else "people"


def _mentions(path: Path, word: bytes) -> bool:
    with open_regular(path) as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(word, 0, MOST_PICKLE_BYTES) >= 0
