"""Finds the layout that matches a file's keypoint names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.body.keypoints import LAYOUTS, layout

FEWEST_NAMES = 3  # least number of known names for a match
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=^[LR])(?=[A-Z][a-z])")  # leftEye, LEye; not LEFT, Rear
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_SIDES = {"r": "right", "l": "left", "right": "right", "left": "left"}
_SAME = {
    "top_head": "head_top", "headtop": "head_top", "top_of_head": "head_top",
    "midhip": "mid_hip", "root": "pelvis",
    "bigtoe": "big_toe", "smalltoe": "small_toe",
    "lower_neck": "neck", "upperneck": "upper_neck",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class NameMatch:
    """How the `count` names of a file map to a layout.

    take (K,): the index in the file of each keypoint of the layout, -1 if the file lacks it. unknown: names of the
    file that the layout lacks.
    """

    layout: str
    take: np.ndarray
    count: int
    unknown: tuple[str, ...] = ()

    def pick(self, keypoints: np.ndarray) -> np.ndarray:
        """keypoints (count, C) reordered to the layout, (K, C); zeros for keypoints that the file lacks."""
        if self.count == len(self.take) and (self.take == np.arange(self.count)).all():
            return keypoints
        return np.where(self.take[:, None] >= 0, keypoints[self.take], 0.0)


def match(names: Sequence[str]) -> NameMatch | None:
    """The layout with exactly these names, else the one that shares the most; None if too few are known."""
    return _match(tuple(names))


@lru_cache(maxsize=64)
def _match(names: tuple[str, ...]) -> NameMatch | None:
    wanted = [plain_name(name) for name in names]
    best: tuple[tuple[bool, int, int], str] | None = None
    for name in LAYOUTS:
        ours = [plain_name(keypoint) for keypoint in layout(name).keypoints]
        known = len(set(wanted) & set(ours))
        rank = (ours == wanted, known, -len(ours))
        if known >= FEWEST_NAMES and (best is None or rank > best[0]):
            best = rank, name
    if best is None:
        return None
    ours = [plain_name(keypoint) for keypoint in layout(best[1]).keypoints]
    if best[0][0]:
        return NameMatch(best[1], np.arange(len(ours)), len(ours))
    take = np.array([wanted.index(name) if name in wanted else -1 for name in ours])
    unknown = tuple(name for name, plain in zip(names, wanted, strict=True) if plain not in ours)
    return NameMatch(best[1], take, len(names), unknown)


def plain_name(name: str) -> str:
    """A keypoint name in one spelling: 'LShoulder', 'l-shoulder' and 'left shoulder' become 'left_shoulder'."""
    words = _NOT_WORD.sub(" ", _CAMEL.sub(" ", name[:64]).lower()).split()
    if len(words) > 1 and words[0] in _SIDES:
        rest = "_".join(words[1:])
        return f"{_SIDES[words[0]]}_{_SAME.get(rest, rest)}"
    joined = "_".join(words)
    return _SAME.get(joined, joined)
