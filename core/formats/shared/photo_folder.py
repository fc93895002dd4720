"""Finds the photos that a file names, inside one folder and never outside it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from core.errors import ImageError
from core.files.unusable import Unusable
from core.geometry.image import image_size

MAX_NAME_LENGTH = 4096
PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
_DRIVE_OR_ADDRESS = re.compile(r"[A-Za-z]:|[A-Za-z][A-Za-z0-9+.-]*://")
_SEARCHED_FOLDERS = ("", "images", "imgs")


@dataclass(frozen=True)
class PhotoFolder:
    """The folder that the names in a file are relative to. Each photo's size is read once."""

    root: Path
    _sizes: dict[str, tuple[int, int] | None] = field(default_factory=dict, repr=False)
    _inside: dict[Path, bool] = field(default_factory=dict, repr=False)

    def relative(self, name: object) -> str:
        """The path of a photo relative to the folder, with forward slashes.

        An absolute path is accepted only inside the folder. Raises Unusable for a path that leads outside.
        """
        if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME_LENGTH:
            raise Unusable("the photo has no usable name")
        if any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 for c in name):
            raise Unusable("the photo's name holds characters that no file name has")
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or _DRIVE_OR_ADDRESS.match(name):
            try:
                path = PurePosixPath(Path(name).relative_to(self.root.absolute()).as_posix())
            except ValueError as error:
                raise Unusable(_OUTSIDE) from error
        if ".." in path.parts or not path.parts:
            raise Unusable(_OUTSIDE)
        return str(path)

    def holds(self, relative: str) -> bool:
        """True if the photo exists and is inside the folder, also after links are followed."""
        return (
            self.size(relative) is not None if relative in self._sizes else self._file(relative) is not None
        )

    def size(self, relative: str) -> tuple[int, int] | None:
        """(width, height) [px] of a photo; None if the file is missing or not a photo."""
        if relative not in self._sizes:
            file = self._file(relative)
            try:
                self._sizes[relative] = image_size(file) if file else None
            except (ImageError, OSError):
                self._sizes[relative] = None
        return self._sizes[relative]

    def known_size(self, relative: str) -> tuple[int, int]:
        """As `size`, for formats without sizes. Raises Unusable if the photo is missing."""
        size = self.size(relative)
        if size is None:
            raise Unusable(
                "the photo is not in the folder, and the file does not hold its size; choose the photos' folder"
            )
        return size

    def named(self, stem: str) -> str:
        """The relative path of the photo with this name and any photo suffix, in the folder, its images/ or imgs/.

        Raises Unusable if there is none.
        """
        for folder in _SEARCHED_FOLDERS:
            for suffix in PHOTO_SUFFIXES:
                for ending in (suffix, suffix.upper()):
                    relative = self.relative(str(PurePosixPath(folder, stem + ending)))
                    if self._file(relative) is not None:
                        return relative
        raise Unusable("no photo of this name is in the folder; choose the photos' folder")

    def _file(self, relative: str) -> Path | None:
        """The photo's file; None if it is missing, or outside the folder after links are followed."""
        path = self.root / relative
        try:
            if not os.path.isfile(path) or not self._is_inside(path.parent):
                return None
            return path if not path.is_symlink() or self._is_within(os.path.realpath(path)) else None
        except (OSError, ValueError):
            return None

    def _is_inside(self, folder: Path) -> bool:
        """True if a folder is inside the root. Cached per folder: there are fewer folders than photos."""
        if folder not in self._inside:
            self._inside[folder] = self._is_within(os.path.realpath(folder))
        return self._inside[folder]

    def _is_within(self, real: str) -> bool:
        root = os.path.realpath(self.root)
        return os.path.commonpath([real, root]) == root


_OUTSIDE = "its path leads outside the photos' folder and was not followed; choose the folder that it lies in"
