"""One track's normal equations as machine code, a few frames a thread: track_problem.py computes the same in tensors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.body.compiled.posing import AXES, SHAPE, pose
from core.body.keypoint_body import CAM_T_COLUMNS, JOINTS, POSE, UNKNOWNS
from core.body.tree import PARENTS
from core.compute.machine_code import BODY_SOURCES, CORE, Floats, compiled, digest, kept
from core.fitting.arithmetic import WIDE, add_scaled, copy, fill
from core.fitting.compiled.unrolled import losses_of, slopes_of
from core.fitting.sequence.bands import swept
from core.fitting.sequence.joint_pulls import PullNumbers, PullRoom, pull_joints
from core.fitting.sequence.track_tables import (
    LINKED,
    LOOSE,
    ORDER,
    SHARED_NUMBERS,
    FrameRoom,
    TrackRoom,
    TrackTable,
)
from core.fitting.solver import FLOOR
from core.fitting.terms.all_terms import TERMS

SOURCES = [*BODY_SOURCES, *CORE.glob("fitting/**/*.py")]
CAM_T = CAM_T_COLUMNS.start
_OWN = LOOSE + LINKED  # unknowns of a frame
_PARENTS = np.array(PARENTS)
_COLUMN = np.argsort(ORDER)[: 3 * JOINTS : 3] - LOOSE  # of each joint's rotation among the linked; tips are negative
_losses, _slopes = losses_of(TERMS), slopes_of(TERMS)

Frames = Callable[[TrackTable, TrackRoom, bool, FrameRoom, int, int], None]
Links = Callable[[TrackTable, TrackRoom, FrameRoom, int, int], None]
Damps = Callable[[TrackTable, TrackRoom, float, FrameRoom, int, int], None]


def _frames_from(sources: int) -> Frames:
    """Compiled again if any of the sources changes, as the functions below."""

    @kept
    def frames(
        table: TrackTable, at: TrackRoom, slopes: bool, room: FrameRoom, first: int, last: int
    ) -> None:
        """Losses and joints of the frames first to last; if `slopes`, also their own gradients, Hessians and `by`."""
        assert sources >= 0
        for t in range(first, last):
            unknowns = at.unknowns[t]
            pose(table.body, unknowns, room.at.posed)
            _losses(table.terms, room.terms, room.at, t, unknowns, room.report)
            copy(at.report[t], room.report)
            total = 0.0
            for term in range(room.report.shape[0] - room.at.distance_px.shape[0]):
                total += room.report[term]
            off = _off_anchor(table, unknowns, t)
            trust = table.strange / (table.strange + off)
            at.losses[t] = np.float32(total + table.trust[t] * trust * off) if table.free[t] else 0
            _place(table, room, unknowns, at.places[t], t)
            if slopes and table.free[t]:
                fill(room.gradient, 0.0)
                for i in range(UNKNOWNS):
                    fill(room.hessian[i], 0.0)
                _slopes(table.terms, room.terms, room.at, t, unknowns, room.gradient, room.hessian)
                pull = np.float32(table.trust[t] * trust * trust)
                for i in range(POSE):
                    room.gradient[i] += pull * (unknowns[i] - table.anchor[t, i])
                    room.hessian[i, i] += pull
                _in_order(room, at.gradient[t], at.hessian[t])
                _joints_by(table, room, at.by[t], t)

    return frames


@compiled
def _off_anchor(table: TrackTable, unknowns: Floats, t: int) -> float:
    off = 0.0
    for i in range(POSE):
        off += float(unknowns[i] - table.anchor[t, i]) ** 2
    return off


@compiled
def _place(table: TrackTable, room: FrameRoom, unknowns: Floats, places: Floats, t: int) -> None:
    """Joints in the frame in which motion is smooth: from the camera's by the inverse of `camera`."""
    camera, found = table.camera[t], room.at.posed.places
    for joint in range(JOINTS):
        for axis in range(3):
            place = np.float32(0)
            for row in range(3):
                place += camera[row, axis] * (found[joint, row] + unknowns[CAM_T + row] - camera[row, 3])
            places[joint, axis] = place


@compiled
def _in_order(room: FrameRoom, gradient: Floats, hessian: Floats) -> None:
    """Write a frame's gradient and the upper triangle of its Hessian in ORDER."""
    for i in range(UNKNOWNS):
        row = ORDER[i]
        gradient[i] = room.gradient[row]
        for j in range(i, UNKNOWNS):
            col = ORDER[j]
            hessian[i, j] = room.hessian[min(row, col), max(row, col)]


@compiled
def _joints_by(table: TrackTable, room: FrameRoom, by: Floats, t: int) -> None:
    """Jacobian of the joints' places in the frame in which motion is smooth, by linked and shared unknowns."""
    camera, posed = table.camera[t], room.at.posed
    for joint in range(JOINTS):
        for axis in range(3):
            x, y, z = camera[0, axis], camera[1, axis], camera[2, axis]
            row = by[3 * joint + axis]
            fill(row, 0.0)
            above = _PARENTS[joint]
            while above >= 0:
                arm_x = posed.places[joint, 0] - posed.places[above, 0]
                arm_y = posed.places[joint, 1] - posed.places[above, 1]
                arm_z = posed.places[joint, 2] - posed.places[above, 2]
                about_x, about_y, about_z = arm_y * z - arm_z * y, arm_z * x - arm_x * z, arm_x * y - arm_y * x
                turn, column = posed.turns[AXES, above], _COLUMN[above]
                for col in range(3):
                    row[column + col] = about_x * turn[0, col] + about_y * turn[1, col] + about_z * turn[2, col]
                above = _PARENTS[above]
            row[LINKED - 3], row[LINKED - 2], row[LINKED - 1] = x, y, z
            for s in range(SHARED_NUMBERS):
                carried = posed.carried[joint]
                row[LINKED + s] = x * carried[0, s] + y * carried[1, s] + z * carried[2, s]


def _pulls_from(sources: int) -> Callable[[PullNumbers, Floats, PullRoom, bool], float]:
    @kept
    def pulls(numbers: PullNumbers, places: Floats, room: PullRoom, slopes: bool) -> float:
        """`pull_joints`, to be called from Python."""
        assert sources >= 0
        return pull_joints(numbers, places, room, slopes)

    return pulls


def _links_from(sources: int) -> Links:
    @kept
    def links(table: TrackTable, at: TrackRoom, room: FrameRoom, first: int, last: int) -> None:
        """Add the terms between frames to gradients and Hessians of the frames first to last."""
        assert sources >= 0
        pulls = at.pulls
        for t in range(first, last):
            if not table.free[t]:
                continue
            by, gradient, hessian = at.by[t], at.gradient[t, LOOSE:], at.hessian[t]
            for row in range(POSE):
                joint, axis = row // 3, row % 3
                own, force = pulls.own[t, joint], pulls.force[t, joint, axis]
                moved, shape = room.moved[row], by[row, LINKED:]
                for s in range(SHARED_NUMBERS):
                    moved[s] = own * shape[s]
                _reach_over(at, t, row, moved)
                for i in range(LINKED):
                    value = by[row, i]
                    if value != 0:
                        gradient[i] += force * value
                        add_scaled(hessian[LOOSE + i, LOOSE + i : _OWN], own * value, by[row, i:LINKED])
                        add_scaled(hessian[LOOSE + i, _OWN:UNKNOWNS], value, moved)
                for s in range(SHARED_NUMBERS):
                    gradient[LINKED + s] += force * shape[s]
                    add_scaled(hessian[_OWN + s, _OWN:UNKNOWNS], shape[s], moved)

    return links


@compiled
def _reach_over(at: TrackRoom, t: int, row: int, moved: Floats) -> None:
    """Add the other frames' shares of a shared Jacobian times the stiffness."""
    pulls, joint, frames = at.pulls, row // 3, at.by.shape[0]
    for back in range(1, 3):
        if t >= back:
            stiff = pulls.first[t, joint] if back == 1 else pulls.second[t, joint]
            add_scaled(moved[:SHARED_NUMBERS], stiff, at.by[t - back, row, LINKED:])
        if t + back < frames:
            stiff = pulls.first[t + back, joint] if back == 1 else pulls.second[t + back, joint]
            add_scaled(moved[:SHARED_NUMBERS], stiff, at.by[t + back, row, LINKED:])


def _damps_from(sources: int) -> Damps:
    @kept
    def damps(
        table: TrackTable, at: TrackRoom, strength: float, room: FrameRoom, first: int, last: int
    ) -> None:
        """Write the damped rows of the frames first to last as `swept` takes them, without the loose unknowns."""
        assert sources >= 0
        for t in range(first, last):
            _damped(table, at, t, np.float32(strength), room.matrix)
            for i in range(LOOSE):
                _eliminated(room.matrix, i)
                copy(at.loosened[t, i], room.matrix[i])
            for i in range(LINKED):
                copy(at.panels[t, i, i:LINKED], room.matrix[LOOSE + i, LOOSE + i : _OWN])
                fill(at.panels[t, i, LINKED:], 0.0)
                copy(at.border[t, i], room.matrix[LOOSE + i, _OWN : UNKNOWNS + 1])
            for s in range(SHARED_NUMBERS):
                copy(at.corners[t, s], room.matrix[_OWN + s, _OWN : UNKNOWNS + 1])
            for after in range(1, 3):
                if table.free[t] and t + after < at.by.shape[0] and table.free[t + after]:
                    _link(table, at, t, after)

    return damps


@compiled
def _damped(table: TrackTable, at: TrackRoom, t: int, strength: np.float32, matrix: Floats) -> None:
    """A frame's Hessian with the right side in column 86; shared unknowns are damped later, once a track."""
    for i in range(UNKNOWNS):
        held = not table.free[t] or not table.moves[i]
        row, source = matrix[i], at.hessian[t, i]
        for j in range(i, UNKNOWNS):
            row[j] = 0 if held or not table.moves[j] else source[j]
        row[UNKNOWNS] = 0 if held else -at.gradient[t, i]
        if i < _OWN:
            row[i] = 1 if held else source[i] * (1 + strength) + np.float32(FLOOR)


@compiled
def _eliminated(matrix: Floats, i: int) -> None:
    """One row of Cholesky, taken off all rows below it. A row whose pivot is not positive becomes nan, and so the step."""
    scale = np.float32(1) / np.sqrt(matrix[i, i])
    row = matrix[i]
    for j in range(i, UNKNOWNS + 1):
        row[j] *= scale
    for below in range(i + 1, UNKNOWNS):
        value = row[below]
        if value != 0:
            add_scaled(matrix[below, below : UNKNOWNS + 1], -value, row[below : UNKNOWNS + 1])


@compiled
def _link(table: TrackTable, at: TrackRoom, t: int, after: int) -> None:
    """Write the block of a frame's rows and the columns of the frame `after` frames later."""
    one, other, stiffness = at.by[t], at.by[t + after], at.pulls.first if after == 1 else at.pulls.second
    for row in range(POSE):
        stiff = stiffness[t + after, row // 3]
        if stiff != 0:
            for i in range(LINKED):
                value = one[row, i]
                if value != 0:
                    to = at.panels[t, i, after * LINKED : (after + 1) * LINKED]
                    add_scaled(to, stiff * value, other[row, :LINKED])
    for i in range(LINKED):
        for j in range(LINKED):
            if not (table.moves[LOOSE + i] and table.moves[LOOSE + j]):
                at.panels[t, i, after * LINKED + j] = 0


def _steps_from(sources: int) -> Callable[[TrackTable, TrackRoom, float, Floats, Floats, Floats], float]:
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
            if table.moves[_OWN + s]:
                diagonal, slope = _shared_slope(table, at, s)
                promised += common[s] * ((FLOOR + damping * diagonal) * common[s] - slope)
        for t in range(step.shape[0]):
            if not table.free[t]:
                fill(step[t], 0.0)
                continue
            for i in range(LINKED):
                step[t, ORDER[LOOSE + i]] = at.solution[t, i]
            for s in range(SHARED_NUMBERS):
                step[t, ORDER[_OWN + s]] = common[s]
            _loose_step(at, t, step[t])
            for i in range(_OWN):
                if table.moves[i]:
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
            diagonal += at.hessian[t, _OWN + s, _OWN + s]
            slope += at.gradient[t, _OWN + s]
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
        if table.moves[_OWN + s]:
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


frame_losses = _frames_from(digest(SOURCES))
pulls_between = _pulls_from(digest(SOURCES))
link_frames = _links_from(digest(SOURCES))
damp_frames = _damps_from(digest(SOURCES))
step_track = _steps_from(digest(SOURCES))
