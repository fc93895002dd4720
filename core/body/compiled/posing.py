"""One body's keypoints and their Jacobian in one walk down the tree: KeypointBody's arithmetic, joint by joint.

A keypoint depends only on the few joints of its skin and on their ancestors. The tables list them, so that zeros are
not computed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from core.body.compiled.body_table import AFFINE, BENDS, SHAPES, BodyTable
from core.body.keypoint_body import BETAS_COLUMNS, CAM_T_COLUMNS, JOINTS
from core.compute.machine_code import Floats, compiled

SHAPE, CAM_T = BETAS_COLUMNS.start, CAM_T_COLUMNS.start
LOCAL, JACOBIAN, WORLD, AXES = range(4)
_SMALL = 1e-4  # squared angle; below it three terms of the series leave 1e-16


class Posed(NamedTuple):
    """A posed body. turns (4, 24, 3, 3): of each joint its own rotation, the left Jacobian of that, the world
    rotation, and the parent's world rotation times the left Jacobian; carried (24, 3, 12): places as affine functions
    of the shape; places (24, 3); bend (207,): rotations minus one; parts (E, 3): contribution of a joint to a keypoint;
    points (K, 3); arms (24, 3): from a joint to a keypoint; along (207,): room for a row's bends."""

    turns: Floats
    carried: Floats
    places: Floats
    bend: Floats
    parts: Floats
    points: Floats
    arms: Floats
    along: Floats


def room_to_pose(body: BodyTable) -> Posed:
    """Arrays for a posed body, not filled yet."""
    return Posed(
        np.empty((4, JOINTS, 3, 3), np.float32),
        np.empty((JOINTS, 3, AFFINE), np.float32),
        np.empty((JOINTS, 3), np.float32),
        np.empty(BENDS, np.float32),
        np.empty((body.joint.shape[0], 3), np.float32),
        np.empty((body.first.shape[0] - 1, 3), np.float32),
        np.zeros((JOINTS, 3), np.float32),
        np.empty(BENDS, np.float32),
    )


@compiled
def pose(body: BodyTable, unknowns: Floats, posed: Posed) -> None:
    """Place all keypoints at unknowns (86,)."""
    for joint in range(JOINTS):
        _rotate(unknowns, joint, posed.turns)
        _hang(body.parents[joint], joint, body.offsets, unknowns, posed.turns, posed.carried, posed.places)
    if body.levers_pose.shape[0]:
        for joint in range(1, JOINTS):
            for row in range(3):
                for col in range(3):
                    turn = posed.turns[LOCAL, joint, row, col]
                    posed.bend[9 * (joint - 1) + 3 * row + col] = turn - 1 if row == col else turn
    for keypoint in range(posed.points.shape[0]):
        for row in range(3):
            posed.points[keypoint, row] = unknowns[CAM_T + row]
        for entry in range(body.first[keypoint], body.first[keypoint + 1]):
            _carry(body, entry, unknowns, posed)
            for row in range(3):
                posed.points[keypoint, row] += posed.parts[entry, row]


@compiled
def _rotate(unknowns: Floats, joint: int, turns: Floats) -> None:
    """Rodrigues' formula and its left Jacobian, in doubles: closed forms then hold down to where a series does."""
    vector = unknowns[3 * joint : 3 * joint + 3]
    x, y, z = np.float64(vector[0]), np.float64(vector[1]), np.float64(vector[2])
    squared = x * x + y * y + z * z
    if squared < _SMALL:
        sine = 1 - squared / 6 + squared * squared / 120
        cosine = 1 / 2 - squared / 24 + squared * squared / 720
        cubic = 1 / 6 - squared / 120 + squared * squared / 5040
    else:
        angle = np.sqrt(squared)
        sine = np.sin(angle) / angle
        cosine = (1 - np.cos(angle)) / squared
        cubic = (1 - sine) / squared
    for which, skew, outer in ((LOCAL, sine, cosine), (JACOBIAN, cosine, cubic)):
        to, diagonal = turns[which, joint], 1 - outer * squared
        to[0, 0] = diagonal + outer * x * x
        to[0, 1] = outer * x * y - skew * z
        to[0, 2] = outer * x * z + skew * y
        to[1, 0] = outer * x * y + skew * z
        to[1, 1] = diagonal + outer * y * y
        to[1, 2] = outer * y * z - skew * x
        to[2, 0] = outer * x * z - skew * y
        to[2, 1] = outer * y * z + skew * x
        to[2, 2] = diagonal + outer * z * z


@compiled
def _hang(
    parent: int,
    joint: int,
    offsets: Floats,
    unknowns: Floats,
    turns: Floats,
    carried: Floats,
    places: Floats,
) -> None:
    """World rotation, axes and place of a joint from those of its parent."""
    for row in range(3):
        if parent < 0:
            for col in range(3):
                turns[WORLD, joint, row, col] = turns[LOCAL, joint, row, col]
                turns[AXES, joint, row, col] = turns[JACOBIAN, joint, row, col]
            for s in range(AFFINE):
                carried[joint, row, s] = offsets[joint, row, s]
        else:
            above = turns[WORLD, parent, row]
            a, b, c = above[0], above[1], above[2]
            own, slope = turns[LOCAL, joint], turns[JACOBIAN, joint]
            for col in range(3):
                turns[WORLD, joint, row, col] = a * own[0, col] + b * own[1, col] + c * own[2, col]
                turns[AXES, joint, row, col] = a * slope[0, col] + b * slope[1, col] + c * slope[2, col]
            offset = offsets[joint]
            for s in range(AFFINE):
                moved = a * offset[0, s] + b * offset[1, s] + c * offset[2, s]
                carried[joint, row, s] = carried[parent, row, s] + moved
        places[joint, row] = at_shape(carried[joint, row], unknowns[SHAPE:])


@compiled
def at_shape(affine: Floats, shape: Floats) -> np.float32:
    """An affine function (12,) of the shape, whose numbers are the first of `shape`."""
    value = affine[SHAPES]
    for s in range(SHAPES):
        value += affine[s] * shape[s]
    return value


@compiled
def _carry(body: BodyTable, entry: int, unknowns: Floats, posed: Posed) -> None:
    """Write the contribution of one joint to one keypoint."""
    joint, part = body.joint[entry], posed.parts[entry]
    for row in range(3):
        part[row] = body.weight[entry] * posed.places[joint, row]
    for inner in range(3):
        lever = at_shape(body.levers[entry, inner], unknowns[SHAPE:])
        if body.levers_pose.shape[0]:
            by_bend = body.levers_pose[entry, inner]
            for i in range(BENDS):
                lever += by_bend[i] * posed.bend[i]
        for row in range(3):
            part[row] += posed.turns[WORLD, joint, row, inner] * lever


@compiled
def reach(body: BodyTable, posed: Posed, keypoint: int) -> None:
    """Write the lever arms from the joints that move a keypoint: the sum of the parts below each, from its position."""
    arms = posed.arms
    start, end = body.first_ancestor[keypoint], body.first_ancestor[keypoint + 1]
    for i in range(start, end):
        for row in range(3):
            arms[body.ancestor[i], row] = 0
    for entry in range(body.first[keypoint], body.first[keypoint + 1]):
        for row in range(3):
            arms[body.joint[entry], row] += posed.parts[entry, row]
    for i in range(start, end):  # tips first: each joint passes its sum on to its parent
        joint = body.ancestor[i]
        parent = body.parents[joint]
        for row in range(3):
            if parent >= 0:
                arms[parent, row] += arms[joint, row]
            arms[joint, row] -= body.ancestor_weight[i] * posed.places[joint, row]


@compiled
def add_row(
    body: BodyTable, posed: Posed, keypoint: int, x: np.float32, y: np.float32, z: np.float32, to: Floats
) -> None:
    """Add to a row (WIDE,) of a Jacobian the derivative by the unknowns of the direction (x, y, z) times the
    keypoint of the last `reach`."""
    bends = body.levers_pose.shape[0] > 0
    for i in range(body.first_ancestor[keypoint], body.first_ancestor[keypoint + 1]):
        joint = body.ancestor[i]
        arm, axes = posed.arms[joint], posed.turns[AXES, joint]
        about_x, about_y, about_z = arm[1] * z - arm[2] * y, arm[2] * x - arm[0] * z, arm[0] * y - arm[1] * x
        for col in range(3):
            to[3 * joint + col] += about_x * axes[0, col] + about_y * axes[1, col] + about_z * axes[2, col]
    if bends:
        for i in range(BENDS):
            posed.along[i] = 0
    for entry in range(body.first[keypoint], body.first[keypoint + 1]):
        weight, carried = body.weight[entry], posed.carried[body.joint[entry]]
        turn, levers = posed.turns[WORLD, body.joint[entry]], body.levers[entry]
        a = x * turn[0, 0] + y * turn[1, 0] + z * turn[2, 0]
        b = x * turn[0, 1] + y * turn[1, 1] + z * turn[2, 1]
        c = x * turn[0, 2] + y * turn[1, 2] + z * turn[2, 2]
        for s in range(SHAPES):
            shift = weight * (x * carried[0, s] + y * carried[1, s] + z * carried[2, s])
            to[SHAPE + s] += shift + a * levers[0, s] + b * levers[1, s] + c * levers[2, s]
        if bends:
            by_bend = body.levers_pose[entry]
            for i in range(BENDS):
                posed.along[i] += a * by_bend[0, i] + b * by_bend[1, i] + c * by_bend[2, i]
    if bends:
        _add_bends(posed.turns, posed.along, to)
    to[CAM_T] += x
    to[CAM_T + 1] += y
    to[CAM_T + 2] += z


@compiled
def _add_bends(turns: Floats, along: Floats, to: Floats) -> None:
    """Add the part of pose blend shapes, through d vec(R) = [J_l dtheta]x R."""
    for joint in range(1, JOINTS):
        rotation, jacobian = turns[LOCAL, joint], turns[JACOBIAN, joint]
        by = along[9 * (joint - 1) : 9 * joint]
        for k in range(3):
            x, y, z = rotation[0, k], rotation[1, k], rotation[2, k]
            about_x = y * by[6 + k] - z * by[3 + k]
            about_y = z * by[k] - x * by[6 + k]
            about_z = x * by[3 + k] - y * by[k]
            for col in range(3):
                turned = about_x * jacobian[0, col] + about_y * jacobian[1, col] + about_z * jacobian[2, col]
                to[3 * joint + col] += turned
