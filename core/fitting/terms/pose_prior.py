"""The pose prior: the likeliest component of a mixture of Gaussians, or a soft minimum over all."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from core.body.compiled.body_table import numbers_of
from core.body.keypoint_body import POSE
from core.compute.machine_code import Floats, inlined
from core.fitting.arithmetic import add_scaled, dot, fill
from core.fitting.prior import POSE_NUMBERS, PosePrior
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
)


def plain(goal: FitGoal, bodies: ComparedBodies) -> TermShare:
    weight = goal.config.pose_prior**2
    if not weight:
        return bodies.no_loss()
    found = mixture(goal.prior, bodies.unknowns[:, BODY_POSE], goal.softness)

    def pull(sums: NormalEquations) -> None:
        sums.gradient[:, BODY_POSE].add_(found.gradient, alpha=weight)
        sums.hessian[:, BODY_POSE, BODY_POSE].add_(found.hessian, alpha=weight)

    return TermShare(weight * found.loss, pull=pull)


def mixture(prior: PosePrior, body_pose: Tensor, softness: float = 0.0) -> BodyPosePull:
    """min over components of half the squared Mahalanobis distance plus the offset. body_pose (B, 69).

    The minimum in place of the sum is SMPLify's (Bogo et al., ECCV 2016, eq. 8): one Gaussian at a time. With softness
    T it is -T log sum exp(-./T), which lets a fit move between components before it converges in one.
    """
    whitened = (body_pose[:, None] - prior.means).transpose(0, 1) @ prior.factors  # (C, B, 69)
    distance = 0.5 * whitened.square().sum(dim=2).T + prior.offsets
    if softness == 0:
        loss, nearest = distance.min(dim=1)
        chosen = whitened.transpose(0, 1).gather(1, nearest[:, None, None].expand(-1, 1, POSE_NUMBERS))
        gradient = (prior.factors[nearest] @ chosen.transpose(1, 2))[..., 0]
        return BodyPosePull(loss, 0.5 * gradient, 0.5 * prior.precisions[nearest])
    share = torch.softmax(-distance / softness, dim=1)
    pulls = whitened @ prior.factors.transpose(1, 2)
    gradient = (share.T[..., None] * pulls).sum(dim=0)
    hessian = (share @ prior.precisions.flatten(1)).view(-1, POSE_NUMBERS, POSE_NUMBERS)
    loss = -softness * torch.logsumexp(-distance / softness, dim=1)
    return BodyPosePull(loss, 0.5 * gradient, 0.5 * hessian)


class MixtureNumbers(NamedTuple):
    """weight: squared; the fields of PosePrior; softness: 0 for one component at a time."""

    weight: float
    softness: float
    means: Floats
    factors: Floats
    precisions: Floats
    offsets: Floats


class MixtureWorkspace(NamedTuple):
    """whitened (C, 69), distance (C,) and share (C,) of each component in the gradient."""

    whitened: Floats
    distance: Floats
    share: Floats


def numbers(goal: FitGoal, observation: Observation) -> MixtureNumbers:
    return MixtureNumbers(float(goal.config.pose_prior**2), float(goal.softness), *_arrays(goal.prior))


@lru_cache(maxsize=8)
def _arrays(prior: PosePrior) -> tuple[Floats, Floats, Floats, Floats]:
    """Made once for each prior."""
    means, factors, precisions, offsets = map(
        numbers_of, (prior.means, prior.factors, prior.precisions, prior.offsets)
    )
    return means, factors, precisions, offsets


def workspace(prior: MixtureNumbers) -> MixtureWorkspace:
    components = len(prior.offsets)
    return MixtureWorkspace(
        np.empty((components, POSE_NUMBERS), np.float32),
        np.empty(components, np.float32),
        np.empty(components, np.float32),
    )


@inlined
def lose(
    prior: MixtureNumbers, own: MixtureWorkspace, at: TermWorkspace, person: int, unknowns: Floats
) -> float:
    if not prior.weight > 0:
        return 0.0
    return prior.weight * _distance(prior, own, unknowns[BODY_POSE_START:POSE])


@inlined
def _distance(prior: MixtureNumbers, own: MixtureWorkspace, body_pose: Floats) -> float:
    """The mixture's half distance plus offset, of one component or softly of all; writes their gradient shares."""
    whitened, distance, share = own.whitened, own.distance, own.share
    nearest = 0
    for c in range(distance.shape[0]):
        fill(whitened[c], 0.0)
        for i in range(body_pose.shape[0]):
            off = body_pose[i] - prior.means[c, i]
            add_scaled(whitened[c, : i + 1], off, prior.factors[c, i, : i + 1])
        distance[c] = np.float32(0.5) * dot(whitened[c], whitened[c]) + prior.offsets[c]
        nearest = c if distance[c] < distance[nearest] else nearest
    if prior.softness == 0:
        fill(share, 0.0)
        share[nearest] = 1
        return distance[nearest]
    total = 0.0
    for c in range(distance.shape[0]):
        share[c] = np.exp((distance[nearest] - distance[c]) / prior.softness)
        total += share[c]
    for c in range(distance.shape[0]):
        share[c] /= total
    return distance[nearest] - prior.softness * np.log(total)


@inlined
def slope(
    prior: MixtureNumbers,
    own: MixtureWorkspace,
    at: TermWorkspace,
    person: int,
    unknowns: Floats,
    gradient: Floats,
    hessian: Floats,
) -> None:
    if not prior.weight > 0:
        return
    by_pose = gradient[BODY_POSE_START:POSE]
    for c in range(own.share.shape[0]):
        half = np.float32(0.5 * prior.weight * own.share[c])
        if half == 0:
            continue
        for i in range(by_pose.shape[0]):
            by_pose[i] += half * dot(prior.factors[c, i, : i + 1], own.whitened[c, : i + 1])
            row = hessian[BODY_POSE_START + i, BODY_POSE_START + i : POSE]
            add_scaled(row, half, prior.precisions[c, i, i:])


TERM = FitTerm("pose_prior", plain, numbers, workspace, lose, slope)
