"""How fast is the store with 100 000 people?

python -m tests.benchmarks.files.store [--people N] [--json]
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from core.records import Photo
from core.store.fits.dictionary import FitsDictionary
from core.store.project.edits import Edit
from core.store.project.project import Project
from tests.core.store.fits.making_fits import random_augmentation, random_fits
from tests.core.store.making import random_photo
from train.run.parser import CommandLine

PEOPLE_PER_PHOTO = 2
DIFFERENT_PHOTOS = 500
COMMITS = 300
BATCH = 64
BATCHES = 200


def seconds(act: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def percentiles_ms(times: list[float]) -> dict[str, float]:
    """Median, 95th percentile and largest [ms]."""
    values = np.percentile(times, [50, 95, 100]) * 1000
    return dict(zip(("p50", "p95", "max"), values.round(3).tolist(), strict=True))


def many_photos(people: int) -> Iterator[Photo]:
    """Photos with two people each, 500 different ones in turn."""
    random = np.random.default_rng(0)
    photos = [random_photo(random, "a.jpg", PEOPLE_PER_PHOTO) for _ in range(DIFFERENT_PHOTOS)]
    for number in range(people // PEOPLE_PER_PHOTO):
        yield photos[number % DIFFERENT_PHOTOS].with_(path=f"photos/2026/{number:07d}.jpg")


def measure_project(folder: Path, people: int) -> dict[str, object]:
    """Import, opening, queue and commits of a project."""
    path = folder / "big.fitloop"
    photos = list(many_photos(people))
    with Project.create(path) as project:
        imported = seconds(lambda: project.add_photos(photos))

    def first_look() -> None:
        with Project.open(path) as project:
            row = next(project.queue(order="worst", verdict="todo", limit=50))
            project.photo(row.photo_id)

    opened, looked = seconds(lambda: Project.open(path).close()), seconds(first_look)
    with Project.open(path) as project:
        figures = {
            "import_s": round(imported, 2),
            "file_mb": round(path.stat().st_size / 1e6, 1),
            "open_ms": round(opened * 1000, 2),
            "open_queue_and_first_photo_ms": round(looked * 1000, 2),
            "queue_ids_worst_ms": round(seconds(lambda: project.queue_ids("worst")) * 1000, 1),
            "queue_ids_text_ms": round(seconds(lambda: project.queue_ids(text="0123")) * 1000, 1),
            "counts_ms": round(seconds(project.counts) * 1000, 1),
            "commit_ms": percentiles_ms(list(commit_times(project, people))),
            "integrity_check_s": round(seconds(project.check), 2),
        }
    return figures


def commit_times(project: Project, people: int) -> Iterator[float]:
    """Seconds of each of a number of commits that move a keypoint and give a verdict, all over the project."""
    random = np.random.default_rng(1)
    for photo_id in random.integers(1, people // PEOPLE_PER_PHOTO, COMMITS).tolist():
        before = project.photo(photo_id)
        person = before.people[0]
        moved = person.keypoints.with_keypoint(4, xy=random.normal(300, 9, 2))
        after = before.with_person(person.with_(keypoints=moved, verdict="accepted", locked=True))
        yield seconds(lambda before=before, after=after: project.commit(Edit("Move", before, after)))


def measure_fits(folder: Path, rows: int, device: str) -> dict[str, object]:
    """Batches of 64 read and written, and whole files saved and loaded."""
    random = np.random.default_rng(0)
    fits = random_fits(random, rows).to(device)
    path = folder / "curated.npz"
    figures: dict[str, object] = {"device": device}
    for share in (0.0, 0.5, 1.0):
        figures[f"keep_better_ms_{share:.0%}_better"] = percentiles_ms(list(batch_times(fits, random, share)))
    figures["get_ms"] = percentiles_ms(list(get_times(fits, random)))
    figures["save_s"] = round(seconds(lambda: fits.save(path)), 2)
    figures["load_s"] = round(seconds(lambda: FitsDictionary.load(path)), 2)
    figures["file_mb"] = round(path.stat().st_size / 1e6, 1)
    return figures


def batch_times(fits: FitsDictionary, random: np.random.Generator, share: float) -> Iterator[float]:
    """Seconds of each keep_better of 64 random rows, of whose new fits a share is better; the objective is
    free.
    """
    losses = torch.cat([torch.where(torch.arange(BATCH) < share * BATCH, 0.0, 2.0), torch.ones(BATCH)]).to(
        fits.device
    )
    for _ in range(BATCHES):
        indices = torch.from_numpy(random.choice(len(fits), BATCH, replace=False)).to(fits.device)
        rotation_deg, flipped = (value.to(fits.device) for value in random_augmentation(random, BATCH))
        new = [
            value[indices.flip(0)].clone()
            for value in (fits.pose, fits.betas, fits.cam_t, fits.cam_t, fits.score)
        ]
        synchronise(fits.device)
        start = time.perf_counter()
        fits.keep_better(indices, rotation_deg, flipped, *new, objective=lambda *_: losses)
        synchronise(fits.device)
        yield time.perf_counter() - start


def get_times(fits: FitsDictionary, random: np.random.Generator) -> Iterator[float]:
    """Seconds of each reading of 64 random rows."""
    for _ in range(BATCHES):
        indices = torch.from_numpy(random.choice(len(fits), BATCH, replace=False)).to(fits.device)
        rotation_deg, flipped = (value.to(fits.device) for value in random_augmentation(random, BATCH))
        synchronise(fits.device)
        start = time.perf_counter()
        fits.get(indices, rotation_deg, flipped)
        synchronise(fits.device)
        yield time.perf_counter() - start


def synchronise(device: torch.device) -> None:
    """Wait for a GPU, so that its work is in the measured time."""
    if device.type == "cuda":
        torch.cuda.synchronize()


def main() -> int:
    parser = CommandLine("tests.benchmarks.files.store", __doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        figures: dict[str, object] = {
            "people": options.people,
            "project": measure_project(Path(name), options.people),
        }
        devices = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
        figures["fits"] = [measure_fits(Path(name), options.people, device) for device in devices]
    print(json.dumps(figures, indent=None if options.json else 2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
