"""Which prediction is of which person in a photo, by the rules of AGORA's evaluation, with their oddities.

Pairs are taken by the distance of their joints, nearest first, until as many predictions are matched or set apart as
there are. A pair whose boxes hardly overlap sets one apart, even if its prediction was matched before: the search can
end while overlapping pairs are left. Measured numbers are compared with published ones, so this is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.formats.bodies.agora.agora_prediction import JOINTS

LEAST_OVERLAP = 0.1


@dataclass(frozen=True)
class Matches:
    """matched: prediction by truth. misses: the valid truths of no prediction. false_positives: the predictions of no
    truth, also those on people that are not valid."""

    matched: dict[int, int]
    misses: tuple[int, ...]
    false_positives: tuple[int, ...]


def match_people(
    predicted: Sequence[np.ndarray], truth: Sequence[np.ndarray], valid: Sequence[bool]
) -> Matches:
    """Match the people of one photo. predicted, truth: points (N, 2) [px] a person, N at least 24; valid: a truth's."""
    pairs = [(p, g) for p in range(len(predicted)) for g in range(len(truth))]
    costs = [distance(predicted[p], truth[g]) for p, g in pairs]
    nearest_first = iter(np.argsort(costs, kind="stable").tolist())
    matched: dict[int, int] = {}
    taken: set[int] = set()
    done: set[int] = set()
    apart = 0
    while len(done) < len(truth) and len(taken) + apart < len(predicted):
        p, g, overlaps = _next_pair(nearest_first, pairs, predicted, truth, taken, done)
        apart += not overlaps
        if not valid[g]:
            done.add(g)
        elif overlaps:
            matched[g] = p
            taken.add(p)
            done.add(g)
    misses = tuple(g for g in range(len(truth)) if valid[g] and g not in matched)
    return Matches(matched, misses, tuple(p for p in range(len(predicted)) if p not in taken))


def _next_pair(
    nearest_first: object,
    pairs: list[tuple[int, int]],
    predicted: Sequence[np.ndarray],
    truth: Sequence[np.ndarray],
    taken: set[int],
    done: set[int],
) -> tuple[int, int, bool]:
    """The next pair that is apart, or of which both are free; and whether its boxes overlap. There is one: a truth that
    is left has met each prediction taken or apart, which ends the search before its pairs end."""
    for place in nearest_first:  # type: ignore[attr-defined]
        p, g = pairs[place]
        if overlap(predicted[p], truth[g]) < LEAST_OVERLAP:
            return p, g, False
        if p not in taken and g not in done:
            return p, g, True
    raise AssertionError("the pairs ended before the search")


def distance(predicted: np.ndarray, truth: np.ndarray) -> float:
    """The largest singular value of the difference of the first 24 points: the matrix norm, not the vector's."""
    return float(np.linalg.norm(predicted[:JOINTS, :2] - truth[:JOINTS, :2], 2))


def overlap(predicted: np.ndarray, truth: np.ndarray) -> float:
    """Intersection over union of the boxes round all points, each a pixel wider and higher than its points."""
    low = np.maximum(predicted[:, :2].min(axis=0), truth[:, :2].min(axis=0))
    high = np.minimum(predicted[:, :2].max(axis=0), truth[:, :2].max(axis=0))
    both = float(np.prod(np.maximum(high - low + 1, 0)))
    areas = [float(np.prod(np.ptp(points[:, :2], axis=0) + 1)) for points in (predicted, truth)]
    return both / (sum(areas) - both)
