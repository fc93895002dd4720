"""The error for a file of no format that is read: what the file is instead, and what to do with it."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import ReadError
from core.files.unusable import read_error
from core.formats.shared.glimpse import Glimpse

_PHOTO_STARTS = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*")
_PHOTO_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis")
_LFS = b"version https://git-lfs"


def unrecognised(seen: Glimpse, words: Sequence[str]) -> ReadError:
    """The error for a path that no format recognises. words: the formats that are read."""
    problem, remedy = _told(seen)
    return read_error(seen.path, problem, f"{remedy} Formats: {', '.join(words)}.")


def _told(seen: Glimpse) -> tuple[str, str]:
    other = "Name the format, or choose another file."
    if seen.has_file("*.zip"):
        return "its format is not one of those that are read", "Choose the .zip in it."
    if seen.kind == "folder":
        return "its format is not one of those that are read", "Choose another folder, or a file in it."
    if not seen.data:
        return "the file is empty", "Export it again, or choose another file."
    if not seen.data.strip():
        return "the file has blanks alone", "Export it again, or choose another file."
    if _is_photo(seen.data):
        return (
            "this is a photo, and holds no annotations",
            "Open its folder as photos, or choose a file of people.",
        )
    if seen.data[4:8] == b"ftyp" or seen.data.startswith(b"\x1aE\xdf\xa3"):
        return "this is a video", "Save its pictures in a folder first, and open that."
    if seen.data.startswith(_LFS):
        return "this only points to a file of Git LFS", "Fetch the file itself with git lfs pull."
    if seen.kind == "json":
        return "this JSON has no people in a form that is read", other
    if seen.path.suffix.lower() == ".json":
        return "this is not JSON: it begins with neither { nor [", "Export it again, or choose another file."
    return "its format is not one of those that are read", other


def _is_photo(data: bytes) -> bool:
    container = (data[:4] == b"RIFF" and data[8:12] == b"WEBP") or (
        data[4:8] == b"ftyp" and data[8:12] in _PHOTO_BRANDS
    )
    return container or data.startswith(_PHOTO_STARTS)
