"""What a start is worth, on the annotated people of real photos: iterations until a fit is as good as from nothing.

Part of python -m tests.benchmarks.fitting, as --starts [CHECKPOINT].

Every start minimises the same objective. As good: within a hundredth of the objective that a fit from nothing ends
at. An image network's checkpoint, which does not ship, is a third start.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from core.body import Body, load_body
from core.errors import ReadError
from core.fitting import FitConfig, fit
from core.formats.keypoints import coco
from core.records import Person, Photo
from train.bulk.fit_batches import Guesser, batches, guesser_of, see

REACHED = 1.01
LEAST_VISIBLE = 9
FROM_NOTHING = FitConfig(tolerance=0.0)
FROM_GUESS = replace(FROM_NOTHING, soft_iterations=0)
JUDGED = FitConfig(placing_iterations=0, soft_iterations=0, iterations=0)


def annotated(folder: Path) -> Iterator[Photo]:
    """Every photo of a folder's COCO-style files."""
    for path in sorted(folder.glob("*.json")):
        try:
            yield from coco.read(path).photos
        except ReadError:
            continue  # another program's JSON beside the annotations


def losses(body: Body, photos: list[Photo], guesser: Guesser | None) -> Tensor:
    """The objective after every iteration, (iterations + 1, people): the whole one, also while a fit places the
    camera or blends the prior's components."""

    def too_little(person: Person) -> bool:
        return int((person.keypoints.confidence > 0).sum()) < LEAST_VISIBLE

    found = []
    for batch in batches(photos, 64, too_little):
        seen = see(photos, batch)
        start = None if guesser is None else guesser(photos, batch, seen)[0]
        steps = fit(
            body, seen.keypoints, batch.layout, seen.focal_length, seen.camera_center, start,
            FROM_NOTHING if guesser is None else FROM_GUESS,
        )  # fmt: skip
        by_iteration = {
            step.iteration: next(
                fit(
                    body,
                    seen.keypoints,
                    batch.layout,
                    seen.focal_length,
                    seen.camera_center,
                    step.params,
                    JUDGED,
                )
            ).loss
            for step in steps
        }
        found.append(torch.stack([by_iteration[number] for number in sorted(by_iteration)]))
    longest = max(len(each) for each in found)
    return torch.cat([torch.cat([each, each[-1:].expand(longest - len(each), -1)]) for each in found], dim=1)


def row(each: Tensor, aim: Tensor) -> dict[str, float]:
    """each (iterations + 1, people), aim (people,): how soon, and for how many, the aim is reached."""
    reached = each <= aim
    first = torch.where(reached.any(0), reached.float().argmax(0), len(each)).float()
    return {
        "people": len(aim),
        "median_iterations": float(first.median()),
        "mean_iterations": round(float(first.clamp_max(len(each) - 1).mean()), 1),
        "reached": round(float(reached.any(0).float().mean()), 3),
        "objective": round(float(each[-1].mean()), 1),
    }


def table(photos: Path, checkpoint: str | None = None) -> dict[str, dict[str, float]]:
    """One row a start, for a folder of photos and their annotations."""
    body, people = load_body(), list(annotated(photos))
    nothing = losses(body, people, None)
    aim = REACHED * nothing[-1]
    rows = {"nothing": row(nothing, aim)}
    for name in ["lifter", *([checkpoint] if checkpoint else [])]:
        rows[name] = row(losses(body, people, guesser_of(name, body, photos)), aim)
    return rows
