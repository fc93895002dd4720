"""What the lifter is taught: of several hypotheses the nearest learns most, the first always learns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from core.body.tree import LIMB_JOINTS
from core.guess.lifter_network import FARTHEST, JOINTS, Hypotheses
from train.learning.scenes import People

LIMB_WEIGHT = 2.0


@dataclass(frozen=True)
class LossWeights:
    """joints [per m], rotations, betas, projection [per half side], place; others: the share of the hypotheses that did
    not win; safe: the share of the first, which learns from everyone; choice: of telling which one won."""

    joints: float = 10.0
    rotations: float = 1.0
    betas: float = 0.02
    projection: float = 1.0
    place: float = 0.2
    others: float = 0.05
    safe: float = 0.4
    choice: float = 0.1


def lifting_loss(
    bodies: Hypotheses, truth: People, side: Tensor, weights: LossWeights
) -> tuple[Tensor, dict[str, Tensor]]:
    """Distances of the hypotheses from the truth, weighted by which is nearest; and the parts it is the sum of."""
    each = _joint_weights(side.device)
    off = (bodies.joints - truth.joints[:, None]).square().sum(-1)
    joints = ((off + 1e-6).sqrt() * each).sum(-1)
    won = joints.detach().argmin(dim=1)
    share = _shares(won, joints.shape[1], weights)
    turns = (bodies.rotations - truth.rotations[:, None]).square().sum((-1, -2)).mean(-1)
    shapes = (bodies.shape - truth.shape[:, None]).square().mean(-1)
    points = truth.joints + truth.pelvis[:, None]
    pixels = points[..., :2] / points[..., 2:].clamp_min(0.1)
    half = (side / 2)[:, None, None]
    target = (pixels / half).clamp(-FARTHEST, FARTHEST)
    seen = (bodies.projected() / half[:, None]).clamp(-FARTHEST, FARTHEST)
    reach = ((seen - target[:, None]).abs().sum(-1) * each).sum(-1)
    place = (bodies.pelvis[..., 2] / truth.pelvis[:, None, 2].clamp_min(0.1)).log().abs()
    parts = {
        "joints": (joints * share).sum(1).mean(),
        "rotations": (turns * share).sum(1).mean(),
        "betas": (shapes * share).sum(1).mean(),
        "projection": (reach * share).sum(1).mean(),
        "place": (place * share).sum(1).mean(),
        "choice": torch.nn.functional.cross_entropy(bodies.logits, won),
    }
    total = torch.stack([getattr(weights, name) * value for name, value in parts.items()]).sum()
    return total, {name: value.detach() for name, value in parts.items()}


@cache
def _joint_weights(device: torch.device) -> Tensor:
    """(24,) summing to one."""
    each = torch.ones(JOINTS)
    each[list(LIMB_JOINTS)] = LIMB_WEIGHT
    return (each / each.sum()).to(device)


def _shares(won: Tensor, count: int, weights: LossWeights) -> Tensor:
    """(B, H) summing to one: the winner's, the others', and the first's own."""
    if count == 1:
        return torch.ones(len(won), 1, device=won.device)
    winner = torch.nn.functional.one_hot(won, count).float()
    first = (torch.arange(count, device=won.device) == 0).float()
    rest = (1 - weights.safe - weights.others) * winner + weights.others / count
    return rest + weights.safe * first
