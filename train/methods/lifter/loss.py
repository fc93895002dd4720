"""What the lifter is taught: of several hypotheses the nearest learns most, the first always learns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from core.body.tree import LIMB_JOINTS
from core.networks.lifter.network import FARTHEST, JOINTS, Hypotheses
from train.methods.lifter.scenes import SceneBodies

LIMB_WEIGHT = 2.0
SQUARINGS = 12


@dataclass(frozen=True)
class LossWeights:
    """joints [per m], rotations, betas, projection [per half side], place; aligned [per m]: limbs as PA-MPJPE sees
    them; others: the share of the hypotheses that did not win; safe: the share of the first, which learns from
    everyone; choice: of telling which one won."""

    joints: float = 10.0
    aligned: float = 10.0
    rotations: float = 1.0
    betas: float = 0.02
    projection: float = 1.0
    place: float = 0.2
    others: float = 0.05
    safe: float = 0.4
    choice: float = 0.1


def lifting_loss(
    bodies: Hypotheses, truth: SceneBodies, side: Tensor, weights: LossWeights
) -> tuple[Tensor, dict[str, Tensor]]:
    """Distances of the hypotheses from the truth, weighted by which is nearest; and the parts it is the sum of."""
    each, limbs = _joint_weights(side.device), _limbs(side.device)
    off = (bodies.joints - truth.joints[:, None]).square().sum(-1)
    joints = ((off + 1e-6).sqrt() * each).sum(-1)
    won = joints.detach().argmin(dim=1)
    share = shares_of_hypotheses(won, joints.shape[1], weights)
    alike = aligned_distance(
        bodies.joints.index_select(2, limbs), truth.joints[:, None].index_select(2, limbs)
    )
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
        "aligned": (alike * share).sum(1).mean(),
        "rotations": (turns * share).sum(1).mean(),
        "betas": (shapes * share).sum(1).mean(),
        "projection": (reach * share).sum(1).mean(),
        "place": (place * share).sum(1).mean(),
        "choice": torch.nn.functional.cross_entropy(bodies.logits, won),
    }
    total = torch.stack([getattr(weights, name) * value for name, value in parts.items()]).sum()
    return total, {name: value.detach() for name, value in parts.items()}


def aligned_distance(points: Tensor, truth: Tensor) -> Tensor:
    """Mean distance (...) from the truth of points (..., N, 3) [m] under the similarity that brings them nearest, which
    no gradient goes through.

    As `core.metrics.procrustes_align`, without the decomposition that waits for a GPU.
    """
    points, truth = (each - each.mean(dim=-2, keepdim=True) for each in (points, truth))
    with torch.no_grad():
        turn, reach = nearest_rotation(points.mT @ truth)
        scale = reach / points.square().sum((-2, -1)).clamp_min(1e-6)
    off = scale[..., None, None] * points @ turn.mT - truth
    return (off.square().sum(-1) + 1e-8).sqrt().mean(-1)


def nearest_rotation(product: Tensor) -> tuple[Tensor, Tensor]:
    """The rotation R that makes trace(R product) largest, and that largest value; product (..., 3, 3) [m²].

    The unit quaternion of R is the first eigenvector of a symmetric matrix (Horn, "Closed-form solution of absolute
    orientation using unit quaternions", 1987), here by squaring it again and again. Returns (..., 3, 3) and (...).
    """
    a, b, c = product.unbind(-2)
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = a.unbind(-1), b.unbind(-1), c.unbind(-1)
    rows = (
        (xx + yy + zz, yz - zy, zx - xz, xy - yx),
        (yz - zy, xx - yy - zz, xy + yx, zx + xz),
        (zx - xz, xy + yx, yy - xx - zz, yz + zy),
        (xy - yx, zx + xz, yz + zy, zz - xx - yy),
    )
    symmetric = torch.stack([torch.stack(row, dim=-1) for row in rows], dim=-2)
    size = symmetric.square().sum((-2, -1), keepdim=True).sqrt().clamp_min(1e-12)
    outer = symmetric / size + torch.eye(4, device=product.device, dtype=product.dtype)
    for _ in range(SQUARINGS):
        outer = outer @ outer
        outer = outer / outer.diagonal(dim1=-2, dim2=-1).sum(-1)[..., None, None]
    (ww, wx, wy, wz), (_, xx, xy, xz), (_, _, yy, yz), (_, _, _, zz) = (
        row.unbind(-1) for row in outer.unbind(-2)
    )
    turn = (
        (ww + xx - yy - zz, 2 * (xy - wz), 2 * (xz + wy)),
        (2 * (xy + wz), ww - xx + yy - zz, 2 * (yz - wx)),
        (2 * (xz - wy), 2 * (yz + wx), ww - xx - yy + zz),
    )
    rotation = torch.stack([torch.stack(row, dim=-1) for row in turn], dim=-2)
    return rotation, (outer * symmetric).sum((-2, -1))


@cache
def _limbs(device: torch.device) -> Tensor:
    return torch.tensor(LIMB_JOINTS, device=device)


@cache
def _joint_weights(device: torch.device) -> Tensor:
    """(24,) summing to one."""
    each = torch.ones(JOINTS)
    each[list(LIMB_JOINTS)] = LIMB_WEIGHT
    return (each / each.sum()).to(device)


def shares_of_hypotheses(won: Tensor, count: int, weights: LossWeights | None = None) -> Tensor:
    """(B, H) summing to one: the winner's, the others', and the first's own."""
    weights = weights or LossWeights()
    if count == 1:
        return torch.ones(len(won), 1, device=won.device)
    winner = torch.nn.functional.one_hot(won, count).float()
    first = (torch.arange(count, device=won.device) == 0).float()
    rest = (1 - weights.safe - weights.others) * winner + weights.others / count
    return rest + weights.safe * first
