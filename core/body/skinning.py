"""Linear blend skinning by the formulas of SMPL, on tensors of any body.

Loper, Mahmood, Romero, Pons-Moll and Black, "SMPL: A Skinned Multi-Person Linear Model", ACM Transactions on Graphics
34(6), 2015: the numbers of equations below are theirs.
"""

from __future__ import annotations

import torch
from torch import Tensor

from core.body.kinematics import batch_first, batch_last, offsets_between, transforms_down_the_tree


def bends_of(rotations: Tensor) -> Tensor:
    """Coefficients of the pose blend shapes: R - I of all joints but the pelvis. (B, 24, 3, 3) to (B, 207)."""
    identity = torch.eye(3, dtype=rotations.dtype, device=rotations.device)
    return (rotations[:, 1:] - identity).flatten(1)


def skinned(vertices: Tensor, joints: Tensor, rotations: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Carry a surface along with its joints (equations 2 to 4).

    vertices (B, V, 3) and joints (B, 24, 3) [m] at rest, rotations (B, 24, 3, 3) relative to the parent, weights
    (V, 24). Returns both as posed.
    """
    local = torch.cat([rotations, offsets_between(joints)[..., None]], dim=-1)
    world = transforms_down_the_tree(batch_last(local))
    at_rest = batch_last(joints)  # (3, 24, B)
    moves = world[:, 3] - (world[:, :3] * at_rest).sum(dim=1)
    transforms = torch.cat([world[:, :3], moves[:, None]], dim=1)  # (3, 4, 24, B)
    # One coordinate after the other, (B, 3, 4, V): matrices (3, 4) of each vertex by itself are many small products.
    blended = (transforms.permute(3, 0, 1, 2).flatten(1, 2) @ weights.T).unflatten(1, (3, 4))
    *columns, posed = blended.unbind(2)  # (B, 3, V)
    for column, coordinate in zip(columns, vertices.mT.unsqueeze(1).unbind(2), strict=True):
        posed = torch.addcmul(posed, column, coordinate)
    return posed.mT.contiguous(), batch_first(world)[..., 3]
