"""The input of the compiled tries as plain arrays, mostly views of tensors."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from torch import Tensor

from core.body.compiled.body_table import BodyTable, body_table
from core.body.keypoint_body import KeypointBody
from core.fitting.terms.term import FitGoal, Observation


class Task(NamedTuple):
    """The constant input of the tries of B people with K keypoints. terms: the numbers of each term; free (86,): True
    for the unknowns that may move."""

    body: BodyTable
    terms: tuple[Any, ...]
    free: npt.NDArray[np.bool_]


def task_of(body: KeypointBody, goal: FitGoal, observation: Observation, free: Tensor) -> Task:
    """The task that equals an Objective of the same body and goal."""
    terms = tuple(term.numbers(goal, observation) for term in goal.terms)
    return Task(body_table(body), terms, free.numpy())
