"""A robust pull of the pelvis' up axis to the photo's: most photos are level and most people stand.

One camera hardly shows a lean toward or away from it. People who lie are beyond the outlier threshold.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from core.body.compiled.posing import JACOBIAN, LOCAL
from core.compute.machine_code import Floats, compiled, inlined
from core.fitting.arithmetic import dot
from core.fitting.terms.term import (
    ComparedBodies,
    FitGoal,
    FitTerm,
    NormalEquations,
    Observation,
    TermShare,
    TermWorkspace,
)

UPRIGHT_ROBUST = 0.7  # outlier threshold of a lean, about 40 degrees


def plain(goal: FitGoal, bodies: ComparedBodies) -> TermShare:
    weight = goal.config.upright**2
    if not weight:
        return bodies.no_loss()
    up, by_turn = bodies.posed.up()
    off = up + torch.eye(3, dtype=up.dtype, device=up.device)[1]
    squared = off.square().sum(dim=1)
    trust = UPRIGHT_ROBUST**2 / (UPRIGHT_ROBUST**2 + squared)

    def pull(sums: NormalEquations) -> None:
        sums.gradient[:, :3].add_(
            (by_turn.transpose(1, 2) @ off[..., None])[..., 0] * trust.square()[:, None], alpha=weight
        )
        bend = by_turn.transpose(1, 2) @ by_turn * trust.square()[:, None, None]
        sums.hessian[:, :3, :3].add_(bend, alpha=weight)

    return TermShare(weight * trust * squared, pull=pull)


class UprightNumbers(NamedTuple):
    """weight: squared."""

    weight: float


class UprightWorkspace(NamedTuple):
    """rise (3, 3): derivative of the up axis by each number of global_orient."""

    rise: Floats


def numbers(goal: FitGoal, observation: Observation) -> UprightNumbers:
    return UprightNumbers(float(goal.config.upright**2))


def workspace(term: UprightNumbers) -> UprightWorkspace:
    return UprightWorkspace(np.empty((3, 3), np.float32))


@inlined
def lose(
    term: UprightNumbers, own: UprightWorkspace, at: TermWorkspace, person: int, unknowns: Floats
) -> float:
    if not term.weight > 0:
        return 0.0
    squared = _lean(at.posed.turns)
    return term.weight * _believed(squared) * squared


@inlined
def slope(
    term: UprightNumbers,
    own: UprightWorkspace,
    at: TermWorkspace,
    person: int,
    unknowns: Floats,
    gradient: Floats,
    hessian: Floats,
) -> None:
    if not term.weight > 0:
        return
    turns, rise = at.posed.turns, own.rise
    x, y, z = turns[LOCAL, 0, 0, 1], turns[LOCAL, 0, 1, 1], turns[LOCAL, 0, 2, 1]
    weight = term.weight * _believed(_lean(turns)) ** 2
    jacobian = turns[JACOBIAN, 0]
    for i in range(3):
        rise[i, 0] = jacobian[1, i] * z - jacobian[2, i] * y
        rise[i, 1] = jacobian[2, i] * x - jacobian[0, i] * z
        rise[i, 2] = jacobian[0, i] * y - jacobian[1, i] * x
    for i in range(3):
        gradient[i] += weight * (rise[i, 0] * x + rise[i, 1] * (y + 1) + rise[i, 2] * z)
        for j in range(i, 3):
            hessian[i, j] += weight * dot(rise[i], rise[j])


@compiled
def _lean(turns: Floats) -> float:
    """The squared distance between the pelvis' up axis and the photo's."""
    pelvis = turns[LOCAL, 0]
    return pelvis[0, 1] ** 2 + (pelvis[1, 1] + 1) ** 2 + pelvis[2, 1] ** 2


@compiled
def _believed(squared: float) -> float:
    return UPRIGHT_ROBUST**2 / (UPRIGHT_ROBUST**2 + squared)


TERM = FitTerm("upright", plain, numbers, workspace, lose, slope)
