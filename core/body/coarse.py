"""A body with fewer vertices, for pictures of one that moves: what is left is where the whole body has it.

It is posed on joints that a fit has placed anyway, with few tensor operations: each of them may have to wait for the
thread that draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.body.keypoint_body import BETAS_COLUMNS, CAM_T_COLUMNS, PosedKeypoints
from core.body.model import Body

SHAPES = CAM_T_COLUMNS.start - BETAS_COLUMNS.start
CELL_M = 0.02  # vertices of one cell of this size that face the same way become one


@dataclass(frozen=True, eq=False)
class CoarseBody:
    """Fewer triangles: faces (F, 3). S is 11, as for KeypointBody.

    vertices (3 V,) at rest, vertices_shape (S, 3 V), and what pose blend shapes add, vertices_pose (207, 3 V) or None;
    pivots (72,) and pivots_shape (S, 72): the joints at rest; weights (V, 24).
    """

    faces: NDArray[np.int64]
    vertices: Tensor
    vertices_shape: Tensor
    vertices_pose: Tensor | None
    pivots: Tensor
    pivots_shape: Tensor
    weights: Tensor

    def surface(self, posed: PosedKeypoints) -> Tensor:
        """Vertices (B, V, 3) [m, camera frame] on joints that were placed already: linear blend skinning."""
        turns, places = posed.joints()
        batch, shape = len(turns), posed.shape()
        rest = torch.addmm(self.vertices, shape, self.vertices_shape)
        if self.vertices_pose is not None:
            rest = torch.addmm(rest, posed.bend(), self.vertices_pose)
        pivots = torch.addmm(self.pivots, shape, self.pivots_shape).view(batch, -1, 3, 1)
        moves = torch.cat([turns, places[..., None] - turns @ pivots], dim=-1)
        blended = (self.weights @ moves.flatten(2)).view(batch, -1, 3, 4)
        return (blended[..., :3] * rest.view(batch, -1, 1, 3)).sum(dim=-1) + blended[..., 3]


@lru_cache(maxsize=4)
def coarse(body: Body) -> CoarseBody:
    """The body with a fraction of its triangles, made once."""
    rows, faces = _merged(body.arrays.v_template.astype(np.float64), body.faces)
    shapes = body.shapedirs.new_zeros(*body.shapedirs.shape[:2], SHAPES)
    shapes[..., : body.shapedirs.shape[2]] = body.shapedirs
    bends = body.posedirs.view(len(body.posedirs), -1, 3)
    return CoarseBody(
        faces,
        body.v_template[rows].flatten(),
        shapes[rows].flatten(0, 1).T.contiguous(),
        bends[:, rows].flatten(1) if bends.shape[1] > 1 else None,
        (body.J_regressor @ body.v_template).flatten(),
        torch.einsum("jv,vcs->sjc", body.J_regressor, shapes).flatten(1),
        body.weights[rows],
    )


def _merged(
    vertices: NDArray[np.float64], faces: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which of vertices (V, 3) [m] stay, and the faces (F, 3) between them. A closed surface stays closed."""
    key = np.column_stack([np.floor(vertices / CELL_M), _normals(vertices, faces) > 0])
    _, cell = np.unique(key, axis=0, return_inverse=True)
    cell = cell.ravel()
    count = np.bincount(cell)
    middle = np.column_stack([np.bincount(cell, vertices[:, axis]) / count for axis in range(3)])
    away = np.linalg.norm(vertices - middle[cell], axis=1)
    order = np.lexsort((away, cell))  # the nearest to its cell's middle stays
    first = np.concatenate([[0], np.flatnonzero(np.diff(cell[order])) + 1])
    merged = cell[faces]
    flat = (merged == np.roll(merged, 1, axis=1)).any(axis=1)
    return order[first], merged[~flat]


def _normals(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> NDArray[np.float64]:
    """Which way each vertex faces (V, 3), of no particular length."""
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    across = np.cross(b - a, c - a)
    normals = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, faces[:, corner], across)
    return normals
