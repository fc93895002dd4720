"""SMPLify's exponential on elbows and knees: sum of exp(angle bent the wrong way)²."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from core.compute.machine_code import Floats, inlined
from core.compute.per_device import held
from core.fitting.prior import POSE_NUMBERS
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

# Elbows and knees in the 69 numbers of a body pose, and the sign that makes bending the wrong way positive
# (left knee, right knee: about x; left elbow, right elbow: about y).
HINGED_NUMBERS = {9: -1.0, 12: -1.0, 52: 1.0, 55: -1.0}
HINGED = BODY_POSE_START + np.array(list(HINGED_NUMBERS))
HINGE_SIGNS = np.array(list(HINGED_NUMBERS.values()), np.float32)


def plain(goal: FitGoal, bodies: ComparedBodies) -> TermShare:
    weight = goal.config.hinges**2
    if not weight:
        return bodies.no_loss()
    found = hinges(bodies.unknowns[:, BODY_POSE])

    def pull(sums: NormalEquations) -> None:
        sums.gradient[:, BODY_POSE].add_(found.gradient, alpha=weight)
        sums.diagonal[:, BODY_POSE].add_(found.hessian, alpha=weight)

    return TermShare(weight * found.loss, pull=pull)


def hinges(body_pose: Tensor) -> BodyPosePull:
    """body_pose (B, 69). The Hessian is its diagonal."""
    signs, hinged = _hinge_signs(body_pose.dtype, body_pose.device)
    push = (2 * body_pose * signs).exp() * hinged
    return BodyPosePull(push.sum(dim=1), push * signs, push)


@held
def _hinge_signs(dtype: torch.dtype, device: torch.device) -> tuple[Tensor, Tensor]:
    signs = torch.zeros(POSE_NUMBERS)
    signs[list(HINGED_NUMBERS)] = torch.tensor(list(HINGED_NUMBERS.values()))
    return signs.to(device, dtype), signs.abs().to(device, dtype)


class HingeNumbers(NamedTuple):
    """weight: squared."""

    weight: float


def numbers(goal: FitGoal, observation: Observation) -> HingeNumbers:
    return HingeNumbers(float(goal.config.hinges**2))


@inlined
def lose(term: HingeNumbers, own: tuple[()], at: TermWorkspace, person: int, unknowns: Floats) -> float:
    total = 0.0
    if term.weight > 0:
        for hinge in range(HINGED.shape[0]):
            total += term.weight * np.exp(2 * HINGE_SIGNS[hinge] * unknowns[HINGED[hinge]])
    return total


@inlined
def slope(
    term: HingeNumbers,
    own: tuple[()],
    at: TermWorkspace,
    person: int,
    unknowns: Floats,
    gradient: Floats,
    hessian: Floats,
) -> None:
    if term.weight > 0:
        for hinge in range(HINGED.shape[0]):
            i, sign = HINGED[hinge], HINGE_SIGNS[hinge]
            push = term.weight * np.exp(2 * sign * unknowns[i])
            pull_one(i, push * sign, push, gradient, hessian)


TERM = FitTerm("hinges", plain, numbers, no_workspace, lose, slope)
