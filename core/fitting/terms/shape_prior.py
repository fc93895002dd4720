"""The shape prior: squared betas and kid, in standard deviations from the mean adult."""

from __future__ import annotations

from typing import NamedTuple

from core.body.keypoint_body import BETAS_COLUMNS, CAM_T_COLUMNS, KID_COLUMN
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

SHAPE_START, SHAPE_END = BETAS_COLUMNS.start, CAM_T_COLUMNS.start


def plain(goal: FitGoal, bodies: ComparedBodies) -> TermShare:
    betas, kid = bodies.unknowns[:, BETAS_COLUMNS], bodies.unknowns[:, KID_COLUMN]
    by_betas, by_kid = goal.config.betas**2, goal.config.kid**2

    def pull(sums: NormalEquations) -> None:
        sums.gradient[:, BETAS_COLUMNS].add_(betas, alpha=by_betas)
        sums.gradient[:, KID_COLUMN].add_(kid, alpha=by_kid)
        sums.diagonal[:, BETAS_COLUMNS].add_(by_betas)
        sums.diagonal[:, KID_COLUMN].add_(by_kid)

    return TermShare(by_betas * betas.square().sum(dim=1) + by_kid * kid.square(), pull=pull)


class ShapeNumbers(NamedTuple):
    """Weights, squared."""

    betas: float
    kid: float


def numbers(goal: FitGoal, observation: Observation) -> ShapeNumbers:
    return ShapeNumbers(float(goal.config.betas**2), float(goal.config.kid**2))


@inlined
def lose(term: ShapeNumbers, own: tuple[()], at: TermWorkspace, person: int, unknowns: Floats) -> float:
    total = 0.0
    for i in range(SHAPE_START, SHAPE_END):
        total += (term.kid if i == KID_COLUMN else term.betas) * unknowns[i] ** 2
    return total


@inlined
def slope(
    term: ShapeNumbers,
    own: tuple[()],
    at: TermWorkspace,
    person: int,
    unknowns: Floats,
    gradient: Floats,
    hessian: Floats,
) -> None:
    for i in range(SHAPE_START, SHAPE_END):
        weight = term.kid if i == KID_COLUMN else term.betas
        pull_one(i, weight * unknowns[i], weight, gradient, hessian)


TERM = FitTerm("shape", plain, numbers, no_workspace, lose, slope)
