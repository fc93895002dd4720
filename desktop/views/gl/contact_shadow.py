"""The soft shadow of bodies on the floor: dark where they touch it, faint below what is high above it."""

from collections.abc import Sequence

import cv2
import numpy as np

CELL_M, FEWEST, MOST = (
    0.02,
    128,
    384,
)  # wished size of a cell of the floor, and how many there are along a side
AROUND_M = 0.5  # beyond the bodies, for soft edges
# Each layer: the height [m] at which its shadow has faded, its blur [m], how dark it is where a body lies on the floor.
LAYERS = ((0.10, 0.030, 0.70), (1.2, 0.16, 0.45))
FULL_M2 = 0.0003  # area of floor that one vertex darkens to two thirds of its layer's darkness


def reach_of(bodies: Sequence[np.ndarray]) -> float:
    """Half the side [m] of the square of floor around the origin that the shadows of bodies lie on."""
    return AROUND_M + max((float(np.abs(vertices[:, [0, 2]]).max()) for vertices in bodies), default=0.0)


def contact_shadow(bodies: Sequence[np.ndarray], reach: float) -> np.ndarray:
    """How dark the floor is. bodies: vertices (V, 3) [m] of each, y up from the floor; reach [m]: half the side of the
    square around the origin that is covered. Returns (N, N) uint8, rows along z, zero at its edges.
    """
    side = int(np.clip(2 * reach / CELL_M, FEWEST, MOST))
    points = np.concatenate([np.zeros((0, 3), np.float32), *bodies])
    cell_m = 2 * reach / side
    column, row = np.floor((points[:, [0, 2]] + reach) / cell_m).T
    inside = (np.minimum(column, row) >= 0) & (np.maximum(column, row) < side)
    cells = (row[inside] * side + column[inside]).astype(np.int64)
    height = np.maximum(points[inside, 1], 0.0)
    light = np.ones((side, side), np.float32)
    for fades_m, blur_m, strength in LAYERS:
        near = np.maximum(1 - height / fades_m, 0.0) ** 2
        covered = np.bincount(cells, near, side**2).reshape(side, side) * (FULL_M2 / cell_m**2)
        soft = cv2.GaussianBlur(covered.astype(np.float32), (0, 0), max(blur_m / cell_m, 0.6))
        light *= 1 - strength * (1 - np.exp(-soft))
    shadow = (255 * (1 - light)).astype(np.uint8)
    shadow[[0, -1]], shadow[:, [0, -1]] = 0, 0
    return shadow
