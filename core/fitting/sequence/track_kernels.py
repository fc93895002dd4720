"""A track's normal equations as machine code, a few frames a thread. track_problem.py computes the same in tensors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.body.compiled.posing import AXES, pose
from core.body.keypoint_body import CAM_T_COLUMNS, JOINTS, POSE, UNKNOWNS
from core.body.tree import PARENTS
from core.compute.machine_code import BODY_SOURCES, CORE, Floats, compiled, digest, kept
from core.fitting.arithmetic import add_scaled, add_three, copy, fill
from core.fitting.compiled.unrolled import losses_of, slopes_of
from core.fitting.sequence.joint_pulls import PullNumbers, PullRoom, pull_joints
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
from core.fitting.terms.all_terms import TERMS

_FITTING = ("arithmetic.py", "solver.py", "compiled/unrolled.py", "terms/*.py")
_TRACKS = ("bands.py", "joint_pulls.py", "track_tables.py", "track_kernels.py", "track_step.py")
SOURCES = [
    *BODY_SOURCES,
    *(path for name in _FITTING for path in CORE.glob(f"fitting/{name}")),
    *(CORE / "fitting" / "sequence" / name for name in _TRACKS),
]
CAM_T = CAM_T_COLUMNS.start
_PARENTS = np.array(PARENTS)
_COLUMN = (
    np.argsort(ORDER)[: 3 * JOINTS : 3] - LOOSE
)  # of each joint's rotation among the linked; tips are negative
_losses, _slopes = losses_of(TERMS), slopes_of(TERMS)

Frames = Callable[[TrackTable, TrackRoom, bool, FrameRoom, int, int], None]
Links = Callable[[TrackTable, TrackRoom, FrameRoom, int, int], None]


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
                about_x, about_y, about_z = (
                    arm_y * z - arm_z * y,
                    arm_z * x - arm_x * z,
                    arm_x * y - arm_y * x,
                )
                turn, column = posed.turns[AXES, above], _COLUMN[above]
                for col in range(3):
                    row[column + col] = (
                        about_x * turn[0, col] + about_y * turn[1, col] + about_z * turn[2, col]
                    )
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
                stretched, shape, stiff = room.moved[row], by[row, LINKED:], pulls.own[t, row // 3]
                for s in range(SHARED_NUMBERS):
                    stretched[s] = stiff * shape[s]
                _reach_over(at, t, row, stretched)
                force = pulls.force[t, row // 3, row % 3]
                add_scaled(gradient, force, by[row])
                for s in range(SHARED_NUMBERS):
                    add_scaled(hessian[OWN_NUMBERS + s, OWN_NUMBERS:UNKNOWNS], shape[s], stretched)
            for joint in range(JOINTS):
                x, y, z = by[3 * joint], by[3 * joint + 1], by[3 * joint + 2]
                moved = room.moved[3 * joint :]
                for i in range(LINKED):
                    a, b, c = x[i], y[i], z[i]
                    if a != 0 or b != 0 or c != 0:
                        to, own = hessian[LOOSE + i], pulls.own[t, joint]
                        here = to[LOOSE + i : OWN_NUMBERS]
                        add_three(here, own * a, own * b, own * c, x[i:], y[i:], z[i:])
                        add_three(to[OWN_NUMBERS:UNKNOWNS], a, b, c, moved[0], moved[1], moved[2])

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


frame_losses = _frames_from(digest(SOURCES))
pulls_between = _pulls_from(digest(SOURCES))
link_frames = _links_from(digest(SOURCES))
