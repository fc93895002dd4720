"""The frames of a video as photos: all of them, every n-th, or those of a range."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import gcd
from pathlib import Path

from core.errors import ImageError, ReadError, Undecided, Way
from core.files.video.frame_cache import FrameStep, keep_frames, video_facts
from core.files.video.frame_names import MOST_FRAMES, VIDEO_SUFFIXES, frame_name, frame_of
from core.records import Photo

ASKED_FROM = 600  # frames; of a longer video the user chooses
OPTION = "frames"
_STEPS = (2, 5, 10, 30)
_UNEVEN = 0.1  # by which the time between two frames may differ, as a share of the usual one
_CHOICE = re.compile(r"(?:all|(\d{1,7})\s*-\s*(\d{1,7})?)?\s*(?:every\s*(\d{1,6}))?", re.IGNORECASE)


@dataclass(frozen=True)
class VideoPhotos:
    """photos: the chosen frames in order, without people. notes: what the user should know of the video. rate: frames a
    second of the video."""

    photos: tuple[Photo, ...]
    notes: tuple[str, ...]
    rate: Fraction


def is_video(path: Path) -> bool:
    """Whether a path is a video by its name; a GIF only where it holds several frames."""
    if path.suffix.lower() not in VIDEO_SUFFIXES or path.name.startswith(".") or not path.is_file():
        return False
    if path.suffix.lower() != ".gif":
        return True
    try:
        return video_facts(path).claimed > 1
    except ImageError:
        return False


def chosen_frames(text: str) -> range:
    """The numbers that a choice means: "all", "every 5", "120-480", "120- every 2". Raises ReadError."""
    found = _CHOICE.fullmatch(text.strip()) if text.strip() else None
    step = int(found[3] or 1) if found else 0
    first = int(found[1] or 0) if found else 0
    last = int(found[2]) if found and found[2] else MOST_FRAMES - 1
    if step < 1 or last < first:
        raise ReadError(
            f"'{text}' is no choice of frames. Write: all, every 5, 120-480, or 120-480 every 2; frames count from 0."
        )
    return range(first, last + 1, step)


def ask_for_frames(video: Path) -> None:
    """Raises Undecided for a long video, of which the user chooses frames; ImageError where it cannot be read."""
    facts = video_facts(video)
    if facts.claimed <= ASKED_FROM:
        return
    ways = [Way("all", f"all {facts.claimed} frames")]
    ways += [
        Way(f"every {step}", f"every {_ordinal(step)} frame: {-(-facts.claimed // step)} of {facts.claimed}")
        for step in _STEPS
    ]
    ways += [Way("0-299", "the first 300 frames")]
    seconds = f", {float(facts.claimed / facts.rate):.0f} s" if facts.rate else ""
    raise Undecided(
        f"{video.name}: has {facts.claimed} frames of {facts.width} × {facts.height} px{seconds}.",
        OPTION,
        tuple(ways),
    )


def video_steps(video: Path, frames: str | None = None) -> Generator[FrameStep, None, VideoPhotos]:
    """Decode a video once into the cache of frames. One step a frame; returns the chosen frames as photos, whose paths
    start from the video's folder.

    frames: as `chosen_frames` takes it, by default all. Raises ImageError where no frame can be read, ReadError for a
    choice of no frame, and Undecided as `ask_for_frames`.
    """
    if frames is None:
        ask_for_frames(video)
    wanted = chosen_frames(frames or "all")
    facts = video_facts(video)
    numbers, times = [], []
    for step in keep_frames(video, wanted):
        times.append(step.time_ms)
        if step.kept:
            numbers.append(step.number)
        yield step
    if not times:
        words = "no frame of this video can be read. Save it as MP4 with H.264, or save its frames as photos."
        raise ImageError(f"{video}: {words}")
    if not numbers:
        raise ReadError(f"{video}: has {len(times)} frames, none of which is chosen by '{frames}'.")
    photos = tuple(Photo(frame_name(video.name, number), facts.width, facts.height) for number in numbers)
    return VideoPhotos(photos, tuple(_notes(video, len(times), facts.claimed, times, facts.rate)), facts.rate)


def frame_rate(root: Path, paths: Sequence[str]) -> Fraction:
    """Photos a second of frames of one video, by its header: 6 of every fifth frame at 30. 0 where nothing tells it.

    root: the folder that the paths start from.
    """
    frames = [frame for path in paths if (frame := frame_of(path))]
    if len(frames) < 2 or len(frames) < len(paths) or len({video for video, _ in frames}) > 1:
        return Fraction(0)
    numbers = sorted(number for _, number in frames)
    step = gcd(*(after - before for before, after in pairwise(numbers)))
    try:
        return video_facts(root / frames[0][0]).rate / max(1, step)
    except ImageError:
        return Fraction(0)


def _notes(video: Path, count: int, claimed: int, times: list[float], rate: Fraction) -> list[str]:
    shown = f" at {_decimal(rate)} a second ({rate})" if rate else ""
    notes = [f"{video.name}: {count} frames{shown}, numbered from 0"]
    if claimed > count:
        notes.append(f"its header tells {claimed} frames, but it ends after {count}: the file may be cut off")
    apart = [after - before for before, after in pairwise(times)]
    if len(apart) > 1:
        usual = sorted(apart)[len(apart) // 2]
        if usual > 0 and max(apart[:-1], default=0) > (1 + _UNEVEN) * usual + 1:
            notes.append(
                f"its rate varies: frames are {min(apart):.0f} to {max(apart):.0f} ms apart, and are taken as even"
            )
    return notes


def _decimal(rate: Fraction) -> str:
    return f"{float(rate):.3f}".rstrip("0").rstrip(".")


def _ordinal(step: int) -> str:
    return {2: "2nd"}.get(step, f"{step}th")
