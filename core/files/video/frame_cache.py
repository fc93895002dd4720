"""The frames of videos as JPEGs in the user's cache, of bounded size.

A frame that is not in the cache is decoded by reading on from the last one, or again from the start. On the way the
frames shortly before it are kept too, so that stepping backwards decodes the video once in `BEHIND` steps.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2

from core.errors import ImageError
from core.files.regular import contents
from core.files.video.decoder import VideoDecoder, VideoFacts
from core.files.video.frame_names import frame_name, frame_of
from core.files.whole_file import whole_file

QUALITY = 95  # of the JPEGs
BEHIND = 32  # frames kept before one that is not in the cache
CACHE_BYTES = 16 * 2**30  # 19 000 frames of 1920 × 1080 full of detail; FITLOOP_FRAMES_GB changes it
KEPT_SHARE = 0.9  # of the bound, when old frames are removed
SPARE_BYTES = 2**30  # of the disk stay free
COUNTED_BYTES = 64 * 2**20  # written between two counts of the cache; less of a small one
COUNTED_PARTS = 16
MOST_FRAME_BYTES = 2**28
OPEN_VIDEOS = 2  # decoders that stay open


@dataclass(frozen=True)
class FrameStep:
    """One frame of `keep_frames`. kept: whether it is one of those asked for; time_ms since the first frame."""

    number: int
    time_ms: float
    kept: bool


def frame_jpeg(path: Path) -> bytes:
    """The frame of a path as `frame_of` reads it, as a JPEG. Raises ImageError for a video or frame that is missing."""
    video, number = _parts(path)
    return _frames_of(*_identity(video)).jpeg(number)


def frame_size(path: Path) -> tuple[int, int]:
    """Width and height [px] of a frame, as the video's header tells them. Raises ImageError."""
    video, number = _parts(path)
    facts = video_facts(video)
    if facts.claimed and number >= facts.claimed:
        raise ImageError(_ends(video, facts.claimed, number))
    return facts.width, facts.height


def video_facts(video: Path) -> VideoFacts:
    """What the header of a video tells. Raises ImageError."""
    return _facts_of(*_identity(video)[:3])


def keep_frames(video: Path, wanted: range) -> Iterator[FrameStep]:
    """Decode a whole video once, in order, and put the frames of these numbers into the cache. One step a frame.

    Frames that are in the cache already are not written again, so a second try after a stop is faster. More frames than
    the cache holds push the first ones out. Raises ImageError.
    """
    identity = _identity(video)
    kept = _frames_of(*identity)
    with VideoDecoder(Path(identity[0])) as decoder:
        while decoder.grab():
            number = decoder.number
            if number in wanted and not kept.holds(number):
                kept.put(number, _encoded(decoder))
            yield FrameStep(number, decoder.time_ms, number in wanted)


def cache_folder() -> Path:
    """The folder that holds the frames of all videos."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "fitloop" / "frames"


def cache_bytes() -> int:
    """The bound of the cache [bytes]: CACHE_BYTES, or the gigabytes of the variable FITLOOP_FRAMES_GB."""
    with suppress(ValueError, OverflowError):
        return max(0, int(float(os.environ.get("FITLOOP_FRAMES_GB", "")) * 2**30))
    return CACHE_BYTES


class CachedFrames:
    """The frames of one video: the cached ones, and a decoder for the others. Threads share it."""

    def __init__(self, video: Path, folder: Path) -> None:
        self._video, self._folder = video, folder
        self._decoder: VideoDecoder | None = None
        self._lock = threading.Lock()
        self._written = COUNTED_BYTES  # so that the first write counts what earlier programs left

    def jpeg(self, number: int) -> bytes:
        """A frame as JPEG. Raises ImageError."""
        found = self._cached(number)
        if found is not None:
            return found
        with self._lock:
            return self._cached(number) or self._decoded(number)

    def holds(self, number: int) -> bool:
        """Whether a frame is in the cache."""
        return self._file(number).is_file()

    def put(self, number: int, jpeg: bytes) -> None:
        """Write a frame into the cache. A disk that is full or read-only only costs time later."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            if self._written >= min(COUNTED_BYTES, cache_bytes() // COUNTED_PARTS):
                _make_room(self._folder.parent)
                self._written = 0
            if shutil.disk_usage(self._folder).free < SPARE_BYTES:
                return
            with whole_file(self._file(number), lasting=False) as stream:
                stream.write(jpeg)
            self._written += len(jpeg)

    def _file(self, number: int) -> Path:
        return self._folder / f"{number:07d}.jpg"

    def _cached(self, number: int) -> bytes | None:
        file = self._file(number)
        with suppress(OSError):
            jpeg = contents(file, MOST_FRAME_BYTES)
            os.utime(file)  # the frames used last stay longest
            return jpeg or None
        return None

    def _decoded(self, number: int) -> bytes:
        """Read on to a frame, or again from the start, and keep those shortly before it."""
        if self._decoder is None or self._decoder.number >= number:
            self._close()
            self._decoder = VideoDecoder(self._video)
        while self._decoder.grab():
            at = self._decoder.number
            if at == number or (at >= number - BEHIND and not self.holds(at)):
                jpeg = _encoded(self._decoder)
                self.put(at, jpeg)
            if at == number:
                return jpeg
        last = self._decoder.number
        self._close()
        raise ImageError(_ends(self._video, last + 1, number))

    def _close(self) -> None:
        if self._decoder is not None:
            self._decoder.close()
            self._decoder = None


def _encoded(decoder: VideoDecoder) -> bytes:
    done, jpeg = cv2.imencode(".jpg", decoder.image(), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise ImageError(f"{frame_name(str(decoder.path), decoder.number)}: cannot be kept as JPEG.")
    return jpeg.tobytes()


def _make_room(folder: Path) -> None:
    """Remove the frames that were used longest ago until the cache is within its bound."""
    bound, files = cache_bytes(), []
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                file = os.path.join(place, name)
                status = os.stat(file)
                files.append((status.st_mtime, status.st_size, file))
    size = sum(each for _, each, _ in files)
    if size <= bound:
        return
    for _, each, file in sorted(files):
        if size <= KEPT_SHARE * bound:
            return
        with suppress(OSError):
            os.unlink(file)
            size -= each


def _parts(path: Path) -> tuple[Path, int]:
    frame = frame_of(path)
    if frame is None:
        raise ImageError(f"{path}: names no frame of a video. Write it as video.mp4#00123.")
    return Path(frame[0]), frame[1]


def _identity(video: Path) -> tuple[str, int, int, int]:
    """The video's file, its size and its time of change; and this process, as a forked one must not share a decoder."""
    try:
        status = os.stat(video)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "no file can have this name"
        words = f"{video}: the video cannot be read ({why}). Put it back, or remove its frames."
        raise ImageError(words) from error
    return os.path.realpath(video), status.st_size, status.st_mtime_ns, os.getpid()


@lru_cache(maxsize=OPEN_VIDEOS)
def _frames_of(video: str, size: int, changed_ns: int, process: int) -> CachedFrames:
    key = hashlib.blake2b(f"{video}\0{size}\0{changed_ns}".encode(errors="surrogateescape"), digest_size=16)
    return CachedFrames(Path(video), cache_folder() / key.hexdigest())


@lru_cache(maxsize=64)
def _facts_of(video: str, size: int, changed_ns: int) -> VideoFacts:
    with VideoDecoder(Path(video)) as decoder:
        return decoder.facts


def _ends(video: Path, count: int, number: int) -> str:
    return (
        f"{video}: has no frame {number}: it ends after {count}. Put the whole video back, or remove the frames that "
        "it lacks."
    )
