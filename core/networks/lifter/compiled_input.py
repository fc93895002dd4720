"""The lifter's input features from keypoints, as machine code: the twin of `features_in_tensors` in lift.py."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from core.body.compiled.body_table import numbers_of
from core.compute.machine_code import BODY_SOURCES, CORE, Floats, Places, compiled, digest, kept
from core.networks.lifter.network import EACH, FARTHEST, NO_FAMILY, Lifter
from core.networks.lifter.network_input import AHEAD, FEW, NO_WEIGHT, OUTLIER, SMALLEST_SIDE, places

SOURCES = [*BODY_SOURCES, *CORE.glob("networks/lifter/*.py")]


class Known(NamedTuple):
    """Which keypoint of a layout each entry (E,) is, and which of N definitions; family (N,) and flip (N,) of these;
    families (1,): how many of them."""

    keypoint: Places
    definition: Places
    family: Places
    flip: Places
    families: Places


class InputWorkspace(NamedTuple):
    """points (N, 3): tangents and confidence; away (N,) and ranked (N,): for medians; weight (F,)."""

    points: Floats
    away: Floats
    ranked: Floats
    weight: Floats


def features_of(
    lifter: Lifter, keypoints: Tensor, layout: str, focal_length: Tensor, camera_center: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Features (2 B, ...) of B people and then of their mirror images; side (B,) and turn (B, 3, 3) as LifterInput has
    them. keypoints (B, K, 3), focal_length (B,), camera_center (B, 2) [px]."""
    known, batch = _known(lifter, layout), len(keypoints)
    size = len(known.family)
    workspace = InputWorkspace(
        np.empty((size, 3), np.float32),
        np.empty(size, np.float32),
        np.empty(size, np.float32),
        np.empty(known.families[0], np.float32),
    )
    features = np.empty((2 * batch, lifter.into.in_features), np.float32)
    side, turn = np.empty(batch, np.float32), np.empty((batch, 3, 3), np.float32)
    points, focal, center = (numbers_of(part) for part in (keypoints, focal_length, camera_center))
    _see(known, points, focal, center, workspace, features, side, turn)
    return torch.from_numpy(features), torch.from_numpy(side), torch.from_numpy(turn)


@lru_cache(maxsize=32)
def _known(lifter: Lifter, layout: str) -> Known:
    keypoint, definition = places(layout, lifter.config.definitions)
    family = lifter.members.argmax(dim=0)
    families = np.array([len(lifter.members)])
    return Known(np.array(keypoint), np.array(definition), family.numpy(), lifter.flip.numpy(), families)


def _made_from(
    sources: int,
) -> Callable[[Known, Floats, Floats, Floats, InputWorkspace, Floats, Floats, Floats], None]:
    """The function that Python calls, compiled again if any of the sources changes."""

    @kept
    def see(
        known: Known,
        keypoints: Floats,
        focal_length: Floats,
        camera_center: Floats,
        workspace: InputWorkspace,
        features: Floats,
        side: Floats,
        turn: Floats,
    ) -> None:
        assert sources >= 0
        for person in range(side.shape[0]):
            _gather(known, keypoints[person], focal_length[person], camera_center[person], workspace.points)
            x, y, _ = _box(workspace)
            _turn_ahead(x, y, turn[person])
            _turned(workspace.points, turn[person])
            _, _, side[person] = _box(workspace)
            if not side[person] > np.float32(SMALLEST_SIDE):
                half = max(camera_center[person, 0], camera_center[person, 1]) / focal_length[person]
                side[person] = min(max(half, np.float32(SMALLEST_SIDE)), np.float32(1 / SMALLEST_SIDE))
            _describe(known, workspace, side[person], False, features[person])
            _describe(known, workspace, side[person], True, features[side.shape[0] + person])

    return see


@compiled
def _gather(known: Known, keypoints: Floats, focal: np.float32, center: Floats, points: Floats) -> None:
    """points (N, 3): tangents and confidence of the definitions; a layout's twins are averaged by confidence."""
    for n in range(points.shape[0]):
        for col in range(3):
            points[n, col] = 0
    for entry in range(known.keypoint.shape[0]):
        seen, to = keypoints[known.keypoint[entry]], points[known.definition[entry]]
        if seen[2] > 0:
            to[0] += seen[0] * seen[2]
            to[1] += seen[1] * seen[2]
            to[2] += seen[2]
    for n in range(points.shape[0]):
        weight = max(points[n, 2], np.float32(NO_WEIGHT))
        for col in range(2):
            points[n, col] = (points[n, col] / weight - center[col]) / focal
        points[n, 2] = min(points[n, 2], np.float32(1))


@compiled
def _box(workspace: InputWorkspace) -> tuple[np.float32, np.float32, np.float32]:
    """Centre and longer side of the box around the points that are there, outliers left out."""
    points, away = workspace.points, workspace.away
    x, y = _median(points[:, 0], points, workspace.ranked), _median(points[:, 1], points, workspace.ranked)
    count = 0
    for n in range(points.shape[0]):
        off_x, off_y = points[n, 0] - x, points[n, 1] - y
        away[n] = np.sqrt(off_x * off_x + off_y * off_y)
        count += points[n, 2] > 0
    most = np.float32(OUTLIER) * _median(away, points, workspace.ranked)
    if count <= FEW:
        most = np.float32(np.inf)
    low_x = low_y = np.float32(np.inf)
    high_x = high_y = np.float32(-np.inf)
    for n in range(points.shape[0]):
        if points[n, 2] > 0 and not away[n] > most:
            low_x, high_x = min(low_x, points[n, 0]), max(high_x, points[n, 0])
            low_y, high_y = min(low_y, points[n, 1]), max(high_y, points[n, 1])
    if not high_x >= low_x:
        return np.float32(0), np.float32(0), np.float32(SMALLEST_SIDE)
    side = max(high_x - low_x, high_y - low_y)
    side = min(max(side, np.float32(SMALLEST_SIDE)), np.float32(1 / SMALLEST_SIDE))
    return (high_x + low_x) / 2, (high_y + low_y) / 2, side


@compiled
def _median(values: Floats, points: Floats, ranked: Floats) -> np.float32:
    """The lower one of the points that are there; 0 of none."""
    count = 0
    for n in range(points.shape[0]):
        if points[n, 2] > 0:
            place, value = count, values[n]
            while place > 0 and ranked[place - 1] > value:
                ranked[place] = ranked[place - 1]
                place -= 1
            ranked[place] = value
            count += 1
    return ranked[(count - 1) // 2] if count else np.float32(0)


@compiled
def _turn_ahead(x: np.float32, y: np.float32, turn: Floats) -> None:
    """turn (3, 3) becomes core.geometry.rotation.rotation_ahead of (x, y, 1)."""
    length = np.sqrt(x * x + y * y + 1)
    a, b, c = x / length, y / length, 1 / length + 1
    length = np.sqrt(a * a + b * b + c * c)
    a, b, c = a / length, b / length, c / length
    turn[0, 0], turn[0, 1], turn[0, 2] = 1 - 2 * a * a, -2 * a * b, -2 * a * c
    turn[1, 0], turn[1, 1], turn[1, 2] = -2 * a * b, 1 - 2 * b * b, -2 * b * c
    turn[2, 0], turn[2, 1], turn[2, 2] = 2 * a * c, 2 * b * c, 2 * c * c - 1


@compiled
def _turned(points: Floats, turn: Floats) -> None:
    """Tangents from the ray that the camera was turned to; zero where absent."""
    for n in range(points.shape[0]):
        x, y = points[n, 0], points[n, 1]
        ahead = (turn[2, 0] * x + turn[2, 1] * y + turn[2, 2]) / np.sqrt(x * x + y * y + 1)
        scale = 1 / (max(ahead, np.float32(AHEAD)) * np.sqrt(x * x + y * y + 1))
        for row in range(2):
            across = (turn[row, 0] * x + turn[row, 1] * y + turn[row, 2]) * scale
            points[n, row] = across if points[n, 2] > 0 else np.float32(0)


@compiled
def _describe(known: Known, workspace: InputWorkspace, side: np.float32, mirrored: bool, to: Floats) -> None:
    """Each definition's x, y, presence and confidence, those of each family on the average, and how large it all is."""
    points, count, families = workspace.points, workspace.points.shape[0], known.families[0]
    first = EACH * count
    for i in range(EACH * families):
        to[first + i] = 0
    for family in range(families):
        workspace.weight[family] = 0
    for n in range(count):
        seen, family = points[known.flip[n] if mirrored else n], known.family[n]
        x = seen[0] * 2 / side
        for col in range(EACH):
            value = x if col == 0 else seen[1] * 2 / side
            value = min(
                max(-value if mirrored and col == 0 else value, np.float32(-FARTHEST)), np.float32(FARTHEST)
            )
            if col == 2:
                value = np.float32(seen[2] > 0)
            elif col == 3:
                value = seen[2]
            to[EACH * n + col] = value
            to[first + col * families + family] += value * seen[2]
        workspace.weight[family] += seen[2]
    for col in range(EACH):
        for family in range(families):
            to[first + col * families + family] /= max(workspace.weight[family], np.float32(NO_FAMILY))
    to[first + EACH * families] = np.log(side) + 1


_see = _made_from(digest(SOURCES))
