"""The fit in the loop: from what the network says of a batch to fits in the photo's camera frame, and who is better.

The network sees an augmented crop. Its answer goes back by the inverse of the augmentation, into the bbox's crop and
from there into the photo (core/geometry/camera.py), where the fit uses the photo's own perspective and keypoints as
they were corrected. Rows of the dictionary and new fits are judged there too, both by one rule.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.body.keypoint_body import CAM_T_COLUMNS, KeypointBody, params_to_vector, vector_to_params
from core.body.model import Body, BodyParams
from core.fitting import SPIN_WEIGHTS, FitConfig, fit
from core.fitting.config import REFERENCE_SIZE
from core.fitting.placing import BODY_HEIGHT, place
from core.fitting.prior import PosePrior, default_prior, hinges
from core.fitting.residuals import NEAREST, Seen
from core.fitting.smplify import score_px
from core.geometry.camera import crop_to_full, full_to_crop, weak_camera_to_cam_t
from core.geometry.rotation import matrix_to_axis_angle
from core.guess.guess import SMALLEST_SCALE
from core.guess.spin_network import SpinOutput
from core.records import BBOX_UNIT
from core.store.crop_frame import undo_augmentation
from core.store.fits import FitsDictionary
from train.learning.augment import undo_scale
from train.learning.losses import EXTREME_BETA
from train.learning.posing import LAYOUT

LOOP_FIT = replace(
    SPIN_WEIGHTS, normalise=True, placing_iterations=0, soft_iterations=6, iterations=6, tolerance=0.0
)  # SPIN's weights, at a person 200 px tall, which is about what they are in its crop
PLACINGS = 3  # re-weighted least squares for the camera of a body


@dataclass(frozen=True, eq=False)
class Views:
    """How the rows (B,) of a batch are seen: indices of the dictionary, the augmentation rotation_deg, flipped and
    scale (B,), and keypoints (B, 49, 3) [px of the photo]."""

    indices: Tensor
    rotation_deg: Tensor
    flipped: Tensor
    scale: Tensor
    keypoints: Tensor

    def __getitem__(self, chosen: Tensor) -> Views:
        return Views(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    def __len__(self) -> int:
        return len(self.indices)


@dataclass(frozen=True, eq=False)
class Candidates:
    """New fits (B,) for rows of the dictionary, in the frame of the bbox's crop, upright and unflipped: what
    `FitsDictionary.keep_better` takes. new_loss and old_loss (B,): what the judge says of fit and row."""

    indices: Tensor
    pose: Tensor
    betas: Tensor
    cam_t: Tensor
    pelvis: Tensor
    score: Tensor
    new_loss: Tensor
    old_loss: Tensor

    def keep_better(self, fits: FitsDictionary) -> Tensor:
        """Put into the dictionary what is better than its rows. Returns replaced (B,) bool."""
        if not len(self.indices):
            return torch.zeros(0, dtype=torch.bool, device=fits.device)
        upright = torch.zeros_like(self.score)
        losses = torch.cat([self.new_loss, self.old_loss])
        fit = (self.pose, self.betas, self.cam_t, self.pelvis, self.score)
        return fits.keep_better(self.indices, upright, upright > 0, *fit, lambda *_: losses)


@torch.no_grad()
def refit(body: Body, said: SpinOutput, views: Views, fits: FitsDictionary, config: FitConfig) -> Candidates:
    """Fit a whole batch at once, each body from what the network says of it. Locked rows are not fitted: they keep an
    infinite new_loss, and so does who shows too little or becomes a body that nobody has."""
    batch = len(views)
    found = Candidates(
        views.indices,
        *(said.betas.new_zeros(batch, size, dtype=torch.float32) for size in (72, 10, 3, 3)),
        *(said.betas.new_full((batch,), torch.inf, dtype=torch.float32) for _ in range(3)),
    )
    seen = (views.keypoints[..., 2] > 0).any(dim=1)
    chosen = (seen & ~fits.locked[views.indices]).nonzero()[:, 0]
    if len(chosen):
        some = _refit(body, SpinOutput(*(part[chosen] for part in said)), views[chosen], fits, config)
        for name in Candidates.__dataclass_fields__:
            getattr(found, name)[chosen] = getattr(some, name)
    return found


def _refit(body: Body, said: SpinOutput, views: Views, fits: FitsDictionary, config: FitConfig) -> Candidates:
    rows, keypoints = views.indices, views.keypoints
    camera = fits.focal_length[rows], fits.camera_center[rows]
    prior = default_prior(body.v_template.device, body.v_template.dtype)
    judge = Judge(KeypointBody.from_body(body, LAYOUT), prior, keypoints, *camera, config)
    start = judge.place(in_photo(body, said, views, fits))
    *_, step = fit(body, keypoints, LAYOUT, *camera, start, config)
    params = step.params.to(keypoints)
    pelvis = body.rest_pelvis(params)
    frame = (pelvis, fits.center[rows], BBOX_UNIT * fits.scale[rows], *camera)
    orient, cam_t = full_to_crop(params.global_orient, params.cam_t, *frame)
    useless = step.weak.to(rows.device) | (params.betas.abs() > EXTREME_BETA).any(dim=1)
    pairs = zip(params.tensors(), rows_in_photo(fits, rows).tensors(), strict=True)
    new_loss, old_loss = judge.of_two()(BodyParams(*(torch.cat(pair) for pair in pairs))).chunk(2)
    return Candidates(
        indices=rows,
        pose=torch.cat([orient, params.body_pose], dim=1),
        betas=params.betas,
        cam_t=cam_t,
        pelvis=pelvis,
        score=step.score.to(keypoints),
        new_loss=new_loss.masked_fill(useless, torch.inf),
        old_loss=old_loss,
    )


def in_photo(body: Body, said: SpinOutput, views: Views, fits: FitsDictionary) -> BodyParams:
    """What the network says of augmented crops, in the photo's camera frame. The rows tell how much of a child each
    is: the network does not."""
    rows = views.indices
    pose = matrix_to_axis_angle(said.rotations.detach().float()).flatten(1).nan_to_num()
    betas = said.betas.detach().float()
    weak_camera = said.weak_camera.detach().float()
    scale = weak_camera[:, :1].clamp_min(SMALLEST_SCALE)
    cam_t = weak_camera_to_cam_t(torch.cat([scale, weak_camera[:, 1:]], dim=1))
    pelvis = body.rest_pelvis(BodyParams.from_pose(pose, betas, cam_t, fits.kid[rows]))
    cam_t = undo_scale(cam_t, pelvis, views.scale)
    pose, position = undo_augmentation(pose, cam_t + pelvis, views.rotation_deg, views.flipped)
    frame = (
        fits.center[rows],
        BBOX_UNIT * fits.scale[rows],
        fits.focal_length[rows],
        fits.camera_center[rows],
    )
    orient, cam_t = crop_to_full(pose[:, :3], position - pelvis, pelvis, *frame)
    return BodyParams.from_pose(torch.cat([orient, pose[:, 3:]], dim=1), betas, cam_t, fits.kid[rows])


def rows_in_photo(fits: FitsDictionary, rows: Tensor) -> BodyParams:
    """Rows (B,) of the dictionary turned into the photo's camera frame; where they stand is the judge's to say.

    From the crop's frame, which a save leaves as it is: what is judged better must not depend on when a run is saved.
    """
    pose = fits.crop_pose[rows]
    nowhere = torch.zeros_like(pose[:, :3])
    ahead = nowhere.index_fill(1, torch.tensor([2], device=pose.device), 1.0)
    frame = (
        fits.center[rows],
        BBOX_UNIT * fits.scale[rows],
        fits.focal_length[rows],
        fits.camera_center[rows],
    )
    orient, _ = crop_to_full(pose[:, :3], ahead, nowhere, *frame)
    return BodyParams(orient, pose[:, 3:], fits.betas[rows], nowhere, fits.kid[rows])


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
        """The same bodies, moved under their keypoints; whom least squares would put far off stays."""
        unknowns = params_to_vector(params).nan_to_num()
        unknowns[:, CAM_T_COLUMNS] = 0
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
        placed = params_to_vector(self.place(params))
        points = self.body.posed(placed).points
        squared, trust = self._offsets(points)
        confidence = self.keypoints[..., 2]
        data = (confidence.square()[..., None] * trust * squared).sum(dim=(1, 2))
        behind = ((points[..., 2] < NEAREST) & (confidence > 0)).any(dim=1)
        pose, config = placed[:, 3:72], self.config
        priors = config.pose_prior**2 * self.prior.mixture(pose).loss
        priors = (
            priors + config.hinges**2 * hinges(pose).loss + config.limits**2 * self.prior.limits(pose).loss
        )
        priors = (
            priors + config.betas**2 * params.betas.square().sum(dim=1) + config.kid**2 * params.kid.square()
        )
        total = (data + priors).masked_fill(behind, torch.inf) / confidence.square().sum(dim=1).clamp_min(
            1e-6
        )
        finite = params_to_vector(params).isfinite().all(dim=1)
        return total.masked_fill(~finite, torch.nan)

    def _offsets(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Squared residuals (B, K, 2) and what Geman and McClure leave of them."""
        config = self.config
        depth = points[..., 2:].clamp_min(NEAREST)
        pixel = points[..., :2] / depth * self.focal_length[:, None, None] + self.camera_center[:, None]
        squared = ((pixel - self.keypoints[..., :2]) * self._unit[:, None, None]).square()
        robust = (config.robust_px / config.keypoint_px) ** 2
        return squared, robust / (robust + squared)

    def _trust(self, points: Tensor) -> Tensor:
        return self._offsets(points)[1].mean(dim=-1)

    @cached_property
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

    def _seen(self, confidence: Tensor) -> Seen:
        unit = torch.ones_like(self.focal_length)
        return Seen(self.keypoints[..., :2], confidence, self.focal_length, self.camera_center, unit)


def placed(
    body: Body,
    pose: NDArray[np.float32],
    betas: NDArray[np.float32],
    keypoints: NDArray[np.float32],
    focal_length: NDArray[np.float32],
    camera_center: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Known bodies under their keypoints: cam_t (M, 3) [m] and score (M,) as in `Fit`."""
    tensors = [torch.from_numpy(np.array(a, np.float32)) for a in (keypoints, focal_length, camera_center)]
    keypoints_t, focal, center = tensors
    collapsed = KeypointBody.from_body(body, LAYOUT)
    judge = Judge(collapsed, default_prior(focal.device, focal.dtype), keypoints_t, focal, center, LOOP_FIT)
    params = BodyParams.from_pose(torch.from_numpy(pose), torch.from_numpy(betas), torch.zeros(len(pose), 3))
    params = judge.place(params)
    points = collapsed.keypoints(params)
    pixel = points[..., :2] / points[..., 2:] * focal[:, None, None] + center[:, None]
    size = BODY_HEIGHT * focal / params.cam_t[:, 2].clamp_min(0.1)
    score = score_px((pixel - keypoints_t[..., :2]).norm(dim=-1), keypoints_t[..., 2], size)
    return params.cam_t.numpy(), score.numpy()
