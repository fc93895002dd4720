"""Finds the photos that a file names, inside one folder and never outside it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Protocol

from core.errors import ImageError
from core.files.unusable import Unusable
from core.files.video.frame_names import file_of
from core.formats.photos.photo_index import PhotoIndex
from core.formats.photos.photo_names import PHOTO_SUFFIXES, STEM, is_foreign, last_parts, local_parts
from core.geometry.image import image_header
from core.geometry.image_header import ImageHeader
from core.records import Photo

MAX_NAME_LENGTH = 4096
_IMAGE_FOLDERS = ("images", "imgs")


class FolderReport(Protocol):
    """The part of a reader's report that a folder of photos writes to."""

    folder: PhotoFolder | None

    def note(self, text: str) -> None:
        """Report how the file was interpreted."""

    def leave_out(self, record: str, reason: str) -> None:
        """Report that a record is not in the result."""


@dataclass(frozen=True)
class PhotoFolder:
    """The folder that the names in a file are relative to. Each photo's size is read once.

    report: notes photos that were found by the last parts of their names. anywhere: of a project, whose photos may
    lie beside its folder.
    """

    root: Path
    report: FolderReport | None = None
    anywhere: bool = False
    _headers: dict[str, ImageHeader | None] = field(default_factory=dict, repr=False)
    _inside: dict[Path, bool] = field(default_factory=dict, repr=False)
    _there: set[str] = field(default_factory=set, repr=False)  # relative paths of files inside
    _known: dict[str, str] = field(default_factory=dict, repr=False)  # name in the file -> relative path
    _owners: dict[str, str] = field(
        default_factory=dict, repr=False
    )  # relative path -> the first name that found it
    _searched: dict[str, str] = field(
        default_factory=dict, repr=False
    )  # the same of those found by their last parts
    _contested: dict[str, str] = field(
        default_factory=dict, repr=False
    )  # relative path -> the names, in words

    _unclear: dict[str, str] = field(
        default_factory=dict, repr=False
    )  # relative path -> why it was not found

    def __post_init__(self) -> None:
        if self.report is not None:
            self.report.folder = self

    def relative(self, name: object) -> str:
        """The path of a photo relative to the folder, with forward slashes.

        A name that is not there, or that leads outside, is searched by its last parts under the folder. A relative name
        that fits none or several photos stays as it is. Raises Unusable for one that leads outside.
        """
        if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME_LENGTH:
            raise Unusable("the photo has no usable name")
        if any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 for c in name):
            raise Unusable("the photo's name holds characters that no file name has")
        if name not in self._known:
            self._known[name] = self._resolve(name)
        return self._known[name]

    def holds(self, relative: str) -> bool:
        """True if the photo exists and is inside the folder, also after links are followed."""
        return (
            self.size(relative) is not None if relative in self._headers else self._file(relative) is not None
        )

    def size(self, relative: str) -> tuple[int, int] | None:
        """(width, height) [px] of a photo; None if the file is missing or not a photo."""
        header = self.header(relative)
        return None if header is None else header[:2]

    def header(self, relative: str) -> ImageHeader | None:
        """Size and orientation of a photo; None if the file is missing or not a photo."""
        if relative not in self._headers:
            file = self._file(relative)
            try:
                self._headers[relative] = image_header(file) if file else None
            except (ImageError, OSError):
                self._headers[relative] = None
        return self._headers[relative]

    def known_size(self, relative: str) -> tuple[int, int]:
        """As `size`, for formats without sizes. Raises Unusable if the photo is missing, or cannot be read."""
        size = self.size(relative)
        if size is None and (file := self._file(relative)) is not None:
            try:
                return image_header(file)[:2]
            except (ImageError, OSError) as error:
                raise Unusable(f"its photo cannot be read: {_without_path(error, file)}") from error
        if size is None:
            raise Unusable(
                self._unclear.get(relative)
                or "the photo is not in the folder, and the file does not hold its size; choose the photos' folder"
            )
        return size

    def named(self, stem: str) -> str:
        """The relative path of the photo with this name and any photo suffix, in the folder, its images/ or imgs/, else
        anywhere under the folder.

        Raises Unusable if there is none, or several.
        """
        for folder in ("", *_IMAGE_FOLDERS):
            for suffix in PHOTO_SUFFIXES:
                for ending in (suffix, suffix.upper()):
                    place = PurePosixPath(folder, stem + ending)
                    if local_parts(str(place)) is not None and self._file(str(place)) is not None:
                        return str(place)
        parts = last_parts(stem)
        found = self._index.find((*parts[:-1], parts[-1] + ".jpg"), STEM) if parts else None
        if found is None or self._file(found) is None:
            raise Unusable("no photo of this name is in the folder; choose the photos' folder")
        return self._claimed(found, stem, searched=True)

    def settled(self, photos: Iterable[Photo]) -> tuple[Photo, ...]:
        """The photos without those that two names of the file claim. The report notes what was searched and found."""
        photos = tuple(photos)
        if self.report is None:
            return photos
        for path, why in list(self._unclear.items())[:1]:
            self.report.note(
                f"photos that were searched but not found under {self.root}: {len(self._unclear)}; {path}: {why}"
            )
        searched = {path: name for path, name in self._searched.items() if path not in self._contested}
        if searched:
            path, name = next(iter(searched.items()))
            self.report.note(
                f"photos found under {self.root} by the last parts of their names: {len(searched)}; {name} is {path}"
            )
        for path, words in self._contested.items():
            self.report.leave_out(path, words)
        return tuple(photo for photo in photos if photo.path not in self._contested)

    def _resolve(self, name: str) -> str:
        """The path of the photo that a name means: exactly, else by its last parts. Raises Unusable."""
        own = None if is_foreign(name) else local_parts(name)
        if own is None and Path(name).is_absolute():
            own = self._inner_parts(name)
        if own is not None:
            for relative in ("/".join(own), *("/".join((folder, *own)) for folder in _IMAGE_FOLDERS)):
                if self._file(relative) is not None:
                    return self._claimed(relative, name)
        found = self._by_last_parts(name, own)
        if found is not None and self._file(found) is not None:
            return self._claimed(found, name, searched=True)
        if own is not None:
            return "/".join(own)
        raise Unusable(
            f"its path leads outside the photos' folder and was not followed, and no photo under {self.root} ends like "
            "it; choose the folder that it lies in"
        )

    def _by_last_parts(self, name: str, own: tuple[str, ...] | None) -> str | None:
        """The photo that ends like a name, None if there is none.

        own: the parts of a name inside the folder, which stays missing where the search fails. Raises Unusable.
        """
        parts = last_parts(name)
        try:
            return self._index.find(parts) if parts else None
        except Unusable as problem:
            if own is None:
                raise
            self._unclear["/".join(own)] = str(problem)
            return None

    def _inner_parts(self, name: str) -> tuple[str, ...] | None:
        """The parts of an absolute path inside the folder; None for one outside."""
        try:
            return local_parts(Path(name).relative_to(self.root.absolute()).as_posix())
        except ValueError:
            return None

    def _claimed(self, path: str, name: str, searched: bool = False) -> str:
        """The path, as that of a name. If another name has it too, and one of both was searched, both may be wrong."""
        if searched:
            self._searched.setdefault(path, name)
        owner = self._owners.setdefault(path, name)
        if owner != name and path in self._searched and last_parts(owner) != last_parts(name):
            self._contested[path] = (
                f"two names of the file fit this photo, {owner} and {name}; choose the folder of the right photos"
            )
        return path

    @cached_property
    def _index(self) -> PhotoIndex:
        return PhotoIndex(self.root)

    def _file(self, relative: str) -> Path | None:
        """The photo's path; None if its file (of a frame: the video) is missing, or outside the folder after links are
        followed."""
        path = self.root / relative
        if relative in self._there:
            return path
        file = file_of(path)
        try:
            if not os.path.isfile(file) or not self._is_inside(file.parent):
                return None
            if file.is_symlink() and not self._is_within(os.path.realpath(file)):
                return None
        except (OSError, ValueError):
            return None
        self._there.add(relative)
        return path

    def _is_inside(self, folder: Path) -> bool:
        """True if a folder is inside the root. Cached per folder: there are fewer folders than photos."""
        if folder not in self._inside:
            self._inside[folder] = self._is_within(os.path.realpath(folder))
        return self._inside[folder]

    def _is_within(self, real: str) -> bool:
        root = os.path.realpath(self.root)
        return self.anywhere or os.path.commonpath([real, root]) == root


def _without_path(error: Exception, file: Path) -> str:
    return str(error).removeprefix(f"{file}: ")
