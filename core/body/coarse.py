"""A body with fewer vertices, for pictures of one that moves: the same joints, and the same places for what is left."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from core.body.model import Body
from core.body.tree import JOINT_NAMES

CELL_M = 0.02  # vertices of one cell of this size that face the same way become one


@lru_cache(maxsize=4)
def coarse(body: Body) -> Body:
    """The body with about a third of the open body's triangles. Posing gives its vertices, then the 24 joints again.

    The joints ride along as vertices of their own, from which the regressor takes them: so they stay exact, though the
    vertices that they are regressed from are gone. It has no keypoints.
    """
    rows, faces = _merged(body.arrays.v_template.astype(np.float64), body.faces)
    count = len(JOINT_NAMES)
    joints = body.J_regressor @ body.v_template
    joints_shape = torch.einsum("jv,vcs->jcs", body.J_regressor, body.shapedirs)
    regressor = torch.cat([body.J_regressor.new_zeros(count, len(rows)), torch.eye(count).to(joints)], dim=1)
    posedirs = body.posedirs
    if posedirs.shape[1] > 3:
        bends = posedirs.view(len(posedirs), -1, 3)[:, rows]
        posedirs = torch.cat([bends, bends.new_zeros(len(bends), count, 3)], dim=1).flatten(1)
    return replace(
        body,
        arrays=replace(body.arrays, faces=faces),
        v_template=torch.cat([body.v_template[rows], joints]),
        shapedirs=torch.cat([body.shapedirs[rows], joints_shape]),
        posedirs=posedirs,
        J_regressor=regressor,
        weights=torch.cat([body.weights[rows], torch.eye(count).to(joints)]),
        _keypoint_weights={},
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
