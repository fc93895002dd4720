"""Data sets as their programs lay them out: from a root folder or a .zip to the files that hold people.

YOLO's data.yaml, images/ and labels/train/…; Roboflow's train/, valid/ and test/; COCO's annotations/ and CVAT's
annotations.xml beside images/; SMPLify-X's images/ and keypoints/; of a .zip also an .npz that names photos. Names of
photos start at the root.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import ReadError
from core.files.unpack import is_archive, unpack
from core.files.unusable import read_error
from core.formats.photos.photo_names import PHOTO_SUFFIXES, is_split
from core.formats.recognise import surest
from core.formats.shared.glimpse import LIKELY, NO, Glimpse

MOST_FILES = 50  # of annotations that are looked into
MOST_FOLDERS = 10_000
_DEEPEST = 3  # folders that hold nothing but one folder, as archives make them
_LABELS, _KEYPOINTS = "labels", "keypoints"
_ANNOTATIONS = ("annotations", "annotation", "annots", "anno")
_BESIDE_PHOTOS = (*_ANNOTATIONS, _LABELS, _KEYPOINTS, "json", "jsons", "gt")


@dataclass(frozen=True)
class Part:
    """A file or folder to read, and the folder that its photos' names start from; None for that of its format."""

    path: Path
    photos: Path | None = None


def parts_of(path: Path) -> tuple[Part, ...]:
    """What to read of a file, a folder or a .zip, which is unpacked beside itself. Raises ReadError."""
    is_packed = is_archive(path)
    if is_packed:
        path = unpack(path)
    if not path.is_dir():
        return (Part(path, _photos_beside(path.parent)),)
    path = _without_wrapping(path)
    labels = _label_folders(path)
    if labels:
        return tuple(map(Part, labels))
    keypoints = path / _KEYPOINTS
    if next(keypoints.glob("*.json"), None) is not None and next(path.glob("results/*/*.pkl"), None) is None:
        return (Part(keypoints, path),)
    if surest(Glimpse(path))[1] > NO:
        return (Part(path, _photos_beside(path)),)
    files = _annotation_files(path, "*.json", "*.xml")
    if is_packed and not files:  # in a folder of photos, an .npz may be what was exported of them
        files = _annotation_files(path, "*.npz")
    return tuple(Part(file, file.parent if _has_photos(file.parent) else path) for file in files) or (
        Part(path),
    )


def is_data_set(path: Path) -> bool:
    """Whether a folder holds people and not only photos. Raises ReadError where it holds several data sets."""
    return any(surest(Glimpse(part.path))[1] > NO for part in parts_of(path))


def _without_wrapping(folder: Path) -> Path:
    """The folder itself, or the one in it if that is all that it holds."""
    for _ in range(_DEEPEST):
        inside = [entry for entry in _entries(folder) if not entry.name.startswith(".")]
        if len(inside) != 1 or not inside[0].is_dir() or inside[0].name in (*_BESIDE_PHOTOS, "results"):
            break
        folder = Path(inside[0].path)
    return folder


def _label_folders(root: Path) -> tuple[Path, ...]:
    """The folders with YOLO's labels under labels/ or train/labels/ of a root; none for one that holds them itself."""
    found = [root / _LABELS, *(share / _LABELS for share in _folders(root) if is_split(share.name))]
    if root.name == _LABELS:
        found = [] if any(_texts(root)) else [root]
    walked = (Path(place) for labels in found if labels.is_dir() for place in _walk(labels))
    return tuple(place for place in walked if any(_texts(place)))


def _walk(root: Path) -> Iterator[str]:
    for count, (place, folders, _) in enumerate(os.walk(root)):
        if count > MOST_FOLDERS:
            raise read_error(root, f"it holds more than {MOST_FOLDERS} folders", "Choose one of them.")
        folders.sort()
        yield place


def _texts(folder: Path) -> Iterator[Path]:
    return (file for file in folder.glob("*.txt") if file.is_file())


def _annotation_files(root: Path, *patterns: str) -> tuple[Path, ...]:
    """The one file of such a name in a root that holds people, or one of each share of the data set. Raises ReadError
    for several."""
    folders = [
        root,
        *(
            Path(e.path)
            for e in _entries(root)
            if e.is_dir() and (e.name.lower() in _ANNOTATIONS or is_split(e.name))
        ),
    ]
    found_of = ((file for pattern in patterns for file in folder.glob(pattern)) for folder in folders)
    files = [file for inside in found_of for file in sorted(inside)]
    found = {file: word for file in files[:MOST_FILES] if (word := _holds_people(file))}
    if len(found) > 1 and (len({file.parent for file in found}) < len(found) or len(set(found.values())) > 1):
        names = ", ".join(str(file.relative_to(root)) for file in list(found)[:10])
        raise read_error(root, f"holds data sets of their own: {names}", "Give the one that you mean.")
    return tuple(found)


def _holds_people(file: Path) -> str:
    """The word of the format of a file of people; "" for any other file."""
    try:
        seen = Glimpse(file)
        word, sure = surest(seen)
        if seen.kind == "xml":
            return word if b"<annotations" in seen.data else ""
        if seen.kind == "npz":
            return word if "imgname" in seen.arrays else ""
        return word if sure >= LIKELY and (word != "coco" or seen.has_key("keypoints")) else ""
    except ReadError:
        return ""


def _photos_beside(folder: Path) -> Path | None:
    """The parent of annotations/, keypoints/ and such, where photos lie beside and not inside; None elsewhere."""
    if folder.name.lower() not in _BESIDE_PHOTOS or _has_photos(folder):
        return None
    is_there = any(_has_photos(beside) for beside in (folder.parent, *_folders(folder.parent)))
    return folder.parent if is_there else None


def _has_photos(folder: Path) -> bool:
    """Whether photos lie in a folder or in the folders in it."""
    for count, (place, folders, names) in enumerate(os.walk(folder)):
        if any(name.lower().endswith(PHOTO_SUFFIXES) and not name.startswith(".") for name in names):
            return True
        if Path(place) != folder or count > MOST_FOLDERS:
            folders.clear()
    return False


def _folders(folder: Path) -> list[Path]:
    """The folders in a folder, without hidden ones and links."""
    inside = (entry for entry in _entries(folder) if entry.is_dir(follow_symlinks=False))
    return [Path(entry.path) for entry in inside if not entry.name.startswith(".")]


def _entries(folder: Path) -> Iterable[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return ()
