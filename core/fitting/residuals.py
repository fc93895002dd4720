"""What a fit minimises besides the priors: the photo's keypoints, and the wishes of a curator.

Each term gives whitened residuals (B, R), that is divided by what one would not mind, and their Jacobian (B, R, 86).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from core.body.keypoint_body import PosedKeypoints
from core.body.tree import JOINT_NAMES
from core.errors import FitInputError
from core.wishes import DepthOrder, GroundContact, Pin, RayPin, Turn, Wish

NEAREST = 0.05  # [m] a keypoint nearer to the camera's plane than this cannot be projected


class TermRows(NamedTuple):
    """residual (B, R), jacobian (B, R, 86)."""

    residual: Tensor
    jacobian: Tensor


class SeenKeypoints(NamedTuple):
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
    rows: TermRows
    distance_px: Tensor


def reprojection(
    posed: PosedKeypoints, seen: SeenKeypoints, robust: float, chosen: slice | None = None
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
    return Reprojection(loss, TermRows((weight * residual).flatten(1), jacobian), offset.norm(dim=-1))


def wish_numbers(wishes: Sequence[Wish], like: Tensor) -> Tensor:
    """Where each wish wants its joint (W, 4)."""
    numbers = [_numbers(wish) for wish in wishes]
    return like.new_tensor([[*some, *[0.0] * (4 - len(some))] for some in numbers]).reshape(-1, 4)


def wish_rows(
    wish: Wish, posed: PosedKeypoints, unknowns: Tensor, places: Mapping[str, int], numbers: Tensor
) -> TermRows:
    """What a curator's wish adds. places: name -> row of the keypoint body; numbers (4,): its row of wish_numbers.

    Raises FitInputError for an unknown name.
    """
    if isinstance(wish, Turn):
        return _turn(wish, unknowns, numbers[:3])
    if isinstance(wish, DepthOrder):
        return _depth_order(wish, posed, places, numbers[0])
    chosen = _row(posed, places, wish.name)
    point = posed.points[:, chosen]
    if isinstance(wish, Pin):
        axes = _axes(point) / wish.tolerance
        off = ((point - numbers[:3]) @ axes).flatten(1)
    elif isinstance(wish, RayPin):
        ray = torch.nn.functional.normalize(numbers[:3], dim=0)
        axes = (_axes(ray) - torch.outer(ray, ray)) / wish.tolerance
        off = (point @ axes).flatten(1)
    else:
        axes = numbers[None, :3] / wish.tolerance
        off = point[:, 0] @ axes.T - numbers[3] / wish.tolerance
    return TermRows(off, posed.jacobian_rows(axes.expand(len(off), 1, *axes.shape), chosen))


def _numbers(wish: Wish) -> tuple[float, ...]:
    if isinstance(wish, DepthOrder):
        return (wish.margin,)
    if isinstance(wish, GroundContact):
        return (*wish.normal, wish.offset)
    if isinstance(wish, Turn):
        return wish.axis_angle
    return wish.point if isinstance(wish, Pin) else wish.direction


def _depth_order(
    wish: DepthOrder, posed: PosedKeypoints, places: Mapping[str, int], margin: Tensor
) -> TermRows:
    near, far = (_row(posed, places, name) for name in (wish.nearer, wish.farther))
    short = posed.points[:, near, 2] - posed.points[:, far, 2] + margin
    active = (short > 0).to(short) / wish.tolerance
    depth = _axes(posed.points)[2].expand(len(short), 1, 1, 3)
    jacobian = posed.jacobian_rows(depth, near) - posed.jacobian_rows(depth, far)
    return TermRows(short * active, jacobian * active[..., None])


def _turn(wish: Turn, unknowns: Tensor, axis_angle: Tensor) -> TermRows:
    if wish.name not in JOINT_NAMES:
        raise FitInputError(f"{wish.name!r} does not turn. Choose one of {', '.join(JOINT_NAMES)}.")
    first = 3 * JOINT_NAMES.index(wish.name)
    here = unknowns[:, first : first + 3]
    off = (here - _same_turn(axis_angle, here)) / wish.tolerance
    before, after = (unknowns.new_zeros(3, count) for count in (first, unknowns.shape[1] - first - 3))
    jacobian = torch.cat([before, _axes(unknowns) / wish.tolerance, after], dim=1)
    return TermRows(off, jacobian.expand(len(unknowns), 3, unknowns.shape[1]))


def _same_turn(axis_angle: Tensor, here: Tensor) -> Tensor:
    """Of the vectors that are the same turn as axis_angle (3,), the one nearest to each of `here` (B, 3).

    Whoever stands upright before a camera is turned by about pi, where a little more is written as the other way round.
    """
    angle = torch.linalg.vector_norm(axis_angle)
    axis = axis_angle / angle.clamp_min(torch.finfo(angle.dtype).tiny)
    turns = ((here @ axis - angle) / (2 * math.pi)).round()
    return axis_angle + 2 * math.pi * turns[:, None] * axis


def _row(posed: PosedKeypoints, places: Mapping[str, int], name: str) -> slice:
    if name not in places:
        raise FitInputError(f"{name!r} cannot be steered. Choose one of {', '.join(sorted(places))}.")
    return slice(places[name], places[name] + 1)


def _axes(like: Tensor) -> Tensor:
    return torch.eye(3, dtype=like.dtype, device=like.device)
