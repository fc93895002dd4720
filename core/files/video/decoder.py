"""Decodes a video from its first frame on. It never seeks: OpenCV's seeking lands on other frames where frames refer to
later ones, or where the rate varies (opencv/opencv issues 9053 and 26827).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from core.errors import ImageError
from core.files.regular import open_regular
from core.files.video.frame_names import MOST_FRAMES, frame_name

MOST_PIXELS = 50_000_000  # of one frame: 8K has 33 million
_START_BYTES = 16
_MOST_RATE = 1000
_NTSC = Fraction(1000, 1001)  # of 24, 30 or 60 frames a second
_NTSC_ERROR = 2e-3
_REMEDY = "Save it as MP4 with H.264, or save its frames as photos and open their folder."
_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")  # with which MP4 and MOV begin


@dataclass(frozen=True)
class VideoFacts:
    """The header of a video. width, height [px] as shown; rate: frames a second; claimed: the number of frames
    that the header names, 0 where it names none."""

    width: int
    height: int
    rate: Fraction
    claimed: int


class VideoDecoder:
    """An open video. number: of the frame that `grab` read last, -1 before the first.

    Raises ImageError for a file that is missing, is no video, or is of a codec that OpenCV does not decode.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.number = -1
        check_is_video(path)
        self._capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        self._capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
        if not self._capture.isOpened():
            raise ImageError(f"{path}: no frame of this video can be read. {_REMEDY}")
        self.facts = self._read_facts()

    def __enter__(self) -> VideoDecoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._capture.release()

    def grab(self) -> bool:
        """Go to the next frame. False at the end, which is also where a damaged video ends."""
        if self.number + 1 >= MOST_FRAMES or not self._capture.grab():
            return False
        self.number += 1
        return True

    @property
    def time_ms(self) -> float:
        """When the frame that was grabbed last is shown [ms since the first]."""
        return float(self._capture.get(cv2.CAP_PROP_POS_MSEC))

    def image(self) -> np.ndarray:
        """The frame that was grabbed last, upright: (H, W, 3) uint8 in OpenCV's order BGR. Raises ImageError."""
        found, image = self._capture.retrieve()
        if not found or image is None or image.ndim != 3 or image.dtype != np.uint8:
            raise ImageError(f"{frame_name(str(self.path), self.number)}: cannot be decoded. {_REMEDY}")
        return np.asarray(image)

    def _read_facts(self) -> VideoFacts:
        width, height, fps, count = (
            _finite(self._capture.get(name))
            for name in (
                cv2.CAP_PROP_FRAME_WIDTH,
                cv2.CAP_PROP_FRAME_HEIGHT,
                cv2.CAP_PROP_FPS,
                cv2.CAP_PROP_FRAME_COUNT,
            )
        )
        if not (width > 0 and height > 0):
            self.close()
            raise ImageError(f"{self.path}: no frame of this video can be read. {_REMEDY}")
        if width * height > MOST_PIXELS:
            self.close()
            most = MOST_PIXELS // 1_000_000
            raise ImageError(
                f"{self.path}: {width:.0f} × {height:.0f} px is more than the {most} million that are read of a "
                "frame. Save the video smaller."
            )
        claimed = int(count) if 0 < count <= MOST_FRAMES else 0
        return VideoFacts(int(width), int(height), as_fraction(fps), claimed)


def check_is_video(path: Path) -> None:
    """Raises ImageError unless a file begins as MP4, MOV, AVI, WebM or GIF: FFmpeg also follows play lists, which name
    other files and servers."""
    try:
        with open_regular(path) as stream:
            start = stream.read(_START_BYTES)
    except OSError as error:
        words = f"{path}: the video cannot be read ({error.strerror}). Put it back, or remove its frames."
        raise ImageError(words) from error
    is_video = (
        start[4:8] in _BOXES
        or (start.startswith(b"RIFF") and start[8:12] == b"AVI ")
        or start.startswith((b"\x1a\x45\xdf\xa3", b"GIF87a", b"GIF89a"))
    )
    if not is_video:
        known = "is no MP4, MOV, AVI, WebM or GIF that can be read" if start else "is empty"
        raise ImageError(f"{path}: {known}. {_REMEDY}")


def as_fraction(fps: float) -> Fraction:
    """A rate [frames a second] as a fraction: 29.97 is 30000/1001. 0 where none is known."""
    if not 0 < fps <= _MOST_RATE:
        return Fraction(0)
    whole = round(fps / float(_NTSC))
    if abs(whole * float(_NTSC) - fps) < _NTSC_ERROR and abs(fps - round(fps)) > _NTSC_ERROR:
        return whole * _NTSC
    return Fraction(fps).limit_denominator(1001)


def _finite(value: float) -> float:
    return value if np.isfinite(value) else 0.0
