"""The input and the memory of the compiled fit of one track, as plain arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from torch import Tensor

from core.body.compiled.body_table import BodyTable, body_table, numbers_of
from core.body.compiled.posing import room_to_pose
from core.body.keypoint_body import BETAS_COLUMNS, CAM_T_COLUMNS, JOINTS, KID_COLUMN, POSE, UNKNOWNS
from core.body.tree import CHILDREN
from core.compute.machine_code import Floats
from core.fitting.arithmetic import LANES, WIDE
from core.fitting.sequence.joint_pulls import PullNumbers, PullRoom, pull_numbers
from core.fitting.sequence.track_problem import TrackProblem
from core.fitting.terms.all_terms import TERMS
from core.fitting.terms.term import Observation, SeenKeypoints, TermWorkspace
from core.fitting.terms.wish_table import WishTable

Bools = npt.NDArray[np.bool_]
_TIPS = [joint for joint in range(JOINTS) if not CHILDREN[joint]]
_LINKED = [joint for joint in range(JOINTS) if CHILDREN[joint]]
# The unknowns as machine code orders them: rotations of the tree's tips, which move no joint and so link no frames; the
# linked ones of a frame; those that all frames share.
ORDER = np.array(
    [3 * joint + axis for some in (_TIPS, _LINKED) for joint in some for axis in range(3)]
    + [*range(CAM_T_COLUMNS.start, UNKNOWNS), *range(BETAS_COLUMNS.start, KID_COLUMN + 1)]
)
LOOSE, SHARED_NUMBERS = 3 * len(_TIPS), KID_COLUMN + 1 - BETAS_COLUMNS.start
LINKED = UNKNOWNS - LOOSE - SHARED_NUMBERS
OWN_NUMBERS = LOOSE + LINKED  # unknowns of one frame
JACOBIAN_WIDE = -(-(LINKED + SHARED_NUMBERS) // (LANES // 2)) * (LANES // 2)


class TrackTable(NamedTuple):
    """The constants of a track of T frames. terms: the numbers of each term; moves (86,): 1 for unknowns that may move,
    0 for others, in ORDER; free (T,): True for frames that may; camera (T, 3, 4) as in TrackProblem; anchor (T, 72) and
    trust (T,): the pose to which a frame is pulled, with its squared weight; strange: squared [rad²]; shape (11,):
    squared weights."""

    body: BodyTable
    terms: tuple[Any, ...]
    pulls: PullNumbers
    moves: Floats
    free: Bools
    camera: Floats
    anchor: Floats
    trust: Floats
    strange: float
    shape: Floats


class TrackRoom(NamedTuple):
    """One track between two tries. At unknowns (T, 86): losses (T,) of frames, report (T, terms + K), places (T, 24, 3)
    of joints; gradient (T, 86) and the Hessian's upper triangle (T, 86, WIDE), in ORDER; by (T, 72, JACOBIAN_WIDE):
    of the joints by linked and shared unknowns. Of a damped step: panels (T, 60, 180), border (T, 60, 12), corners
    (T, 11, 12) as in `swept`, loosened (T, 15, WIDE): the rows of loose unknowns; solution (T, 60)."""

    unknowns: Floats
    losses: Floats
    report: Floats
    places: Floats
    pulls: PullRoom
    gradient: Floats
    hessian: Floats
    by: Floats
    panels: Floats
    border: Floats
    corners: Floats
    loosened: Floats
    solution: Floats


class FrameRoom(NamedTuple):
    """Arrays in which one thread computes one frame. terms: of each term; report (terms + K,), its end at.distance_px;
    gradient (86,), hessian (86, WIDE) in the order of the unknowns; moved (72, 12): shared Jacobians times
    stiffnesses; matrix (86, WIDE): the damped Hessian."""

    at: TermWorkspace
    terms: tuple[Any, ...]
    report: Floats
    gradient: Floats
    hessian: Floats
    moved: Floats
    matrix: Floats


def track_table(problem: TrackProblem, track: int, free_unknowns: Tensor) -> TrackTable:
    """That of one of a problem's tracks."""
    frames = problem.free.shape[1]
    rows = slice(track * frames, (track + 1) * frames)
    seen = SeenKeypoints(*(part[rows] for part in Observation.of(problem.data).seen))
    observation = Observation(seen, WishTable(*Observation.of(problem.data).wishes))
    weights = problem.weights
    trust = weights.anchor**2 * problem.anchors.trust[track] * problem.free[track]
    shape = np.full(SHARED_NUMBERS, weights.betas**2, np.float32)
    shape[-1] = weights.kid**2
    return TrackTable(
        body_table(problem.body),
        tuple(term.numbers(problem.goal, observation) for term in TERMS),
        pull_numbers(problem.links, weights.between, track),
        free_unknowns.numpy()[ORDER].astype(np.float32),
        problem.free[track].numpy() > 0,
        numbers_of(problem.camera[track]),
        numbers_of(problem.anchors.pose[track]),
        numbers_of(trust),
        float(weights.strange**2),
        shape,
    )


def track_room(start: Floats, reported: int) -> TrackRoom:
    """For unknowns (T, 86) and `reported` numbers a frame."""
    frames = len(start)

    def zeros(*shape: int) -> Floats:
        return np.zeros((frames, *shape), np.float32)

    return TrackRoom(
        start.copy(),
        zeros(),
        zeros(reported),
        zeros(JOINTS, 3),
        PullRoom(zeros(JOINTS, 3), zeros(JOINTS), zeros(JOINTS), zeros(JOINTS)),
        zeros(UNKNOWNS),
        zeros(UNKNOWNS, WIDE),
        zeros(POSE, JACOBIAN_WIDE),
        zeros(LINKED, 3 * LINKED),
        zeros(LINKED, SHARED_NUMBERS + 1),
        zeros(SHARED_NUMBERS, SHARED_NUMBERS + 1),
        zeros(LOOSE, WIDE),
        zeros(LINKED),
    )


def frame_room(table: TrackTable, reported: int) -> FrameRoom:
    report = np.zeros(reported, np.float32)
    rows = np.zeros((2, WIDE), np.float32)
    return FrameRoom(
        TermWorkspace(table.body, room_to_pose(table.body), rows, report[len(TERMS) :]),
        tuple(term.workspace(numbers) for term, numbers in zip(TERMS, table.terms, strict=True)),
        report,
        np.zeros(UNKNOWNS, np.float32),
        np.zeros((UNKNOWNS, WIDE), np.float32),
        np.zeros((POSE, SHARED_NUMBERS + 1), np.float32),
        np.zeros((UNKNOWNS, WIDE), np.float32),
    )
