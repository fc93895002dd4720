"""A moving body, placed by one call of machine code, so that its picture follows each step of a drag's fit.

In tensors the same takes some hundred small operations, each of which may wait for the drawing thread.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.body.coarse import CoarseBody, coarse
from core.body.compiled.body_table import BENDS, BodyTable, body_table
from core.body.compiled.posing import CAM_T, SHAPE, WORLD, Posed, at_shape, pose, room_to_pose
from core.body.keypoint_body import JOINTS, KeypointBody
from core.body.model import Body
from core.compute.machine_code import BODY_SOURCES, Floats, compiled, digest, kept


class MovedBody(NamedTuple):
    """keypoints (K, 3), joints (24, 3), and vertices (V, 3) of core.body.coarse [m, camera frame]."""

    keypoints: Floats
    joints: Floats
    vertices: Floats


class MovingBody:
    """The coarse body with a layout's keypoints."""

    def __init__(self, body: Body, layout: str) -> None:
        self._coarse, self._table = coarse(body), body_table(KeypointBody.from_body(body, layout))

    @property
    def faces(self) -> npt.NDArray[np.int64]:
        """(F, 3)."""
        return self._coarse.faces

    def place(self, unknowns: Floats) -> MovedBody:
        """Place the body at unknowns (86,), as params_to_vector gives them."""
        posed, vertices = room_to_pose(self._table), np.empty((len(self._coarse.vertices), 3), np.float32)
        joints, moves = np.empty((JOINTS, 3), np.float32), np.empty((JOINTS, 3, 4), np.float32)
        _place(self._table, self._coarse, np.ascontiguousarray(unknowns), posed, joints, moves, vertices)
        return MovedBody(posed.points, joints, vertices)


@lru_cache(maxsize=32)
def moving_body(body: Body, layout: str) -> MovingBody:
    """The moving body of a body and a layout, cached."""
    return MovingBody(body, layout)


def _made_from(
    sources: int,
) -> Callable[[BodyTable, CoarseBody, Floats, Posed, Floats, Floats, Floats], None]:
    """The function that Python calls, compiled again if any of the sources changes."""

    @kept
    def place(
        table: BodyTable,
        body: CoarseBody,
        unknowns: Floats,
        posed: Posed,
        joints: Floats,
        moves: Floats,
        vertices: Floats,
    ) -> None:
        """Fill posed (keypoints), joints (24, 3), vertices (V, 3) and moves (24, 3, 4), the transforms from rest."""
        assert sources >= 0
        pose(table, unknowns, posed)
        for joint in range(JOINTS):
            _move(body, joint, unknowns, posed, joints, moves)
        for vertex in range(vertices.shape[0]):
            x = _rest(body, vertex, 0, unknowns, posed.bend)
            y = _rest(body, vertex, 1, unknowns, posed.bend)
            z = _rest(body, vertex, 2, unknowns, posed.bend)
            to = vertices[vertex]
            for row in range(3):
                to[row] = 0
            for entry in range(body.first[vertex], body.first[vertex + 1]):
                weight, move = body.weight[entry], moves[body.joint[entry]]
                for row in range(3):
                    to[row] += weight * (
                        move[row, 0] * x + move[row, 1] * y + move[row, 2] * z + move[row, 3]
                    )

    return place


@compiled
def _move(
    body: CoarseBody, joint: int, unknowns: Floats, posed: Posed, joints: Floats, moves: Floats
) -> None:
    """Write a joint's position and its transform from rest."""
    turn, pivot = posed.turns[WORLD, joint], body.pivots[joint]
    for row in range(3):
        joints[joint, row] = moves[joint, row, 3] = posed.places[joint, row] + unknowns[CAM_T + row]
    for col in range(3):
        at = at_shape(pivot[col], unknowns[SHAPE:])
        for row in range(3):
            moves[joint, row, col] = turn[row, col]
            moves[joint, row, 3] -= turn[row, col] * at


@compiled
def _rest(body: CoarseBody, vertex: int, row: int, unknowns: Floats, bend: Floats) -> np.float32:
    """A coordinate of a vertex before its joints move it."""
    at = at_shape(body.vertices[vertex, row], unknowns[SHAPE:])
    if body.vertices_pose.shape[0]:
        by_bend = body.vertices_pose[vertex, row]
        for i in range(BENDS):
            at += by_bend[i] * bend[i]
    return at


_place = _made_from(digest(BODY_SOURCES))
