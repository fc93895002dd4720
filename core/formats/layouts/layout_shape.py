"""Tells layouts of one number of keypoints apart by the bodies that they make of the same points.

In a wrong layout bones join points far apart, so that they are longer together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from core.body.keypoints import layout

CLEARLY = 1.3  # by what factor the bones of another layout are longer
_OVERTURNS = 1.7  # the same where the other one is usual
LONGEST_BONE = 0.33  # mean of a body's bones, as a share of its height or width
FEWEST_BONES = 6
MOST_PEOPLE = 2000  # that are looked at


def by_bodies(
    people: Iterable[np.ndarray], names: Sequence[str], usual: str | None
) -> tuple[str | None, tuple[str, ...]]:
    """The layout that makes bodies of people, None if that does not tell; and all names, the likeliest first.

    people: points (K, 3) = x, y, confidence of each. names: layouts of K keypoints; usual: the one of them that is
    taken unless another one makes far better bodies, or None.
    """
    lengths = {name: BoneLengths(name) for name in names}
    for _, rows in zip(range(MOST_PEOPLE), people, strict=False):
        for each in lengths.values():
            each.add(rows)
    order = tuple(sorted(names, key=lambda name: (lengths[name].mean, name != usual)))
    best = lengths[order[0]].mean
    if usual in lengths and (best > LONGEST_BONE or lengths[usual].mean < best * CLEARLY):
        return usual, order
    if usual in lengths:
        return (order[0] if lengths[usual].mean >= best * _OVERTURNS else None), order
    is_clear = len(order) == 1 or best <= min(LONGEST_BONE, lengths[order[1]].mean / CLEARLY)
    return (order[0] if is_clear else None), order


class BoneLengths:
    """The bones of one layout in several people."""

    def __init__(self, name: str) -> None:
        self._bones = np.array(layout(name).bones)
        self._sum, self._count = 0.0, 0

    def add(self, rows: np.ndarray) -> None:
        """Bones of one person, relative to the person's size."""
        seen = (rows[:, 2] > 0) & np.isfinite(rows).all(axis=1)
        bones = self._bones[seen[self._bones].all(axis=1)]
        size = float(np.ptp(rows[seen, :2], axis=0).max()) if seen.any() else 0.0
        if not 0 < size < np.inf or len(bones) < FEWEST_BONES:
            return
        ends = rows[bones, :2]
        self._sum += float(np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1).sum()) / size
        self._count += len(bones)

    @property
    def mean(self) -> float:
        """Infinite without bones."""
        return self._sum / self._count if self._count else float("inf")
