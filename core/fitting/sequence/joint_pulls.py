"""The terms that link frames: smooth acceleration of joints, and feet that do not slide.

Both are functions of the joints' places alone, so they come as forces and stiffnesses of joints; a solver multiplies
them with the joints' Jacobians.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from core.body.tree import joint_index

FEET = tuple(joint_index(f"{side}_{part}") for side in ("left", "right") for part in ("ankle", "foot"))
LONGEST = 1.0  # [s] frames farther apart are not linked


class JointPulls(NamedTuple):
    """loss (P,); force (P, T, 24, 3): half its gradient by the joints' places; own, first, second (P, T, 24): half its
    Hessian by a joint's place in frame t, and in frame t, t - 1 or t - 2, a multiple of the identity."""

    loss: Tensor
    force: Tensor
    own: Tensor
    first: Tensor
    second: Tensor


class Links(NamedTuple):
    """Differences over time as factors of places. bend (P, T, 3): of frames t, t - 1, t - 2 in an acceleration
    [1/s²]; pace (P, T): 1/s between frames t - 1 and t. Zero for missing frames, and for gaps of 0 or above LONGEST."""

    bend: Tensor
    pace: Tensor


class PullWeights(NamedTuple):
    """acceleration [m/s²] and foot_speed [m/s]: one residual unit; jerky and stepping: beyond these many units an
    acceleration or a foot's speed counts little (Geman and McClure)."""

    acceleration: float
    foot_speed: float
    jerky: float
    stepping: float


def links_of(seconds: Tensor, there: Tensor) -> Links:
    """seconds (P, T) of each frame, rising; there (P, T) bool. Frames of the same time are not linked."""
    gap = torch.diff(seconds, dim=1)
    near = there[:, 1:] & there[:, :-1] & (gap > 0) & (gap <= LONGEST)
    gap = torch.where(near, gap, torch.ones_like(gap))
    pace = torch.zeros_like(seconds)
    pace[:, 1:] = near / gap
    bend = torch.zeros_like(seconds)[..., None].repeat(1, 1, 3)
    before, after = gap[:, :-1], gap[:, 1:]
    both = (near[:, :-1] & near[:, 1:]) * 2 / (before + after)
    bend[:, 2:, 0], bend[:, 2:, 2] = both / after, both / before
    bend[:, 2:, 1] = -both / after - both / before
    return Links(bend, pace)


def joint_pulls(places: Tensor, links: Links, weights: PullWeights) -> JointPulls:
    """places (P, T, 24, 3) [m], in the frame in which motion is smooth."""
    own = torch.zeros_like(places[..., 0])
    pulls = JointPulls(own.sum(dim=(1, 2)), torch.zeros_like(places), own, own.clone(), own.clone())
    pulls = _bent(pulls, places, links.bend / weights.acceleration, weights.jerky)
    return _slid(pulls, places, links.pace / weights.foot_speed, weights.stepping)


def _bent(pulls: JointPulls, places: Tensor, bend: Tensor, robust: float) -> JointPulls:
    """Add the accelerations."""
    now, before, earlier = (part[:, :, None] for part in bend.unbind(dim=2))
    residual = now[..., None] * places
    residual[:, 1:] += before[:, 1:, ..., None] * places[:, :-1]
    residual[:, 2:] += earlier[:, 2:, ..., None] * places[:, :-2]
    squared = residual.square().sum(dim=3)
    trust = robust**2 / (robust**2 + squared)
    weight = trust.square()
    pull = weight[..., None] * residual
    force, own, first = pulls.force + now[..., None] * pull, pulls.own + weight * now**2, pulls.first
    force[:, :-1] += before[:, 1:, ..., None] * pull[:, 1:]
    force[:, :-2] += earlier[:, 2:, ..., None] * pull[:, 2:]
    own[:, :-1] += (weight * before**2)[:, 1:]
    own[:, :-2] += (weight * earlier**2)[:, 2:]
    first = first + weight * now * before
    first[:, :-1] += (weight * before * earlier)[:, 1:]
    second = pulls.second + weight * now * earlier
    return JointPulls(pulls.loss + (trust * squared).sum(dim=(1, 2)), force, own, first, second)


def _slid(pulls: JointPulls, places: Tensor, pace: Tensor, robust: float) -> JointPulls:
    """Add the feet's speeds: a foot either stands or moves, and a robust loss lets it move."""
    feet = places[:, :, FEET]
    residual = torch.zeros_like(feet)
    residual[:, 1:] = torch.diff(feet, dim=1) * pace[:, 1:, None, None]
    squared = residual.square().sum(dim=3)
    trust = robust**2 / (robust**2 + squared)
    weight = trust.square()
    pull, stiff = weight[..., None] * residual * pace[..., None, None], weight * pace[..., None] ** 2
    force, own, first = pulls.force.clone(), pulls.own.clone(), pulls.first.clone()
    force[:, :, FEET] += pull
    force[:, :-1, FEET] -= pull[:, 1:]
    own[:, :, FEET] += stiff
    own[:, :-1, FEET] += stiff[:, 1:]
    first[:, :, FEET] -= stiff
    return pulls._replace(
        loss=pulls.loss + (trust * squared).sum(dim=(1, 2)), force=force, own=own, first=first
    )
