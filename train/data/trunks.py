"""Trunk centres of everybody in the photos of a table, as a network of crowds is shown them in each crop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.body.keypoints import FITS_LAYOUT
from core.body.trunk import center_of
from core.geometry.camera import CROP_SIZE
from core.geometry.image import apply_affine
from core.networks.ochmr import NEAREST, shown_centres
from core.records import BBox, Keypoints
from train.data.samples import Samples

NOBODY = -1


@dataclass(frozen=True)
class TrunkNoise:
    """noise: standard deviation of every centre, in shares of the crop. left_out: how often another person's centre is
    missing. Both as a detector's people would be."""

    noise: float = 0.015
    left_out: float = 0.1


EXACT = TrunkNoise(0.0, 0.0)


@dataclass(frozen=True, eq=False)
class Trunks:
    """center (N, 2) [px of the photo] of each row's person; others (N, 7): rows of the nearest other people of the same
    photo, NOBODY behind them."""

    center: NDArray[np.float32]
    others: NDArray[np.int64]
    noise: TrunkNoise = EXACT

    @classmethod
    def of(cls, samples: Samples, noise: TrunkNoise = EXACT) -> Trunks:
        """Of a table. Rows of one person, such as its own box and the square around a pair, are one person."""
        boxes = [BBox(c, float(s)).xywh for c, s in zip(samples.center, samples.scale, strict=True)]
        center = np.stack(
            [
                center_of(Keypoints(FITS_LAYOUT, points[:, :2], points[:, 2], hidden), box)
                for points, hidden, box in zip(samples.keypoints, samples.occluded, boxes, strict=True)
            ]
        )
        others = np.full((len(samples), NEAREST - 1), NOBODY, np.int64)
        people = people_of(samples)
        for _, rows in rows_by_photo(samples.photo):
            _, first = np.unique(people[rows], return_index=True)
            once = rows[np.sort(first)]
            for row in rows:
                away = once[people[once] != people[row]]
                order = np.linalg.norm(center[away] - center[row], axis=1).argsort(kind="stable")
                chosen = away[order][: NEAREST - 1]
                others[row, : len(chosen)] = chosen
        return cls(center, others, noise)

    def shown(self, row: int, affine: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float32]:
        """(8, 2) [px of the crop] of the row's crop, which an affine (2, 3) makes of the photo: its own first."""
        there = self.others[row]
        everybody = np.concatenate([self.center[row : row + 1], self.center[there[there != NOBODY]]])
        seen = apply_affine(affine, everybody.astype(np.float64))
        # The same count of random numbers for any number of people, so that nothing else moves with it.
        moved, kept = rng.normal(size=(NEAREST, 2)), rng.random(NEAREST) >= self.noise.left_out
        seen = seen + self.noise.noise * CROP_SIZE * moved[: len(seen)]
        return shown_centres(seen[0], seen[1:][kept[1 : len(seen)]])


def people_of(samples: Samples) -> NDArray[np.int64]:
    """(N,): the same number for rows of one person: of one photo and the same keypoints, or without any the same
    box."""
    known: dict[tuple[str, bytes], int] = {}
    numbers = []
    for row, photo in enumerate(samples.photo):
        points = samples.keypoints[row]
        box = np.array([*samples.center[row], samples.scale[row]])
        mark = points.tobytes() if (points[:, 2] > 0).any() else box.tobytes()
        numbers.append(known.setdefault((str(photo), mark), len(known)))
    return np.array(numbers, np.int64)


def rows_by_photo(names: NDArray[np.str_]) -> list[tuple[str, NDArray[np.int64]]]:
    """The rows of each photo, across data sets, by the photos' names (N,) in their order."""
    if not len(names):
        return []
    unique, of = np.unique(names, return_inverse=True)
    parts = np.split(np.argsort(of, kind="stable"), np.cumsum(np.bincount(of))[:-1])
    return [(str(name), rows) for name, rows in zip(unique, parts, strict=True)]
