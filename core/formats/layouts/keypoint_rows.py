"""Keypoints as the lists of a file hold them, with odd values among them, and what their third numbers mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from core.files.untrusted import numbers
from core.files.unusable import Unusable
from core.formats.shared.report import Report

TRIPLE = 3
MOST_VALUES = 10_000  # of one person
ONE_IS_LABELLED = "the third numbers of keypoints are 0 and 1 only: 1 is read as labelled, not as occluded"


def triples(value: Any, report: Report, record: str) -> np.ndarray:
    """Keypoints (K, 3) of a list: flat, or a list of three each. One with null, or with text in it, is absent: zeros.

    Raises Unusable for a list of another form.
    """
    try:
        array = numbers(value)
    except Unusable:
        array = _odd(value, report, record)
    if array.ndim == 1 and len(array) % TRIPLE == 0:
        return array.reshape(-1, TRIPLE)
    if array.ndim != 2 or array.shape[1] != TRIPLE:
        raise Unusable("its keypoints are not triples x, y, v")
    return array


def is_binary(values: Iterable[Any]) -> bool:
    """Whether the third numbers of all these lists, flat or of three each, are 0 and 1 only, and 1 occurs."""
    labelled = False
    for value in values:
        thirds = _thirds(value)
        if not all(third in (0, 1) for third in thirds):
            return False
        labelled = labelled or 1 in thirds
    return labelled


def _thirds(value: Any) -> list[Any]:
    """Without null and text, and without truth of its own: lists of another form have none."""
    if not isinstance(value, list) or not value:
        return []
    if any(isinstance(row, list) for row in value[:TRIPLE]):
        found = [row[2] for row in value if isinstance(row, list) and len(row) == TRIPLE]
    else:
        found = value[2::TRIPLE]
    return [third for third in found if isinstance(third, (int, float))]


def _odd(value: Any, report: Report, record: str) -> np.ndarray:
    """The same of a list with values that are no numbers, (K, 3). Raises Unusable."""
    if not isinstance(value, list) or not value:
        raise Unusable("these are not numbers")
    if any(isinstance(row, list) for row in value):
        value = [one for row in value for one in (row if row is not None else [None] * TRIPLE)]
    if len(value) > MOST_VALUES or len(value) % TRIPLE or any(isinstance(one, (list, dict)) for one in value):
        raise Unusable("its keypoints are not triples x, y, v")
    rows = np.array([_number(one) for one in value]).reshape(-1, TRIPLE)
    odd = np.isnan(rows).any(axis=1)
    if odd.all():
        raise Unusable("these are not numbers")
    report.leave_out(f"{record}, {int(odd.sum())} keypoints", "a value of theirs is null, or no number")
    return np.where(odd[:, None], 0.0, rows)


def _number(value: Any) -> float:
    """NaN for null, and for text that is no number."""
    try:
        return (
            float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else np.nan
        )
    except (ValueError, OverflowError):
        return np.nan
