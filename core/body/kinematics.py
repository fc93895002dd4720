"""The 24 joints of a body from rotation matrices: what the lifter learns and checks itself with.

Matrices are multiplied with the batch innermost: thousands of 3 × 3 products one by one take most of a training step.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import torch
from torch import Tensor

from core.body.tree import PARENTS

SHORTEST = 1e-12  # squared length of a column that still gives a direction


def _levels() -> list[tuple[list[int], list[int]]]:
    """Joints of one depth of the tree, and the place of each one's parent in the depth before."""
    depth = [0] * len(PARENTS)
    for joint, parent in enumerate(PARENTS[1:], start=1):
        depth[joint] = depth[parent] + 1
    by_depth = [[j for j, d in enumerate(depth) if d == level] for level in range(max(depth) + 1)]
    return [(joints, [before.index(PARENTS[j]) for j in joints]) for before, joints in pairwise(by_depth)]


_LEVELS = _levels()
_REACHED = [0, *(joint for joints, _ in _LEVELS for joint in joints)]
_PLACE = [_REACHED.index(joint) for joint in range(len(PARENTS))]


def world_transforms(rotations: Tensor, offsets: Tensor) -> tuple[Tensor, Tensor]:
    """Carry rotations and offsets down the tree.

    rotations (B, 24, 3, 3) relative to the parent; offsets (B, 24, 3) [m], joint minus parent at rest, the pelvis'
    own being its place. Returns the world's rotations (B, 24, 3, 3) and joints (B, 24, 3) [m].
    """
    world = batch_first(transforms_down_the_tree(batch_last(rotations), batch_last(offsets)))
    return world[..., :3], world[..., 3]


def batch_last(values: Tensor) -> Tensor:
    """(B, 24, ...) as (..., 24, B)."""
    return values.permute(*range(2, values.ndim), 1, 0).contiguous()


def batch_first(values: Tensor) -> Tensor:
    """Undo batch_last."""
    return values.permute(-1, -2, *range(values.ndim - 2))


def transforms_down_the_tree(rotations: Tensor, offsets: Tensor) -> Tensor:
    """world_transforms with the batch last: (3, 3, 24, B) and (3, 24, B) to (3, 4, 24, B)."""
    levels, place = _indices(rotations.device)
    local = torch.cat([rotations, offsets[:, None]], dim=1)
    world = local[:, :, :1]
    reached = [world]
    for joints, parents in levels:
        above, own = world[:, :, parents], local[:, :, joints]
        turned = above[:, 0:1] * own[0:1]
        turned = torch.addcmul(torch.addcmul(turned, above[:, 1:2], own[1:2]), above[:, 2:3], own[2:3])
        world = torch.cat([turned[:, :3], turned[:, 3:] + above[:, 3:]], dim=1)
        reached.append(world)
    return torch.cat(reached, dim=2)[:, :, place]


@cache
def _indices(device: torch.device) -> tuple[list[tuple[Tensor, Tensor]], Tensor]:
    """_LEVELS and _PLACE where they are needed: a list would be copied to a GPU at each use, which waits for it."""
    with torch.inference_mode(False):
        levels = [tuple(torch.tensor(part, device=device) for part in level) for level in _LEVELS]
        return levels, torch.tensor(_PLACE, device=device)


def rotations_from_6d(columns: Tensor) -> Tensor:
    """`core.geometry.rotation.rotation6d_to_matrix` with the batch last: (3, 2, 24, B) to (3, 3, 24, B)."""
    first, second = columns.unbind(1)
    first = _unit(first)
    second = _unit(second - (first * second).sum(0) * first)
    third = first.roll(-1, 0) * second.roll(-2, 0) - first.roll(-2, 0) * second.roll(-1, 0)
    return torch.stack([first, second, third], dim=1)


def _unit(vectors: Tensor) -> Tensor:
    """vectors (3, ...) at length one."""
    return vectors * vectors.square().sum(0).clamp_min(SHORTEST).rsqrt()
