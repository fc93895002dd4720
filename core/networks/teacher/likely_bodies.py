"""How likely a body in 3D is by the density of 2D points: the mean over views from all around it."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from core.networks.teacher.body_points import BodyPoints
from core.networks.teacher.pose_density import PoseDensity
from core.networks.teacher.turned_views import seen_anew

HEADINGS, PITCHES = 8, (-0.15, 0.15)  # of the views; [rad]
MOST_UNLIKELY = -200.0  # [nats] of one view


@torch.no_grad()
def likelihood_of_bodies(density: PoseDensity, points: BodyPoints, at: Tensor) -> Tensor:
    """Mean log-likelihood (B,) [nats] of bodies, points (B, P, 3) [m] in the camera frame, seen from all around.

    The views keep the camera's distance and its upright.
    """
    middle = at[:, points.hips].mean(dim=1, keepdim=True)
    at = at - middle
    size = at[..., :2].norm(dim=-1).mean(dim=1) / middle[:, 0, 2].clamp_min(0.1)
    at = at / at[..., :2].norm(dim=-1).mean(dim=1).clamp_min(1e-6)[:, None, None]
    total = at.new_zeros(len(at))
    for pitch in PITCHES:
        for step in range(HEADINGS):
            turn = view_turn(2 * math.pi * step / HEADINGS, pitch).to(at)
            view, _ = seen_anew(at @ turn.T, size, points.hips)
            total = total + density(view).clamp_min(MOST_UNLIKELY)
    return total / (HEADINGS * len(PITCHES))


def view_turn(heading: float, pitch: float) -> Tensor:
    """(3, 3): heading about the camera's upright, then pitch about its x axis, both [rad]."""
    c, s, cp, sp = math.cos(heading), math.sin(heading), math.cos(pitch), math.sin(pitch)
    about_y = torch.tensor([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
    about_x = torch.tensor([[1.0, 0.0, 0.0], [0.0, cp, -sp], [0.0, sp, cp]])
    return about_x @ about_y
