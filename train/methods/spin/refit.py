"""The fit in the loop: from predictions to fits in the photo's camera frame, and the better of old and new.

The network sees an augmented crop. Its answer goes back by the inverse of the augmentation, into the bbox's crop and
from there into the photo (core/geometry/camera.py), where the fit uses the photo's own perspective and keypoints as
they were corrected. Rows of the dictionary and new fits are judged there too, both by one rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from core.body.keypoint_body import KeypointBody, params_to_vector, vector_to_params
from core.body.model import Body, BodyParams
from core.compute.cuda_graphs import Rowwise
from core.fitting import FitConfig, fit
from core.fitting.prior import default_prior
from core.geometry.camera import crop_to_full, full_to_crop, weak_camera_to_cam_t
from core.geometry.rotation import matrix_to_axis_angle
from core.networks.guess import SMALLEST_SCALE
from core.networks.spin import SpinOutput
from core.records import BBOX_UNIT
from core.store.fits.augmented import undo_augmentation
from core.store.fits.dictionary import FitsDictionary
from train.data.augment import undo_scale
from train.data.augmented_views import Views
from train.data.compare_fits import Judge, scores
from train.data.rotated_body import LAYOUT
from train.methods.spin.loss import EXTREME_BETA


class CropInPhoto(NamedTuple):
    """How photo and crop see people (B,): center (B, 2) and side of the bbox, focal_length, camera_center (B, 2), all
    [px]; and kid, how much of a child each is."""

    center: Tensor
    side: Tensor
    focal_length: Tensor
    camera_center: Tensor
    kid: Tensor

    @classmethod
    def of(cls, fits: FitsDictionary, rows: Tensor) -> CropInPhoto:
        side = BBOX_UNIT * fits.scale[rows]
        return cls(fits.center[rows], side, fits.focal_length[rows], fits.camera_center[rows], fits.kid[rows])


@dataclass(frozen=True, eq=False)
class Candidates:
    """New fits (B,) for rows of the dictionary, in the frame of the bbox's crop, upright and unflipped: what
    `FitsDictionary.keep_better` takes. new_loss and old_loss (B,): the judge's loss of fit and row."""

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
def refit(
    body: Body, predicted: SpinOutput, views: Views, fits: FitsDictionary, config: FitConfig
) -> Candidates:
    """Fit a whole batch at once, each body from its prediction. Locked rows are not fitted: they keep an
    infinite new_loss, and so do people with too few keypoints or an impossible body."""
    batch = len(views)
    seen = (views.keypoints[..., 2] > 0).any(dim=1)
    chosen = (seen & ~fits.locked[views.indices]).nonzero()[:, 0]
    if len(chosen) == batch:
        return _refit(body, predicted, views, fits, config)
    found = Candidates(
        views.indices,
        *(predicted.betas.new_zeros(batch, size, dtype=torch.float32) for size in (72, 10, 3, 3)),
        *(predicted.betas.new_full((batch,), torch.inf, dtype=torch.float32) for _ in range(3)),
    )
    if len(chosen):
        some = _refit(body, SpinOutput(*(part[chosen] for part in predicted)), views[chosen], fits, config)
        for name in Candidates.__dataclass_fields__:
            getattr(found, name)[chosen] = getattr(some, name)
    return found


def _refit(
    body: Body, predicted: SpinOutput, views: Views, fits: FitsDictionary, config: FitConfig
) -> Candidates:
    rows, keypoints, frame = views.indices, views.keypoints, CropInPhoto.of(fits, views.indices)
    before, after = _around_the_fit(body, config)
    guess = (part.detach().float() for part in predicted)
    (start,) = before(*guess, views.rotation_deg, views.flipped, views.scale, keypoints, *frame)
    camera = frame.focal_length, frame.camera_center
    *_, step = fit(body, keypoints, LAYOUT, *camera, vector_to_params(start), config)
    weak, unknowns = step.weak.to(rows.device), step.unknowns.to(keypoints)
    return Candidates(rows, *after(unknowns, weak, fits.crop_pose[rows], fits.betas[rows], keypoints, *frame))


@lru_cache(maxsize=4)
def _around_the_fit(body: Body, config: FitConfig) -> tuple[Rowwise, Rowwise]:
    """What is done before a fit and after it: some thousand small operations, on a GPU one call each.

    before: predictions, the augmentation, keypoints and a Frame; to unknowns (B, 86) to start from. after: the
    fit's unknowns, whether it is weak, the row's pose and betas, keypoints and a Frame; to a Candidates but its rows.
    """
    collapsed = KeypointBody.from_body(body, LAYOUT)
    prior = default_prior(body.v_template.device, body.v_template.dtype)

    def before(*parts: Tensor) -> tuple[Tensor]:
        predicted, (rotation_deg, flipped, scale, keypoints), frame = (
            parts[:3],
            parts[3:7],
            CropInPhoto(*parts[7:]),
        )
        judge = Judge(collapsed, prior, keypoints, frame.focal_length, frame.camera_center, config)
        start = in_photo(body, SpinOutput(*predicted), rotation_deg, flipped, scale, frame)
        return (params_to_vector(judge.place(start)),)

    def after(unknowns: Tensor, weak: Tensor, *parts: Tensor) -> tuple[Tensor, ...]:
        row_pose, row_betas, keypoints = parts[:3]
        frame, params = CropInPhoto(*parts[3:]), vector_to_params(unknowns)
        camera = frame.focal_length, frame.camera_center
        judge = Judge(collapsed, prior, keypoints, *camera, config)
        pelvis = body.rest_pelvis(params)
        orient, cam_t = full_to_crop(params.global_orient, params.cam_t, pelvis, *frame[:4])
        row = row_in_photo(row_pose, row_betas, frame)
        both = BodyParams(*(torch.cat(pair) for pair in zip(params.tensors(), row.tensors(), strict=True)))
        new_loss, old_loss = judge.of_two()(both).chunk(2)
        useless = weak | (params.betas.abs() > EXTREME_BETA).any(dim=1)
        score = scores(collapsed.posed(unknowns).points, params.cam_t, keypoints, *camera)
        pose = torch.cat([orient, params.body_pose], dim=1)
        return pose, params.betas, cam_t, pelvis, score, new_loss.masked_fill(useless, torch.inf), old_loss

    return Rowwise(before), Rowwise(after)


def in_photo(
    body: Body,
    predicted: SpinOutput,
    rotation_deg: Tensor,
    flipped: Tensor,
    scale: Tensor,
    frame: CropInPhoto,
) -> BodyParams:
    """The predictions for augmented crops, in the photo's camera frame. The rows tell how much of a child each
    is: the network does not. The augmentation rotation_deg, flipped, scale (B,)."""
    pose = matrix_to_axis_angle(predicted.rotations).flatten(1).nan_to_num()
    seen = predicted.weak_camera[:, :1].clamp_min(SMALLEST_SCALE)
    cam_t = weak_camera_to_cam_t(torch.cat([seen, predicted.weak_camera[:, 1:]], dim=1))
    pelvis = body.rest_pelvis(BodyParams.from_pose(pose, predicted.betas, cam_t, frame.kid))
    cam_t = undo_scale(cam_t, pelvis, scale)
    pose, position = undo_augmentation(pose, cam_t + pelvis, rotation_deg, flipped)
    orient, cam_t = crop_to_full(pose[:, :3], position - pelvis, pelvis, *frame[:4])
    return BodyParams.from_pose(torch.cat([orient, pose[:, 3:]], dim=1), predicted.betas, cam_t, frame.kid)


def row_in_photo(pose: Tensor, betas: Tensor, frame: CropInPhoto) -> BodyParams:
    """Rows of the dictionary, pose (B, 72) in the crop's frame and betas (B, 10), turned into the photo's camera frame;
    where they stand is the judge's to say.

    From the crop's frame, which a save leaves as it is: what is judged better must not depend on when a run is saved.
    """
    nowhere = torch.zeros_like(pose[:, :3])
    ahead = torch.cat([nowhere[:, :2], torch.ones_like(nowhere[:, :1])], dim=1)
    orient, _ = crop_to_full(pose[:, :3], ahead, nowhere, *frame[:4])
    return BodyParams(orient, pose[:, 3:], betas, nowhere, frame.kid)
