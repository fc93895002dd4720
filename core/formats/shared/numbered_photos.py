"""Finds the photos that a file names by number: the frames of a video or of a folder, or the ids of a data set."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import PurePosixPath

from core.errors import ImageError
from core.files.unusable import Unusable
from core.files.video.frame_cache import video_facts
from core.files.video.frame_names import frame_name
from core.formats.photos.photo_names import PHOTO_SUFFIXES, local_parts
from core.formats.photos.video_photos import is_video
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PHOTOS, Report

_FOLDERS = ("", "images", "imgs", "img", "frames")
_NUMBERED = re.compile(r"(.*?)(\d{1,18})$")


@dataclass(frozen=True)
class NumberedPhotos:
    """The photos of a folder by the last number in their names: 42 is 000000000042.jpg or frame_42.png.

    series: how names begin where several series of photos lie in one folder, such as the name of a video.
    """

    folder: PhotoFolder
    series: str = ""
    _shifts: dict[int, int] = field(default_factory=dict, repr=False)

    def named(self, number: int) -> str:
        """The relative path of the photo with this number. Raises Unusable if there is none."""
        relative = self.paths.get(number)
        if relative is None or not self.folder.holds(relative):
            raise Unusable(self.missing)
        return relative

    def frame(self, frame: int, first: int) -> str:
        """As `named`, of a frame of a file whose first frame has the number `first`, after `align`."""
        return self.named(frame + self._shifts.get(first, 0))

    def holds(self, frame: int, first: int) -> bool:
        """Whether there is a photo of a frame, as `frame` finds it."""
        return frame + self._shifts.get(first, 0) in self.paths

    @property
    def missing(self) -> str:
        """Why a photo is not found, and what to do."""
        return (
            f"no photo in {self.folder.root} has this number in its name, and no video there this frame; put the video "
            "there, or save its frames as photos, 000000.jpg, 000001.jpg and so on, and choose their folder"
        )

    def align(self, frames: Collection[int], first: int, report: Report) -> None:
        """Find out whether photos are numbered as the file numbers its frames, or one more or less, and note it.

        Photos that begin with 0 or 1 show how they are counted, unless only the file's own numbers fit. Photos that
        begin later are taken to have the file's own numbers. frames: the numbers in the file.
        """
        if not self.paths or not frames:
            return
        lowest = min(self.paths)
        shift = lowest - first if lowest in (0, 1) else 0
        if all(frame in self.paths for frame in frames) > all(
            frame + shift in self.paths for frame in frames
        ):
            shift = 0
        self._shifts[first] = shift
        example = min(frames)
        shown = self.paths.get(example + shift, "no photo")
        report.note(f"frames are counted from {first} in this file: its frame {example} is {shown}")

    @cached_property
    def paths(self) -> dict[int, str]:
        """Relative path of each photo by its number, of the one series of names that is meant."""
        series: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
        for relative in self._photos():
            path = PurePosixPath(relative)
            name = _NUMBERED.match(path.stem)
            if name:
                series[str(path.parent), name[1]].setdefault(int(name[2]), relative)
        if len(series) > 1 and self.series:
            of_this = {key: photos for key, photos in series.items() if self._is_of_series(*key)}
            series = defaultdict(dict, of_this or series)
        found: dict[int, str] = {}
        for sub in self._places:
            here: dict[int, str] = {}
            for (folder, _), photos in series.items():
                if folder == (sub or "."):
                    here |= {number: "" if number in here else name for number, name in photos.items()}
            found = here | found
        return {number: relative for number, relative in found.items() if relative} or self._frames_of_video

    @cached_property
    def _frames_of_video(self) -> dict[int, str]:
        """The frames, counted from 0, of the folder's video of this name, or of its only video; else nothing."""
        try:
            videos = [path for path in sorted(self.folder.root.iterdir()) if is_video(path)]
        except OSError:
            return {}
        named = [path for path in videos if path.stem == self.series or path.name == self.series]
        chosen = named or videos
        if len(chosen) != 1:
            return {}
        try:
            count = video_facts(chosen[0]).claimed
        except ImageError:
            return {}
        return {number: frame_name(chosen[0].name, number) for number in range(count)}

    @property
    def _places(self) -> tuple[str, ...]:
        """The folders that are looked into: one is named as the series."""
        return (*_FOLDERS, self.series) if local_parts(self.series) == (self.series,) else _FOLDERS

    def _is_of_series(self, folder: str, start: str) -> bool:
        return start.rstrip("_-. ") == self.series or folder.rsplit("/", 1)[-1] == self.series

    def _photos(self) -> list[str]:
        """The names in the folder, and in its folders of photos, at most MAX_PHOTOS of them."""
        names: list[str] = []
        for sub in self._places:
            try:
                with os.scandir(self.folder.root / sub) as entries:
                    files = islice((entry.name for entry in entries), MAX_PHOTOS)
                    found = [
                        name for name in files if name.lower().endswith(PHOTO_SUFFIXES) and name.isprintable()
                    ]
            except (OSError, ValueError):
                continue
            names += [str(PurePosixPath(sub, name)) for name in sorted(found)]
        return names
