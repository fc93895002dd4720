"""The order in which keypoints are placed by hand: the first six already tell how a person stands and faces."""

from functools import lru_cache

import numpy as np

from core.body.keypoints import Layout, layout
from core.records import Person
from desktop.state.view import NO_KEYPOINT

PARTS = (
    "nose",
    "shoulder",
    "hip",
    "knee",
    "ankle",
    "elbow",
    "wrist",
)  # then the others, in the layout's order
ENOUGH = 6  # keypoints for a first body


@lru_cache
def placing_order(names: Layout) -> tuple[int, ...]:
    """All indices of a layout, in the order of placing."""

    def rank(index: int) -> int:
        last = names.keypoints[index].split("_")[-1]
        return PARTS.index(last) if last in PARTS else len(PARTS)

    return tuple(sorted(range(names.k), key=rank))


def next_absent(person: Person, after: int = NO_KEYPOINT) -> int:
    """The next absent keypoint after one, in the order of placing and in a circle. NO_KEYPOINT if all are present."""
    order = placing_order(layout(person.keypoints.layout))
    start = order.index(after) + 1 if after in order else 0
    confidence = person.keypoints.confidence
    return next((one for one in (*order[start:], *order[:start]) if confidence[one] <= 0), NO_KEYPOINT)


def last_placed(person: Person, before: int) -> int:
    """The present keypoint just before one in the order of placing. NO_KEYPOINT if there is none."""
    order = placing_order(layout(person.keypoints.layout))
    end = order.index(before) if before in order else len(order)
    confidence = person.keypoints.confidence
    return next((one for one in reversed(order[:end]) if confidence[one] > 0), NO_KEYPOINT)


def is_enough(person: Person) -> bool:
    """Whether a first body can be fitted to the keypoints placed so far."""
    return int(np.count_nonzero(person.keypoints.confidence > 0)) >= ENOUGH
