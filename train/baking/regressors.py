"""Joints and keypoints as weighted means of vertices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from core.body.tree import FLIP, JOINT_NAMES

CANDIDATE_POOL = 3000  # nearest vertices of a point, from which …
CANDIDATES = 500  # … so many candidates are chosen
RIDGE = 0.03
SUM_WEIGHT = 100.0  # weight of the equation that the weights sum to one, against residuals in metres
CROWN_VERTICES = 40


def joint_regressor(
    vertices: NDArray[np.float64], joints: NDArray[np.float64], mirror: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Weights (24, V), rows summing to one, that regress joints (N, 24, 3) [m] from vertices (N, V, 3) [m].

    mirror (V,): index of the mirrored vertex. A right joint's row mirrors the left one's, and a middle joint's row is
    symmetric.
    """
    regressor = np.zeros((joints.shape[1], vertices.shape[1]))
    for j, name in enumerate(JOINT_NAMES):
        if not name.startswith("right_"):
            regressor[j] = point_regressor(vertices, joints[:, j])
            regressor[FLIP[j]] = regressor[j][mirror] if FLIP[j] != j else symmetric(regressor[j], mirror)
    return regressor


def point_regressor(vertices: NDArray[np.float64], point: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights (V,), summing to one, that regress point (N, 3) [m] from vertices (N, V, 3) [m], all in one pose.

    Non-negative weights alone leave an error of 9 mm at the knee, whose height relative to the vertices varies with
    the build. A small ridge around the non-negative solution reduces it to under 4 mm.
    """
    distance = np.linalg.norm(vertices.mean(axis=0) - point.mean(axis=0), axis=1)
    pool = np.argsort(distance)[:CANDIDATE_POOL]
    chosen = pool[np.unique(np.linspace(0, len(pool) - 1, CANDIDATES).astype(int))]
    matrix = vertices[:, chosen].transpose(0, 2, 1).reshape(-1, len(chosen))
    system = np.vstack([matrix, np.full((1, len(chosen)), SUM_WEIGHT)])
    target = np.append(point.reshape(-1), SUM_WEIGHT)
    weights, _ = nnls(system, target, maxiter=20 * len(chosen))
    normal = system.T @ system + RIDGE * np.eye(len(chosen))
    weights = np.linalg.solve(normal, system.T @ target + RIDGE * weights)
    row = np.zeros(vertices.shape[1])
    row[chosen] = weights / weights.sum()
    return row


def symmetric(row: NDArray[np.float64], mirror: NDArray[np.int64]) -> NDArray[np.float64]:
    return 0.5 * (row + row[mirror])


def around(vertices: NDArray[np.float64], point: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Weights (V,): equal on the `count` vertices (V, 3) nearest to point (3,), else zero."""
    row = np.zeros(len(vertices))
    row[np.argsort(np.linalg.norm(vertices - point, axis=1))[:count]] = 1.0 / count
    return row


def crown(vertices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights (V,) of the top of the head of standing vertices (V, 3)."""
    return around(vertices, vertices[vertices[:, 1].argmax()] * [0, 1, 1], CROWN_VERTICES)
