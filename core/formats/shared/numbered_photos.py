"""Finds the photos that a file names by number: the frames of a video or of a folder, or the ids of a data set."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import PurePosixPath

from core.errors import ImageError, Undecided, Way
from core.files.unusable import Unusable
from core.files.video.frame_cache import video_facts
from core.files.video.frame_names import frame_name
from core.formats.photos.first_frame import frame_shift
from core.formats.photos.photo_names import PHOTO_SUFFIXES, local_parts
from core.formats.photos.video_photos import is_video
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PHOTOS, Report

_FOLDERS = ("", "images", "imgs", "img", "frames")
_NUMBERED = re.compile(r"(.*?)(\d{1,18})$")


FIRST_FRAME = "first_frame"  # the field of Beside


@dataclass(eq=False)
class NumberedPhotos:
    """The photos of a folder by the last number in their names: 42 is 000000000042.jpg or frame_42.png.

    series: how names begin where several series of photos lie in one folder, such as the name of a video. is_only: of
    several videos, whose photos are not those of another one even where their own are not there.
    first_frame: the file's number of the first photo's frame, as the user gives it. shift: frame n of the file is photo
    n + shift, as `align` found it.
    """

    folder: PhotoFolder
    series: str = ""
    first_frame: int | None = None
    shift: int = 0
    is_only: bool = False

    def named(self, number: int) -> str:
        """The relative path of the photo with this number. Raises Unusable if there is none."""
        relative = self.paths.get(number)
        if relative is None or not self.folder.holds(relative):
            raise Unusable(self.missing)
        return relative

    def frame(self, frame: int) -> str:
        """As `named`, of a frame of the file, after `align`."""
        return self.named(frame + self.shift)

    def holds(self, frame: int) -> bool:
        """Whether there is a photo of a frame, as `frame` finds it."""
        return frame + self.shift in self.paths

    @property
    def missing(self) -> str:
        """Why a photo is not found, and what to do."""
        if self.is_only:
            return (
                f"no photo of {self.series} in {self.folder.root} has this number in its name; save the frames of "
                f"each video in a folder of the video's name, {self.series}/000000.jpg and so on, and choose the "
                "folder above"
            )
        return (
            f"no photo in {self.folder.root} has this number in its name, and no video there this frame; put the video "
            "there, or save its frames as photos, 000000.jpg, 000001.jpg and so on, and choose their folder"
        )

    def align(self, frames: Collection[int], first: int, report: Report) -> None:
        """Find the photo of each frame, and note it. frames: the numbers in the file. first: the number that its
        program gives a video's first frame. Raises Undecided where the numbers allow two photos of a frame."""
        if not self.paths or not frames:
            return
        example, begin = min(frames), min(self.paths)
        if self.first_frame is not None:
            self.shift = begin - self.first_frame
            report.note(
                f"frame {self.first_frame} of this file is the first photo, {self.paths[begin]}, as was asked for"
            )
            return
        found = frame_shift(frames, self.paths.keys(), first)
        self.shift = found.shift
        if found.others:
            shifts = dict.fromkeys((found.shift, *found.others))
            raise Undecided(
                f"{report.path}: its frames are numbers only, and neither these nor the photos' numbers show which "
                f"photo is frame {example}.",
                FIRST_FRAME,
                tuple(Way(str(begin - shift), self._words(example, shift)) for shift in shifts),
            )
        shown = self.paths.get(example + self.shift, "no photo")
        report.note(f"frames are counted from {first} in this file: its frame {example} is {shown}")

    def _words(self, frame: int, shift: int) -> str:
        return f"frame {frame} is {self.paths.get(frame + shift, 'no photo')}"

    @cached_property
    def paths(self) -> dict[int, str]:
        """Relative path of each photo by its number, of the one series of names that is meant."""
        series: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
        for relative in self._photos():
            path = PurePosixPath(relative)
            name = _NUMBERED.match(path.stem)
            if name:
                series[str(path.parent), name[1]].setdefault(int(name[2]), relative)
        if self.series and (len(series) > 1 or self.is_only):
            of_this = {key: photos for key, photos in series.items() if self._is_of_series(*key)}
            series = defaultdict(dict, of_this if self.is_only else of_this or series)
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
