"""The 24 joints of a body from rotation matrices: what the lifter learns and checks itself with.

Matrices are multiplied with the batch innermost: thousands of 3 × 3 products one by one take most of a training step.
"""

from __future__ import annotations

import torch
from torch import Tensor

from core.body.tree import PARENTS


def _levels() -> list[tuple[list[int], list[int]]]:
    """Joints of one depth of the tree, and the place of each one's parent in the depth before."""
    depth = [0] * len(PARENTS)
    for joint, parent in enumerate(PARENTS[1:], start=1):
        depth[joint] = depth[parent] + 1
    by_depth = [[j for j, d in enumerate(depth) if d == level] for level in range(max(depth) + 1)]
    return [
        (joints, [before.index(PARENTS[j]) for j in joints])
        for before, joints in zip(by_depth, by_depth[1:], strict=False)
    ]


_LEVELS = _levels()
_REACHED = [0, *(joint for joints, _ in _LEVELS for joint in joints)]
_PLACE = [_REACHED.index(joint) for joint in range(len(PARENTS))]


def world_transforms(rotations: Tensor, offsets: Tensor) -> tuple[Tensor, Tensor]:
    """Carry rotations and offsets down the tree.

    rotations (B, 24, 3, 3) relative to the parent; offsets (B, 24, 3) [m], joint minus parent at rest, the pelvis'
    own being its place. Returns the world's rotations (B, 24, 3, 3) and joints (B, 24, 3) [m].
    """
    local = torch.cat([rotations, offsets[..., None]], dim=-1).permute(2, 3, 1, 0).contiguous()
    world = local[:, :, :1]
    reached = [world]
    for joints, parents in _LEVELS:
        above, own = world[:, :, parents], local[:, :, joints]
        turned = above[:, 0:1] * own[0:1]
        turned = torch.addcmul(torch.addcmul(turned, above[:, 1:2], own[1:2]), above[:, 2:3], own[2:3])
        world = torch.cat([turned[:, :3], turned[:, 3:] + above[:, 3:]], dim=1)
        reached.append(world)
    placed = torch.cat(reached, dim=2)[:, :, _PLACE].permute(3, 2, 0, 1)
    return placed[..., :3], placed[..., 3]
