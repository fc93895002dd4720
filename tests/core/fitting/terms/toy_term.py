"""A term that no fit has: the first number of the shape is held near two. A new term takes this one file."""

from __future__ import annotations

from typing import NamedTuple

from core.body.keypoint_body import BETAS_COLUMNS
from core.compute.machine_code import Floats, inlined
from core.fitting.terms import pose_prior, reprojection, shape_prior
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

HELD_AT, WEIGHT, FIRST = 2.0, 30.0**2, BETAS_COLUMNS.start


def plain(goal: FitGoal, bodies: ComparedBodies) -> TermShare:
    off = bodies.unknowns[:, FIRST] - HELD_AT

    def pull(sums: NormalEquations) -> None:
        sums.gradient[:, FIRST].add_(off, alpha=WEIGHT)
        sums.diagonal[:, FIRST].add_(WEIGHT)

    return TermShare(WEIGHT * off.square(), pull=pull)


class ToyNumbers(NamedTuple):
    weight: float


def numbers(goal: FitGoal, observation: Observation) -> ToyNumbers:
    return ToyNumbers(WEIGHT)


@inlined
def lose(told: ToyNumbers, own: tuple[()], at: TermWorkspace, person: int, unknowns: Floats) -> float:
    return told.weight * (unknowns[FIRST] - HELD_AT) ** 2


@inlined
def slope(
    told: ToyNumbers,
    own: tuple[()],
    at: TermWorkspace,
    person: int,
    unknowns: Floats,
    gradient: Floats,
    hessian: Floats,
) -> None:
    pull_one(FIRST, told.weight * (unknowns[FIRST] - HELD_AT), told.weight, gradient, hessian)


TERM = FitTerm("first_beta", plain, numbers, no_workspace, lose, slope)
FEW_AND_TOY = (
    reprojection.TERM,
    pose_prior.TERM,
    shape_prior.TERM,
    TERM,
)  # fewer leave float32 no way to step
