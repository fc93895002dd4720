"""The write-ahead log of a project, `NAME-wal`, read beside SQLite (sqlite.org/fileformat2.html, section 4).

SQLite ends at the first frame whose checksum is wrong, and says nothing of the commits after it. Here each frame is
compared with the checksum of the frame before it as it stands in the file, so that the commits after a wrong frame are
found. The checksum is linear, modulo 2**32; so all frames are summed at once.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from core.files.regular import open_regular, start_of
from core.store.project.schema import PAGE_SIZE

HEADER_BYTES = 32
FRAME_BYTES = 24 + PAGE_SIZE
MOST_BYTES = 8 * 2**30
AT_ONCE = 512  # frames: 4 MB
_BIG_ENDIAN = b"\x37\x7f\x06\x83"  # the order of bytes in the sums
_LITTLE_ENDIAN = b"\x37\x7f\x06\x82"

Words = np.ndarray  # of uint32


@dataclass(frozen=True, eq=False)
class Log:
    """F frames. page (F,): the number of the page in each; size (F,): that of the database after a commit, else 0;
    sound (F,) bool: its checksum follows from the frame before; current (F,) bool: written since the log was begun
    anew. begun: the log's own header is sound."""

    page: Words
    size: Words
    sound: np.ndarray
    current: np.ndarray
    begun: bool

    @property
    def read(self) -> int:
        """The number of frames that SQLite looks at."""
        wrong = np.flatnonzero(~(self.sound & self.current))
        return 0 if not self.begun else int(wrong[0]) if len(wrong) else len(self.page)

    @property
    def passed_over(self) -> int:
        """The number of whole commits after the first wrong frame: they were confirmed, and SQLite drops them."""
        rest = slice(self.read, None)
        return int(((self.size > 0) & self.sound & self.current)[rest].sum())

    @property
    def last_is_broken(self) -> bool:
        """True if the last commit is not whole, which a power failure does to one that was not confirmed yet."""
        at = self.read
        return not self.passed_over and at < len(self.page) and bool(self.current[at] and self.size[at])

    def newest(self) -> dict[int, int]:
        """The frame of the newest of each page up to the last whole commit, by the page's number."""
        whole = np.flatnonzero((self.size > 0) & self.sound & self.current)
        count = int(whole[-1]) + 1 if len(whole) else 0
        most = int(self.size[whole].max()) if count else 0
        return {
            number: frame for frame, number in enumerate(self.page[:count].tolist()) if 1 <= number <= most
        }


def log_of(project: Path) -> Path:
    """The log's file beside a project."""
    return project.with_name(project.name + "-wal")


def read_log(file: Path) -> Log:
    """The frames of a log; none of a file that is missing. Raises OSError for one that cannot be read."""
    try:
        with open_regular(file, MOST_BYTES) as stream:
            return _read(stream)
    except FileNotFoundError:
        return _NOTHING


def pages_of(file: Path, frames: dict[int, int]) -> Iterator[tuple[int, bytes]]:
    """Number and content of each page in these frames of a log. Raises OSError."""
    if frames:
        with open_regular(file, MOST_BYTES) as stream:
            for number, frame in frames.items():
                stream.seek(HEADER_BYTES + frame * FRAME_BYTES + 24)
                yield number, start_of(stream, PAGE_SIZE)


def _read(stream: io.FileIO) -> Log:
    head = start_of(stream, HEADER_BYTES)
    if len(head) < HEADER_BYTES:
        return _NOTHING
    order = ">u4" if head.startswith(_BIG_ENDIAN) else "<u4"
    header = np.frombuffer(head, ">u4").astype(np.uint32)
    begun = head.startswith((_BIG_ENDIAN, _LITTLE_ENDIAN)) and _begins(head, order, header)
    heads, sound, before = [np.zeros((0, 6), np.uint32)], [np.zeros(0, bool)], header[6:]
    while len(piece := start_of(stream, AT_ONCE * FRAME_BYTES)) >= FRAME_BYTES:
        frames = np.frombuffer(piece, np.uint8, len(piece) // FRAME_BYTES * FRAME_BYTES).reshape(
            -1, FRAME_BYTES
        )
        found = np.ascontiguousarray(frames[:, :24]).view(">u4").astype(np.uint32)
        started = np.concatenate([before[None], found[:-1, 4:]])
        sound.append((_sum_of(frames, started, order) == found[:, 4:]).all(axis=1))
        heads.append(found)
        before = found[-1, 4:]
    all_heads = np.concatenate(heads)
    salts = header[4:6] if begun or not len(all_heads) else all_heads[0, 2:4]
    current = (all_heads[:, 2:4] == salts).all(axis=1)
    return Log(all_heads[:, 0], all_heads[:, 1], np.concatenate(sound), current, begun)


def _begins(head: bytes, order: str, header: Words) -> bool:
    summed = _summed(np.frombuffer(head, order, 6)[None].astype(np.uint32), np.zeros((1, 2), np.uint32))
    return bool((summed[0] == header[6:]).all())


def _sum_of(frames: np.ndarray, before: Words, order: str) -> Words:
    """Checksums (F, 2) of frames (F, FRAME_BYTES) after those `before` them (F, 2)."""
    summed = np.concatenate([frames[:, :8], frames[:, 24:]], axis=1).view(order).astype(np.uint32)
    return _summed(summed, before)


def _summed(words: Words, before: Words) -> Words:
    """SQLite's checksum of words (F, 2 N) begun with `before` (F, 2): s0 += x0 + s1, then s1 += x1 + s0, N times."""
    even, both = words[:, ::2], words[:, ::2] + words[:, 1::2]
    powers = _powers(even.shape[1])
    first, second = powers[-2::-1], powers[-1]
    return np.stack(
        [
            (even * first[:, row, 0] + both * first[:, row, 1]).sum(axis=1, dtype=np.uint32)
            + before[:, 0] * second[row, 0]
            + before[:, 1] * second[row, 1]
            for row in (0, 1)
        ],
        axis=1,
    )


@lru_cache(maxsize=2)
def _powers(count: int) -> Words:
    """The matrix of one step, [[1, 1], [1, 2]], to the powers 0 to `count`, modulo 2**32: (count + 1, 2, 2)."""
    step, power, found = np.array([[1, 1], [1, 2]], np.uint32), np.eye(2, dtype=np.uint32), []
    for _ in range(count + 1):
        found.append(power)
        power = step @ power
    return np.stack(found)


_NOTHING = Log(np.zeros(0, np.uint32), np.zeros(0, np.uint32), np.zeros(0, bool), np.zeros(0, bool), True)
