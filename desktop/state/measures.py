"""Data of the plots of a whole data set: a few numbers per person, and bars with the people of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, get_args

import numpy as np

from core.body.warnings import LARGE_BETA
from core.records import Verdict

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
PCK_PX = np.arange(0.5, 20.01, 0.5)  # distances [px] at a person size of 200 px
SCORE_PX, SCORE_BARS = 0.5, 20  # a bar's width; the last bar holds all worse scores
BETA_STEP, BETA_BARS = 0.25, 20


@dataclass(frozen=True, eq=False)
class Measures:
    """ids, score, verdict (index in VERDICTS), beta (P,): the largest |beta|. NaN without a fit.

    within (P, T): the number of a person's `seen` (P,) keypoints nearer to the body than each of PCK_PX.
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
        """The measures with newer ones in place of older ones of the same people."""
        return joined([self.without(newer.ids), newer])

    def without(self, ids: np.ndarray) -> Measures:
        """The measures of all other people."""
        kept = ~np.isin(self.ids, ids)
        return self if kept.all() else self.of(kept)

    def of(self, kept: np.ndarray) -> Measures:
        """The measures of the people in kept (P,) bool."""
        return Measures(*(getattr(self, name)[kept] for name in self.__dataclass_fields__))


def joined(parts: Sequence[Measures]) -> Measures:
    """The measures of all parts, which have different people."""
    names = Measures.__dataclass_fields__
    if not parts:
        return Measures.empty()
    return Measures(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


class Bars(NamedTuple):
    """A bar plot: left edges (N,), heights (N,), and the index of each person's bar (P,), -1 for none."""

    left: np.ndarray
    width: float
    height: np.ndarray
    member: np.ndarray


def score_bars(measures: Measures) -> Bars:
    """The number of people by score [px]."""
    return _histogram(measures.score, SCORE_PX, SCORE_BARS)


def beta_bars(measures: Measures) -> Bars:
    """The number of people by largest |beta| [standard deviations]."""
    return _histogram(measures.beta, BETA_STEP, BETA_BARS)


def verdict_bars(measures: Measures) -> Bars:
    """The number of people by verdict."""
    height = np.bincount(measures.verdict, minlength=len(VERDICTS))
    return Bars(np.arange(len(VERDICTS)) - 0.5, 1.0, height, measures.verdict.astype(int))


def pck(measures: Measures) -> np.ndarray:
    """Share (T,) of all keypoints within each of PCK_PX. NaN without keypoints."""
    seen = float(measures.seen.sum(dtype=float))
    return measures.within.sum(axis=0, dtype=float) / seen if seen else np.full(len(PCK_PX), np.nan)


def farther_than(measures: Measures, place: int) -> np.ndarray:
    """Ids (P,) of people with a keypoint farther from the body than PCK_PX[place]."""
    return measures.ids[measures.within[:, place] < measures.seen]


def is_large(beta: float) -> bool:
    """Whether a beta this large gives a warning."""
    return beta >= LARGE_BETA


def _histogram(values: np.ndarray, width: float, count: int) -> Bars:
    known = np.isfinite(values)
    member = np.full(len(values), -1)
    member[known] = np.minimum(values[known] // width, count - 1).astype(int)
    height = np.bincount(member[known], minlength=count)
    return Bars(np.arange(count) * width, width, height, member)
