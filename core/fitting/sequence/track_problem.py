"""One track as one problem: every frame's terms, terms between frames, and a shape that all frames share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from core.body.keypoint_body import (
    BETAS_COLUMNS,
    CAM_T_COLUMNS,
    JOINTS,
    KID_COLUMN,
    POSE,
    UNKNOWNS,
    KeypointBody,
)
from core.fitting.objective import Objective
from core.fitting.sequence.bands import Banded
from core.fitting.sequence.joint_pulls import JointPulls, Links, PullWeights, joint_pulls
from core.fitting.terms.term import FitGoal

OWN = (*range(POSE), *range(CAM_T_COLUMNS.start, UNKNOWNS))  # unknowns of one frame
SHARED = (*range(BETAS_COLUMNS.start, KID_COLUMN + 1),)  # unknowns of all frames of a track


class Anchors(NamedTuple):
    """The bodies that a network proposes: pose (P, T, 72), each frame's trust (P, T), 0 without one."""

    pose: Tensor
    trust: Tensor


class TrackWeights(NamedTuple):
    """between: of the terms between frames; anchor: of a radian from the anchors; strange [rad]: a frame farther off in
    all counts little; betas, kid: of the shape, once a track."""

    between: PullWeights
    anchor: float
    strange: float
    betas: float
    kid: float


class LinearTracks(NamedTuple):
    """Tracks at one point: loss (P,), half gradient (P, T, 75) and (P, 11), half Hessian as a banded system, and the
    report of each frame (P, T, terms + keypoints)."""

    loss: Tensor
    gradient: Tensor
    shared: Tensor
    system: Banded
    report: Tensor


@dataclass(frozen=True, eq=False)
class TrackProblem:
    """P tracks of T frames. data: the observation's tensors, a row a frame (P T); camera (P, T, 3, 4): from the frame
    in which motion is smooth to the camera's; free (P, T): 1 for a frame that may move, 0 for others."""

    body: KeypointBody
    goal: FitGoal
    data: tuple[Tensor, ...]
    links: Links
    camera: Tensor
    free: Tensor
    anchors: Anchors
    weights: TrackWeights

    def linearised(self, unknowns: Tensor) -> LinearTracks:
        """unknowns (P, T, 86), the shape of each track's free frames alike."""
        tracks, frames = unknowns.shape[:2]
        each = Objective(self.body, self.goal)(unknowns.flatten(0, 1), *self.data)
        loss, gradient, hessian, report = (part.unflatten(0, (tracks, frames)) for part in each)
        free = self.free
        loss = torch.where(free > 0, loss, 0.0).sum(dim=1)  # a missing frame's may be infinite
        gradient, hessian = gradient * free[..., None], hessian * free[..., None, None]
        corner = hessian[:, :, SHARED][..., SHARED].sum(dim=1)
        places, by = self._joints(unknowns)
        pulls = joint_pulls(places, self.links, self.weights.between)
        gradient = gradient + (pulls.force.flatten(2)[:, :, None] @ by)[:, :, 0]
        loss, gradient, hessian = self._anchored(unknowns, loss + pulls.loss, gradient, hessian)
        between = _products(by, pulls)
        own = hessian[:, :, OWN]
        betas, weight = self._shape(unknowns), self._shape_weight(unknowns)
        system = Banded(
            own[..., OWN] + between.diagonal,
            between.first,
            between.second,
            own[..., SHARED] + between.border,
            corner + between.corner + torch.diag_embed(weight),
        )
        shared = gradient[..., SHARED].sum(dim=1) + weight * betas
        return LinearTracks(
            loss + (weight * betas.square()).sum(dim=1), gradient[..., OWN], shared, system, report
        )

    def _shape_weight(self, unknowns: Tensor) -> Tensor:
        """The squared weights (P, 11) of the shape prior."""
        squared = [self.weights.betas**2] * (len(SHARED) - 1) + [self.weights.kid**2]
        return unknowns.new_tensor(squared).expand(len(unknowns), -1)

    def _shape(self, unknowns: Tensor) -> Tensor:
        """The shape (P, 11) of the frames that may move."""
        row = self.free.argmax(dim=1)
        return unknowns[torch.arange(len(row), device=row.device), row][:, SHARED]

    def _joints(self, unknowns: Tensor) -> tuple[Tensor, Tensor]:
        """Places (P, T, 24, 3) in the frame in which motion is smooth, and their Jacobian (P, T, 72, 86)."""
        posed = self.body.posed(unknowns.flatten(0, 1))
        camera = self.camera.flatten(0, 1)
        axes, shift = camera[:, None, :, :3].mT, camera[:, None, :, 3]
        last = slice(self.body.k - JOINTS, self.body.k)
        places = ((posed.points[:, last] - shift)[..., None, :] @ axes.mT)[..., 0, :]
        by = posed.jacobian_rows(axes.expand(-1, JOINTS, 3, 3), last) * self.free.flatten()[:, None, None]
        shape = unknowns.shape[:2]
        return places.unflatten(0, shape), by.unflatten(0, shape)

    def _anchored(
        self, unknowns: Tensor, loss: Tensor, gradient: Tensor, hessian: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        off = unknowns[..., :POSE] - self.anchors.pose
        squared, robust = off.square().sum(dim=2), self.weights.strange**2
        trust = robust / (robust + squared)
        weight = self.weights.anchor**2 * self.anchors.trust * self.free
        loss = loss + (weight * trust * squared).sum(dim=1)
        pull = weight * trust.square()
        gradient = torch.cat([gradient[..., :POSE] + pull[..., None] * off, gradient[..., POSE:]], dim=2)
        hessian = hessian.clone()
        hessian.diagonal(dim1=2, dim2=3)[..., :POSE] += pull[..., None]
        return loss, gradient, hessian


def _products(by: Tensor, pulls: JointPulls) -> Banded:
    """The joints' stiffnesses times their Jacobians (P, T, 72, 86), on both sides."""
    own, first, second = (
        part.repeat_interleave(3, dim=2)[..., None] for part in (pulls.own, pulls.first, pulls.second)
    )
    mine, shape = by[..., OWN], by[..., SHARED]
    moved = own * shape
    moved[:, 1:] += first[:, 1:] * shape[:, :-1]
    moved[:, :-1] += first[:, 1:] * shape[:, 1:]
    moved[:, 2:] += second[:, 2:] * shape[:, :-2]
    moved[:, :-2] += second[:, 2:] * shape[:, 2:]
    below = by.new_zeros(*by.shape[:2], len(OWN), len(OWN))
    under = below.clone()
    below[:, 1:] = (first * mine)[:, 1:].mT @ mine[:, :-1]
    under[:, 2:] = (second * mine)[:, 2:].mT @ mine[:, :-2]
    return Banded((own * mine).mT @ mine, below, under, mine.mT @ moved, (shape.mT @ moved).sum(dim=1))
