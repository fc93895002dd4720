"""The terms of the objective for one person: what each loses, and its half gradient and Hessian.

The formulas are those of core/fitting/objective.py, prior.py and residuals.py, which tests hold these to. Losses come
first and alone: a try that is refused needs nothing else.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from core.body.compiled.posing import JACOBIAN, LOCAL, Posed, add_row, pose, reach, room_to_pose
from core.body.keypoint_body import BETAS_COLUMNS, CAM_T_COLUMNS, KID_COLUMN, POSE, UNKNOWNS
from core.compute.machine_code import Floats, compiled, inlined
from core.fitting.compiled.arithmetic import WIDE, add_outer, add_scaled, dot, fill
from core.fitting.compiled.task import PhotoTable, PriorTable, Task, WishTable
from core.fitting.objective import AGE_LIMIT, TERMS, UPRIGHT_ROBUST
from core.fitting.prior import HINGED_NUMBERS
from core.fitting.residuals import NEAREST

BODY_POSE = 3  # the first of its unknowns
BETAS, CAM_T = BETAS_COLUMNS.start, CAM_T_COLUMNS.start
REPORTED = len(TERMS)
PHOTO, PRIOR, HINGES, LIMITS, UPRIGHT, SHAPE, STAY_NEAR, WISHES = range(REPORTED)
HINGED = np.array(list(HINGED_NUMBERS))
HINGE_SIGNS = np.array(list(HINGED_NUMBERS.values()), np.float32)
WHOLE_TURN = np.float32(2 * np.pi)

Number = float | np.float32


class TermWorkspace(NamedTuple):
    """Where one person's terms are worked out. posed; whitened (C, 69), distance (C,) and share (C,) of the prior's
    components; rows (2, WIDE) of a Jacobian, all zero between uses; rise (3, 3) of what is up; matrix (86, WIDE), step
    (86,), there (86,) and report (8 + K,) of a try."""

    posed: Posed
    whitened: Floats
    distance: Floats
    share: Floats
    rows: Floats
    rise: Floats
    matrix: Floats
    step: Floats
    there: Floats
    report: Floats


def room_for(task: Task) -> TermWorkspace:
    components, numbers = task.prior.means.shape
    return TermWorkspace(
        room_to_pose(task.body),
        np.empty((components, numbers), np.float32),
        np.empty(components, np.float32),
        np.empty(components, np.float32),
        np.zeros((2, WIDE), np.float32),
        np.empty((3, 3), np.float32),
        np.empty((UNKNOWNS, WIDE), np.float32),
        np.empty(UNKNOWNS, np.float32),
        np.empty(UNKNOWNS, np.float32),
        np.empty(REPORTED + task.photo.confidence.shape[1], np.float32),
    )


@compiled
def _beyond_age(kid: np.float32) -> np.float32:
    return kid - min(max(kid, np.float32(0)), np.float32(1))


@inlined
def lose(task: Task, person: int, unknowns: Floats, room: TermWorkspace, report: Floats) -> float:
    """The loss at unknowns (86,); report (8 + K,) gets each term's, and each keypoint's distance [px]."""
    weights, body_pose = task.weights, unknowns[BODY_POSE:POSE]
    pose(task.body, unknowns, room.posed)
    report[PHOTO] = _lose_photo(task.photo, weights.robust, person, room.posed.points, report[REPORTED:])
    report[PRIOR] = 0
    if weights.pose_prior > 0:
        report[PRIOR] = weights.pose_prior * _lose_prior(task.prior, weights.softness, body_pose, room)
    report[HINGES] = 0
    if weights.hinges > 0:
        for hinge in range(HINGED.shape[0]):
            report[HINGES] += weights.hinges * np.exp(2 * HINGE_SIGNS[hinge] * body_pose[HINGED[hinge]])
    report[LIMITS] = 0
    if weights.limits > 0:
        for i in range(body_pose.shape[0]):
            report[LIMITS] += weights.limits * _beyond(task.prior, body_pose, i) ** 2
        report[LIMITS] += weights.limits * (AGE_LIMIT * _beyond_age(unknowns[KID_COLUMN])) ** 2
    report[UPRIGHT] = 0
    if weights.upright > 0:
        squared = _lean(room.posed.turns)
        report[UPRIGHT] = weights.upright * _believed(squared) * squared
    report[SHAPE] = 0
    for i in range(BETAS, CAM_T):
        report[SHAPE] += (weights.kid if i == KID_COLUMN else weights.betas) * unknowns[i] ** 2
    report[STAY_NEAR] = 0
    if task.photo.previous.shape[0]:
        for i in range(UNKNOWNS):
            report[STAY_NEAR] += weights.stay_near * (unknowns[i] - task.photo.previous[person, i]) ** 2
    report[WISHES] = _lose_wishes(task.wishes, unknowns, room.posed.points)
    total = 0.0
    for term in range(REPORTED):
        total += report[term]
    return total


@inlined
def slope(
    task: Task, person: int, unknowns: Floats, room: TermWorkspace, gradient: Floats, hessian: Floats
) -> None:
    """J'r (86,) and the upper triangle of J'J (86, WIDE) at what was last lost."""
    weights, body_pose = task.weights, unknowns[BODY_POSE:POSE]
    fill(gradient, 0.0)
    for i in range(UNKNOWNS):
        fill(hessian[i], 0.0)
    _slope_photo(task, person, room, gradient, hessian)
    _slope_wishes(task, unknowns, room, gradient, hessian)
    if weights.pose_prior > 0:
        _slope_prior(task.prior, weights.pose_prior, room, gradient[BODY_POSE:POSE], hessian)
    if weights.hinges > 0:
        for hinge in range(HINGED.shape[0]):
            i, sign = HINGED[hinge], HINGE_SIGNS[hinge]
            push = weights.hinges * np.exp(2 * sign * body_pose[i])
            _pull(BODY_POSE + i, push * sign, push, gradient, hessian)
    if weights.limits > 0:
        for i in range(body_pose.shape[0]):
            beyond = _beyond(task.prior, body_pose, i)
            if beyond != 0:
                _pull(BODY_POSE + i, weights.limits * beyond, weights.limits, gradient, hessian)
        beyond, by_age = _beyond_age(unknowns[KID_COLUMN]), weights.limits * AGE_LIMIT**2
        if beyond != 0:
            _pull(KID_COLUMN, by_age * beyond, by_age, gradient, hessian)
    if weights.upright > 0:
        _slope_upright(weights.upright, room.posed.turns, room.rise, gradient, hessian)
    for i in range(BETAS, CAM_T):
        weight = weights.kid if i == KID_COLUMN else weights.betas
        _pull(i, weight * unknowns[i], weight, gradient, hessian)
    if task.photo.previous.shape[0]:
        for i in range(UNKNOWNS):
            off = unknowns[i] - task.photo.previous[person, i]
            _pull(i, weights.stay_near * off, weights.stay_near, gradient, hessian)


@compiled
def _pull(i: int, gradient: Number, hessian: Number, gradients: Floats, hessians: Floats) -> None:
    gradients[i] += gradient
    hessians[i, i] += hessian


@inlined
def _lose_photo(photo: PhotoTable, robust: float, person: int, points: Floats, distance_px: Floats) -> float:
    total, behind, scale = 0.0, False, photo.scale[person]
    for keypoint in range(distance_px.shape[0]):
        point, confidence, squared_px = points[keypoint], photo.confidence[person, keypoint], 0.0
        for axis in range(2):
            off = _offset(photo, person, point, keypoint, axis)
            squared_px += off * off
            squared = (off * scale) ** 2
            if confidence > 0:
                total += confidence**2 * robust / (robust + squared) * squared
        distance_px[keypoint] = np.sqrt(squared_px)
        behind |= confidence > 0 and point[2] < NEAREST
    return np.inf if behind else total


@compiled
def _offset(photo: PhotoTable, person: int, point: Floats, keypoint: int, axis: int) -> float:
    """How far a keypoint is off across or down the photo [px]."""
    shown = point[axis] / point[2] * photo.focal_length[person] + photo.camera_center[person, axis]
    return shown - photo.xy[person, keypoint, axis]


@inlined
def _slope_photo(task: Task, person: int, room: TermWorkspace, gradient: Floats, hessian: Floats) -> None:
    photo, robust, posed = task.photo, np.float32(task.weights.robust), room.posed
    scale = photo.scale[person]
    for keypoint in range(photo.xy.shape[1]):
        confidence = photo.confidence[person, keypoint]
        if confidence > 0:
            reach(task.body, posed, keypoint)
            point = posed.points[keypoint]
            for axis in range(2):
                residual = _offset(photo, person, point, keypoint, axis) * scale
                weight = confidence * robust / (robust + residual * residual)
                rise = weight * photo.focal_length[person] * scale / point[2]
                across, down = (rise, np.float32(0)) if axis == 0 else (np.float32(0), rise)
                away = -rise * point[axis] / point[2]
                add_row(task.body, posed, keypoint, across, down, away, room.rows[axis])
                add_scaled(gradient, weight * residual, room.rows[axis])
            _take_rows(room.rows, hessian)


@compiled
def _take_rows(rows: Floats, hessian: Floats) -> None:
    """Add two rows' part of J'J, and leave them zero."""
    add_outer(hessian, rows[0], rows[1])
    fill(rows[0], 0.0)
    fill(rows[1], 0.0)


@inlined
def _lose_prior(prior: PriorTable, softness: float, body_pose: Floats, room: TermWorkspace) -> float:
    """The mixture's half distance plus offset, of one component or softly of all; their shares of what pulls."""
    whitened, distance, share = room.whitened, room.distance, room.share
    nearest = 0
    for c in range(distance.shape[0]):
        fill(whitened[c], 0.0)
        for i in range(body_pose.shape[0]):
            off = body_pose[i] - prior.means[c, i]
            add_scaled(whitened[c, : i + 1], off, prior.factors[c, i, : i + 1])
        distance[c] = np.float32(0.5) * dot(whitened[c], whitened[c]) + prior.offsets[c]
        nearest = c if distance[c] < distance[nearest] else nearest
    if softness == 0:
        fill(share, 0.0)
        share[nearest] = 1
        return distance[nearest]
    total = 0.0
    for c in range(distance.shape[0]):
        share[c] = np.exp((distance[nearest] - distance[c]) / softness)
        total += share[c]
    for c in range(distance.shape[0]):
        share[c] /= total
    return distance[nearest] - softness * np.log(total)


@inlined
def _slope_prior(
    prior: PriorTable, weight: float, room: TermWorkspace, gradient: Floats, hessian: Floats
) -> None:
    for c in range(room.share.shape[0]):
        half = np.float32(0.5 * weight * room.share[c])
        if half == 0:
            continue
        for i in range(gradient.shape[0]):
            gradient[i] += half * dot(prior.factors[c, i, : i + 1], room.whitened[c, : i + 1])
            add_scaled(hessian[BODY_POSE + i, BODY_POSE + i : POSE], half, prior.precisions[c, i, i:])


@compiled
def _beyond(prior: PriorTable, body_pose: Floats, i: int) -> np.float32:
    """How far beyond its limits one number is [rad]."""
    return body_pose[i] - min(max(body_pose[i], prior.lower[i]), prior.upper[i])


@compiled
def _lean(turns: Floats) -> float:
    """The squared distance between the pelvis' up and the photo's."""
    pelvis = turns[LOCAL, 0]
    return pelvis[0, 1] ** 2 + (pelvis[1, 1] + 1) ** 2 + pelvis[2, 1] ** 2


@compiled
def _believed(squared: float) -> float:
    return UPRIGHT_ROBUST**2 / (UPRIGHT_ROBUST**2 + squared)


@inlined
def _slope_upright(weight: float, turns: Floats, rise: Floats, gradient: Floats, hessian: Floats) -> None:
    x, y, z = turns[LOCAL, 0, 0, 1], turns[LOCAL, 0, 1, 1], turns[LOCAL, 0, 2, 1]
    weight *= _believed(_lean(turns)) ** 2
    jacobian = turns[JACOBIAN, 0]
    for i in range(3):
        rise[i, 0] = jacobian[1, i] * z - jacobian[2, i] * y
        rise[i, 1] = jacobian[2, i] * x - jacobian[0, i] * z
        rise[i, 2] = jacobian[0, i] * y - jacobian[1, i] * x
    for i in range(3):
        gradient[i] += weight * (rise[i, 0] * x + rise[i, 1] * (y + 1) + rise[i, 2] * z)
        for j in range(i, 3):
            hessian[i, j] += weight * dot(rise[i], rise[j])


@compiled
def _wished(wishes: WishTable, wish: int, points: Floats) -> float:
    """The residual of a wish about places."""
    one, other, row = wishes.keypoints[wish, 0], wishes.keypoints[wish, 1], wishes.rows[wish]
    residual = -row[3]
    for axis in range(3):
        residual += row[axis] * points[one, axis]
        if other >= 0:
            residual -= row[axis] * points[other, axis]
    return max(residual, 0.0) if wishes.keypoints[wish, 2] else residual


@compiled
def _angle_held(wishes: WishTable, turn: int, unknowns: Floats) -> float:
    """Of the angles that are the same turn, the one nearest to where its joint is."""
    first, angle = wishes.unknowns[turn], wishes.held[turn, 3]
    along = dot(unknowns[first : first + 3], wishes.held[turn, :3])
    return angle + WHOLE_TURN * np.round((along - angle) / WHOLE_TURN)


@inlined
def _lose_wishes(wishes: WishTable, unknowns: Floats, points: Floats) -> float:
    total = 0.0
    for wish in range(wishes.rows.shape[0]):
        total += _wished(wishes, wish, points) ** 2
    for turn in range(wishes.held.shape[0]):
        first, angle = wishes.unknowns[turn], _angle_held(wishes, turn, unknowns)
        for axis in range(3):
            off = unknowns[first + axis] - angle * wishes.held[turn, axis]
            total += wishes.held[turn, 4] * off**2
    return total


@inlined
def _slope_wishes(
    task: Task, unknowns: Floats, room: TermWorkspace, gradient: Floats, hessian: Floats
) -> None:
    wishes, rows = task.wishes, room.rows
    for wish in range(wishes.rows.shape[0]):
        residual = _wished(wishes, wish, room.posed.points)
        if residual == 0 and wishes.keypoints[wish, 2]:
            continue
        for end in range(2):
            keypoint, sign = wishes.keypoints[wish, end], np.float32(1 - 2 * end)
            if keypoint >= 0:
                x, y, z = (
                    sign * wishes.rows[wish, 0],
                    sign * wishes.rows[wish, 1],
                    sign * wishes.rows[wish, 2],
                )
                reach(task.body, room.posed, keypoint)
                add_row(task.body, room.posed, keypoint, x, y, z, rows[0])
        add_scaled(gradient, np.float32(residual), rows[0])
        _take_rows(rows, hessian)
    for turn in range(wishes.held.shape[0]):
        first, weight = wishes.unknowns[turn], wishes.held[turn, 4]
        angle = _angle_held(wishes, turn, unknowns)
        for axis in range(3):
            off = unknowns[first + axis] - angle * wishes.held[turn, axis]
            _pull(first + axis, weight * off, weight, gradient, hessian)
