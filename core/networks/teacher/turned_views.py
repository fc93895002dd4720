"""Geometry of the teacher: people seen by a camera that looks at their mid-hip, from there and from other sides.

The unit of length is the person's own size in 2D: x (B, P, 2) are tangents from the mid-hip over the size s (B,), the
mean distance of the points from it [tangent], and the mid-hip is at depth 1/s. Points (B, P, 3) are relative to the
mid-hip. Exact perspective: x = X_xy / (1 + s X_z).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from core.geometry.rotation import rotation_ahead

NEAREST = 0.1  # of the mid-hip's distance: no point comes nearer to the camera
SMALLEST = 1e-4  # tangent, and length in units of the size
AHEAD = 0.05  # least cosine to the middle ray
ROLL, PITCH = 0.1, 0.2  # [rad] standard deviations of a random view; its heading is any


@dataclass(frozen=True, eq=False)
class TurnedView:
    """x (B, P, 2), size s (B,) [tangent]; confidence (B, P); turn (B, 3, 3): of the photo's camera to the mid-hip."""

    x: Tensor
    size: Tensor
    confidence: Tensor
    turn: Tensor

    def mirrored(self, flip: tuple[int, ...]) -> TurnedView:
        """The mirror images; their turns are those of the people themselves."""
        mirror = self.x.new_tensor([-1.0, 1.0])
        return TurnedView(self.x[:, flip] * mirror, self.size, self.confidence[:, flip], self.turn)


def turned_view(xy: Tensor, confidence: Tensor, hips: tuple[int, int]) -> TurnedView:
    """Turn the camera to the mid-hip. xy (B, P, 2) tangents of the photo's camera, all of them seen."""
    middle = xy[:, hips].mean(dim=1)
    turn = rotation_ahead(torch.cat([middle, torch.ones_like(middle[:, :1])], dim=1))
    rays = torch.cat([xy, torch.ones_like(xy[..., :1])], dim=-1)
    rays = torch.nn.functional.normalize(rays, dim=-1) @ turn.mT
    x, size = _in_own_size(rays[..., :2] / rays[..., 2:].clamp_min(AHEAD), hips)
    return TurnedView(x, size, confidence, turn)


def points_at(x: Tensor, size: Tensor, depth: Tensor) -> Tensor:
    """Points (B, P, 3) of depths (B, P), which are relative to the mid-hip."""
    reach = (1 + size[:, None] * depth).clamp_min(NEAREST)
    return torch.cat([x * reach[..., None], depth[..., None]], dim=-1)


def seen_from_here(points: Tensor, size: Tensor) -> Tensor:
    """x (B, P, 2) of points before a camera at the same distance."""
    return points[..., :2] / (1 + size[:, None, None] * points[..., 2:]).clamp_min(NEAREST)


def seen_anew(points: Tensor, size: Tensor, hips: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Project points that were turned. Returns y (B, P, 2) in units of their new size, and m (B,), the new size over
    the old: a length of 1 is 1/m in the new unit."""
    return _in_own_size(seen_from_here(points, size), hips)


def random_turns(count: int, device: torch.device) -> Tensor:
    """(B, 3, 3): another view of people around the camera's upright, Rz(roll) Rx(pitch) Ry(heading)."""
    heading = torch.rand(count, device=device) * 2 * torch.pi
    pitch, roll = PITCH * torch.randn(count, device=device), ROLL * torch.randn(count, device=device)
    return _about(2, roll) @ _about(0, pitch) @ _about(1, heading)


def _in_own_size(xy: Tensor, hips: tuple[int, int]) -> tuple[Tensor, Tensor]:
    xy = xy - xy[:, hips].mean(dim=1, keepdim=True)
    size = xy.square().sum(-1).clamp_min(SMALLEST**2).sqrt().mean(dim=1).clamp_min(SMALLEST)
    return xy / size[:, None, None], size


def _about(axis: int, angle: Tensor) -> Tensor:
    """Rotations (B, 3, 3) about one axis by angle (B,) [rad]."""
    first, second = (axis + 1) % 3, (axis + 2) % 3
    turn = torch.zeros(len(angle), 3, 3, device=angle.device)
    turn[:, axis, axis] = 1
    turn[:, first, first] = turn[:, second, second] = angle.cos()
    turn[:, first, second], turn[:, second, first] = -angle.sin(), angle.sin()
    return turn
