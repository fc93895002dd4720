"""SPIN's losses (Kolotouros et al., ICCV 2019), with the weights of its public code.

Each term has a value per person and a mask of the people it applies to. Its mean is over the masked people of the whole
batch, also when several processes share the batch, so that two processes take the same step as one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from core.body.keypoints import OPENPOSE, layout
from core.geometry.camera import CROP_FOCAL_LENGTH, CROP_SIZE, weak_camera_to_cam_t

HIPS = tuple(layout("spin49").index(name) - OPENPOSE for name in ("right_hip", "left_hip"))
EXTREME_BETA = 3.0  # standard deviations: a predicted beta further out is not believed


@dataclass(frozen=True)
class LossWeights:
    """SPIN's defaults. openpose and annotated weigh the two halves of the 49 keypoints, in the 2D term."""

    keypoints_2d: float = 5.0
    keypoints_3d: float = 5.0
    pose: float = 1.0
    betas: float = 0.001
    vertices: float = 0.0
    camera: float = 1.0
    openpose: float = 0.0
    annotated: float = 1.0
    total: float = 60.0


class Term(NamedTuple):
    """value (B,) of each person; counts (B,) bool: the people in the mean."""

    value: Tensor
    counts: Tensor


def project_to_crop(points: Tensor, weak_camera: Tensor) -> Tensor:
    """Points (B, N, 3) [m] of a body in the crop, from -1 to 1, as weak_camera (B, 3) = scale, tx, ty shows them."""
    moved = points + weak_camera_to_cam_t(weak_camera)[:, None]
    return moved[..., :2] / moved[..., 2:] * (CROP_FOCAL_LENGTH / (CROP_SIZE / 2))


def to_unit(keypoints: Tensor) -> Tensor:
    """Keypoints (B, K, 3) [px of the crop], confidence last, to the coordinates of `project_to_crop`."""
    return torch.cat([2 * keypoints[..., :2] / CROP_SIZE - 1, keypoints[..., 2:]], dim=-1)


def keypoints_2d_term(points: Tensor, keypoints: Tensor, half_weights: Tensor) -> Term:
    """points (B, 49, 2) and keypoints (B, 49, 3), both from -1 to 1; half_weights (B, 2): openpose and annotated."""
    weight = half_weights.repeat_interleave(
        torch.tensor([OPENPOSE, keypoints.shape[1] - OPENPOSE], device=keypoints.device), dim=1
    )
    confidence = keypoints[..., 2] * weight
    # An absent point may lie anywhere, at NaN too: it must not come into the sum at all.
    squared = (points - torch.where(confidence[..., None] > 0, keypoints[..., :2], points.detach())).square()
    return _everyone((confidence[..., None] * squared).mean(dim=(1, 2)))


def keypoints_3d_term(points: Tensor, joints: Tensor, has_joints: Tensor) -> Term:
    """points (B, 24, 3) [m], joints (B, 24, 4) with confidence, both compared from between their hips, which must be
    known."""
    hips = list(HIPS)
    centred = points - points[:, hips].mean(dim=1, keepdim=True)
    truth = joints[..., :3] - joints[:, hips, :3].mean(dim=1, keepdim=True)
    known = has_joints & (joints[:, hips, 3] > 0).all(dim=1)
    return Term((joints[..., 3:] * (centred - truth).square()).mean(dim=(1, 2)), known)


def pose_term(rotations: Tensor, truth: Tensor, valid: Tensor) -> Term:
    """rotations, truth (B, 24, 3, 3)."""
    return Term((rotations - truth).square().mean(dim=(1, 2, 3)), valid)


def betas_term(betas: Tensor, truth: Tensor, valid: Tensor) -> Term:
    """betas, truth (B, 10)."""
    return Term((betas - truth).square().mean(dim=1), valid)


def vertices_term(vertices: Tensor, truth: Tensor, valid: Tensor) -> Term:
    """vertices, truth (B, V, 3) [m]; the absolute difference."""
    return Term((vertices - truth).abs().mean(dim=(1, 2)), valid)


def camera_term(weak_camera: Tensor) -> Term:
    """Keeps the scale of weak_camera (B, 3) above zero."""
    return _everyone((-10 * weak_camera[:, 0]).exp().square())


def weighted_sum(
    terms: dict[str, Term], weights: LossWeights, total: Callable[[Tensor], Tensor] = lambda counts: counts
) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss of a batch and its parts by term, each already weighted.

    total: sums numbers (T,) over all processes. With several, the loss is this process's share of it.
    """
    counts = total(torch.stack([term.counts.sum() for term in terms.values()]).float())
    parts = {
        name: weights.total * getattr(weights, name) * _summed(term) / count.clamp_min(1)
        for (name, term), count in zip(terms.items(), counts, strict=True)
    }
    return torch.stack(list(parts.values())).sum(), parts


def of_each(terms: dict[str, Term], weights: LossWeights) -> Tensor:
    """The loss (B,) of each person alone, of the terms that count for it."""
    parts = [
        getattr(weights, name) * torch.where(term.counts, term.value, 0.0) for name, term in terms.items()
    ]
    return weights.total * torch.stack(parts).sum(dim=0)


def believable_betas(betas: Tensor, locked: Tensor) -> Tensor:
    """betas (B, 10) to teach: those of a fit with any beyond three standard deviations become the mean shape's.

    What a human has locked is believed as it is.
    """
    extreme = (betas.abs() > EXTREME_BETA).any(dim=1) & ~locked
    return betas.masked_fill(extreme[:, None], 0.0)


def _everyone(value: Tensor) -> Term:
    return Term(value, torch.ones_like(value, dtype=torch.bool))


def _summed(term: Term) -> Tensor:
    return torch.where(term.counts, term.value, 0.0).sum()
