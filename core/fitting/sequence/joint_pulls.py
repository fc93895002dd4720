"""The terms that link frames: smooth acceleration of joints, and feet that do not slide.

Both are functions of the joints' places alone, so they come as forces and stiffnesses of joints; a solver multiplies
them with the joints' Jacobians.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from core.body.compiled.body_table import numbers_of
from core.body.tree import joint_index
from core.compute.machine_code import Floats, compiled

FEET = tuple(joint_index(f"{side}_{part}") for side in ("left", "right") for part in ("ankle", "foot"))
_STANDING = np.array(FEET)  # machine code loops over arrays
LONGEST = 1.0  # [s] frames farther apart are not linked


class JointPulls(NamedTuple):
    """loss (P,); force (P, T, 24, 3): half its gradient by the joints' places; own, first, second (P, T, 24): half its
    Hessian by a joint's place in frame t, and in frame t, t - 1 or t - 2, a multiple of the identity."""

    loss: Tensor
    force: Tensor
    own: Tensor
    first: Tensor
    second: Tensor


class Links(NamedTuple):
    """Differences over time as factors of places. bend (P, T, 3): of frames t, t - 1, t - 2 in an acceleration
    [1/s²]; pace (P, T): 1/s between frames t - 1 and t. Zero for missing frames, and for gaps of 0 or above LONGEST."""

    bend: Tensor
    pace: Tensor


class PullWeights(NamedTuple):
    """acceleration [m/s²] and foot_speed [m/s]: one residual unit; jerky and stepping: beyond these many units an
    acceleration or a foot's speed counts little (Geman and McClure)."""

    acceleration: float
    foot_speed: float
    jerky: float
    stepping: float


def links_of(seconds: Tensor, there: Tensor) -> Links:
    """seconds (P, T) of each frame, rising; there (P, T) bool. Frames of the same time are not linked."""
    gap = torch.diff(seconds, dim=1)
    near = there[:, 1:] & there[:, :-1] & (gap > 0) & (gap <= LONGEST)
    gap = torch.where(near, gap, torch.ones_like(gap))
    pace = torch.zeros_like(seconds)
    pace[:, 1:] = near / gap
    bend = torch.zeros_like(seconds)[..., None].repeat(1, 1, 3)
    before, after = gap[:, :-1], gap[:, 1:]
    both = (near[:, :-1] & near[:, 1:]) * 2 / (before + after)
    bend[:, 2:, 0], bend[:, 2:, 2] = both / after, both / before
    bend[:, 2:, 1] = -both / after - both / before
    return Links(bend, pace)


def joint_pulls(places: Tensor, links: Links, weights: PullWeights) -> JointPulls:
    """places (P, T, 24, 3) [m], in the frame in which motion is smooth."""
    own = torch.zeros_like(places[..., 0])
    pulls = JointPulls(own.sum(dim=(1, 2)), torch.zeros_like(places), own, own.clone(), own.clone())
    pulls = _bent(pulls, places, links.bend / weights.acceleration, weights.jerky)
    return _slid(pulls, places, links.pace / weights.foot_speed, weights.stepping)


def _bent(pulls: JointPulls, places: Tensor, bend: Tensor, robust: float) -> JointPulls:
    """Add the accelerations."""
    now, before, earlier = (part[:, :, None] for part in bend.unbind(dim=2))
    residual = now[..., None] * places
    residual[:, 1:] += before[:, 1:, ..., None] * places[:, :-1]
    residual[:, 2:] += earlier[:, 2:, ..., None] * places[:, :-2]
    squared = residual.square().sum(dim=3)
    trust = robust**2 / (robust**2 + squared)
    weight = trust.square()
    pull = weight[..., None] * residual
    force, own, first = pulls.force + now[..., None] * pull, pulls.own + weight * now**2, pulls.first
    force[:, :-1] += before[:, 1:, ..., None] * pull[:, 1:]
    force[:, :-2] += earlier[:, 2:, ..., None] * pull[:, 2:]
    own[:, :-1] += (weight * before**2)[:, 1:]
    own[:, :-2] += (weight * earlier**2)[:, 2:]
    first = first + weight * now * before
    first[:, :-1] += (weight * before * earlier)[:, 1:]
    second = pulls.second + weight * now * earlier
    return JointPulls(pulls.loss + (trust * squared).sum(dim=(1, 2)), force, own, first, second)


def _slid(pulls: JointPulls, places: Tensor, pace: Tensor, robust: float) -> JointPulls:
    """Add the feet's speeds: a foot either stands or moves, and a robust loss lets it move."""
    feet = places[:, :, FEET]
    residual = torch.zeros_like(feet)
    residual[:, 1:] = torch.diff(feet, dim=1) * pace[:, 1:, None, None]
    squared = residual.square().sum(dim=3)
    trust = robust**2 / (robust**2 + squared)
    weight = trust.square()
    pull, stiff = weight[..., None] * residual * pace[..., None, None], weight * pace[..., None] ** 2
    force, own, first = pulls.force.clone(), pulls.own.clone(), pulls.first.clone()
    force[:, :, FEET] += pull
    force[:, :-1, FEET] -= pull[:, 1:]
    own[:, :, FEET] += stiff
    own[:, :-1, FEET] += stiff[:, 1:]
    first[:, :, FEET] -= stiff
    return pulls._replace(
        loss=pulls.loss + (trust * squared).sum(dim=(1, 2)), force=force, own=own, first=first
    )


class PullNumbers(NamedTuple):
    """Links and weights of one track's pulls as machine code reads them. bend (T, 3) and pace (T,): of residuals;
    jerky, stepping: squared."""

    bend: Floats
    pace: Floats
    jerky: float
    stepping: float


class PullRoom(NamedTuple):
    """JointPulls of one track, without the loss: force (T, 24, 3), own, first, second (T, 24)."""

    force: Floats
    own: Floats
    first: Floats
    second: Floats


def pull_numbers(links: Links, weights: PullWeights, track: int) -> PullNumbers:
    """Those of one of P tracks."""
    bend, pace = links.bend[track] / weights.acceleration, links.pace[track] / weights.foot_speed
    return PullNumbers(
        numbers_of(bend), numbers_of(pace), float(weights.jerky**2), float(weights.stepping**2)
    )


@compiled
def pull_joints(numbers: PullNumbers, places: Floats, room: PullRoom, slopes: bool) -> float:
    """joint_pulls of one track as machine code, places (T, 24, 3): returns the loss; writes the rest if `slopes`."""
    total = 0.0
    if slopes:
        for t in range(places.shape[0]):
            for joint in range(places.shape[1]):
                room.own[t, joint] = room.first[t, joint] = room.second[t, joint] = 0
                for axis in range(3):
                    room.force[t, joint, axis] = 0
    for t in range(places.shape[0]):
        if t > 1 and numbers.bend[t, 0] != 0:
            for joint in range(places.shape[1]):
                total += _bend_one(numbers, places, t, joint, room, slopes)
        if t > 0 and numbers.pace[t] != 0:
            for joint in _STANDING:
                total += _slide_one(numbers, places, t, joint, room, slopes)
    return total


@compiled
def _bend_one(
    numbers: PullNumbers, places: Floats, t: int, joint: int, room: PullRoom, slopes: bool
) -> float:
    """One joint's acceleration in the frames t - 2 to t."""
    now, before, earlier = numbers.bend[t, 0], numbers.bend[t, 1], numbers.bend[t, 2]
    squared = np.float32(0)
    for axis in range(3):
        off = now * places[t, joint, axis] + before * places[t - 1, joint, axis]
        squared += (off + earlier * places[t - 2, joint, axis]) ** 2
    trust = np.float32(numbers.jerky) / (np.float32(numbers.jerky) + squared)
    if slopes:
        weight = trust * trust
        for axis in range(3):
            off = now * places[t, joint, axis] + before * places[t - 1, joint, axis]
            pull = weight * (off + earlier * places[t - 2, joint, axis])
            room.force[t, joint, axis] += now * pull
            room.force[t - 1, joint, axis] += before * pull
            room.force[t - 2, joint, axis] += earlier * pull
        room.own[t, joint] += weight * now * now
        room.own[t - 1, joint] += weight * before * before
        room.own[t - 2, joint] += weight * earlier * earlier
        room.first[t, joint] += weight * now * before
        room.first[t - 1, joint] += weight * before * earlier
        room.second[t, joint] += weight * now * earlier
    return float(trust * squared)


@compiled
def _slide_one(
    numbers: PullNumbers, places: Floats, t: int, joint: int, room: PullRoom, slopes: bool
) -> float:
    """One foot's speed between the frames t - 1 and t."""
    pace, squared = numbers.pace[t], np.float32(0)
    for axis in range(3):
        squared += (pace * (places[t, joint, axis] - places[t - 1, joint, axis])) ** 2
    trust = np.float32(numbers.stepping) / (np.float32(numbers.stepping) + squared)
    if slopes:
        weight = trust * trust * pace * pace
        for axis in range(3):
            pull = weight * (places[t, joint, axis] - places[t - 1, joint, axis])
            room.force[t, joint, axis] += pull
            room.force[t - 1, joint, axis] -= pull
        room.own[t, joint] += weight
        room.own[t - 1, joint] += weight
        room.first[t, joint] -= weight
    return float(trust * squared)
