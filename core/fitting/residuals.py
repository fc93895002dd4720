"""What a fit minimises besides the priors: the photo's keypoints, and the wishes of a curator.

Each term gives whitened residuals (B, R), that is divided by what one would not mind, and their Jacobian (B, R, 86).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from core.body.keypoint_body import PosedKeypoints
from core.errors import FitInputError

NEAREST = 0.05  # [m] a keypoint nearer to the camera's plane than this cannot be projected


class Rows(NamedTuple):
    """residual (B, R), jacobian (B, R, 86)."""

    residual: Tensor
    jacobian: Tensor


class Seen(NamedTuple):
    """What the photo shows of each person. xy (B, K, 2) [px]; confidence (B, K); focal_length (B,) [px];
    camera_center (B, 2) [px]; scale (B,) [1/px]: residual units per pixel."""

    xy: Tensor
    confidence: Tensor
    focal_length: Tensor
    camera_center: Tensor
    scale: Tensor


class Reprojection(NamedTuple):
    """loss (B,), rows as re-weighted for Gauss-Newton, and each keypoint's distance (B, K) [px]."""

    loss: Tensor
    rows: Rows
    distance_px: Tensor


def reprojection(
    posed: PosedKeypoints, seen: Seen, robust: float, chosen: Tensor | None = None
) -> Reprojection:
    """Geman and McClure's s²r²/(s² + r²) of each coordinate, times confidence² (SPIN's data term).

    robust is s: where, in residual units, a keypoint begins to be disbelieved.

    A person with a visible keypoint behind the camera has an infinite loss.
    """
    points = posed.points if chosen is None else posed.points[:, chosen]
    depth = points[..., 2:]
    toward = points[..., :2] / depth
    offset = toward * seen.focal_length[:, None, None] + seen.camera_center[:, None] - seen.xy
    residual = offset * seen.scale[:, None, None]
    trust = robust**2 / (robust**2 + residual * residual)
    confidence = seen.confidence[..., None]
    behind = (depth[..., 0] < NEAREST) & (seen.confidence > 0)
    loss = (confidence * confidence * trust * residual * residual).sum(dim=(1, 2))
    loss = loss.masked_fill(behind.any(dim=1), torch.inf)
    weight = confidence * trust
    slope = weight * (seen.focal_length * seen.scale)[:, None, None] / depth
    rows = torch.cat([torch.diag_embed(slope), -(slope * toward)[..., None]], dim=-1)
    jacobian = posed.jacobian_rows(rows, chosen)
    return Reprojection(loss, Rows((weight * residual).flatten(1), jacobian), offset.norm(dim=-1))


@dataclass(frozen=True, eq=False)
class Pin:
    """A joint or keypoint held at a point of the camera frame (3,) [m], to within `tolerance` [m]."""

    name: str
    point: tuple[float, float, float]
    tolerance: float = 0.01

    def __post_init__(self) -> None:
        _check(self, self.tolerance, *self.point)

    def rows(self, posed: PosedKeypoints, places: Mapping[str, int]) -> Rows:
        chosen = _row(posed, places, self.name)
        offset = posed.points[:, chosen] - posed.points.new_tensor(self.point)
        axes = torch.eye(3).to(offset).expand(len(offset), 1, 3, 3) / self.tolerance
        return Rows(offset.flatten(1) / self.tolerance, posed.jacobian_rows(axes, chosen))


@dataclass(frozen=True, eq=False)
class RayPin:
    """A joint or keypoint held on the ray from the camera along `direction` (3,), to within `tolerance` [m]."""

    name: str
    direction: tuple[float, float, float]
    tolerance: float = 0.01

    def __post_init__(self) -> None:
        _check(self, self.tolerance, *self.direction, math.hypot(*self.direction) or math.nan)

    def rows(self, posed: PosedKeypoints, places: Mapping[str, int]) -> Rows:
        chosen = _row(posed, places, self.name)
        ray = torch.nn.functional.normalize(posed.points.new_tensor(self.direction), dim=0)
        across = (torch.eye(3).to(ray) - torch.outer(ray, ray)) / self.tolerance
        off = posed.points[:, chosen[0]] @ across
        return Rows(off, posed.jacobian_rows(across.expand(len(off), 1, 3, 3), chosen))


@dataclass(frozen=True, eq=False)
class DepthOrder:
    """`nearer` is nearer to the camera than `farther` by at least `margin` [m]; no residual once it is."""

    nearer: str
    farther: str
    margin: float = 0.05
    tolerance: float = 0.02

    def __post_init__(self) -> None:
        _check(self, self.tolerance, self.margin)

    def rows(self, posed: PosedKeypoints, places: Mapping[str, int]) -> Rows:
        near, far = (_row(posed, places, name) for name in (self.nearer, self.farther))
        short = posed.points[:, near, 2] - posed.points[:, far, 2] + self.margin
        active = (short > 0).to(short) / self.tolerance
        depth = posed.points.new_tensor([0.0, 0.0, 1.0]).expand(len(short), 1, 1, 3)
        jacobian = posed.jacobian_rows(depth, near) - posed.jacobian_rows(depth, far)
        return Rows(short * active, jacobian * active[..., None])


@dataclass(frozen=True, eq=False)
class GroundContact:
    """A joint or keypoint on the plane normal . x = offset (camera frame, unit normal, [m])."""

    name: str
    normal: tuple[float, float, float]
    offset: float
    tolerance: float = 0.01

    def __post_init__(self) -> None:
        _check(self, self.tolerance, self.offset, *self.normal, math.hypot(*self.normal) or math.nan)

    def rows(self, posed: PosedKeypoints, places: Mapping[str, int]) -> Rows:
        chosen = _row(posed, places, self.name)
        normal = posed.points.new_tensor(self.normal) / self.tolerance
        height = posed.points[:, chosen] @ normal - self.offset / self.tolerance
        return Rows(height, posed.jacobian_rows(normal.expand(len(height), 1, 1, 3), chosen))


Wish = Pin | RayPin | DepthOrder | GroundContact


def _check(wish: Wish, tolerance: float, *numbers: float) -> None:
    if not (tolerance > 0 and all(math.isfinite(number) for number in (tolerance, *numbers))):
        raise FitInputError(
            f"{wish}: needs finite numbers, a direction that is not zero, a tolerance above zero."
        )


def _row(posed: PosedKeypoints, places: Mapping[str, int], name: str) -> Tensor:
    if name not in places:
        raise FitInputError(f"{name!r} cannot be steered. Choose one of {', '.join(sorted(places))}.")
    return torch.tensor([places[name]], device=posed.points.device)
