"""Normals of a surface's vertices, as machine code: a body that is drawn while it moves needs them anew each time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.compute.machine_code import Floats, kept


def vertex_normals(vertices: NDArray[np.floating], faces: NDArray[np.int64]) -> Floats:
    """Normals (V, 3) of vertices (V, 3), outward where faces (F, 3) are counter-clockwise. Not at unit length: each is
    the sum over its faces, weighted by their areas; zero for a vertex without a face.
    """
    normals = np.zeros((len(vertices), 3), np.float32)
    _add(np.ascontiguousarray(vertices, np.float32), np.ascontiguousarray(faces, np.int64), normals)
    return normals


@kept
def _add(vertices: Floats, faces: NDArray[np.int64], normals: Floats) -> None:
    for face in range(faces.shape[0]):
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        for row in range(3):
            one, two = (row + 1) % 3, (row + 2) % 3
            across = (vertices[b, one] - vertices[a, one]) * (vertices[c, two] - vertices[a, two])
            across -= (vertices[b, two] - vertices[a, two]) * (vertices[c, one] - vertices[a, one])
            normals[a, row] += across
            normals[b, row] += across
            normals[c, row] += across


def warm_up() -> None:
    """Compile, or load from the cache."""
    vertex_normals(np.zeros((3, 3), np.float32), np.array([[0, 1, 2]]))
