"""The one rule by which a row of the fits dictionary and a new fit are compared."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.body.keypoint_body import CAM_T_COLUMNS, KeypointBody, params_to_vector, vector_to_params
from core.body.model import Body, BodyParams
from core.fitting import SPIN_WEIGHTS, FitConfig
from core.fitting.config import REFERENCE_SIZE
from core.fitting.placing import BODY_HEIGHT, place
from core.fitting.prior import PosePrior, default_prior
from core.fitting.smplify import score_px
from core.fitting.terms.all_terms import TERMS
from core.fitting.terms.reprojection import NEAREST, believed, robust_units
from core.fitting.terms.term import ComparedBodies, FitGoal, Observation, SeenKeypoints
from core.fitting.terms.wish_table import no_wishes
from core.geometry.camera import project
from train.data.rotated_body import LAYOUT

LOOP_FIT = replace(
    SPIN_WEIGHTS, normalise=True, placing_iterations=0, soft_iterations=6, iterations=6, tolerance=0.0
)  # SPIN's weights, at a person 200 px tall, which is about what they are in its crop
PLACINGS = 3  # re-weighted least squares for the camera of a body


@dataclass(frozen=True, eq=False)
class Judge:
    """The one rule by which old and new are compared: the objective of the fit, priors counted, of a body that stands
    where least squares put it, per visible keypoint. keypoints (B, 49, 3), focal_length (B,), camera_center (B, 2)."""

    body: KeypointBody
    prior: PosePrior
    keypoints: Tensor
    focal_length: Tensor
    camera_center: Tensor
    config: FitConfig

    def of_two(self) -> Judge:
        """Of two bodies of each person, all first ones first."""
        keypoints, focal_length, camera_center = (
            torch.cat([part, part]) for part in (self.keypoints, self.focal_length, self.camera_center)
        )
        return replace(self, keypoints=keypoints, focal_length=focal_length, camera_center=camera_center)

    def place(self, params: BodyParams) -> BodyParams:
        """The same bodies, moved under their keypoints. A body stays if least squares would move it far off."""
        unknowns = params_to_vector(params).nan_to_num()
        unknowns[:, CAM_T_COLUMNS].zero_()
        points = self.body.posed(unknowns).points
        confidence = self.keypoints[..., 2]
        cam_t = points.new_zeros(len(points), 3)
        for placing in range(PLACINGS):
            trust = torch.ones_like(confidence) if placing == 0 else self._trust(points + cam_t[:, None])
            cam_t = place(points, self._seen(confidence * trust))
        unknowns[:, CAM_T_COLUMNS] = cam_t
        return vector_to_params(unknowns)

    def __call__(self, params: BodyParams) -> Tensor:
        """The loss (B,), the lower the better; NaN for a body that is not finite."""
        confidence = self.keypoints[..., 2]
        total = self.loss_by_term(self.place(params)).sum(dim=1)
        total = total / confidence.square().sum(dim=1).clamp_min(1e-6)
        finite = params_to_vector(params).isfinite().all(dim=1)
        return total.masked_fill(~finite, torch.nan)

    def loss_by_term(self, params: BodyParams) -> Tensor:
        """What a fit's terms say of bodies where they stand (B, T); nobody is held to a start, nothing is wished."""
        seen = self._seen(self.keypoints[..., 2])._replace(scale=self._unit)
        observation = Observation(seen, no_wishes(self.keypoints.dtype, self.keypoints.device))
        placed = ComparedBodies.of(self.body.posed(params_to_vector(params)), observation)
        goal = FitGoal(TERMS, self.config, self.prior)
        return torch.stack([term.plain(goal, placed).loss for term in TERMS], dim=1)

    def _trust(self, points: Tensor) -> Tensor:
        """What is believed of each keypoint (B, K), of body points (B, K, 3) [m]."""
        depth = points[..., 2:].clamp_min(NEAREST)
        off = project(torch.cat([points[..., :2], depth], dim=-1), self.focal_length, self.camera_center)
        residual = (off - self.keypoints[..., :2]) * self._unit[:, None, None]
        return believed(residual, robust_units(self.config)).mean(dim=-1)

    @property
    def _unit(self) -> Tensor:
        """(B,) [1/px] residual units a pixel: of the spread of the keypoints alone, the same for old and new."""
        unit = torch.full_like(self.focal_length, 1 / self.config.keypoint_px)
        if not self.config.normalise:
            return unit
        seen = (self.keypoints[..., 2] > 0)[..., None]
        high = self.keypoints[..., :2].masked_fill(~seen, -torch.inf).amax(dim=1)
        low = self.keypoints[..., :2].masked_fill(~seen, torch.inf).amin(dim=1)
        size = (high - low).amax(dim=1).nan_to_num(neginf=0.0).clamp_min(1.0)
        return unit * REFERENCE_SIZE / size

    def _seen(self, confidence: Tensor) -> SeenKeypoints:
        unit = torch.ones_like(self.focal_length)
        return SeenKeypoints(self.keypoints[..., :2], confidence, self.focal_length, self.camera_center, unit)


def placed(
    body: Body,
    pose: NDArray[np.float32],
    betas: NDArray[np.float32],
    kid: NDArray[np.float32],
    keypoints: NDArray[np.float32],
    focal_length: NDArray[np.float32],
    camera_center: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Known bodies, pose (M, 72), betas (M, 10), kid (M,), under their keypoints: cam_t (M, 3) [m] and score (M,) as in
    `Fit`."""
    tensors = [torch.from_numpy(np.array(a, np.float32)) for a in (keypoints, focal_length, camera_center)]
    keypoints_t, focal, center = tensors
    collapsed = KeypointBody.from_body(body, LAYOUT)
    judge = Judge(collapsed, default_prior(focal.device, focal.dtype), keypoints_t, focal, center, LOOP_FIT)
    known = (torch.from_numpy(part) for part in (pose, betas, np.zeros((len(pose), 3), np.float32), kid))
    params = BodyParams.from_pose(*known)
    params = judge.place(params)
    points = collapsed.keypoints(params)
    score = scores(points, params.cam_t, keypoints_t, focal, center)
    return params.cam_t.numpy(), score.numpy()


def scores(
    points: Tensor, cam_t: Tensor, keypoints: Tensor, focal_length: Tensor, camera_center: Tensor
) -> Tensor:
    """score (B,) as in `Fit`, of body points (B, K, 3) [m] that stand at cam_t (B, 3) [m]."""
    off = (project(points, focal_length, camera_center) - keypoints[..., :2]).norm(dim=-1)
    size = BODY_HEIGHT * focal_length / cam_t[:, 2].clamp_min(0.1)
    return score_px(off, keypoints[..., 2], size)
