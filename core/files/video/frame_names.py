"""A frame's name is its video's with the frame's number, counted from 0: `walk/video.mp4#00123`."""

from __future__ import annotations

import re
from pathlib import Path

VIDEO_SUFFIXES = (".mp4", ".mov", ".avi", ".webm", ".gif", ".mkv", ".m4v")
MOST_FRAMES = 1_000_000  # of one video: nine hours at 30 a second
_FRAME = re.compile(
    rf"(.+(?:{'|'.join(map(re.escape, VIDEO_SUFFIXES))}))#([0-9]{{5}}|[1-9][0-9]{{5}})", re.IGNORECASE
)


def frame_name(video: str, number: int) -> str:
    """The path of a frame of a video."""
    return f"{video}#{number:05d}"


def frame_of(path: str | Path) -> tuple[str, int] | None:
    """The video that a frame's path names, and the frame's number; None for any other path.

    Each frame has one name, as `frame_name` writes it: `video.mp4#000001` is no frame.
    """
    found = _FRAME.fullmatch(str(path))
    return (found[1], int(found[2])) if found else None


def file_of(path: str | Path) -> Path:
    """The file on the disk that holds a photo's pixels: the video of a frame, else the photo itself."""
    frame = frame_of(path)
    return Path(path if frame is None else frame[0])
