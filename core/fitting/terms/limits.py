"""Limits of joints, and of the age between child and adult: squared excess beyond the limits."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from torch import Tensor

from core.body.compiled.body_table import numbers_of
from core.body.keypoint_body import KID_COLUMN
from core.compute.machine_code import Floats, compiled, inlined
from core.fitting.prior import PosePrior
from core.fitting.terms.term import (
    BODY_POSE,
    BODY_POSE_START,
    BodyPosePull,
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

AGE_LIMIT = 3.0  # weight of `kid` beyond 0..1, relative to a radian beyond a joint's limit


def plain(goal: FitGoal, bodies: ComparedBodies) -> TermShare:
    weight = goal.config.limits**2
    if not weight:
        return bodies.no_loss()
    found = beyond_limits(goal.prior, bodies.unknowns[:, BODY_POSE])
    kid, by_age = bodies.unknowns[:, KID_COLUMN], weight * AGE_LIMIT**2
    beyond = kid - kid.clamp(0, 1)

    def pull(sums: NormalEquations) -> None:
        sums.gradient[:, BODY_POSE].add_(found.gradient, alpha=weight)
        sums.diagonal[:, BODY_POSE].add_(found.hessian, alpha=weight)
        sums.gradient[:, KID_COLUMN].add_(beyond, alpha=by_age)
        sums.diagonal[:, KID_COLUMN].add_((beyond != 0).to(beyond), alpha=by_age)

    return TermShare(weight * found.loss + by_age * beyond.square(), pull=pull)


def beyond_limits(prior: PosePrior, body_pose: Tensor) -> BodyPosePull:
    """Squared radians beyond the joints' limits; zero within. body_pose (B, 69). The Hessian is its diagonal."""
    beyond = body_pose - body_pose.clamp(prior.lower, prior.upper)
    return BodyPosePull(beyond.square().sum(dim=1), beyond, (beyond != 0).to(beyond.dtype))


class LimitNumbers(NamedTuple):
    """weight: squared; lower and upper (69,) [rad]."""

    weight: float
    lower: Floats
    upper: Floats


def numbers(goal: FitGoal, observation: Observation) -> LimitNumbers:
    return LimitNumbers(float(goal.config.limits**2), *_arrays(goal.prior))


@lru_cache(maxsize=8)
def _arrays(prior: PosePrior) -> tuple[Floats, Floats]:
    """Made once for each prior."""
    return numbers_of(prior.lower), numbers_of(prior.upper)


@inlined
def lose(term: LimitNumbers, own: tuple[()], at: TermWorkspace, person: int, unknowns: Floats) -> float:
    total = 0.0
    if term.weight > 0:
        for i in range(term.lower.shape[0]):
            total += term.weight * float(_beyond(term, unknowns, i) ** 2)
        total += term.weight * float((AGE_LIMIT * _beyond_age(unknowns[KID_COLUMN])) ** 2)
    return total


@inlined
def slope(
    term: LimitNumbers,
    own: tuple[()],
    at: TermWorkspace,
    person: int,
    unknowns: Floats,
    gradient: Floats,
    hessian: Floats,
) -> None:
    if term.weight > 0:
        for i in range(term.lower.shape[0]):
            beyond = _beyond(term, unknowns, i)
            if beyond != 0:
                pull_one(BODY_POSE_START + i, term.weight * beyond, term.weight, gradient, hessian)
        too_old, by_age = _beyond_age(unknowns[KID_COLUMN]), term.weight * AGE_LIMIT**2
        if too_old != 0:
            pull_one(KID_COLUMN, by_age * too_old, by_age, gradient, hessian)


@compiled
def _beyond(term: LimitNumbers, unknowns: Floats, i: int) -> np.float32:
    """Excess of one number of the body pose beyond its limits [rad]."""
    angle = unknowns[BODY_POSE_START + i]
    return angle - min(max(angle, term.lower[i]), term.upper[i])


@compiled
def _beyond_age(kid: np.float32) -> np.float32:
    return kid - min(max(kid, np.float32(0)), np.float32(1))


TERM = FitTerm("limits", plain, numbers, no_workspace, lose, slope)
