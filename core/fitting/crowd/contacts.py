"""Residuals between the bodies of a photo: capsules that are inside each other, and trunks in the wrong order of depth.

Distances of capsules in place of fields: CRMH (Jiang et al., CVPR 2020) looks vertices up in another body's distance
field, which takes a mesh and a grid for each person and step.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from core.body.flesh import Flesh
from core.body.keypoint_body import BETAS_COLUMNS, KID_COLUMN, PosedKeypoints

SHAPE = slice(BETAS_COLUMNS.start, KID_COLUMN + 1)
LEAST_LENGTH = 1e-9
DEEP = 0.03  # [m] of a contact: two people are inside each other, not only side by side
TOWARDS = (
    1e-5  # [m] share of the way between two people in a contact's direction: it decides where two axes cross
)


class Contacts(NamedTuple):
    """M residuals between two people. first, second (M,): rows of the people; depth (M,) [m]: how far inside each
    other; by_first, by_second (M, 86): derivatives of the depth; parted (M,) bool: the depth is along the view."""

    first: Tensor
    second: Tensor
    depth: Tensor
    by_first: Tensor
    by_second: Tensor
    parted: Tensor


def pairs_of(photo: Tensor) -> Tensor:
    """(Q, 2): all pairs of people of one photo, from the photo of each person (N,)."""
    count = len(photo)
    first, second = torch.triu_indices(count, count, 1, device=photo.device)
    return torch.stack([first, second], dim=1)[photo[first] == photo[second]]


def depths(flesh: Flesh, joints: Tensor, shape: Tensor, pairs: Tensor) -> Tensor:
    """(Q, C, C) [m]: how far each capsule of a pair's first person is inside each of the second's, below 0 apart.
    joints (N, 24, 3) [m], shape (N, 11)."""
    ends, radii = torch.einsum("cej,njx->ncex", flesh.ends, joints), flesh.radii(shape)
    gap = _nearest(ends[pairs[:, 0]][:, :, None], ends[pairs[:, 1]][:, None])[0].norm(dim=-1)
    return radii[pairs[:, 0]][:, :, None] + radii[pairs[:, 1]][:, None] - gap


def contacts_of(
    flesh: Flesh,
    posed: PosedKeypoints,
    joints_jacobian: Tensor,
    pairs: Tensor,
    clearance: float,
    most: int,
    sides: Tensor | None = None,
) -> Contacts:
    """The deepest `most` contacts of each pair of people. joints_jacobian (N, 24, 3, 86); clearance [m]: two skins
    nearer than this count as inside each other.

    sides (Q,): two people deep inside each other are parted along the view, the first of a pair to the front where it
    is -1, to the back where it is 1, and where it is 0 the nearer one to the front: their contacts then agree on a
    direction, where the shortest ways out would push to all sides, and keypoints mind it least."""
    joints, shape = posed.points, posed.unknowns[:, SHAPE]
    deep = depths(flesh, joints, shape, pairs).flatten(1) + clearance
    depth, place = deep.topk(min(most, deep.shape[1]), dim=1)
    pair, rank = (depth > 0).nonzero(as_tuple=True)
    first, second = pairs[pair].unbind(dim=1)
    capsule, other = place[pair, rank] // len(flesh.ends), place[pair, rank] % len(flesh.ends)
    ends = [
        torch.einsum("mej,mjx->mex", flesh.ends[c], joints[p]) for c, p in ((capsule, first), (other, second))
    ]
    gap, along, along_other = _nearest(*ends)
    between = joints[first, 0] - joints[second, 0]
    direction = torch.nn.functional.normalize(
        gap + TOWARDS * torch.nn.functional.normalize(between, dim=1), dim=1
    )
    way = depth[pair, rank]
    deeply = torch.zeros_like(way, dtype=torch.bool)
    if sides is not None:
        reach = way + gap.norm(dim=1)
        known = sides[pair].to(way)
        side = torch.where(known != 0, known, torch.where(between[:, 2] < 0, -1.0, 1.0))
        out = (reach.square() - gap[:, :2].square().sum(dim=1)).clamp_min(0).sqrt() - side * gap[:, 2]
        deeply = (depth.amax(dim=1) > DEEP)[pair]
        way = torch.where(deeply, out, way)
        ahead = side[:, None] * direction.new_tensor([0.0, 0.0, 1.0])
        direction = torch.where(deeply[:, None], ahead, direction)
    by = [
        _along(joints_jacobian, p, _between(flesh.ends[c], share), direction)
        for c, share, p in ((capsule, along, first), (other, along_other, second))
    ]
    return Contacts(first, second, way, -by[0], by[1], deeply)


def order_of(posed: PosedKeypoints, joints_jacobian: Tensor, in_front: Tensor, gap: float) -> Contacts:
    """Pairs of people in the wrong order of depth. in_front (M, 2): rows of people, the first of a pair nearer to the
    camera; gap [m]: by which its pelvis should be nearer."""
    first, second = in_front.unbind(dim=1)
    depth = posed.points[first, 0, 2] - posed.points[second, 0, 2] + gap
    wrong = depth > 0
    first, second = first[wrong], second[wrong]
    by_first, by_second = joints_jacobian[first, 0, 2], -joints_jacobian[second, 0, 2]
    return Contacts(
        first, second, depth[wrong], by_first, by_second, torch.zeros_like(first, dtype=torch.bool)
    )


def _along(jacobian: Tensor, person: Tensor, weights: Tensor, direction: Tensor) -> Tensor:
    """(M, 86): derivatives of means of joints, by weights (M, 24), along a direction (M, 3), of people (M,)."""
    numbers = (weights[:, :, None] * direction[:, None]).flatten(1)
    found = numbers.new_zeros(len(person), jacobian.shape[-1])
    for one in person.unique():  # one product each: a Jacobian copied for every contact would take longer
        chosen = (person == one).nonzero()[:, 0]
        found[chosen] = numbers[chosen] @ jacobian[one].flatten(0, 1)
    return found


def _between(ends: Tensor, along: Tensor) -> Tensor:
    """Weights of the joints (M, 24) at a share (M,) of the way between ends (M, 2, 24)."""
    return ends[:, 0] + along[:, None] * (ends[:, 1] - ends[:, 0])


def _nearest(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """From segments (..., 2, 3) to others: the shortest way (..., 3) from the second to the first, and how far along
    each it ends (...): Ericson, Real-Time Collision Detection, 5.1.9."""
    p, r = one[..., 0, :], other[..., 0, :]
    first, second, between = one[..., 1, :] - p, other[..., 1, :] - r, p - r
    a, e = (side.square().sum(-1).clamp_min(LEAST_LENGTH) for side in (first, second))
    b, c, f = (first * second).sum(-1), (first * between).sum(-1), (second * between).sum(-1)
    along = ((b * f - c * e) / (a * e - b * b).clamp_min(LEAST_LENGTH)).clamp(0, 1)
    along_other = ((b * along + f) / e).clamp(0, 1)
    along = ((b * along_other - c) / a).clamp(0, 1)
    return between + along[..., None] * first - along_other[..., None] * second, along, along_other
