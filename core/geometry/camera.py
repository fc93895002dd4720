"""Pinhole cameras, and transforms between a photo's camera frame and a crop's.

Camera frame: x right, y down, z forward, metres. Pixels are continuous: pixel i covers [i, i + 1), its centre
is at i + 0.5, and a crop maps the bbox's corners to its own corners. The crop camera has a focal length of
5000 px and looks at the middle of a 224 px crop, as in SPIN. Only networks and SPIN's files use it.
All functions are batched, and dtype and device follow the inputs.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from core.geometry.rotation import axis_angle_to_matrix, matrix_to_axis_angle, rotation_ahead

CROP_FOCAL_LENGTH = 5000.0  # px
CROP_SIZE = 224  # px

_WEAK_SCALE_EPSILON = 1e-9  # SPIN's own: keeps the depth finite at a scale of zero
# Variance of a body's joints across its trunk, over the excess variance along it: 0.023 / 0.18 m² in natural poses.
_BODY_BREADTH = 0.15

Array = TypeVar("Array", np.ndarray, Tensor)


def project(points: Tensor, focal_length: Tensor, camera_center: Tensor) -> Tensor:
    """Project body points into the image.

    points (B, N, 3) [m], camera frame; focal_length (B,) [px]; camera_center (B, 2) [px]. Returns (B, N, 2)
    [px]. Points behind the camera are projected mirrored; the caller must rule them out where it matters.
    """
    return points[..., :2] / points[..., 2:] * focal_length[:, None, None] + camera_center[:, None]


def weak_camera_to_cam_t(
    weak_camera: Tensor, focal_length: Tensor | float = CROP_FOCAL_LENGTH, crop_size: float = CROP_SIZE
) -> Tensor:
    """The translation at which a perspective camera shows a body at the scale of its weak camera.

    weak_camera (B, 3) = scale, tx, ty in the crop; focal_length a number or (B,) [px]; crop_size [px]. Returns
    cam_t (B, 3) [m]. The depth is 2 f / (crop_size · scale), as in HMR and SPIN.
    """
    scale, x, y = weak_camera.unbind(-1)
    return torch.stack([x, y, 2 * focal_length / (crop_size * scale + _WEAK_SCALE_EPSILON)], -1)


def cam_t_to_weak_camera(
    cam_t: Tensor, focal_length: Tensor | float = CROP_FOCAL_LENGTH, crop_size: float = CROP_SIZE
) -> Tensor:
    """Inverse of `weak_camera_to_cam_t`. cam_t (B, 3) [m]. Returns weak_camera (B, 3) = scale, tx, ty."""
    x, y, depth = cam_t.unbind(-1)
    return torch.stack([(2 * focal_length / depth - _WEAK_SCALE_EPSILON) / crop_size, x, y], -1)


def keypoints_to_crop(xy: Array, center: Array, side: Array | float, crop_size: float = CROP_SIZE) -> Array:
    """Photo pixels to crop pixels, exact to the sub-pixel. (SPIN rounds to whole pixels, half a pixel off.)

    xy (..., K, 2) and center (..., 2) [px of the photo], side (...) [px]. Returns (..., K, 2) [px of the crop].
    """
    return (xy - center[..., None, :]) * (crop_size / _over_points(side)) + crop_size / 2


def keypoints_from_crop(xy: Array, center: Array, side: Array | float, crop_size: float = CROP_SIZE) -> Array:
    """Inverse of `keypoints_to_crop`. xy (..., K, 2) [px of the crop]. Returns (..., K, 2) [px of the photo]."""
    return (xy - crop_size / 2) * (_over_points(side) / crop_size) + center[..., None, :]


def full_to_crop(
    global_orient: Tensor,
    cam_t: Tensor,
    pelvis: Tensor,
    bbox_center: Tensor,
    bbox_size: Tensor,
    focal_length: Tensor,
    camera_center: Tensor,
) -> tuple[Tensor, Tensor]:
    """Transform a body from the photo's camera frame to the crop camera's. `crop_to_full` is the exact inverse.

    global_orient (B, 3) axis-angle [rad]; cam_t (B, 3) [m]; pelvis (B, 3) [m], the pelvis joint of the shaped body
    at rest. SMPL turns about the pelvis: a posed point is R (x - pelvis) + pelvis + cam_t. bbox_center (B, 2),
    bbox_size (B,) the side, focal_length (B,) and camera_center (B, 2) [px of the photo]. Returns
    global_orient (B, 3) [rad] and cam_t (B, 3) [m] in the crop's frame.

    - Orientation: R_crop = T R, where T is the shortest rotation of the ray d through the crop's centre onto
      the optical axis. The crop camera then sees the same side of the body as the photo.
    - Position across: the pelvis, at P = pelvis + cam_t, keeps its pixel in the crop, u_crop = (u - centre)
      224 / side + 112. (Turning P by T instead would leave the perspective's stretch in its position.)
    - Depth: the person keeps the same size in the crop. A metre at depth D = d·P along the ray, facing it, spans
      f_ray / D px of the photo, f_ray / D · 224 / side of the crop and 5000 / z of the crop camera, so
      z = 5000 D side / (224 f_ray).

    f_ray is not f: off the axis a photo shows things larger, f / cos a along the circle about its centre and
    f / cos² a away from it, where a is the angle of the ray. One depth cannot match both factors. We use the mean
    that fits a standing body's joints best (`_stretch`). Of the choices tried it has the least keypoint error: at
    30 degrees off the axis 3.1 px of the 224, to the side as well as above. Either factor alone gives 3 to 4 px in
    one direction and 6 to 8 px in the other. The remaining error is perspective, which no crop camera can show.
    """
    ray, turn = _ray_through(bbox_center, focal_length, camera_center)
    matrix_crop = turn @ axis_angle_to_matrix(global_orient)
    position = pelvis + cam_t
    pixel = project(position[:, None], focal_length, camera_center)
    pixel_crop = keypoints_to_crop(pixel, bbox_center, bbox_size)[:, 0]
    depth = (ray * position).sum(-1) * _depth_ratio(ray, matrix_crop, bbox_size, focal_length)
    across = (pixel_crop - CROP_SIZE / 2) * depth[:, None] / CROP_FOCAL_LENGTH
    return matrix_to_axis_angle(matrix_crop), torch.cat([across, depth[:, None]], -1) - pelvis


def crop_to_full(
    global_orient: Tensor,
    cam_t: Tensor,
    pelvis: Tensor,
    bbox_center: Tensor,
    bbox_size: Tensor,
    focal_length: Tensor,
    camera_center: Tensor,
) -> tuple[Tensor, Tensor]:
    """Inverse of `full_to_crop`: from the crop camera's frame to the photo's. Arguments as there.

    Returns global_orient (B, 3) axis-angle [rad] and cam_t (B, 3) [m] in the photo's frame.
    """
    ray, turn = _ray_through(bbox_center, focal_length, camera_center)
    matrix_crop = axis_angle_to_matrix(global_orient)
    position_crop = pelvis + cam_t
    pixel_crop = position_crop[:, :2] / position_crop[:, 2:] * CROP_FOCAL_LENGTH + CROP_SIZE / 2
    pixel = keypoints_from_crop(pixel_crop[:, None], bbox_center, bbox_size)[:, 0]
    depth = position_crop[:, 2] / _depth_ratio(ray, matrix_crop, bbox_size, focal_length)
    direction = _directions(pixel, focal_length, camera_center)
    position = direction * (depth / (ray * direction).sum(-1))[:, None]
    return matrix_to_axis_angle(turn.transpose(-1, -2) @ matrix_crop), position - pelvis


def _ray_through(pixel: Tensor, focal_length: Tensor, camera_center: Tensor) -> tuple[Tensor, Tensor]:
    """The unit ray (B, 3) through a pixel (B, 2), and the shortest rotation (B, 3, 3) of it onto the optical
    axis.
    """
    direction = _directions(pixel, focal_length, camera_center)
    ray = direction / torch.linalg.vector_norm(direction, dim=-1, keepdim=True)
    return ray, rotation_ahead(ray)


def _directions(pixel: Tensor, focal_length: Tensor, camera_center: Tensor) -> Tensor:
    """The point (B, 3) at depth 1 that projects to a pixel (B, 2)."""
    across = (pixel - camera_center) / focal_length[:, None]
    return torch.cat([across, torch.ones_like(across[:, :1])], -1)


def _depth_ratio(ray: Tensor, matrix_crop: Tensor, bbox_size: Tensor, focal_length: Tensor) -> Tensor:
    """(B,) depth in the crop's frame over depth along the photo's ray, for the same size in the crop."""
    return CROP_FOCAL_LENGTH * bbox_size / (CROP_SIZE * focal_length * _stretch(ray, matrix_crop))


def _stretch(ray: Tensor, matrix_crop: Tensor) -> Tensor:
    """(B,) f_ray / f: the size of a body on this ray, over its size on the optical axis.

    Near the ray, in the turned frame, the photo is the linear map S = I / c + r rᵀ / (c² (1 + c)) of the
    plane facing the ray, with c = ray_z and r = ray_xy: 1 / c² along r and 1 / c at right angles to it. The
    scale s nearest to S for points of covariance C is tr(C S) / tr(C). A body's joints have C = breadth · I +
    u uᵀ, where u is the trunk's direction projected into the plane.
    """
    cosine, away = ray[:, 2], ray[:, :2]
    trunk = matrix_crop[:, :2, 1]
    spread = _BODY_BREADTH * (away * away).sum(-1) + (trunk * away).sum(-1).square()
    total = 2 * _BODY_BREADTH + (trunk * trunk).sum(-1)
    return 1 / cosine + spread / (cosine.square() * (1 + cosine) * total)


def _over_points(side: Array | float) -> Array | float:
    """side (...) with two more axes, to multiply points (..., K, 2)."""
    return side if isinstance(side, (int, float)) else side[..., None, None]
