"""The curator's wishes: places held at points, on rays, planes and sides, and joints that keep their rotation."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch

from core.body.compiled.body_table import numbers_of
from core.body.compiled.posing import add_row, reach
from core.body.keypoint_body import UNKNOWNS
from core.compute.machine_code import Floats, Places, compiled, inlined
from core.fitting.arithmetic import add_scaled, dot, take_rows
from core.fitting.terms.term import (
    ComparedBodies,
    FitGoal,
    FitTerm,
    Observation,
    TermRows,
    TermShare,
    TermWorkspace,
    no_workspace,
    pull_one,
)
from core.fitting.terms.wish_table import WishTable

WHOLE_TURN = np.float32(2 * math.pi)


def plain(goal: FitGoal, bodies: ComparedBodies) -> TermShare:
    table = bodies.observation.wishes
    if not len(table.rows) and not len(table.held):
        return bodies.no_loss()
    found = wish_rows(table, bodies)
    return TermShare(found.residual.square().sum(dim=1), lambda: found)


def wish_rows(table: WishTable, bodies: ComparedBodies) -> TermRows:
    """The residuals of wishes about places, then three per held rotation."""
    parts = [
        rows_of(table, bodies)
        for count, rows_of in ((len(table.rows), _place_rows), (len(table.held), _turn_rows))
        if count
    ]
    residuals, jacobians = zip(*parts, strict=True)
    return TermRows(torch.cat(residuals, dim=1), torch.cat(jacobians, dim=1))


def _place_rows(table: WishTable, bodies: ComparedBodies) -> TermRows:
    posed, batch = bodies.posed, len(bodies.unknowns)
    one, other = table.keypoints[:, 0], table.keypoints[:, 1].clamp_min(0)
    axis, target = table.rows[:, :3], table.rows[:, 3]
    against = axis * (table.keypoints[:, 1:2] >= 0)
    residual = (posed.points[:, one] * axis - posed.points[:, other] * against).sum(dim=2) - target
    counts = (residual > 0) | (table.keypoints[:, 2] == 0)
    jacobian = posed.jacobian_rows(axis[:, None].expand(batch, -1, 1, 3), one)
    jacobian = jacobian - posed.jacobian_rows(against[:, None].expand(batch, -1, 1, 3), other)
    return TermRows(residual * counts, jacobian * counts[..., None])


def _turn_rows(table: WishTable, bodies: ComparedBodies) -> TermRows:
    """Residuals to that axis-angle vector of the held rotation which is nearest to the joint's own.

    The pelvis of an upright person is turned by about pi in the camera frame, and a rotation slightly above pi is
    written as the other way round.
    """
    unknowns = bodies.unknowns
    axis, angle, firm = table.held[:, :3], table.held[:, 3], table.held[:, 4].sqrt()
    columns = table.unknowns[:, None] + torch.arange(3, device=unknowns.device)
    here = unknowns[:, columns]  # (B, T, 3)
    turns = (((here * axis).sum(dim=2) - angle) / (2 * math.pi)).round()
    off = here - (angle + 2 * math.pi * turns)[..., None] * axis
    every = torch.arange(UNKNOWNS, device=unknowns.device)
    jacobian = (columns[..., None] == every) * firm[:, None, None]
    residual = (off * firm[:, None]).flatten(1)
    return TermRows(residual, jacobian.flatten(0, 1).expand(len(unknowns), -1, UNKNOWNS))


class WishNumbers(NamedTuple):
    """The fields of WishTable."""

    keypoints: Places
    rows: Floats
    unknowns: Places
    held: Floats


def numbers(goal: FitGoal, observation: Observation) -> WishNumbers:
    keypoints, rows, unknowns, held = observation.wishes
    return WishNumbers(keypoints.numpy(), numbers_of(rows), unknowns.numpy(), numbers_of(held))


@inlined
def lose(wishes: WishNumbers, own: tuple[()], at: TermWorkspace, person: int, unknowns: Floats) -> float:
    total = 0.0
    for wish in range(wishes.rows.shape[0]):
        total += _wished(wishes, wish, at.posed.points) ** 2
    for turn in range(wishes.held.shape[0]):
        first, angle = wishes.unknowns[turn], _angle_held(wishes, turn, unknowns)
        for axis in range(3):
            off = unknowns[first + axis] - angle * wishes.held[turn, axis]
            total += wishes.held[turn, 4] * off**2
    return total


@inlined
def slope(
    wishes: WishNumbers,
    own: tuple[()],
    at: TermWorkspace,
    person: int,
    unknowns: Floats,
    gradient: Floats,
    hessian: Floats,
) -> None:
    for wish in range(wishes.rows.shape[0]):
        residual = _wished(wishes, wish, at.posed.points)
        if residual == 0 and wishes.keypoints[wish, 2]:
            continue
        for end in range(2):
            keypoint, sign = wishes.keypoints[wish, end], np.float32(1 - 2 * end)
            if keypoint >= 0:
                x, y, z = wishes.rows[wish, 0], wishes.rows[wish, 1], wishes.rows[wish, 2]
                reach(at.body, at.posed, keypoint)
                add_row(at.body, at.posed, keypoint, sign * x, sign * y, sign * z, at.rows[0])
        add_scaled(gradient, np.float32(residual), at.rows[0])
        take_rows(at.rows, hessian)
    for turn in range(wishes.held.shape[0]):
        first, weight = wishes.unknowns[turn], wishes.held[turn, 4]
        angle = _angle_held(wishes, turn, unknowns)
        for axis in range(3):
            off = unknowns[first + axis] - angle * wishes.held[turn, axis]
            pull_one(first + axis, weight * off, weight, gradient, hessian)


@compiled
def _wished(wishes: WishNumbers, wish: int, points: Floats) -> float:
    """The residual of a wish about keypoints' places."""
    one, other, row = wishes.keypoints[wish, 0], wishes.keypoints[wish, 1], wishes.rows[wish]
    residual = -row[3]
    for axis in range(3):
        residual += row[axis] * points[one, axis]
        if other >= 0:
            residual -= row[axis] * points[other, axis]
    return max(residual, 0.0) if wishes.keypoints[wish, 2] else residual


@compiled
def _angle_held(wishes: WishNumbers, turn: int, unknowns: Floats) -> float:
    """The angle of the held rotation, among its equivalents, that is nearest to the joint's own."""
    first, angle = wishes.unknowns[turn], wishes.held[turn, 3]
    along = dot(unknowns[first : first + 3], wishes.held[turn, :3])
    return angle + WHOLE_TURN * np.round((along - angle) / WHOLE_TURN)


TERM = FitTerm("wishes", plain, numbers, no_workspace, lose, slope)
