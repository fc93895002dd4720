"""A fit's whole objective as one linearised problem: what the solver is given."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from core.body.keypoint_body import BETAS_COLUMNS, CAM_T_COLUMNS, KID_COLUMN, POSE, UNKNOWNS, KeypointBody
from core.fitting.config import FitConfig
from core.fitting.prior import HINGE_COLUMNS, PosePrior, hinges
from core.fitting.residuals import Seen, reprojection
from core.fitting.solver import Linearised

TERMS = ("keypoints", "pose_prior", "hinges", "limits", "shape", "stay_near", "wishes")
BODY_POSE = slice(3, POSE)


@dataclass(frozen=True, eq=False)
class Objective:
    """previous (B, 86) is where `stay_near` pulls to. places: name -> row of the keypoint body, for the wishes."""

    body: KeypointBody
    seen: Seen
    prior: PosePrior
    config: FitConfig
    places: dict[str, int]
    previous: Tensor | None = None
    softness: float = 0.0

    def __call__(self, unknowns: Tensor) -> Linearised:
        """At unknowns (B, 86). The report is the loss by term (B, 7), then each keypoint's distance (B, K) [px]."""
        config, pose = self.config, unknowns[:, BODY_POSE]
        posed = self.body.posed(unknowns)
        count = self.seen.xy.shape[1]
        chosen = None if count == self.body.k else torch.arange(count, device=unknowns.device)
        photo = reprojection(posed, self.seen, chosen)
        residual, jacobian = photo.rows
        losses = dict.fromkeys(TERMS, torch.zeros_like(photo.loss))
        losses["keypoints"] = photo.loss
        if config.wishes:
            wishes = [wish.rows(posed, self.places) for wish in config.wishes]
            losses["wishes"] = torch.cat([rows.residual for rows in wishes], dim=1).square().sum(dim=1)
            residual = torch.cat([residual, *(rows.residual for rows in wishes)], dim=1)
            jacobian = torch.cat([jacobian, *(rows.jacobian for rows in wishes)], dim=1)
        hessian = jacobian.transpose(1, 2) @ jacobian
        gradient = (residual[:, None] @ jacobian)[:, 0]
        diagonal = hessian.diagonal(dim1=1, dim2=2)  # a view: what is added here is added to the Hessian
        if config.pose_prior:
            pull, weight = self.prior.mixture(pose, self.softness), config.pose_prior**2
            losses["pose_prior"] = weight * pull.loss
            gradient[:, BODY_POSE] += weight * pull.gradient
            hessian[:, BODY_POSE, BODY_POSE] += weight * pull.hessian
        if config.limits:
            pull, weight = self.prior.limits(pose), config.limits**2
            losses["limits"] = weight * pull.loss
            gradient[:, BODY_POSE] += weight * pull.gradient
            diagonal[:, BODY_POSE] += weight * pull.hessian
        if config.hinges:
            pull, weight = hinges(pose), config.hinges**2
            losses["hinges"] = weight * pull.loss
            gradient[:, HINGE_COLUMNS] += weight * pull.gradient
            diagonal[:, HINGE_COLUMNS] += weight * pull.hessian
        losses["shape"] = self._pull_to(
            torch.zeros_like(unknowns), unknowns, self._shape_weights, gradient, diagonal
        )
        if self.previous is not None and config.stay_near:
            everything = unknowns.new_full((UNKNOWNS,), config.stay_near**2)
            losses["stay_near"] = self._pull_to(self.previous, unknowns, everything, gradient, diagonal)
        by_term = torch.stack(list(losses.values()), dim=1)
        return Linearised(
            by_term.sum(dim=1), gradient, hessian, torch.cat([by_term, photo.distance_px], dim=1)
        )

    @staticmethod
    def _pull_to(
        aim: Tensor, unknowns: Tensor, weights: Tensor, gradient: Tensor, diagonal: Tensor
    ) -> Tensor:
        """Add weights (86,) times squared distance to `aim`; returns that loss (B,)."""
        pull = weights * (unknowns - aim)
        gradient += pull
        diagonal += weights
        return (pull * (unknowns - aim)).sum(dim=1)

    @property
    def _shape_weights(self) -> Tensor:
        weights = self.seen.xy.new_zeros(UNKNOWNS)
        weights[BETAS_COLUMNS] = self.config.betas**2
        weights[KID_COLUMN] = self.config.kid**2
        return weights


def free_unknowns(config: FitConfig, like: Tensor) -> Tensor | None:
    """Which of the 86 may move (86,) bool; None when all but the kid's column may and it is free too."""
    free = torch.zeros(UNKNOWNS, dtype=torch.bool, device=like.device)
    free[:3] = config.free_orientation
    free[BODY_POSE] = config.free_pose
    free[BETAS_COLUMNS] = config.free_betas
    free[KID_COLUMN] = config.free_kid
    free[CAM_T_COLUMNS] = config.free_translation
    return None if bool(free.all()) else free
