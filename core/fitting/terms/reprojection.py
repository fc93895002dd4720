"""The photo's keypoints: Geman and McClure's s²r²/(s² + r²) of each coordinate, times confidence² (SPIN's data term).

s is the outlier threshold of a keypoint in residual units. A person with a visible keypoint behind the camera
has an infinite loss.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from core.body.compiled.body_table import numbers_of
from core.body.compiled.posing import add_row, reach
from core.compute.machine_code import Floats, compiled, inlined
from core.fitting.arithmetic import add_scaled, take_rows
from core.fitting.config import FitConfig
from core.fitting.terms.term import (
    ComparedBodies,
    FitGoal,
    FitTerm,
    Observation,
    SeenKeypoints,
    TermRows,
    TermShare,
    TermWorkspace,
    no_workspace,
)

NEAREST = 0.05  # [m] a keypoint nearer to the camera's plane than this cannot be projected


class Reprojection(NamedTuple):
    """loss (B,); residual (B, K, 2) as re-weighted for Gauss-Newton; rows (B, K, 2, 3): its derivative by a point."""

    loss: Tensor
    residual: Tensor
    rows: Tensor


def plain(goal: FitGoal, bodies: ComparedBodies) -> TermShare:
    seen, posed = bodies.observation.seen, bodies.posed
    count = seen.xy.shape[1]
    chosen = None if count == posed.points.shape[1] else slice(count)
    found = reprojection(posed.points[:, :count], bodies.offset_px, seen, robust_units(goal.config))
    return TermShare(
        found.loss, lambda: TermRows(found.residual.flatten(1), posed.jacobian_rows(found.rows, chosen))
    )


def reprojection(points: Tensor, offset_px: Tensor, seen: SeenKeypoints, robust: float) -> Reprojection:
    """Residuals of body points (B, K, 3) [m] that are offset_px (B, K, 2) from the photo's keypoints; robust: s."""
    depth = points[..., 2:]
    residual = offset_px * seen.scale[:, None, None]
    trust = believed(residual, robust)
    confidence = seen.confidence[..., None]
    behind = (depth[..., 0] < NEAREST) & (seen.confidence > 0)
    loss = (confidence * confidence * trust * residual * residual).sum(dim=(1, 2))
    weight = confidence * trust
    slope = weight * (seen.focal_length * seen.scale)[:, None, None] / depth
    away = -(slope * points[..., :2] / depth)[..., None]
    return Reprojection(
        loss.masked_fill(behind.any(dim=1), torch.inf),
        weight * residual,
        torch.cat([torch.diag_embed(slope), away], dim=-1),
    )


def believed(residual: Tensor, robust: float) -> Tensor:
    """The robust loss of each residual, by Geman and McClure."""
    return robust**2 / (robust**2 + residual * residual)


def robust_units(config: FitConfig) -> float:
    """s, in residual units."""
    return config.robust_px / config.keypoint_px


class PhotoNumbers(NamedTuple):
    """The fields of SeenKeypoints; robust: s²."""

    xy: Floats
    confidence: Floats
    focal_length: Floats
    camera_center: Floats
    scale: Floats
    robust: float


def numbers(goal: FitGoal, observation: Observation) -> PhotoNumbers:
    xy, confidence, focal_length, camera_center, scale = map(numbers_of, observation.seen)
    robust = float(robust_units(goal.config) ** 2)
    return PhotoNumbers(xy, confidence, focal_length, camera_center, scale, robust)


@inlined
def lose(photo: PhotoNumbers, own: tuple[()], at: TermWorkspace, person: int, unknowns: Floats) -> float:
    total, behind, scale = 0.0, False, photo.scale[person]
    for keypoint in range(photo.xy.shape[1]):
        point, confidence, squared_px = at.posed.points[keypoint], photo.confidence[person, keypoint], 0.0
        for axis in range(2):
            off = _offset(photo, person, point, keypoint, axis)
            squared_px += off * off
            squared = (off * scale) ** 2
            if confidence > 0:
                total += confidence**2 * photo.robust / (photo.robust + squared) * squared
        at.distance_px[keypoint] = np.sqrt(squared_px)
        behind |= confidence > 0 and point[2] < NEAREST
    return np.inf if behind else total


@compiled
def _offset(photo: PhotoNumbers, person: int, point: Floats, keypoint: int, axis: int) -> float:
    """Offset of a keypoint along one axis of the photo [px]."""
    shown = point[axis] / point[2] * photo.focal_length[person] + photo.camera_center[person, axis]
    return shown - photo.xy[person, keypoint, axis]


@inlined
def slope(
    photo: PhotoNumbers,
    own: tuple[()],
    at: TermWorkspace,
    person: int,
    unknowns: Floats,
    gradient: Floats,
    hessian: Floats,
) -> None:
    robust, scale = np.float32(photo.robust), photo.scale[person]
    for keypoint in range(photo.xy.shape[1]):
        confidence = photo.confidence[person, keypoint]
        if confidence > 0:
            reach(at.body, at.posed, keypoint)
            point = at.posed.points[keypoint]
            for axis in range(2):
                residual = _offset(photo, person, point, keypoint, axis) * scale
                weight = confidence * robust / (robust + residual * residual)
                rise = weight * photo.focal_length[person] * scale / point[2]
                across, down = (rise, np.float32(0)) if axis == 0 else (np.float32(0), rise)
                away = -rise * point[axis] / point[2]
                add_row(at.body, at.posed, keypoint, across, down, away, at.rows[axis])
                add_scaled(gradient, weight * residual, at.rows[axis])
            take_rows(at.rows, hessian)


TERM = FitTerm("keypoints", plain, numbers, no_workspace, lose, slope)
