"""Batches of looks on the device: drawn by weight, half of them mirrored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.body.keypoints import layout as keypoint_layout
from core.networks.lifter.network_input import LifterInput, see, to_definitions
from core.networks.teacher.body_points import BodyPoints
from train.methods.posenet3d.looks import Looks

FEWEST_LEFT = 6  # keypoints of the student's input


@dataclass(frozen=True, eq=False)
class LooksBatch:
    """xy (B, K, 2) tangents, confidence (B, K); whole (B,) bool: all body points are seen."""

    xy: Tensor
    confidence: Tensor
    whole: Tensor


class LooksSampler:
    """Draws looks. Every draw takes its numbers from torch's global generator."""

    def __init__(
        self, looks: Looks, rows: NDArray[np.int64], points: BodyPoints, device: torch.device
    ) -> None:
        """rows: those of the people with all points."""
        self.points, self.layout, self.device = points, looks.layout, device
        self._flip = list(keypoint_layout(looks.layout).flip)
        self._xy = torch.from_numpy(looks.xy).to(device)
        self._confidence = torch.from_numpy(looks.confidence).to(device)
        self._whole = torch.zeros(len(looks), dtype=torch.bool, device=device)
        self._whole[torch.from_numpy(rows).to(device)] = True
        weight = torch.from_numpy(looks.weight)
        self._reached = _reached(weight).to(device)
        self._rows = torch.from_numpy(rows).to(device)
        self._rows_reached = _reached(weight[rows]).to(device)
        whole = looks.with_all(points.columns)
        pairs = np.flatnonzero((looks.next >= 0) & whole & whole[looks.next])
        self._pairs = torch.from_numpy(np.stack([pairs, looks.next[pairs]])).to(device)

    @property
    def has_pairs(self) -> bool:
        """True if somebody is seen in two frames that follow each other."""
        return self._pairs.shape[1] > 0

    def whole_people(self, count: int) -> tuple[Tensor, Tensor]:
        """Points (B, P, 2) tangents and confidence (B, P) of people with all points."""
        batch = self._mirrored(self._rows[_drawn(self._rows_reached, count)])
        return self._chosen(batch)

    def two_frames(self, count: int) -> tuple[Tensor, Tensor]:
        """Points (2 B, P, 2) and confidence (2 B, P): frames, then those that follow them, mirrored alike."""
        pairs = self._pairs[:, torch.randint(self._pairs.shape[1], (count,), device=self.device)]
        return self._chosen(self._mirrored(pairs.flatten(), torch.rand(count, device=self.device).repeat(2)))

    def people(self, count: int) -> LooksBatch:
        """Anybody."""
        return self._mirrored(_drawn(self._reached, count))

    def these(self, rows: Tensor) -> LooksBatch:
        """The people of some rows (B,), none mirrored."""
        return LooksBatch(self._xy[rows], self._confidence[rows], self._whole[rows])

    def spread_rows(self, count: int) -> Tensor:
        """Rows of people with all points, from all over the data."""
        places = torch.linspace(0, len(self._rows) - 1, min(count, len(self._rows)), device=self.device)
        return self._rows[places.long()]

    def _chosen(self, batch: LooksBatch) -> tuple[Tensor, Tensor]:
        columns = list(self.points.columns)
        return batch.xy[:, columns], batch.confidence[:, columns]

    def _mirrored(self, rows: Tensor, lot: Tensor | None = None) -> LooksBatch:
        batch = self.these(rows)
        lot = torch.rand(len(rows), device=self.device) if lot is None else lot
        turned = lot < 0.5
        xy = batch.xy[:, self._flip] * batch.xy.new_tensor([-1.0, 1.0])
        xy = torch.where(turned[:, None, None], xy, batch.xy)
        confidence = torch.where(turned[:, None], batch.confidence[:, self._flip], batch.confidence)
        return LooksBatch(xy, confidence, batch.whole)


def student_input(
    batch: LooksBatch, layout: str, definitions: tuple[str, ...], noise: float, dropped: float
) -> LifterInput:
    """What the student sees: keypoints with noise, in sizes of the person, some of them left out."""
    size = seen_size(batch.xy, batch.confidence)
    off = torch.randn_like(batch.xy) * (noise * torch.rand_like(size) * size)[:, None, None]
    rate = dropped * torch.rand_like(size) * (torch.rand_like(size) < 0.5)
    gone = torch.rand_like(batch.confidence) < rate[:, None]
    left = batch.confidence * ~gone
    enough = (left > 0).sum(dim=1, keepdim=True) >= FEWEST_LEFT
    confidence = torch.where(enough, left, batch.confidence)
    points = torch.cat([batch.xy + off, confidence[..., None]], dim=-1)
    one, zero = torch.ones_like(size), points.new_zeros(len(points), 2)
    return see(to_definitions(points, layout, definitions), one, zero)


def seen_size(xy: Tensor, confidence: Tensor) -> Tensor:
    """(B,) [tangent] mean distance of the keypoints that are seen from their middle."""
    seen = (confidence > 0).to(xy)
    count = seen.sum(dim=1).clamp_min(1)
    middle = (xy * seen[..., None]).sum(dim=1) / count[:, None]
    return ((xy - middle[:, None]).norm(dim=-1) * seen).sum(dim=1).div(count).clamp_min(1e-4)


def _reached(weight: Tensor) -> Tensor:
    return weight.double().cumsum(0) / weight.double().sum()


def _drawn(reached: Tensor, count: int) -> Tensor:
    lots = torch.rand(count, dtype=reached.dtype, device=reached.device)
    return torch.searchsorted(reached, lots).clamp_max(len(reached) - 1)
