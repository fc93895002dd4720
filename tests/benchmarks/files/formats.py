"""How long reading takes: python -m tests.benchmarks.files.formats [--people 100000] [--json]

Writes a COCO keypoints file of as many people (17 keypoints, three people a photo) and reads it in a process of
its own, so that its peak of memory is the reading's and not the writing's.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from core.body.keypoints import layout
from core.formats.keypoints import coco
from train.run.parser import CommandLine

LIMIT_S, LIMIT_MB = 10.0, 1024.0
PEOPLE_A_PHOTO = 3


def write_people(path: Path, people: int, seed: int = 0) -> None:
    """A file as COCO has them, keypoints and all, without outlines."""
    random = np.random.default_rng(seed)
    names = layout("coco17").keypoints
    photos = -(-people // PEOPLE_A_PHOTO)
    images = [
        {"id": index, "file_name": f"{index:012d}.jpg", "width": 640, "height": 480}
        for index in range(photos)
    ]
    places = np.round(random.uniform(1, 480, (people, len(names), 2)), 2)
    seen = random.integers(0, 3, (people, len(names), 1))
    rows = np.concatenate([places, seen], axis=2).reshape(people, -1)
    boxes = np.round(random.uniform(1, 200, (people, 4)), 2)
    annotations = [
        {
            "id": index,
            "image_id": index // PEOPLE_A_PHOTO,
            "category_id": 1,
            "iscrowd": 0,
            "bbox": box,
            "area": box[2] * box[3],
            "keypoints": row,
            "num_keypoints": len(names),
        }
        for index, (row, box) in enumerate(zip(rows.tolist(), boxes.tolist(), strict=True))
    ]
    categories = [{"id": 1, "name": "person", "keypoints": list(names)}]
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))


def measure(path: Path) -> dict[str, float]:
    """Seconds of wall clock and of processor, and the peak of memory [MB], of reading `path` in this process."""
    before = peak_mb()
    start, start_processor = time.perf_counter(), time.process_time()
    imported = coco.read(path)
    seconds, processor = time.perf_counter() - start, time.process_time() - start_processor
    return {
        "people": imported.people,
        "file_mb": path.stat().st_size / 2**20,
        "seconds": seconds,
        "processor_seconds": processor,
        "peak_mb": peak_mb(),
        "before_mb": before,
    }


def peak_mb() -> float:
    """The most memory this program has held [MB]; getrusage would count the one that started it on Linux."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def main(arguments: list[str] | None = None) -> int:
    """The command; 1 when reading takes longer or more memory than it may."""
    parser = CommandLine("tests.benchmarks.files.formats", __doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--json", action="store_true", help="one line of JSON in place of words")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.read is not None:
        print(json.dumps(measure(given.read)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.json"
        write_people(path, given.people)
        command = [sys.executable, "-m", "tests.benchmarks.files.formats", "--read", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    row = json.loads(done.stdout)
    row |= {"limit_seconds": LIMIT_S, "limit_mb": LIMIT_MB}
    row["passed"] = row["seconds"] < LIMIT_S and row["peak_mb"] < LIMIT_MB
    if given.json:
        print(json.dumps(row))
    else:
        print(
            f"{row['people']} people, {row['file_mb']:.0f} MB: read in {row['seconds']:.1f} s "
            f"({row['processor_seconds']:.1f} s of processor), peak {row['peak_mb']:.0f} MB"
        )
    return int(not row["passed"])


if __name__ == "__main__":
    sys.exit(main())
