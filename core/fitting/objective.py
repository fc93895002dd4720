"""A fit's whole objective as one linearised problem: what the solver is given."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor

from core.body.keypoint_body import (
    BETAS_COLUMNS,
    CAM_T_COLUMNS,
    KID_COLUMN,
    POSE,
    UNKNOWNS,
    KeypointBody,
    PosedKeypoints,
)
from core.fitting.config import FitConfig
from core.fitting.prior import PosePrior, hinges
from core.fitting.residuals import SeenKeypoints, reprojection, wish_numbers, wish_rows
from core.fitting.solver import Linearised
from core.wishes import Wish

TERMS = ("keypoints", "pose_prior", "hinges", "limits", "upright", "shape", "stay_near", "wishes")
BODY_POSE = slice(3, POSE)
SEEN = len(SeenKeypoints._fields)
AGE_LIMIT = (
    3.0  # how much more than a radian beyond a joint's limit `kid` weighs beyond an adult's 0 or a child's 1
)
UPRIGHT_ROBUST = 0.7  # about 40 degrees: where a lean begins to be believed


class Objective:
    """places: name -> row of the keypoint body, for the wishes; softness: how widely the pose prior blends its
    components. What differs from person to person comes with each call."""

    def __init__(
        self,
        body: KeypointBody,
        prior: PosePrior,
        config: FitConfig,
        places: dict[str, int] | None = None,
        softness: float = 0.0,
    ) -> None:
        self.body, self.prior, self.config, self.softness = body, prior, config, softness
        self._places = places or {}
        self._shape_weights = body.offsets.new_zeros(UNKNOWNS)
        self._shape_weights[BETAS_COLUMNS] = config.betas**2
        self._shape_weights[KID_COLUMN] = config.kid**2

    def __call__(self, unknowns: Tensor, *data: Tensor) -> Linearised:
        """At unknowns (B, 86), for `data` as `observation` gives it. The report is the loss by term (B, 8), then each
        keypoint's distance (B, K) [px]."""
        config, pose, seen = self.config, unknowns[:, BODY_POSE], SeenKeypoints(*data[:SEEN])
        posed = self.body.posed(unknowns)
        count = seen.xy.shape[1]
        chosen = None if count == self.body.k else slice(count)
        photo = reprojection(posed, seen, config.robust_px / config.keypoint_px, chosen)
        self._nothing = torch.zeros_like(photo.loss)
        (residual, jacobian), wished = photo.rows, self._nothing
        if config.wishes:
            wishes = [
                wish_rows(wish, posed, unknowns, self._places, numbers)
                for wish, numbers in zip(config.wishes, data[SEEN], strict=True)
            ]
            wished = torch.cat([rows.residual for rows in wishes], dim=1).square().sum(dim=1)
            residual = torch.cat([residual, *(rows.residual for rows in wishes)], dim=1)
            jacobian = torch.cat([jacobian, *(rows.jacobian for rows in wishes)], dim=1)
        hessian = jacobian.transpose(1, 2) @ jacobian
        gradient = (residual[:, None] @ jacobian)[:, 0]
        diagonal = hessian.diagonal(dim1=1, dim2=2)  # a view: what is added here is added to the Hessian
        losses = (
            photo.loss,
            self._pose_prior(pose, gradient, hessian),
            self._hinges(pose, gradient, diagonal),
            self._limits(unknowns, gradient, diagonal),
            self._upright(posed, gradient, hessian),
            _pull(unknowns, self._shape_weights, gradient, diagonal),
            self._stay_near(unknowns, data, gradient, diagonal),
            wished,
        )
        by_term = torch.stack(losses, dim=1)
        return Linearised(
            by_term.sum(dim=1), gradient, hessian, torch.cat([by_term, photo.distance_px], dim=1)
        )

    def _pose_prior(self, pose: Tensor, gradient: Tensor, hessian: Tensor) -> Tensor:
        if not self.config.pose_prior:
            return self._nothing
        pull, weight = self.prior.mixture(pose, self.softness), self.config.pose_prior**2
        gradient[:, BODY_POSE].add_(pull.gradient, alpha=weight)
        hessian[:, BODY_POSE, BODY_POSE].add_(pull.hessian, alpha=weight)
        return weight * pull.loss

    def _hinges(self, pose: Tensor, gradient: Tensor, diagonal: Tensor) -> Tensor:
        if not self.config.hinges:
            return self._nothing
        pull, weight = hinges(pose), self.config.hinges**2
        gradient[:, BODY_POSE].add_(pull.gradient, alpha=weight)
        diagonal[:, BODY_POSE].add_(pull.hessian, alpha=weight)
        return weight * pull.loss

    def _limits(self, unknowns: Tensor, gradient: Tensor, diagonal: Tensor) -> Tensor:
        """What joints cannot do, and ages that are neither a child's nor an adult's."""
        if not self.config.limits:
            return self._nothing
        pull, weight = self.prior.limits(unknowns[:, BODY_POSE]), self.config.limits**2
        gradient[:, BODY_POSE].add_(pull.gradient, alpha=weight)
        diagonal[:, BODY_POSE].add_(pull.hessian, alpha=weight)
        kid, by_age = unknowns[:, KID_COLUMN], weight * AGE_LIMIT**2
        beyond = kid - kid.clamp(0, 1)
        gradient[:, KID_COLUMN].add_(beyond, alpha=by_age)
        diagonal[:, KID_COLUMN].add_((beyond != 0).to(beyond), alpha=by_age)
        return weight * pull.loss + by_age * beyond.square()

    def _upright(self, posed: PosedKeypoints, gradient: Tensor, hessian: Tensor) -> Tensor:
        """Photos are mostly taken level, of people who mostly stand: a robust pull of the pelvis' up to the photo's.

        Under one camera a lean toward or away from it hardly shows; people who lie are beyond where it pulls.
        """
        if not self.config.upright:
            return self._nothing
        up, slope = posed.up()
        off = up + torch.eye(3, dtype=up.dtype, device=up.device)[1]
        squared = off.square().sum(dim=1)
        trust = UPRIGHT_ROBUST**2 / (UPRIGHT_ROBUST**2 + squared)
        weight = self.config.upright**2
        gradient[:, :3].add_(
            (slope.transpose(1, 2) @ off[..., None])[..., 0] * trust.square()[:, None], alpha=weight
        )
        hessian[:, :3, :3].add_(slope.transpose(1, 2) @ slope * trust.square()[:, None, None], alpha=weight)
        return weight * trust * squared

    def _stay_near(
        self, unknowns: Tensor, data: tuple[Tensor, ...], gradient: Tensor, diagonal: Tensor
    ) -> Tensor:
        if not self.config.stay_near or len(data) == SEEN + 1:
            return self._nothing
        weights = unknowns.new_full((UNKNOWNS,), self.config.stay_near**2)
        return _pull(unknowns - data[SEEN + 1], weights, gradient, diagonal)


def _pull(offset: Tensor, weights: Tensor, gradient: Tensor, diagonal: Tensor) -> Tensor:
    """Add weights (86,) times the squared offset (B, 86) to gradient and Hessian; returns that loss (B,)."""
    pull = weights * offset
    gradient += pull
    diagonal += weights
    return (pull * offset).sum(dim=1)


def observation(
    seen: SeenKeypoints, wishes: Sequence[Wish] = (), previous: Tensor | None = None
) -> tuple[Tensor, ...]:
    """What an objective is called with besides the unknowns; previous (B, 86): where `stay_near` pulls to."""
    told = (*seen, wish_numbers(wishes, seen.xy))
    return (*told, previous) if previous is not None else told


def free_unknowns(config: FitConfig, device: torch.device) -> Tensor:
    """Which of the 86 may move (86,) bool."""
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
