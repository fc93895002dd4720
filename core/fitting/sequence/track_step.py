"""A damped step of one track as machine code: track_solver.py computes the same in tensors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.body.compiled.posing import SHAPE
from core.body.keypoint_body import JOINTS, UNKNOWNS
from core.compute.machine_code import Floats, compiled, digest, kept
from core.fitting.arithmetic import add_scaled, add_three, copy, fill
from core.fitting.sequence.bands import swept
from core.fitting.sequence.track_kernels import SOURCES
from core.fitting.sequence.track_tables import (
    LINKED,
    LOOSE,
    ORDER,
    OWN_NUMBERS,
    SHARED_NUMBERS,
    FrameRoom,
    TrackRoom,
    TrackTable,
)
from core.fitting.solver import FLOOR

Damps = Callable[[TrackTable, TrackRoom, float, FrameRoom, int, int], None]
Steps = Callable[[TrackTable, TrackRoom, float, Floats, Floats, Floats], float]


def _damps_from(sources: int) -> Damps:
    @kept
    def damps(
        table: TrackTable, at: TrackRoom, strength: float, room: FrameRoom, first: int, last: int
    ) -> None:
        """Write the damped rows of the frames first to last as `swept` takes them, without the loose unknowns."""
        assert sources >= 0
        for t in range(first, last):
            _damped(table, at, t, np.float32(strength), room.matrix)
            _eliminate(room.matrix)
            for i in range(LOOSE):
                copy(at.loosened[t, i], room.matrix[i])
            for i in range(LINKED):
                copy(at.panels[t, i, i:LINKED], room.matrix[LOOSE + i, LOOSE + i : OWN_NUMBERS])
                fill(at.panels[t, i, LINKED:], 0.0)
                copy(at.border[t, i], room.matrix[LOOSE + i, OWN_NUMBERS : UNKNOWNS + 1])
            for s in range(SHARED_NUMBERS):
                copy(at.corners[t, s], room.matrix[OWN_NUMBERS + s, OWN_NUMBERS : UNKNOWNS + 1])
            for after in range(1, 3):
                if table.free[t] and t + after < at.by.shape[0] and table.free[t + after]:
                    _link(table, at, t, after)

    return damps


@compiled
def _damped(table: TrackTable, at: TrackRoom, t: int, strength: np.float32, matrix: Floats) -> None:
    """A frame's Hessian with the right side in column 86; shared unknowns are damped later, once a track."""
    for i in range(UNKNOWNS):
        moves = table.moves[i] if table.free[t] else np.float32(0)
        row, source = matrix[i, i:UNKNOWNS], at.hessian[t, i, i:]
        also = table.moves[i:]
        for j in range(row.shape[0]):
            row[j] = moves * also[j] * source[j]
        matrix[i, UNKNOWNS] = -moves * at.gradient[t, i]
        if i < OWN_NUMBERS:
            matrix[i, i] = moves * (matrix[i, i] * (1 + strength) + np.float32(FLOOR)) + 1 - moves


@compiled
def _eliminate(matrix: Floats) -> None:
    """Cholesky of the loose unknowns' rows, taken off the rows below them. A pivot that is not positive makes the row,
    and so the step, nan."""
    for i in range(LOOSE):
        for k in range(i):
            add_scaled(matrix[i, i : UNKNOWNS + 1], -matrix[k, i], matrix[k, i:])
        scale = np.float32(1) / np.sqrt(matrix[i, i])
        for j in range(i, UNKNOWNS + 1):
            matrix[i, j] *= scale
    for i in range(LOOSE, UNKNOWNS):
        row = matrix[i, i : UNKNOWNS + 1]
        for tip in range(LOOSE // 3):
            k = 3 * tip
            a, b, c = -matrix[k, i], -matrix[k + 1, i], -matrix[k + 2, i]
            if a != 0 or b != 0 or c != 0:
                add_three(row, a, b, c, matrix[k, i:], matrix[k + 1, i:], matrix[k + 2, i:])


@compiled
def _link(table: TrackTable, at: TrackRoom, t: int, after: int) -> None:
    """Write the block of a frame's rows and the columns of the frame `after` frames later."""
    one, other, stiffness = at.by[t], at.by[t + after], at.pulls.first if after == 1 else at.pulls.second
    for joint in range(JOINTS):
        stiff = stiffness[t + after, joint]
        x, y, z = other[3 * joint], other[3 * joint + 1], other[3 * joint + 2]
        for i in range(LINKED):
            factor = stiff * table.moves[LOOSE + i]
            a, b, c = (
                factor * one[3 * joint, i],
                factor * one[3 * joint + 1, i],
                factor * one[3 * joint + 2, i],
            )
            if a != 0 or b != 0 or c != 0:
                to = at.panels[t, i, after * LINKED : (after + 1) * LINKED]
                add_three(to, a, b, c, x, y, z)
    for j in range(LINKED):
        if table.moves[LOOSE + j] == 0:
            for i in range(LINKED):
                at.panels[t, i, after * LINKED + j] = 0


def _steps_from(sources: int) -> Steps:
    @kept
    def steps(
        table: TrackTable, at: TrackRoom, strength: float, corner: Floats, common: Floats, step: Floats
    ) -> float:
        """Write the damped step (T, 86) of a track. corner (11, 12): room; common (11,): of the shared unknowns.
        Returns the decrease that the quadratic model predicts, 0 for no step."""
        assert sources >= 0
        damping = np.float32(strength)
        promised = 0.0
        _gather_corner(table, at, damping, corner)
        if not swept(at.panels, at.border, corner, at.solution, common):
            return 0.0
        for s in range(SHARED_NUMBERS):
            if table.moves[OWN_NUMBERS + s] > 0:
                diagonal, slope = _shared_slope(table, at, s)
                promised += common[s] * ((FLOOR + damping * diagonal) * common[s] - slope)
        for t in range(step.shape[0]):
            if not table.free[t]:
                fill(step[t], 0.0)
                continue
            for i in range(LINKED):
                step[t, ORDER[LOOSE + i]] = at.solution[t, i]
            for s in range(SHARED_NUMBERS):
                step[t, ORDER[OWN_NUMBERS + s]] = common[s]
            _loose_step(at, t, step[t])
            for i in range(OWN_NUMBERS):
                if table.moves[i] > 0:
                    value = step[t, ORDER[i]]
                    weight = FLOOR + damping * at.hessian[t, i, i]
                    promised += value * (weight * value - at.gradient[t, i])
        return promised

    return steps


@compiled
def _shared_slope(table: TrackTable, at: TrackRoom, s: int) -> tuple[float, float]:
    """A shared unknown's diagonal of the Hessian and its gradient, summed over the frames."""
    diagonal, slope = float(table.shape[s]), float(_pull_of_shape(table, at, s))
    for t in range(table.free.shape[0]):
        if table.free[t]:
            diagonal += at.hessian[t, OWN_NUMBERS + s, OWN_NUMBERS + s]
            slope += at.gradient[t, OWN_NUMBERS + s]
    return diagonal, slope


@compiled
def _pull_of_shape(table: TrackTable, at: TrackRoom, s: int) -> np.float32:
    """Gradient of the shape prior: the shape is that of the first frame that may move."""
    for t in range(table.free.shape[0]):
        if table.free[t]:
            return table.shape[s] * at.unknowns[t, SHAPE + s]
    return np.float32(0)


@compiled
def _gather_corner(table: TrackTable, at: TrackRoom, damping: np.float32, corner: Floats) -> None:
    """The damped shared block and its right side: the frames' sums and the shape prior."""
    for s in range(SHARED_NUMBERS):
        fill(corner[s], 0.0)
        if table.moves[OWN_NUMBERS + s] > 0:
            diagonal, _ = _shared_slope(table, at, s)
            for t in range(table.free.shape[0]):
                add_scaled(corner[s], np.float32(1), at.corners[t, s])
            corner[s, SHARED_NUMBERS] -= _pull_of_shape(table, at, s)
            corner[s, s] += table.shape[s] + np.float32(damping * diagonal) + np.float32(FLOOR)
        else:
            corner[s, s] = 1


@compiled
def _loose_step(at: TrackRoom, t: int, step: Floats) -> None:
    """Solve for a frame's loose unknowns."""
    for back in range(LOOSE):
        i = LOOSE - 1 - back
        row = at.loosened[t, i]
        known = row[UNKNOWNS]
        for j in range(i + 1, UNKNOWNS):
            known -= row[j] * step[ORDER[j]]
        step[ORDER[i]] = known / row[i]


damp_frames = _damps_from(digest(SOURCES))
step_track = _steps_from(digest(SOURCES))
