"""Placement of a guessed body: the translation that brings its keypoints under those seen, held by the guess."""

from __future__ import annotations

import torch
from torch import Tensor

ROUNDS = 3
FIT_ERROR, OUTLIER = 0.03, 0.15  # [m] usual error of a guessed body's keypoints, and of an outlier
NEAREST = 0.1  # [m] a distance of which a guess may be off by a share
ACROSS_ERROR, DEPTH_ERROR = 0.1, 0.1  # of the guess: [m], and of the distance


def place_under_keypoints(points: Tensor, rays: Tensor, confidence: Tensor, guessed: Tensor) -> Tensor:
    """The cam_t (B, 3) [m] that is likeliest for a guess of it and the keypoints seen.

    points (B, K, 3) [m] of the body at `guessed` (B, 3); rays (B, K, 2) of the keypoints at depth 1; confidence (B, K).
    Linear in the shift t: X + tx = u (Z + tz), as in "place" of a fit, re-weighted against outliers (Geman-McClure).
    """
    one, zero = torch.ones_like(confidence), torch.zeros_like(confidence)
    rows = torch.stack(
        [torch.stack([one, zero, -rays[..., 0]], -1), torch.stack([zero, one, -rays[..., 1]], -1)], dim=2
    )  # (B, K, 2, 3)
    off = rays * points[..., 2:] - points[..., :2]
    distance = points[..., 2].mean(dim=1).abs().clamp_min(NEAREST)
    spread = torch.stack([torch.full_like(distance, ACROSS_ERROR)] * 2 + [DEPTH_ERROR * distance], dim=-1)
    hold = torch.diag_embed((FIT_ERROR / spread) ** 2)
    shift = torch.zeros_like(guessed)
    for _ in range(ROUNDS):
        left = off - (rows @ shift[:, None, :, None])[..., 0]
        trust = confidence * (OUTLIER**2 / (OUTLIER**2 + left.square().sum(dim=-1))) ** 2
        weighted = (rows * trust[..., None, None]).flatten(1, 2)
        normal = weighted.mT @ rows.flatten(1, 2) + hold
        shift = torch.linalg.solve_ex(normal, weighted.mT @ off.flatten(1, 2)[..., None])[0][..., 0]
    nearest = (points[..., 2] + shift[:, 2:]).amin(dim=1)
    usable = shift.isfinite().all(dim=1) & (nearest > 0)
    return guessed + torch.where(usable[:, None], shift, 0.0)
