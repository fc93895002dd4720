"""Rotations of one person's prediction, as machine code."""

from __future__ import annotations

import numpy as np

from core.body.keypoint_body import JOINTS
from core.compute.machine_code import Floats, compiled
from core.networks.lifter.network import SHORTEST

SMALL_ANGLE = 1e-3  # [rad] half an angle; below it a turn and its sine are one in float32


@compiled
def turn_by_6d(numbers: Floats, rotations: Floats) -> None:
    """The 24 rotations of 6D numbers, row by row: Gram and Schmidt."""
    for joint in range(JOINTS):
        six, to = numbers[6 * joint : 6 * joint + 6], rotations[joint]
        for col in range(2):
            if col:
                along = np.float32(0)
                for row in range(3):
                    along += to[row, 0] * six[2 * row + 1]
            squared = np.float32(0)
            for row in range(3):
                to[row, col] = six[2 * row + col] - (along * to[row, 0] if col else np.float32(0))
                squared += to[row, col] * to[row, col]
            scale = np.float32(1) / np.sqrt(max(squared, np.float32(SHORTEST)))
            for row in range(3):
                to[row, col] *= scale
        for row in range(3):
            a, b = (row + 1) % 3, (row + 2) % 3
            to[row, 2] = to[a, 0] * to[b, 1] - to[b, 0] * to[a, 1]


@compiled
def turn_back(turn: Floats, rotation: Floats) -> None:
    """rotation (3, 3) becomes turnᵀ times it."""
    for col in range(3):
        x, y, z = rotation[0, col], rotation[1, col], rotation[2, col]
        for row in range(3):
            rotation[row, col] = turn[0, row] * x + turn[1, row] * y + turn[2, row] * z


@compiled
def write_axis_angle(rotation: Floats, to: Floats) -> None:
    """Of a rotation (3, 3), by its quaternion: from the largest of four numbers, so that no angle is lost."""
    trace = rotation[0, 0] + rotation[1, 1] + rotation[2, 2]
    i = 0
    for other in (1, 2):
        if rotation[other, other] > rotation[i, i]:
            i = other
    if trace >= rotation[i, i]:
        w = 1 + trace
        for row in range(3):
            a, b = (row + 1) % 3, (row + 2) % 3
            to[row] = rotation[b, a] - rotation[a, b]
    else:
        j, k = (i + 1) % 3, (i + 2) % 3
        w = rotation[k, j] - rotation[j, k]
        to[i] = 1 - trace + 2 * rotation[i, i]
        to[j] = rotation[j, i] + rotation[i, j]
        to[k] = rotation[k, i] + rotation[i, k]
    length = np.sqrt(to[0] * to[0] + to[1] * to[1] + to[2] * to[2])
    sign = np.float32(1) if w > 0 else np.float32(-1)
    half = np.arctan2(length, sign * w)
    scale = 2 * sign * half / length if half > SMALL_ANGLE else 2 * sign / np.sqrt(w * w + length * length)
    for row in range(3):
        to[row] *= scale
