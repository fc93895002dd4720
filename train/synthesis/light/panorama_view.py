"""Machine code that sees a panorama behind a scene."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from core.compute.machine_code import compiled, kept
from train.rendering.raster.surface_light import Number

Floats = NDArray[np.float32]
LEVEL = np.float32(1e-4)  # least fall of a ray that meets the ground


@compiled
def _at(
    radiance: Floats, u: Number, v: Number, row: int, column: int, exposure: Number, seen: Floats
) -> None:
    """Write a pixel of seen: the panorama between four of its pixels, by the camera's curve (skies.developed)."""
    rows, columns = radiance.shape[0], radiance.shape[1]
    v = min(max(v, np.float32(0)), np.float32(rows - 1))
    left, top = math.floor(u), int(v)
    across, along = u - np.float32(left), v - np.float32(top)
    left = left % columns
    right, bottom = (left + 1) % columns, min(top + 1, rows - 1)
    for part in range(3):
        first, third = radiance[top, left, part], radiance[bottom, left, part]
        upper = first + (radiance[top, right, part] - first) * across
        lower = third + (radiance[bottom, right, part] - third) * across
        light = exposure * (upper + (lower - upper) * along)
        seen[row, column, part] = np.float32(255) * math.sqrt(np.float32(1) - math.exp(-light))


@kept
def see_panorama(
    radiance: Floats,
    turn: Floats,
    position: Floats,
    lens: tuple[np.float32, np.float32, np.float32],
    eye: np.float32,
    reach: np.float32,
    exposure: np.float32,
    seen: Floats,
) -> None:
    """Fill seen (H, W, 3), 0..255. radiance (h, w, 3); turn (3, 3): world to camera; position (3,) [m] of the camera;
    lens: focal length, centre [px]; eye, reach [m]: as of `panoramas.behind`."""
    columns, rows = radiance.shape[1], radiance.shape[0]
    to_column, to_row = np.float32(columns / (2 * math.pi)), np.float32(rows / math.pi)
    for row in range(seen.shape[0]):
        y = (np.float32(row) + np.float32(0.5) - lens[2]) / lens[0]
        for column in range(seen.shape[1]):
            x = (np.float32(column) + np.float32(0.5) - lens[1]) / lens[0]
            ray_x = x * turn[0, 0] + y * turn[1, 0] + turn[2, 0]
            ray_y = x * turn[0, 1] + y * turn[1, 1] + turn[2, 1]
            ray_z = x * turn[0, 2] + y * turn[1, 2] + turn[2, 2]
            length = np.float32(1) / math.sqrt(ray_x * ray_x + ray_y * ray_y + ray_z * ray_z)
            to_x, to_y, to_z = ray_x * length, ray_y * length, ray_z * length
            if ray_y < 0:
                along = position[1] / max(-ray_y, LEVEL)
                ground_x, ground_z = position[0] + ray_x * along, position[2] + ray_z * along
                flat = ground_x * ground_x + ground_z * ground_z
                away = min(
                    max(np.float32(2) * math.sqrt(flat) / reach - np.float32(1), np.float32(0)), np.float32(1)
                )
                ground_y = position[1] + ray_y * along - eye
                near = (np.float32(1) - away) / math.sqrt(flat + ground_y * ground_y)
                to_x = near * ground_x + away * to_x  # no edge where the flat ground ends
                to_y = near * ground_y + away * to_y
                to_z = near * ground_z + away * to_z
            level = math.sqrt(to_x * to_x + to_z * to_z)
            u = math.atan2(to_x, -to_z) * to_column - np.float32(0.5)
            v = math.atan2(level, to_y) * to_row - np.float32(0.5)
            _at(radiance, u, v, row, column, exposure, seen)
