"""How fast a video is opened, its frames are read again, and what memory that takes:

python -m tests.benchmarks.files.videos --frames 600 [--size 1920x1080] [--every 1]

The video is made on the spot, of moving blocks, as MPEG-4; the cache of frames is a folder that is removed afterwards.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from core.files.video.frame_cache import cache_folder, keep_frames
from core.files.video.frame_names import frame_name
from core.geometry.image import read_image
from tests.benchmarks.shared.machine import machine
from train.run.parser import CommandLine

READ_AGAIN = 60  # frames


def pictures(count: int, size: tuple[int, int]) -> Iterator[np.ndarray]:
    """Blocks on noise, moving: (H, W, 3) uint8."""
    width, height = size
    noise = np.random.default_rng(0).integers(0, 255, (height // 8, width // 8, 3), np.uint8)
    ground = cv2.resize(noise, size, interpolation=cv2.INTER_CUBIC)
    for number in range(count):
        picture = np.roll(ground, 3 * number, axis=1)
        x = (7 * number) % max(1, width - 200)
        picture[height // 4 : height // 2, x : x + 200] = (40, 90, 200)
        yield picture


def main() -> int:
    parser = CommandLine("tests.benchmarks.files.videos", __doc__)
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--every", type=int, default=1, help="keep every n-th frame")
    given = parser.parse_args()
    width, height = map(int, given.size.split("x"))
    with TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
        video = Path(folder) / "made.mp4"
        writer = cv2.VideoWriter(str(video), cv2.VideoWriter_fourcc(*"mp4v"), 30, (width, height))
        for picture in pictures(given.frames, (width, height)):
            writer.write(picture)
        writer.release()
        print(machine())
        print(f"{given.frames} frames of {width} × {height} px, {video.stat().st_size >> 20} MB")
        wanted = range(0, given.frames, given.every)
        for words in ("first time", "second time"):
            started = time.perf_counter()
            count = sum(1 for _ in keep_frames(video, wanted))
            print(f"opened the {words}: {count / (time.perf_counter() - started):.0f} frames a second")
        kept = sum(file.stat().st_size for file in cache_folder().rglob("*.jpg"))
        print(f"cache: {kept >> 20} MB, {kept / len(wanted) / 1e3:.0f} kB a frame")
        chosen = np.random.default_rng(1).choice(list(wanted), min(READ_AGAIN, len(wanted)), replace=False)
        started = time.perf_counter()
        for number in chosen.tolist():
            read_image(Path(folder) / frame_name(video.name, number))
        print(f"a kept frame is read in {1000 * (time.perf_counter() - started) / len(chosen):.1f} ms")
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"most memory of the process: {most >> 10} MB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
