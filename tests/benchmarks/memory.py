"""How much memory the window takes with 100 000 people open, in a process that has only opened them.

xvfb-run -a python -m tests.benchmarks.memory FILE.fitloop
python -m tests.benchmarks.memory --fits 10000

A project that is not there is made first, by another process, with one picture under the names of all its photos.
--fits: how much one call of `core.fitting.fit` takes for so many people, above body and input.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PySide6.QtWidgets import QApplication

from core.records import BBox, Fit, Keypoints, Person, Photo
from core.store import Project
from core.store.project.review_queue import ORDERS
from tests.desktop.making import HEIGHT, WIDTH, keypoints_of, write_photo
from train.run.parser import CommandLine

ROOT = Path(__file__).parents[2]
PEOPLE = 100_000
FITTED_S = 20.0  # of everybody's fits


def make_project(file: Path) -> None:
    """A project of many people, two a photo, each with a fit."""
    points = Keypoints.from_array("coco17", keypoints_of(0, 0.0))
    center = np.array([WIDTH / 2, HEIGHT / 2])
    body = np.zeros(72), np.zeros(10), 0.0, np.array([0.0, 0.0, 3.0]), 400.0, center

    def photos() -> Iterator[Photo]:
        rng = np.random.default_rng(0)
        for number in range(PEOPLE // 2):
            people = tuple(
                Person(place, BBox(center, 1.0), points, fit=Fit(*body, score, "x", "fit"))
                for place, score in enumerate(rng.gamma(2.0, 2.0, 2).tolist(), start=1)
            )
            yield Photo(f"photo_{number}.jpg", WIDTH, HEIGHT, people)

    write_photo(file.with_name("photo_0.jpg"), 0)
    for number in range(1, PEOPLE // 2):
        os.link(file.with_name("photo_0.jpg"), file.with_name(f"photo_{number}.jpg"))
    with Project.create(file) as project:
        project.add_photos(photos())


def used_mb(field: str = "VmRSS") -> int:
    """Of this process: VmRSS now, VmHWM at most until now."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return round(next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024)


def session(file: Path) -> Iterator[tuple[str, int]]:
    """What is done and the memory after it [MB], one after the other, as a curator would."""
    from tests.benchmarks.desktop import Bench

    application = QApplication([])
    with TemporaryDirectory() as folder:
        bench = Bench(application, Path(folder))
        workbench, window, actions = bench.workbench, bench.window, bench.window.actions_by_id
        yield "window_and_body", used_mb()
        bench.open(file)
        yield "project_open", used_mb()
        for order in ORDERS:
            workbench.queue.want(order=order)
            bench.settle()
        window.show_panel("data")
        bench.run(5)
        yield "every_order_and_plots", used_mb()
        for name in ("fit.guess", "fit.fit", "fit.alternatives"):
            actions[name].trigger()
            bench.wait(lambda: not (workbench.fits.running or workbench.alternatives.searching))
        window.show_contact_sheet(True)
        bench.settle()
        yield "guess_fit_others_and_sheet", used_mb()
        actions["fit.queue"].trigger()
        bench.run(FITTED_S)
        workbench.job.cancel()
        bench.wait(lambda: not workbench.busy)
        yield "everybody_under_way", used_mb()
        window.close()
    yield "at_most", used_mb("VmHWM")


def fits_of(people: int) -> Iterator[tuple[str, int]]:
    """The memory [MB] before and at most during one fit of so many people, from nothing and from a guess."""
    import torch

    from core.body import load_body
    from core.fitting import fit

    points = torch.from_numpy(keypoints_of(0, 0.0).astype(np.float32)).repeat(people, 1, 1)
    points[..., :2] += torch.randn(people, 17, 2, generator=torch.Generator().manual_seed(0))
    focal = torch.full((people,), float(np.hypot(WIDTH, HEIGHT)))
    seen = (points, "coco17", focal, torch.tensor([[WIDTH / 2, HEIGHT / 2]]).repeat(people, 1))
    body = load_body()
    for _ in fit(body, *(part if isinstance(part, str) else part[:2] for part in seen)):
        pass  # libraries are loaded and code is compiled
    before = used_mb()
    yield "before", before
    (end,) = deque(fit(body, *seen), maxlen=1)
    yield "from_nothing_above", used_mb("VmHWM") - before
    for _ in fit(body, *seen, guess=end.params):
        pass
    yield "then_from_a_guess_above", used_mb("VmHWM") - before


def measured(*arguments: str) -> dict[str, int]:
    """A session in a process of its own [MB]."""
    command = [sys.executable, "-m", "tests.benchmarks.memory", *arguments, "--here"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {f"{name}_mb": used for name, used in json.loads(done.stdout.splitlines()[-1]).items()}


def main() -> int:
    parser = CommandLine("tests.benchmarks.memory", __doc__)
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--fits", type=int, help="people of one fit, instead of the window")
    parser.add_argument("--here", action="store_true", help="in this process, whatever it has in memory")
    given = parser.parse_args()
    if (given.file is None) == (given.fits is None):
        parser.error("give the file of a project, or --fits with a number of people")
    if given.here:
        print(json.dumps(dict(fits_of(given.fits) if given.fits else session(given.file))))
        return 0
    if given.fits:
        print(json.dumps(measured("--fits", str(given.fits)), indent=2))
        return 0
    file = given.file.absolute()
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        make_project(file)
    print(json.dumps(measured(str(file)), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
