"""Matches the people of two lists by the distance of their keypoints or boxes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from core.body.keypoints import convert
from core.formats.shared.people import FEWEST_FOR_BOX
from core.records import BBox, Person

FARTHEST = 0.15  # largest mean distance of shared keypoints for a match, in bbox sides
FARTHEST_BOX = 0.5  # largest distance of boxes for a match, in bbox sides
_NEVER = 1e6


def associate(known: Sequence[Person], found: Sequence[Person]) -> list[int | None]:
    """For each person of `known`, the index in `found` of the same person, or None. No index occurs twice.

    The assignment has the least sum of distances. A distance is the mean over the keypoints of both, in sides of the
    known person's bbox. (SPIN takes the nearest by limb joints, one by one, and can use one detection for two people.)
    """
    costs = np.array([[_distance(person, other) for other in found] for person in known])
    return _assign(costs.reshape(len(known), len(found)), FARTHEST)


def associate_boxes(known: Sequence[BBox], found: Sequence[BBox]) -> list[int | None]:
    """As `associate`, for boxes: distance of centres plus difference of sides, in sides of the known box."""
    costs = [[_box_distance(box, other) for other in found] for box in known]
    return _assign(np.array(costs).reshape(len(known), len(found)), FARTHEST_BOX)


def _assign(costs: np.ndarray, farthest: float) -> list[int | None]:
    chosen: list[int | None] = [None] * len(costs)
    allowed = np.where(costs <= farthest, costs, _NEVER)
    for row, column in zip(*linear_sum_assignment(allowed), strict=True):
        if allowed[row, column] < _NEVER:
            chosen[row] = int(column)
    return chosen


def _distance(person: Person, other: Person) -> float:
    if person.keypoints.layout == other.keypoints.layout:
        theirs = other.keypoints
    else:
        theirs = convert(other.keypoints, other.keypoints.layout, person.keypoints.layout)
    both = (person.keypoints.confidence > 0) & (theirs.confidence > 0)
    if both.sum() < FEWEST_FOR_BOX:
        return _NEVER
    apart = np.linalg.norm(person.keypoints.xy[both] - theirs.xy[both], axis=1)
    return float(apart.mean()) / person.bbox.side


def _box_distance(box: BBox, other: BBox) -> float:
    return float(np.linalg.norm(box.center - other.center) + abs(box.side - other.side)) / box.side
