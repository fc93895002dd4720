"""A body with fewer vertices, to draw one that moves; each vertex left is where the full body has it."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.body.keypoint_body import SHAPES
from core.body.model import Body
from core.body.normals import vertex_normals

CELL_M = 0.02  # [m] vertices in one cell of this size that face the same way are merged
Floats = NDArray[np.float32]


class CoarseBody(NamedTuple):
    """Fewer triangles: faces (F, 3) between V vertices. An affine function of the shape has 12 numbers: one for each
    of ten betas, one for kid, and the constant.

    vertices (V, 3, 12) at rest; vertices_pose (V, 3, 207): pose blend shapes, or (0, 3, 207) without;
    pivots (24, 3, 12): the joints at rest. Vertex v follows joint[first[v] : first[v + 1]] with the same slice of the
    weights.
    """

    faces: NDArray[np.int64]
    vertices: Floats
    vertices_pose: Floats
    pivots: Floats
    first: NDArray[np.int64]
    joint: NDArray[np.int64]
    weight: Floats


@lru_cache(maxsize=4)
def coarse(body: Body) -> CoarseBody:
    """The body with a fraction of its triangles, made once."""
    rows, faces = _merged(body.arrays.v_template.astype(np.float64), body.faces)
    template, shapedirs, regressor, weights = (
        getattr(body, name).cpu().numpy() for name in ("v_template", "shapedirs", "J_regressor", "weights")
    )
    affine = np.zeros((*template.shape, SHAPES + 1), np.float32)
    affine[..., : shapedirs.shape[2]], affine[..., SHAPES] = shapedirs, template
    bends = body.posedirs.cpu().numpy()
    bends = bends.reshape(len(bends), -1, 3).transpose(1, 2, 0)
    vertex, joint = weights[rows].nonzero()
    return CoarseBody(
        faces,
        np.ascontiguousarray(affine[rows]),
        np.ascontiguousarray(bends[rows] if len(bends) > 1 else bends[:0]),
        np.einsum("jv,vcs->jcs", regressor, affine),
        np.searchsorted(vertex, np.arange(len(rows) + 1)),
        joint,
        weights[rows][vertex, joint],
    )


def _merged(
    vertices: NDArray[np.float64], faces: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indices of the vertices (V, 3) [m] that stay, and faces (F, 3) of them. A closed surface stays closed."""
    key = np.column_stack([np.floor(vertices / CELL_M), vertex_normals(vertices, faces) > 0])
    _, cell = np.unique(key, axis=0, return_inverse=True)
    cell = cell.ravel()
    count = np.bincount(cell)
    middle = np.column_stack([np.bincount(cell, vertices[:, axis]) / count for axis in range(3)])
    away = np.linalg.norm(vertices - middle[cell], axis=1)
    order = np.lexsort((away, cell))  # the vertex nearest to its cell's middle stays
    first = np.concatenate([[0], np.flatnonzero(np.diff(cell[order])) + 1])
    merged = cell[faces]
    flat = (merged == np.roll(merged, 1, axis=1)).any(axis=1)
    return order[first], merged[~flat]
