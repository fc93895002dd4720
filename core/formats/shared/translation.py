"""Where a body of a file without translations stands: by its keypoints, or else by its box.

Both work in any pinhole camera: that of a crop and that of a photo. The body's points are given at the origin, pixels
are counted from the camera's centre.
"""

from __future__ import annotations

import torch
from torch import Tensor

from core.geometry.camera import project
from core.records import BBOX_PADDING

_BOX_STEPS = 40  # each makes the error some ten times smaller


def cam_t_by_keypoints(points: Tensor, seen: Tensor, confidence: Tensor, focal_length: Tensor) -> Tensor:
    """The translation (N, 3) [m] that projects points (N, K, 3) [m] onto seen (N, K, 2) [px].

    confidence (N, K), focal_length (N,) [px]. As in SPIN's estimate_translation it solves f (X + tx) = u (Z + tz) by
    weighted linear least squares, but over all keypoints.
    """
    weight = confidence.sqrt()[..., None].expand(-1, -1, 2)
    focal = focal_length[:, None, None]
    left = torch.zeros(*seen.shape, 3, dtype=points.dtype)
    left[..., 0, 0] = left[..., 1, 1] = focal_length[:, None]
    left[..., 2] = -seen
    right = seen * points[..., 2:] - focal * points[..., :2]
    left, right = (left * weight[..., None]).flatten(1, 2), (right * weight).flatten(1, 2)
    normal = left.transpose(1, 2) @ left + 1e-9 * torch.eye(3, dtype=points.dtype)
    return torch.linalg.solve(normal, (left.transpose(1, 2) @ right[..., None]))[..., 0]


def cam_t_by_box(points: Tensor, center: Tensor, side: Tensor, focal_length: Tensor) -> Tensor:
    """The translation (N, 3) [m] that makes a padded box round the projected points the given box.

    points (N, K, 3) [m]; center (N, 2) [px]; side (N,) and focal_length (N,) [px]. The padding is the usual one: SPIN's
    script for 3DPW makes such boxes of the keypoints.
    """
    size = side / BBOX_PADDING
    extent = (points[..., :2].amax(1) - points[..., :2].amin(1)).amax(1).clamp_min(1e-3)
    depth = focal_length * extent / size
    middle = points.mean(1)
    cam_t = torch.cat([center * (depth / focal_length)[:, None], depth[:, None]], 1) - middle
    nearest = 0.05 * depth
    for _ in range(_BOX_STEPS):
        placed = points + cam_t[:, None]
        placed = torch.cat([placed[..., :2], placed[..., 2:].clamp_min(1e-3)], 2)
        shown = project(placed, focal_length, torch.zeros_like(center))
        low, high = shown.amin(1), shown.amax(1)
        now = placed[..., 2].mean(1)
        depth = torch.maximum(now * (high - low).amax(1) / size, nearest)
        move = (center - (low + high) / 2) * (now / focal_length)[:, None]
        cam_t = cam_t + torch.cat([move, (depth - now)[:, None]], 1)
    return cam_t


def error_px(points: Tensor, cam_t: Tensor, seen: Tensor, confidence: Tensor, focal_length: Tensor) -> Tensor:
    """(N,) root of the mean squared distance [px] of projected points from seen ones; infinite behind the camera."""
    placed = points + cam_t[:, None]
    visible = confidence > 0
    behind = ((placed[..., 2] <= 0) & visible).any(1)
    shown = project(placed, focal_length, torch.zeros_like(seen[:, 0]))
    squared = torch.where(visible, (shown - seen).square().sum(-1), 0.0).sum(1)
    error = (squared / visible.sum(1).clamp_min(1)).sqrt()
    return torch.where(behind | ~error.isfinite(), torch.inf, error)
