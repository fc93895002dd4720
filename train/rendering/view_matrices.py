"""The matrix of the sun's parallel light."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def sun_matrix(meshes: list[Floats], sun: Floats) -> tuple[Floats, float]:
    """Parallel light along -sun (3,) onto a square around the meshes: a matrix (4, 4) to -1..1 across, along and away,
    and half the square's side [m]."""
    low = np.min([vertices.min(axis=0) for vertices in meshes], axis=0)
    high = np.max([vertices.max(axis=0) for vertices in meshes], axis=0)
    centre, radius = (low + high) / 2, float(np.linalg.norm(high - low)) / 2 + 0.1
    away = -sun / np.linalg.norm(sun)
    across = np.cross(away, [1, 0, 0] if abs(away[0]) < 0.9 else [0, 1, 0])
    across /= np.linalg.norm(across)
    turn = np.stack([across, np.cross(away, across), away]) / radius
    matrix = np.eye(4, dtype=np.float32)
    matrix[:3, :3], matrix[:3, 3] = turn, -turn @ centre
    return matrix, radius
