"""Finds the layout that matches a file's keypoint names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.body.keypoints import LAYOUTS, layout

FEWEST_NAMES = 3  # least number of known names for a match
_LONGEST = 64  # letters of a name that are looked at
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=^[LR])(?=[A-Z][a-z])")  # leftEye, LEye; not LEFT, Rear
_NOT_WORD = re.compile(r"[\W_]+")
_SIDES = {"r": "right", "l": "left", "right": "right", "left": "left"}
_PARTS = (
    "shoulder", "elbow", "wrist", "hand", "hip", "knee", "ankle", "foot", "heel", "toe", "bigtoe", "smalltoe",
    "eye", "ear",
)  # fmt: skip
_SAME = {
    "top_head": "head_top", "headtop": "head_top", "top_of_head": "head_top",
    "midhip": "mid_hip", "root": "pelvis",
    "bigtoe": "big_toe", "smalltoe": "small_toe", "foot_big_toe": "big_toe", "foot_small_toe": "small_toe",
    "lower_neck": "neck", "upperneck": "upper_neck",
    "sho": "shoulder", "elb": "elbow", "wri": "wrist", "kne": "knee", "ank": "ankle",
}  # fmt: skip
_STARTS = {f"{side[0]}{part}": (side, part) for side in ("left", "right") for part in _PARTS if part != "ear"}
_STARTS |= {
    f"{side[0]}{short}": (side, part)
    for side in ("left", "right")
    for short, part in _SAME.items()
    if len(short) == 3
}
_LONG = {
    written: (side, part)
    for side in ("left", "right")
    for part in _PARTS
    for written in (f"{side}{part}", f"{part}{side}")
}
_BEGINS_WITH = {
    23: ("coco17",), 25: ("coco17",), 26: ("coco17",), 133: ("coco23", "coco17"),
    135: ("openpose25b", "coco17"), 136: ("halpe26", "coco17"),
}  # number of keypoints -> layouts that their first ones are  # fmt: skip


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

    def pick_all(self, keypoints: np.ndarray) -> np.ndarray:
        """As `pick`, of N people: (N, count, C) to (N, K, C)."""
        people, count, columns = keypoints.shape
        picked = self.pick(keypoints.transpose(1, 0, 2).reshape(count, people * columns))
        return picked.reshape(-1, people, columns).transpose(1, 0, 2)


def match(names: Sequence[str]) -> NameMatch | None:
    """The layout with exactly these names, else the one that shares the most; None if too few are known."""
    return _match(tuple(names))


@lru_cache(maxsize=64)
def _match(names: tuple[str, ...]) -> NameMatch | None:
    wanted = plain_names(names)
    best: tuple[tuple[bool, int, int], str] | None = None
    for name in LAYOUTS:
        ours = plain_names(layout(name).keypoints)
        known = len(set(wanted) & set(ours))
        rank = (ours == wanted, known, -len(ours))
        if known >= FEWEST_NAMES and (best is None or rank > best[0]):
            best = rank, name
    return None if best is None else match_in(names, best[1])


def match_in(names: Sequence[str], layout_name: str) -> NameMatch | None:
    """How names map to the layout of this name; None if too few of them are its keypoints'."""
    wanted, ours = plain_names(tuple(names)), plain_names(layout(layout_name).keypoints)
    if len(set(wanted) & set(ours)) < FEWEST_NAMES:
        return None
    take = np.array([wanted.index(name) if name in wanted else -1 for name in ours])
    taken = set(take.tolist())
    unknown = tuple(name for place, name in enumerate(names) if place not in taken)
    return NameMatch(layout_name, take, len(names), unknown)


def match_in_order(names: Sequence[str], count: int, layout_name: str) -> NameMatch | None:
    """How `count` keypoints in a layout's order map to it: by the numbers that are their names, else as they stand.

    names: of the file, or empty. None if the layout has another number, and they do not begin with it.
    """
    k, is_numbered = layout(layout_name).k, len(names) == count and are_numbers(names)
    places = places_of(names) if is_numbered else list(range(count))
    most = max(places, default=-1) + 1
    if most != k and not (is_numbered and most < k) and layout_name not in _BEGINS_WITH.get(most, ()):
        return None
    take = np.full(k, -1)
    for index, place in enumerate(places):
        if place < k:
            take[place] = index
    return NameMatch(layout_name, take, count)


def places_of(names: Sequence[str]) -> list[int]:
    """The places in a layout of keypoints named by numbers, which count from 0, from 1, or without gap from any."""
    numbers = [int(name) for name in names]
    first, last = min(numbers, default=0), max(numbers, default=0)
    start = first if last - first + 1 == len(numbers) else min(first, 1)
    return [number - start for number in numbers]


def layouts_of(count: int) -> tuple[str, ...]:
    """Layouts of this number of keypoints, else those that so many keypoints begin with."""
    return tuple(name for name in LAYOUTS if layout(name).k == count) or _BEGINS_WITH.get(count, ())


def are_numbers(names: Sequence[str]) -> bool:
    """Whether all names are different whole numbers, as '1' to '17'."""
    texts = [name.strip() for name in names]
    return all(text.isascii() and text.isdigit() and len(text) < 10 for text in texts) and (
        len({int(text) for text in texts}) == len(texts)
    )


@lru_cache(maxsize=256)
def plain_names(names: tuple[str, ...]) -> list[str]:
    """Names of one file in one spelling, without a word before all of them, such as joint_, and numbers behind."""
    words = [_words(name) for name in names]
    first = words[0][0] if words and words[0] else ""
    if len(words) > 1 and first not in _SIDES and all(len(each) > 1 and each[0] == first for each in words):
        words = [_without_number(each[1:]) for each in words]
    if words and all(len(each) > 1 and each[-1].isdigit() for each in words):
        words = [each[:-1] for each in words]
    joined = [_joined(each) for each in words]
    if {"lear", "rear"} <= set(joined):  # alone, rear is a word
        joined = [{"lear": "left_ear", "rear": "right_ear"}.get(name, name) for name in joined]
    return joined


def plain_name(name: str) -> str:
    """A keypoint name in one spelling: 'LShoulder', 'shoulder_l' and '5 left shoulder' become 'left_shoulder'."""
    return _joined(_words(name))


def _words(name: str) -> tuple[str, ...]:
    """The words in small letters, without a number before them."""
    words = _NOT_WORD.sub(" ", _CAMEL.sub(" ", name[:_LONGEST].strip()).lower()).split()
    return _without_number(tuple(words))


def _without_number(words: tuple[str, ...]) -> tuple[str, ...]:
    while len(words) > 1 and words[0].isdigit():
        words = words[1:]
    return words


def _joined(words: tuple[str, ...]) -> str:
    """The words with the side first: it may be any of them, or a part of the only one."""
    if len(words) == 1:
        side, part = {**_STARTS, **_LONG}.get(words[0], ("", words[0]))
        return "_".join(filter(None, (side, _SAME.get(part, part))))
    places = [place for place, word in enumerate(words) if word in _SIDES]
    if len(places) == 1:
        side, rest = words[places[0]], "_".join((*words[: places[0]], *words[places[0] + 1 :]))
        return f"{_SIDES[side]}_{_SAME.get(rest, rest)}"
    joined = "_".join(words)
    return _SAME.get(joined, joined)
