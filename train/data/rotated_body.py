"""Poses bodies by rotation matrices, differentiably, for a network's losses.

Networks predict rotation matrices. Axis-angle has no gradient at half turns, and every upright person is half a turn
from the camera's frame, so matrices are used throughout.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from core.body.keypoint_body import JOINTS, KeypointBody
from core.body.kinematics import world_transforms
from core.body.model import Body
from core.body.skinning import bends_of

LAYOUT = "spin49"


@dataclass(frozen=True, eq=False)
class RotatedBody:
    """A body on the 49 keypoints of SPIN, and on its vertices where a loss asks for them."""

    body: Body
    collapsed: KeypointBody

    @classmethod
    def of(cls, body: Body) -> RotatedBody:
        return _rotated_body(body)

    def keypoints(self, rotations: Tensor, betas: Tensor, kid: Tensor | None = None) -> Tensor:
        """rotations (B, 24, 3, 3), betas (B, 10), kid (B,). Returns (B, 49, 3) [m], before any translation."""
        batch, collapsed = len(rotations), self.collapsed
        shape = _shape(betas, kid)
        offsets = torch.addmm(collapsed.offsets, shape, collapsed.offsets_shape)
        turns, places = world_transforms(rotations, offsets.view(batch, JOINTS, 3))
        world = torch.cat([turns, places[..., None]], dim=-1)
        levers = torch.addmm(collapsed.levers, shape, collapsed.levers_shape)
        if collapsed.levers_pose is not None:
            levers = torch.addmm(levers, bends_of(rotations), collapsed.levers_pose)
        levers = levers.view(batch, JOINTS, collapsed.k, 4).transpose(1, 2).reshape(batch, collapsed.k, -1)
        return levers @ world.transpose(2, 3).reshape(batch, 4 * JOINTS, 3)

    def vertices(self, rotations: Tensor, betas: Tensor, kid: Tensor | None = None) -> Tensor:
        """The mesh (B, V, 3) [m], before any translation."""
        shape = _shape(betas, kid)
        return self.body.turned(rotations, shape[:, :-1], shape[:, -1])[0]


@lru_cache(maxsize=8)
def _rotated_body(body: Body) -> RotatedBody:
    return RotatedBody(body, KeypointBody.from_body(body, LAYOUT))


def _shape(betas: Tensor, kid: Tensor | None) -> Tensor:
    """(B, 11): betas and the kid, none where it is not given."""
    return torch.cat([betas, betas.new_zeros(len(betas), 1) if kid is None else kid[:, None]], dim=1)
