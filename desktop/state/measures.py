"""What the plots of a whole data set are drawn from: a few numbers a person, and bars whose people are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, get_args

import numpy as np

from core.body.warnings import LARGE_BETA
from core.records import Verdict

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
PCK_PX = np.arange(0.5, 20.01, 0.5)  # distances [px] at a person size of 200 px
SCORE_PX, SCORE_BARS = 0.5, 20  # a bar's width; the last holds all that are worse
BETA_STEP, BETA_BARS = 0.25, 20


@dataclass(frozen=True, eq=False)
class Measures:
    """ids, score, verdict (its place in VERDICTS), beta (P,): the largest |beta|; NaN where there is no fit.

    within (P, T): how many of a person's `seen` (P,) keypoints are nearer to the body than each of PCK_PX.
    """

    ids: np.ndarray
    score: np.ndarray
    verdict: np.ndarray
    beta: np.ndarray
    within: np.ndarray
    seen: np.ndarray

    @classmethod
    def empty(cls) -> Measures:
        no_ids = np.zeros(0, np.int64)
        no_numbers, nobody = np.zeros(0, np.float32), np.zeros(0, np.uint8)
        return cls(no_ids, no_numbers, nobody, no_numbers, np.zeros((0, len(PCK_PX)), np.uint8), nobody)

    def with_(self, newer: Measures) -> Measures:
        """These people with newer numbers in the place of older ones."""
        return joined([self.without(newer.ids), newer])

    def without(self, ids: np.ndarray) -> Measures:
        """All others."""
        kept = ~np.isin(self.ids, ids)
        return self if kept.all() else self.of(kept)

    def of(self, kept: np.ndarray) -> Measures:
        """Those of kept (P,) bool."""
        return Measures(*(getattr(self, name)[kept] for name in self.__dataclass_fields__))


def joined(parts: Sequence[Measures]) -> Measures:
    """All of them, of different people."""
    names = Measures.__dataclass_fields__
    if not parts:
        return Measures.empty()
    return Measures(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


class Bars(NamedTuple):
    """A plot: the left edge and the height of each of N bars, and in which bar each person is (P,), -1 for none."""

    left: np.ndarray
    width: float
    height: np.ndarray
    member: np.ndarray


def score_bars(measures: Measures) -> Bars:
    """How many people have which score [px]."""
    return _histogram(measures.score, SCORE_PX, SCORE_BARS)


def beta_bars(measures: Measures) -> Bars:
    """How many people have which largest |beta| [standard deviations]."""
    return _histogram(measures.beta, BETA_STEP, BETA_BARS)


def verdict_bars(measures: Measures) -> Bars:
    """How many people have which of VERDICTS."""
    height = np.bincount(measures.verdict, minlength=len(VERDICTS))
    return Bars(np.arange(len(VERDICTS)) - 0.5, 1.0, height, measures.verdict.astype(int))


def pck(measures: Measures) -> np.ndarray:
    """Share (T,) of all keypoints that are within each of PCK_PX; NaN where there are none."""
    seen = float(measures.seen.sum(dtype=float))
    return measures.within.sum(axis=0, dtype=float) / seen if seen else np.full(len(PCK_PX), np.nan)


def farther_than(measures: Measures, place: int) -> np.ndarray:
    """Ids (P,) of people with a keypoint farther from the body than PCK_PX[place]."""
    return measures.ids[measures.within[:, place] < measures.seen]


def is_large(beta: float) -> bool:
    """Whether the curator is warned of it."""
    return beta >= LARGE_BETA


def _histogram(values: np.ndarray, width: float, count: int) -> Bars:
    known = np.isfinite(values)
    member = np.full(len(values), -1)
    member[known] = np.minimum(values[known] // width, count - 1).astype(int)
    height = np.bincount(member[known], minlength=count)
    return Bars(np.arange(count) * width, width, height, member)
