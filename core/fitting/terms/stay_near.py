"""Squared distance of a body from the start of its fit, with equal weights for all unknowns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from core.body.compiled.body_table import numbers_of
from core.body.keypoint_body import UNKNOWNS
from core.compute.machine_code import Floats, inlined
from core.fitting.terms.term import (
    ComparedBodies,
    FitGoal,
    FitTerm,
    NormalEquations,
    Observation,
    TermShare,
    TermWorkspace,
    no_workspace,
    pull_one,
)


def plain(goal: FitGoal, bodies: ComparedBodies) -> TermShare:
    weight, previous = goal.config.stay_near**2, bodies.observation.previous
    if not weight or previous is None:
        return bodies.no_loss()
    off = bodies.unknowns - previous

    def pull(sums: NormalEquations) -> None:
        sums.gradient.add_(off, alpha=weight)
        sums.diagonal.add_(weight)

    return TermShare(weight * off.square().sum(dim=1), pull=pull)


class StartNumbers(NamedTuple):
    """weight: squared; previous (B, 86), or (0, 86) if the weight is zero."""

    weight: float
    previous: Floats


def numbers(goal: FitGoal, observation: Observation) -> StartNumbers:
    previous = observation.previous
    nowhere = np.empty((0, UNKNOWNS), np.float32)
    return StartNumbers(
        float(goal.config.stay_near**2), nowhere if previous is None else numbers_of(previous)
    )


@inlined
def lose(term: StartNumbers, own: tuple[()], at: TermWorkspace, person: int, unknowns: Floats) -> float:
    total = 0.0
    if term.previous.shape[0]:
        for i in range(UNKNOWNS):
            total += term.weight * (unknowns[i] - term.previous[person, i]) ** 2
    return total


@inlined
def slope(
    term: StartNumbers,
    own: tuple[()],
    at: TermWorkspace,
    person: int,
    unknowns: Floats,
    gradient: Floats,
    hessian: Floats,
) -> None:
    if term.previous.shape[0]:
        for i in range(UNKNOWNS):
            off = unknowns[i] - term.previous[person, i]
            pull_one(i, term.weight * off, term.weight, gradient, hessian)


TERM = FitTerm("stay_near", plain, numbers, no_workspace, lose, slope)
