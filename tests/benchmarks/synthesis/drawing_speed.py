"""How fast are synthetic photos made?

python -m tests.benchmarks.synthesis.drawing_speed --wardrobe FOLDER --panoramas FOLDER

Photos a second by people, size and wardrobe, in one process or more, start not counted; the CPU seconds behind a photo,
which do not depend on what else the machine does; and a wardrobe's time to fit and its size in the cache.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from contextlib import closing
from pathlib import Path

from tests.benchmarks.shared.machine import machine
from train.run.parser import CommandLine

CASES = ((256, 256, 1), (256, 256, 4), (256, 256, 8), (640, 640, 4), (1280, 720, 4))
WARM_UP = 12  # photos before the clock starts: the first compile, and fit outfits that later ones wear too


def timed(options: tuple[int, int, int, Path | None, Path | None, int]) -> tuple[float, float]:
    """Wall and CPU seconds a photo. options: width, height, people, wardrobe, panoramas,
    photos."""
    import cv2
    import torch

    from train.synthesis.photo import Studio, StudioConfig
    from train.synthesis.writing import image_name, mask_name, save_photo

    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    size, height, people, wardrobe, panoramas, count = options
    config = StudioConfig(
        size=size,
        height=height,
        people=(people, people),
        seed=1,
        wardrobe=wardrobe,
        panoramas=panoramas,
        occluders=0.25,
    )
    with closing(Studio(config)) as studio, tempfile.TemporaryDirectory() as folder:
        for name in (image_name(0), mask_name(0)):
            (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
        for index in range(WARM_UP):
            studio.photo(index)
        wall, cpu = time.perf_counter(), time.process_time()
        for index in range(WARM_UP, WARM_UP + count):
            save_photo(studio.photo(index), Path(folder), index)
        return (time.perf_counter() - wall) / count, (time.process_time() - cpu) / count


def fit_time(wardrobe: Path) -> str:
    """Time to fit a wardrobe anew, to open it from the cache, and the cache's size."""
    from core.body.model import load_body
    from train.synthesis.wardrobe.outfit import Wardrobe

    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        times = []
        for _ in range(2):
            start = time.process_time()
            garments = len(Wardrobe(wardrobe, load_body()).names)
            times.append(time.process_time() - start)
        size = sum(file.stat().st_size for file in Path(folder).rglob("*.npz")) / 1e6
    times_told = f"fitted in {times[0]:.1f} s of CPU, opened in {times[1]:.1f} s"
    return f"{garments} garments {times_told}; {size:.0f} MB in the cache"


def main() -> None:
    parser = CommandLine("tests.benchmarks.synthesis.drawing_speed", __doc__)
    parser.add_argument("--wardrobe", type=Path)
    parser.add_argument("--panoramas", type=Path)
    parser.add_argument("--count", type=int, default=24, help="photos of 256 px a case; fewer of larger ones")
    parser.add_argument(
        "--case",
        nargs=3,
        type=int,
        action="append",
        metavar=("WIDTH", "HEIGHT", "PEOPLE"),
        help="instead of all",
    )
    parser.add_argument("--processes", type=int, default=1)
    given = parser.parse_args()
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    print(machine())
    print("width, height, people, wardrobe, panoramas: photos a second of all processes; CPU ms a photo")
    dressed = [(None, None)] + ([(given.wardrobe, given.panoramas)] if given.wardrobe else [])
    with multiprocessing.get_context("spawn").Pool(given.processes) as pool:
        for size, height, people in given.case or CASES:
            for wardrobe, panoramas in dressed:
                case = (size, height, people, wardrobe, panoramas, max(4, given.count * 256 // size))
                found = pool.map(timed, [case] * given.processes, chunksize=1)
                rate, cpu = sum(1 / wall for wall, _ in found), sum(cpu for _, cpu in found) / len(found)
                words = "drawn clothes" if wardrobe is None else "wardrobe"
                print(
                    f"{size:5d} {height:5d} {people:3d}  {words:14s} {rate:7.1f} {1000 * cpu:7.1f}",
                    flush=True,
                )
    if given.wardrobe:
        print(fit_time(given.wardrobe))


if __name__ == "__main__":
    main()
