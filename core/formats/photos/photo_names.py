r"""Names of photos as other computers and programs write them: pure functions of text, no file is touched.

`C:\data\images\a.jpg`, `/home/me/images/a.jpg`, `../images/a.jpg` and `https://host/images/a.jpg?key=1` all end in the
parts images, a.jpg. Label Studio puts eight hexadecimal digits before an uploaded name, Roboflow the old suffix and a
hash behind it (`a_jpg.rf.0123…jpg`). Two spellings of one name are compared by `spellings`, from strict to loose.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from urllib.parse import parse_qsl, unquote

PHOTO_SUFFIXES = (
    ".jpg",
    ".jpeg",
    ".png",
    ".bmp",
    ".webp",
    ".tif",
    ".tiff",
    ".gif",
    ".avif",
    ".heic",
    ".heif",
)
SPELLINGS = 6
_REMEMBERED = 65_536  # names: each is asked for in all spellings
LOOSE = (2, 5)  # the spellings without an upload's prefix or hash
STEM = 3  # the first spelling without suffix
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_DRIVE = re.compile(r"[A-Za-z]:")
_UPLOAD = re.compile(r"^[0-9a-f]{8}-(?=.)")
_ROBOFLOW = re.compile(r"^(.+?)(?:_(?:jpe?g|png|bmp|webp|tiff?|heic))?\.rf\.[0-9a-z]{6,64}$")
_SPLITS = ({"train", "training"}, {"val", "valid", "validation"}, {"test", "testing"})


def is_foreign(name: str) -> bool:
    """Whether a name starts at a drive, a host or the root of a file system, or leads above its folder."""
    if name.startswith(("/", "\\")) or _DRIVE.match(name) or _ADDRESS.match(name):
        return True
    return local_parts(name) is None


def local_parts(name: str) -> tuple[str, ...] | None:
    """The parts of a relative name with the steps up taken; None where it leads above its folder, or to no file."""
    parts: list[str] = []
    for part in name.replace("\\", "/").split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return tuple(parts) or None


def last_parts(name: str) -> tuple[str, ...]:
    """The parts of a name that can lie under another folder: without drive, host, query and steps up. May be empty."""
    address = _ADDRESS.match(name)
    if address or "?d=" in name:  # Label Studio serves local files as /data/local-files/?d=FOLDER/a.jpg
        name = _path_of(name)
    elif name.partition("?")[0].lower().endswith(PHOTO_SUFFIXES):
        name = name.partition("?")[0]
    name = _DRIVE.sub("", name, count=1) if _DRIVE.match(name) else name
    parts = name.replace("\\", "/").split("/")
    above = max((place for place, part in enumerate(parts) if part == ".."), default=-1)
    hosted = address is not None and address[1].lower() != "file" and len(parts) > 1
    start = max(above + 1, int(hosted))
    return tuple(part for part in parts[start:] if part not in ("", "."))


@lru_cache(maxsize=_REMEMBERED)
@lru_cache(maxsize=_REMEMBERED)
def spellings(name: str) -> tuple[str, ...]:
    """The keys that a file's name is known by, from strict to loose: as it is; without regard to case, percent signs
    and Unicode's forms; without an upload's prefix or hash; then the same three without suffix."""
    plain = plainly(name)
    names = name, plain, without_upload(plain)
    return *names, *(_stem(one) for one in names)


def plainly(part: str) -> str:
    """A part of a path without regard to case, percent signs and Unicode's forms."""
    return unicodedata.normalize("NFC", unquote(part)).casefold()


def without_upload(plain: str) -> str:
    """A plain file name without what Label Studio puts before it and Roboflow behind it."""
    name = _UPLOAD.sub("", plain)
    stem = _stem(name)
    hashed = _ROBOFLOW.match(stem)
    return (hashed[1] + name[len(stem) :] if hashed else name).replace(" ", "_")


def _stem(name: str) -> str:
    """A file's name without suffix: quicker than a path's, which counts where a folder has many photos."""
    return name.rpartition(".")[0] or name


def shared_tail(wanted: tuple[str, ...], there: tuple[str, ...]) -> int:
    """How many folders before the file's name agree, from the last one on; -1 where one says train and the other test.

    wanted, there: parts of two paths with the file's name.
    """
    ends = [(plainly(one), plainly(other)) for one, other in zip(wanted[-2::-1], there[-2::-1], strict=False)]
    shared = next((place for place, (one, other) in enumerate(ends) if one != other), len(ends))
    if shared < len(ends) and _are_splits(*ends[shared]):
        return -1
    return shared


def is_split(folder: str) -> bool:
    """Whether a folder's name is that of a share of a data set."""
    return any(folder.lower() in words for words in _SPLITS)


def _are_splits(one: str, other: str) -> bool:
    """Whether two different folder names are of different shares of a data set."""
    shares = [
        next((place for place, words in enumerate(_SPLITS) if name in words), None) for name in (one, other)
    ]
    return None not in shares and shares[0] != shares[1]


def _path_of(address: str) -> str:
    """The path of a URL, decoded; or its parameter d where that names the photo."""
    rest = _ADDRESS.sub("", address, count=1)
    path, _, query = rest.partition("#")[0].partition("?")
    for key, value in parse_qsl(query[:4096], max_num_fields=100) if query.count("&") < 100 else ():
        if key == "d" and value.lower().endswith(PHOTO_SUFFIXES):
            return f"{path.split('/')[0]}/{value}"
    return unquote(path)
