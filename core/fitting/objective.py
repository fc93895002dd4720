"""A fit's objective: the sum of its terms as one linearised problem for the solver."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from core.body.keypoint_body import BETAS_COLUMNS, CAM_T_COLUMNS, KID_COLUMN, UNKNOWNS, KeypointBody
from core.fitting.config import FitConfig
from core.fitting.solver import Linearised
from core.fitting.terms.term import (
    BODY_POSE,
    ComparedBodies,
    FitGoal,
    NormalEquations,
    Observation,
    TermShare,
)


class Objective:
    """The sum of the goal's terms for a body. The data of the people is an argument of each call."""

    def __init__(self, body: KeypointBody, goal: FitGoal) -> None:
        self.body, self.goal = body, goal

    def __call__(self, unknowns: Tensor, *data: Tensor) -> Linearised:
        """At unknowns (B, 86), for `data` as Observation.tensors gives it. The report is the loss by term (B, T), then
        each keypoint's distance (B, K) [px]."""
        bodies = ComparedBodies.of(self.body.posed(unknowns), Observation.of(data))
        shares = [term.plain(self.goal, bodies) for term in self.goal.terms]
        by_term = torch.stack([share.loss for share in shares], dim=1)
        sums = _normal_equations(shares)
        distance_px = bodies.offset_px.norm(dim=-1)
        return Linearised(
            by_term.sum(dim=1), sums.gradient, sums.hessian, torch.cat([by_term, distance_px], dim=1)
        )


def _normal_equations(shares: list[TermShare]) -> NormalEquations:
    """The product of all rows, plus the parts of the other terms."""
    rows = [share.rows() for share in shares if share.rows is not None]
    residual = torch.cat([each.residual for each in rows], dim=1) if len(rows) > 1 else rows[0].residual
    jacobian = torch.cat([each.jacobian for each in rows], dim=1) if len(rows) > 1 else rows[0].jacobian
    hessian = jacobian.transpose(1, 2) @ jacobian
    gradient = (residual[:, None] @ jacobian)[:, 0]
    sums = NormalEquations(gradient, hessian, hessian.diagonal(dim1=1, dim2=2))
    for share in shares:
        if share.pull is not None:
            share.pull(sums)
    return sums


def free_unknowns(config: FitConfig, device: torch.device) -> Tensor:
    """(86,) bool: True for the unknowns that may move."""
    parts = (
        config.free_orientation,
        config.free_pose,
        config.free_betas,
        config.free_kid,
        config.free_translation,
    )
    return _free(parts, device)


@cache
def _free(parts: tuple[bool, ...], device: torch.device) -> Tensor:
    orientation, pose, betas, kid, translation = parts
    with torch.inference_mode(False):
        free = torch.zeros(UNKNOWNS, dtype=torch.bool)
        free[:3] = orientation
        free[BODY_POSE] = pose
        free[BETAS_COLUMNS] = betas
        free[KID_COLUMN] = kid
        free[CAM_T_COLUMNS] = translation
        return free.to(device)
