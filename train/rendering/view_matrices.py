"""OpenGL matrices of cameras and of the sun, transposed for vispy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
NEAREST = 0.05  # [m] closer points are clipped
DEPTH_MARGIN = 0.02  # relative margin around the meshes; small, as the depth buffer may have only 16 bits


def pinhole(
    size: tuple[int, int], focal_length: float, camera_center: tuple[float, float], near: float, far: float
) -> Floats:
    """The pinhole camera of core.geometry.camera (4, 4). size, focal_length, camera_center [px]; near, far [m]."""
    matrix = np.zeros((4, 4), dtype=np.float32)
    matrix[0, 0], matrix[0, 2] = 2 * focal_length / size[0], 2 * camera_center[0] / size[0] - 1
    matrix[1, 1], matrix[1, 2] = -2 * focal_length / size[1], 1 - 2 * camera_center[1] / size[1]
    matrix[2, 2], matrix[2, 3] = (far + near) / (far - near), -2 * far * near / (far - near)
    matrix[3, 2] = 1
    return matrix.T


def depth_range(meshes: list[Floats]) -> tuple[float, float]:
    """Near and far plane [m] around the meshes in front of the camera."""
    nearest = min(float(vertices[:, 2].min()) for vertices in meshes)
    farthest = max(float(vertices[:, 2].max()) for vertices in meshes)
    near = max(NEAREST, nearest * (1 - DEPTH_MARGIN))
    return near, max(farthest * (1 + DEPTH_MARGIN), near + NEAREST)


def sun_matrix(meshes: list[Floats], sun: Floats) -> tuple[Floats, float]:
    """Parallel light along -sun (3,) onto a square around the meshes, as an OpenGL matrix, transposed for vispy, and
    half the square's side [m]."""
    low = np.min([vertices.min(axis=0) for vertices in meshes], axis=0)
    high = np.max([vertices.max(axis=0) for vertices in meshes], axis=0)
    centre, radius = (low + high) / 2, float(np.linalg.norm(high - low)) / 2 + 0.1
    away = -sun / np.linalg.norm(sun)
    across = np.cross(away, [1, 0, 0] if abs(away[0]) < 0.9 else [0, 1, 0])
    across /= np.linalg.norm(across)
    turn = np.stack([across, np.cross(away, across), away]) / radius
    matrix = np.eye(4, dtype=np.float32)
    matrix[:3, :3], matrix[:3, 3] = turn, -turn @ centre
    return matrix.T, radius
