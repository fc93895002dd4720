"""The teacher's network: where the points of a body are seen, to how deep they are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from core.errors import CheckpointError
from core.networks.lifter.network import Block
from core.networks.teacher.body_points import BodyPoints
from core.networks.teacher.turned_views import TurnedView, points_at, turned_view

MOST = {"width": 4096, "blocks": 16}
FARTHEST = 1e4
MIDDLE_LOG_SIZE = -2.2  # of a person some 4 m away


@dataclass(frozen=True)
class TeacherConfig:
    """The values that build the network. distance: of all mid-hips, in sizes of a person; 0: what the keypoints' size
    says. Raises CheckpointError for invalid values, LayoutError for points that are no body's."""

    layout: str = "coco17"
    columns: tuple[int, ...] = tuple(range(17))
    width: int = 384
    blocks: int = 2
    distance: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", self.points.columns)
        for name, most in MOST.items():
            value = getattr(self, name)
            if type(value) is not int or not 1 <= value <= most:
                raise CheckpointError(f"{value!r} {name}: choose 1 to {most}.")
        if not (isinstance(self.distance, int | float) and 0 <= self.distance < FARTHEST):
            raise CheckpointError(f"{self.distance!r} distance: choose 0 to {FARTHEST:g}.")

    @property
    def points(self) -> BodyPoints:
        return BodyPoints(self.layout, self.columns)


class Teacher(nn.Module):
    """TurnedView in, depths out. The first and last layer are float32 also where the trunk is not."""

    def __init__(self, config: TeacherConfig) -> None:
        super().__init__()
        self.config, self.points = config, config.points
        count = self.points.count
        self.into = nn.Linear(3 * count + 1, config.width)
        self.blocks = nn.Sequential(
            *[Block(config.width) for _ in range(config.blocks)], nn.LayerNorm(config.width)
        )
        self.out = nn.Linear(config.width, count)
        nn.init.normal_(self.out.weight, std=0.01)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: Tensor, size: Tensor, confidence: Tensor) -> Tensor:
        """Depths (B, P) in the unit of x, that of the mid-hip subtracted."""
        near = size.log()[:, None] - MIDDLE_LOG_SIZE
        trunk = self.blocks(self.into(torch.cat([x.flatten(1), near, confidence], dim=1)))
        depth = self.out(trunk.float())
        return depth - depth[:, self.points.hips].mean(dim=1, keepdim=True)

    def seen(self, xy: Tensor, confidence: Tensor) -> TurnedView:
        """What the network sees of points (B, P, 2), tangents of the photo's camera; confidence (B, P)."""
        view = turned_view(xy, confidence, self.points.hips)
        if not self.config.distance:
            return view
        return replace(view, size=torch.full_like(view.size, 1 / self.config.distance))

    def both_ways(self, seen: TurnedView) -> Tensor:
        """Points (B, P, 3), the depths averaged with those of the mirror images."""
        flip = self.points.flip
        mirrored = seen.mirrored(flip)
        own = self(seen.x, seen.size, seen.confidence)
        other = self(mirrored.x, mirrored.size, mirrored.confidence)[:, flip]
        return points_at(seen.x, seen.size, (own + other) / 2)

    @torch.no_grad()
    def lift(self, keypoints: Tensor, focal_length: Tensor, camera_center: Tensor) -> Tensor:
        """The skeletons (B, P, 3) of keypoints (B, K, 3) of the layout x, y [px], confidence, in axes of the photo's
        camera, relative to the mid-hip, in the person's own unit. All points must be seen.

        focal_length (B,), camera_center (B, 2) [px].
        """
        seen = self.seen_in_photo(keypoints, focal_length, camera_center)
        return self.both_ways(seen) @ seen.turn

    def seen_in_photo(self, keypoints: Tensor, focal_length: Tensor, camera_center: Tensor) -> TurnedView:
        """What the network sees of keypoints (B, K, 3) of the layout in a photo, as `lift` takes them."""
        chosen = keypoints[:, self.points.columns]
        xy = (chosen[..., :2] - camera_center[:, None]) / focal_length[:, None, None]
        return self.seen(xy, chosen[..., 2])
