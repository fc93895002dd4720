"""The lifter's prediction as bodies under their keypoints: the machine code of `stand_in_tensors` in lift.py."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from core.body import Body, KeypointBody
from core.body.compiled.body_table import AFFINE, SHAPES, BodyTable, body_table, numbers_of
from core.body.compiled.posing import CAM_T, SHAPE, Posed, at_shape, pose, room_to_pose
from core.body.keypoint_body import JOINTS, KID_COLUMN, UNKNOWNS
from core.compute.machine_code import Floats, Places, compiled, digest, kept
from core.networks.lifter.compiled_input import SOURCES
from core.networks.lifter.compiled_rotations import turn_back, turn_by_6d, write_axis_angle
from core.networks.lifter.network import BODY_HEIGHT, FARTHEST_LOG, POSE6D, Lifter
from core.networks.lifter.placement import ACROSS_ERROR, DEPTH_ERROR, FIT_ERROR, NEAREST, OUTLIER, ROUNDS


class Bodies(NamedTuple):
    """The lifter's skeleton and the requested body: offsets (24, 3, 12) of the lifter's own skeleton, joint minus
    parent, as affine functions of the shape; table and pelvis (3, 12) of the requested body; shares (11,) of the
    lifter's shape numbers that mean something to it."""

    offsets: Floats
    table: BodyTable
    pelvis: Floats
    shares: Floats


class OutputTensors(NamedTuple):
    """numbers (B, H, NUMBERS) and logits (B, H) of the network, side (B,) and turn (B, 3, 3) of its input, and the
    keypoints (B, K, 3), focal_length (B,), camera_center (B, 2) [px] that this was made of."""

    numbers: Tensor
    logits: Tensor
    side: Tensor
    turn: Tensor
    keypoints: Tensor
    focal_length: Tensor
    camera_center: Tensor


class OutputArrays(NamedTuple):
    """The same as arrays."""

    numbers: Floats
    logits: Floats
    side: Floats
    turn: Floats
    keypoints: Floats
    focal_length: Floats
    camera_center: Floats


class OutputWorkspace(NamedTuple):
    """Arrays in which one person is computed: rotations (H, 24, 3, 3), world (24, 3, 3), joints (H, 24, 3), expected
    (H,), order (H,), posed."""

    rotations: Floats
    world: Floats
    joints: Floats
    expected: Floats
    order: Places
    posed: Posed


def bodies_of(lifter: Lifter, body: Body, layout: str, outputs: OutputTensors) -> tuple[Tensor, Tensor]:
    """Unknowns (B, H, 86) of bodies in the photo's camera frame, first choices first, and probabilities (B, H)."""
    bodies, people = _bodies(lifter, body, layout), OutputArrays(*(numbers_of(part) for part in outputs))
    batch, count = outputs.logits.shape
    unknowns, probability = (
        np.empty((batch, count, UNKNOWNS), np.float32),
        np.empty((batch, count), np.float32),
    )
    workspace = OutputWorkspace(
        np.empty((count, JOINTS, 3, 3), np.float32),
        np.empty((JOINTS, 3, 3), np.float32),
        np.empty((count, JOINTS, 3), np.float32),
        np.empty(count, np.float32),
        np.empty(count, np.int64),
        room_to_pose(bodies.table),
    )
    _stand(bodies, people, workspace, unknowns, probability)
    return torch.from_numpy(unknowns), torch.from_numpy(probability)


@lru_cache(maxsize=32)
def _bodies(lifter: Lifter, body: Body, layout: str) -> Bodies:
    offsets = np.concatenate([numbers_of(lifter.offsets_shape), numbers_of(lifter.offsets).reshape(1, -1)])
    mean, directions = body.pelvis
    pelvis = np.zeros((3, AFFINE), np.float32)
    pelvis[:, : len(directions)], pelvis[:, SHAPES] = numbers_of(directions).T, numbers_of(mean)
    shares = np.full(SHAPES, float(body.fingerprint == lifter.config.body), np.float32)
    shares[-1] *= body.has_kid
    return Bodies(
        np.ascontiguousarray(offsets.T.reshape(JOINTS, 3, AFFINE)),
        body_table(KeypointBody.from_body(body, layout)),
        pelvis,
        shares,
    )


def _made_from(sources: int) -> Callable[[Bodies, OutputArrays, OutputWorkspace, Floats, Floats], None]:
    """The function that Python calls, compiled again if any of the sources changes."""

    @kept
    def stand(
        bodies: Bodies,
        people: OutputArrays,
        workspace: OutputWorkspace,
        unknowns: Floats,
        probability: Floats,
    ) -> None:
        """Fill unknowns (B, H, 86) and probability (B, H)."""
        assert sources >= 0
        for person in range(people.side.shape[0]):
            for h in range(people.logits.shape[1]):
                turn_by_6d(people.numbers[person, h], workspace.rotations[h])
                _hang(
                    bodies,
                    people.numbers[person, h],
                    workspace.rotations[h],
                    workspace.world,
                    workspace.joints[h],
                )
            _order(people.logits[person], workspace, probability[person])
            for place in range(people.logits.shape[1]):
                there = unknowns[person, place]
                h = workspace.order[place]
                _write_body(bodies, people, person, h, workspace.rotations[h], there)
                pose(bodies.table, there, workspace.posed)
                _place_under_keypoints(people, person, workspace.posed.points, there)

    return stand


@compiled
def _hang(bodies: Bodies, numbers: Floats, rotations: Floats, world: Floats, joints: Floats) -> None:
    """Joints (24, 3) [m] from the pelvis, of the lifter's own skeleton."""
    for row in range(3):
        joints[0, row] = 0
        for col in range(3):
            world[0, row, col] = rotations[0, row, col]
    for joint in range(1, JOINTS):
        parent = bodies.table.parents[joint]
        for row in range(3):
            joints[joint, row] = joints[parent, row]
        for inner in range(3):
            offset = at_shape(bodies.offsets[joint, inner], numbers[POSE6D:])
            for row in range(3):
                joints[joint, row] += world[parent, row, inner] * offset
        for row in range(3):
            for col in range(3):
                turned = np.float32(0)
                for inner in range(3):
                    turned += world[parent, row, inner] * rotations[joint, inner, col]
                world[joint, row, col] = turned


@compiled
def _order(logits: Floats, workspace: OutputWorkspace, probability: Floats) -> None:
    """Fill workspace.order: the hypothesis nearest to all others by probability, then the rest by probability.

    probability (H,) is written in that order.
    """
    count, order, largest, total = logits.shape[0], workspace.order, logits[0], np.float32(0)
    for h in range(count):
        largest = max(largest, logits[h])
    for h in range(count):
        probability[h] = np.exp(logits[h] - largest)
        total += probability[h]
    for h in range(count):
        probability[h] /= total
        workspace.expected[h] = 0
    for h in range(count):
        for other in range(count):
            apart = np.float32(0)
            for joint in range(JOINTS):
                squared = np.float32(0)
                for row in range(3):
                    off = workspace.joints[h, joint, row] - workspace.joints[other, joint, row]
                    squared += off * off
                apart += np.sqrt(squared)
            workspace.expected[h] += apart * probability[other]
    first = 0
    for h in range(count):
        if workspace.expected[h] < workspace.expected[first]:
            first = h
        order[h] = h
    order[0], order[first] = first, 0
    for i in range(1, count):  # H is small
        for j in range(i + 1, count):
            if probability[order[j]] > probability[order[i]]:
                order[i], order[j] = order[j], order[i]
    for h in range(count):
        workspace.expected[h] = probability[order[h]]
    for h in range(count):
        probability[h] = workspace.expected[h]


@compiled
def _write_body(
    bodies: Bodies, people: OutputArrays, person: int, h: int, rotations: Floats, there: Floats
) -> None:
    """A hypothesis as unknowns (86,) in the photo's camera frame."""
    numbers, turn = people.numbers[person, h], people.turn[person]
    turn_back(turn, rotations[0])
    for joint in range(JOINTS):
        write_axis_angle(rotations[joint], there[3 * joint : 3 * joint + 3])
    for s in range(SHAPES):
        there[SHAPE + s] = bodies.shares[s] * numbers[POSE6D + s]
    there[KID_COLUMN] = min(max(there[KID_COLUMN], np.float32(0)), np.float32(1))
    half, place = people.side[person] / 2, numbers[POSE6D + SHAPES :]
    depth = (
        np.float32(BODY_HEIGHT)
        / (2 * half)
        * np.exp(min(max(place[2], np.float32(-FARTHEST_LOG)), np.float32(FARTHEST_LOG)))
    )
    x, y = place[0] * half * depth, place[1] * half * depth
    for row in range(3):
        pelvis = at_shape(bodies.pelvis[row], there[SHAPE:])
        there[CAM_T + row] = turn[0, row] * x + turn[1, row] * y + turn[2, row] * depth - pelvis


@compiled
def _place_under_keypoints(people: OutputArrays, person: int, points: Floats, there: Floats) -> None:
    """Move cam_t so that points (K, 3) [m] come under the keypoints, held by where it is guessed."""
    keypoints, camera = people.keypoints[person], people.camera_center[person]
    focal, count = people.focal_length[person], points.shape[0]
    depth = np.float32(0)
    for k in range(count):
        depth += points[k, 2]
    spread = np.float32(DEPTH_ERROR) * max(abs(depth / count), np.float32(NEAREST))
    across, along = np.float32((FIT_ERROR / ACROSS_ERROR) ** 2), (np.float32(FIT_ERROR) / spread) ** 2
    x = y = z = np.float32(0)
    for _ in range(ROUNDS):
        one = u_sum = v_sum = squares = to_x = to_y = to_z = np.float32(0)
        for k in range(count):
            if keypoints[k, 2] > 0:
                u, v = (keypoints[k, 0] - camera[0]) / focal, (keypoints[k, 1] - camera[1]) / focal
                off_x, off_y = u * points[k, 2] - points[k, 0], v * points[k, 2] - points[k, 1]
                left_x, left_y = off_x - x + u * z, off_y - y + v * z
                robust = np.float32(OUTLIER**2)
                robust /= robust + left_x * left_x + left_y * left_y
                trust = keypoints[k, 2] * robust * robust
                one += trust
                u_sum += trust * u
                v_sum += trust * v
                squares += trust * (u * u + v * v)
                to_x += trust * off_x
                to_y += trust * off_y
                to_z -= trust * (u * off_x + v * off_y)
        a = one + across
        z = (to_z + (u_sum * to_x + v_sum * to_y) / a) / (
            squares + along - (u_sum * u_sum + v_sum * v_sum) / a
        )
        x, y = (to_x + u_sum * z) / a, (to_y + v_sum * z) / a
    for k in range(count):
        if not points[k, 2] + z > 0:
            return
    if np.isfinite(x) and np.isfinite(y) and np.isfinite(z):
        there[CAM_T] += x
        there[CAM_T + 1] += y
        there[CAM_T + 2] += z


_stand = _made_from(digest(SOURCES))
