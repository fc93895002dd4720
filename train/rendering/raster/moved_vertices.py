"""Machine code that moves a mesh with its body's joints."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.compute.machine_code import kept

Floats = NDArray[np.float32]


@kept
def move_vertices(
    template: Floats,
    normals: Floats,
    shapedirs: Floats,
    weights: Floats,
    shape: Floats,
    transforms: Floats,
    moved: Floats,
    turned: Floats,
) -> None:
    """Fill moved and turned (V, 3): vertices [m] and normals by linear blend skinning. template [m], normals (V, 3),
    shapedirs (3 V, 11), weights (V, 24), shape (11,), transforms (24, 12): rotation and translation, row by row."""
    for vertex in range(template.shape[0]):
        x, y, z = template[vertex, 0], template[vertex, 1], template[vertex, 2]
        for part in range(shape.shape[0]):
            x += shapedirs[3 * vertex, part] * shape[part]
            y += shapedirs[3 * vertex + 1, part] * shape[part]
            z += shapedirs[3 * vertex + 2, part] * shape[part]
        for row in range(3):
            moved[vertex, row] = 0
            turned[vertex, row] = 0
        for joint in range(weights.shape[1]):
            weight = weights[vertex, joint]
            if weight == 0:
                continue
            for row in range(3):
                a, b, c = (
                    transforms[joint, 4 * row],
                    transforms[joint, 4 * row + 1],
                    transforms[joint, 4 * row + 2],
                )
                moved[vertex, row] += weight * (a * x + b * y + c * z + transforms[joint, 4 * row + 3])
                across = a * normals[vertex, 0] + b * normals[vertex, 1] + c * normals[vertex, 2]
                turned[vertex, row] += weight * across
