"""How long large files of annotation tools and detectors take: python -m tests.benchmarks.files.annotation_tools

Each file is one that its tool could write, of about as many megabytes as --megabytes for all, with small photos beside
it. One line of JSON a format: seconds of processor of reading it. --profile prints where the time goes.
"""

from __future__ import annotations

import cProfile
import json
import pstats
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.formats.exchange import read_file
from core.formats.format_row import Beside
from tests.benchmarks.shared.machine import machine
from tests.core.formats import making_keypoints
from tests.core.formats.making import write_photos
from train.run.parser import CommandLine

FRAMES = 1000
LIMIT_S = 2.0
MOST_ROWS = 30


def labelme(people: int) -> bytes:
    """People of one photo, each a group."""
    one = making_keypoints.labelme()
    shapes = [shape | {"group_id": group, "flags": {}} for group in range(people) for shape in one["shapes"]]
    return json.dumps(one | {"imagePath": photos()[0], "shapes": shapes}, indent=1).encode()


def label_studio(people: int) -> bytes:
    """A task a person."""
    (task,) = making_keypoints.label_studio()
    names = photos()
    tasks = [
        task | {"id": number, "data": {"image": f"/data/upload/1/ab12cd34-{names[number % FRAMES]}"}}
        for number in range(people)
    ]
    return json.dumps(tasks).encode()


def supervisely(people: int) -> bytes:
    """People of one photo."""
    one = making_keypoints.supervisely()
    return json.dumps(
        one | {"objects": [graph | {"id": i} for i in range(people) for graph in one["objects"]]}
    ).encode()


def mmpose(people: int) -> bytes:
    """People of a video's frames, numbered from 0."""
    each = making_keypoints.instance()
    frames = [{"frame_id": n, "instances": [each] * (people // FRAMES)} for n in range(FRAMES)]
    return json.dumps(frames).encode()


def deeplabcut(people: int) -> bytes:
    """Many individuals in each frame."""
    cells = making_keypoints.deeplabcut(tuple(f"one{n}" for n in range(people // FRAMES)))
    rows = [[str(frame), *cells[4][1:]] for frame in range(FRAMES)]
    return making_keypoints.csv_bytes([*cells[:4], *rows])


# The file's name, how it is made, and bytes a person, about.
KINDS: dict[str, tuple[str, Callable[[int], bytes], int]] = {
    "labelme": ("a.json", labelme, 5000),
    "label-studio": ("export.json", label_studio, 3700),
    "supervisely": ("f_0000.png.json", supervisely, 900),
    "mmpose": ("f.json", mmpose, 1000),
    "deeplabcut": ("f.csv", deeplabcut, 750),
}


def photos() -> list[str]:
    """The names of a video's frames."""
    return [f"f_{number:04d}.png" for number in range(FRAMES)]


def measured(word: str, folder: Path, megabytes: float, profile: bool) -> dict[str, Any]:
    """What reading one file takes."""
    name, make, size = KINDS[word]
    data = make(max(int(megabytes * 2**20 / size), FRAMES))
    (folder / name).write_bytes(data)
    profiler = cProfile.Profile()
    began = time.process_time()
    if profile:
        profiler.enable()
    found = read_file(folder / name, Beside(), word)
    profiler.disable()
    seconds = time.process_time() - began
    if profile:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(MOST_ROWS)
    (folder / name).unlink()
    return {
        "format": word, "file_mb": round(len(data) / 2**20, 1), "people": found.people,
        "processor_seconds": round(seconds, 2), "passed": seconds < LIMIT_S,
    }  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """The command; 1 where a file takes longer than LIMIT_S."""
    parser = CommandLine("tests.benchmarks.files.annotation_tools", __doc__)
    parser.add_argument("--format", choices=KINDS, action="append", help="only this one")
    parser.add_argument("--megabytes", type=float, default=25.0)
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args(arguments)
    print(json.dumps({"machine": machine()}))
    passed = True
    with tempfile.TemporaryDirectory() as name:
        write_photos(Path(name), photos())
        for word in given.format or KINDS:
            row = measured(word, Path(name), given.megabytes, given.profile)
            passed &= row["passed"]
            print(json.dumps(row), flush=True)
    return int(not passed)


if __name__ == "__main__":
    sys.exit(main())
