"""Bodies from joints in 3D: `fit_to_joints`, by Levenberg-Marquardt over the same unknowns as a fit to keypoints.

Points say nothing of a limb's turn about itself; the pose prior decides that.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from core.body.keypoint_body import (
    BETAS_COLUMNS,
    CAM_T_COLUMNS,
    KID_COLUMN,
    UNKNOWNS,
    KeypointBody,
    vector_to_params,
)
from core.body.keypoints import layout as keypoint_layout
from core.body.model import Body, BodyParams
from core.errors import FitInputError
from core.fitting.prior import PosePrior, default_prior
from core.fitting.problem import as_start
from core.fitting.solver import Linearised, levenberg_marquardt
from core.fitting.terms.pose_prior import mixture
from core.fitting.terms.term import BODY_POSE
from core.geometry.rotation import axis_angle_to_matrix_and_left_jacobian, matrix_to_axis_angle

SHAPE = slice(BETAS_COLUMNS.start, KID_COLUMN + 1)
AT_ONCE = 256  # people: bounds the memory
_TORSO = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
_FEWEST = 3  # points that tell an orientation


@dataclass(frozen=True)
class JointFitConfig:
    """distance [m]: one standard deviation of a point of confidence 1. pose_prior, shape_prior: weights of the priors.
    orientation [rad]: one standard deviation of a given orientation."""

    distance: float = 0.005
    pose_prior: float = 0.3
    shape_prior: float = 0.3
    orientation: float = 0.02
    free_kid: bool = False
    iterations: int = 12
    damping: float = 1e-2
    tolerance: float = 1e-3


@dataclass(frozen=True, eq=False)
class JointFit:
    """params of B people; distance (B,) [m]: the mean distance of their points from the body's, by confidence."""

    params: BodyParams
    distance: Tensor


@torch.no_grad()
def fit_to_joints(
    body: Body,
    points: Tensor,
    confidence: Tensor,
    layout: str,
    orientation: Tensor | None = None,
    config: JointFitConfig | None = None,
) -> JointFit:
    """The bodies whose keypoints lie at points (B, K, 3) [m, camera frame], weighted by confidence (B, K); 0 = absent.

    layout: the points' order. orientation (B, 3) axis-angle [rad]: the pelvis' one, held softly where it is known; a
    row of nan is found from the points. Raises FitInputError for points without three that are there.
    """
    config = config or JointFitConfig()
    k = keypoint_layout(layout).k
    if points.shape[1:] != (k, 3) or confidence.shape != points.shape[:2]:
        raise FitInputError(
            f"points {tuple(points.shape)} and confidence {tuple(confidence.shape)} are not of layout '{layout}'. "
            f"Give (B, {k}, 3) and (B, {k})."
        )
    there = torch.isfinite(points).all(dim=2) & (confidence > 0)
    if len(points) and int(there.sum(dim=1).min()) < _FEWEST:
        raise FitInputError("fewer than three points of a person are there. Leave that person out.")
    weights = torch.where(there, confidence, torch.zeros_like(confidence))
    known = torch.where(there[..., None], points, torch.zeros_like(points))
    given = torch.full_like(points[:, 0], torch.nan) if orientation is None else orientation.to(points)
    problem = _JointProblem.of(body, layout, config)
    parts = [
        problem.solved(known[rows], weights[rows], given[rows])
        for rows in (slice(start, start + AT_ONCE) for start in range(0, len(points), AT_ONCE))
    ] or [(points.new_zeros(0, UNKNOWNS), points.new_zeros(0))]
    return JointFit(
        vector_to_params(torch.cat([found for found, _ in parts])), torch.cat([off for _, off in parts])
    )


@dataclass(frozen=True, eq=False)
class _JointProblem:
    body: KeypointBody
    prior: PosePrior
    config: JointFitConfig
    torso: tuple[int, ...]

    @classmethod
    def of(cls, body: Body, layout: str, config: JointFitConfig) -> _JointProblem:
        like = body.v_template
        names = keypoint_layout(layout).keypoints
        torso = tuple(names.index(name) for name in _TORSO if name in names)
        prior = default_prior(like.device, like.dtype)
        return cls(KeypointBody.from_body(body, layout), prior, config, torso)

    def solved(self, points: Tensor, weights: Tensor, given: Tensor) -> tuple[Tensor, Tensor]:
        """Unknowns (B, 86) and the mean distance (B,) [m]."""
        like = self.prior.mean_pose
        points, weights, given = points.to(like), weights.to(like), given.to(like)
        start = self._start(points, weights, given)
        held = torch.isfinite(given).all(dim=1)
        wanted, _ = axis_angle_to_matrix_and_left_jacobian(given.nan_to_num()[:, None])
        free = torch.ones(UNKNOWNS, dtype=torch.bool, device=points.device)
        free[KID_COLUMN] = self.config.free_kid

        def linearise(unknowns: Tensor) -> Linearised:
            return self._linearised(unknowns, points, weights, wanted[:, 0], held)

        *_, last = levenberg_marquardt(
            linearise, start, self.config.iterations, free, self.config.damping, self.config.tolerance
        )
        return as_start(last.unknowns.clone(), has_kid=True), last.report[:, 0]

    def _linearised(
        self, unknowns: Tensor, points: Tensor, weights: Tensor, wanted: Tensor, held: Tensor
    ) -> Linearised:
        posed = self.body.posed(unknowns)
        offset = posed.points - points
        factor = weights.sqrt()[..., None] / self.config.distance
        used = (weights > 0).any(dim=0)
        residual = (offset * factor)[:, used].flatten(1)
        by = (posed.jacobian()[:, used] * factor[:, used, :, None]).flatten(1, 2)
        hessian, gradient = by.transpose(1, 2) @ by, (residual[:, None] @ by)[:, 0]
        loss = residual.square().sum(dim=1)
        turned, by_turn = self._turn(unknowns, wanted, held)
        gradient[:, :3] += (turned[:, None] @ by_turn)[:, 0]
        hessian[:, :3, :3] += by_turn.transpose(1, 2) @ by_turn
        pull = unknowns[:, SHAPE] * self.config.shape_prior**2
        gradient[:, SHAPE] += pull
        hessian.diagonal(dim1=1, dim2=2)[:, SHAPE] += self.config.shape_prior**2
        prior = mixture(self.prior, unknowns[:, BODY_POSE])
        weight = self.config.pose_prior**2
        gradient[:, BODY_POSE] += weight * prior.gradient
        hessian[:, BODY_POSE, BODY_POSE] += weight * prior.hessian
        loss = (
            loss + turned.square().sum(dim=1) + (pull * unknowns[:, SHAPE]).sum(dim=1) + weight * prior.loss
        )
        distance = (offset.norm(dim=2) * weights).sum(dim=1) / weights.sum(dim=1)
        return Linearised(loss, gradient, hessian, distance[:, None])

    def _turn(self, unknowns: Tensor, wanted: Tensor, held: Tensor) -> tuple[Tensor, Tensor]:
        """Residual (B, 9) of the pelvis' axes from the wanted ones, and its Jacobian (B, 9, 3) by global_orient."""
        rotation, left = axis_angle_to_matrix_and_left_jacobian(unknowns[:, None, :3])
        weight = held.to(unknowns) / (2**0.5 * self.config.orientation)
        axes = rotation[:, 0].transpose(1, 2)  # (B, axis, 3)
        off = (axes - wanted.transpose(1, 2)) * weight[:, None, None]
        by = torch.linalg.cross(
            left[:, 0].transpose(1, 2)[:, None].expand(-1, 3, -1, -1),
            axes[:, :, None].expand(-1, -1, 3, -1),
            dim=3,
        )
        return off.flatten(1), (by * weight[:, None, None, None]).transpose(2, 3).flatten(1, 2)

    def _start(self, points: Tensor, weights: Tensor, given: Tensor) -> Tensor:
        """The mean pose, turned as given or by the torso, and moved onto the points."""
        unknowns = points.new_zeros(len(points), UNKNOWNS)
        unknowns[:, BODY_POSE] = self.prior.mean_pose[-len(unknowns[0, BODY_POSE]) :]
        rest = self.body.posed(unknowns).points
        chosen = weights.clone()
        if len(self.torso) >= _FEWEST:
            on_torso = torch.zeros_like(chosen)
            on_torso[:, list(self.torso)] = chosen[:, list(self.torso)]
            enough = (on_torso > 0).sum(dim=1) >= _FEWEST
            chosen = torch.where(enough[:, None], on_torso, chosen)
        turn = matrix_to_axis_angle(_rotation_onto(rest, points, chosen))
        unknowns[:, :3] = torch.where(torch.isfinite(given).all(dim=1, keepdim=True), given, turn)
        share = (weights / weights.sum(dim=1, keepdim=True))[..., None]
        unknowns[:, CAM_T_COLUMNS] = ((points - self.body.posed(unknowns).points) * share).sum(dim=1)
        return unknowns


def _rotation_onto(source: Tensor, target: Tensor, weights: Tensor) -> Tensor:
    """The rotations (B, 3, 3) that bring points (B, K, 3) nearest to others (Kabsch, Acta Cryst. 1976)."""
    share = (weights / weights.sum(dim=1, keepdim=True))[..., None]
    one, other = (
        source - (source * share).sum(1, keepdim=True),
        target - (target * share).sum(1, keepdim=True),
    )
    left, _, right = torch.linalg.svd((one * share).transpose(1, 2) @ other)
    sign = torch.linalg.det(left @ right).sign()
    scale = torch.stack([torch.ones_like(sign), torch.ones_like(sign), sign], dim=1)
    return (left * scale[:, None] @ right).transpose(1, 2)
