"""Levenberg-Marquardt tries of a batch of people on the CPU, as machine code: each person on one core.

core/fitting/solver.py computes the same in tensors, on any device and in any precision, in some 250 operations a try.
The first fit after an installation compiles the tries in some seconds. numba keeps them in `__pycache__`, or in its own
cache folder if that is not writable.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from itertools import count
from types import FunctionType
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.body.compiled.posing import pose, room_to_pose
from core.body.keypoint_body import UNKNOWNS
from core.compute.machine_code import BODY_SOURCES, CORE, Floats, called, digest, inlined, kept
from core.fitting.arithmetic import WIDE, copy, factorised, fill, solve_upper
from core.fitting.compiled.task import Task
from core.fitting.compiled.unrolled import losses_of, slopes_of
from core.fitting.solver import DAMPING_RANGE, FLOOR, LEAST_GAIN, SolverStep, Tries
from core.fitting.terms.all_terms import TERMS
from core.fitting.terms.term import FitTerm, TermWorkspace

SOURCES = [*BODY_SOURCES, *CORE.glob("fitting/**/*.py")]
PEOPLE_A_THREAD = 8  # for fewer, starting a thread takes longer than the work


class Standing(NamedTuple):
    """State of B people between two tries; each try changes it.

    unknowns (B, 86), loss (B,), gradient (B, 86), the Hessian's upper triangle (B, 86, WIDE), report (B, T + K),
    strength and growth (B,) of the damping, accepted (B,) bool, frozen (B,) bool.
    """

    unknowns: Floats
    loss: Floats
    gradient: Floats
    hessian: Floats
    report: Floats
    strength: Floats
    growth: Floats
    accepted: npt.NDArray[np.bool_]
    frozen: npt.NDArray[np.bool_]


class TryWorkspace(NamedTuple):
    """Arrays in which one person's tries are computed. terms: the workspace of each term; report (T + K,): the loss by
    term, then at.distance_px; matrix (86, WIDE), step (86,) and there (86,) of a try."""

    at: TermWorkspace
    terms: tuple[Any, ...]
    report: Floats
    matrix: Floats
    step: Floats
    there: Floats


Workspace = TypeVar("Workspace")
Free = npt.NDArray[np.bool_]
Try = Callable[[tuple[Any, ...], Free, Standing, bool, TryWorkspace, int, int], None]


def compiled_tries(
    task: Task, start: Tensor, damping: float, keypoints: int, terms: tuple[FitTerm, ...]
) -> Tries:
    """The start (B, 86) and every try after it, without end, of a task with these terms and `keypoints` keypoints."""
    people, reported = len(start), len(terms) + keypoints
    at = Standing(
        start.detach().numpy().copy(),
        np.full(people, np.inf, np.float32),
        np.empty((people, UNKNOWNS), np.float32),
        np.empty((people, UNKNOWNS, WIDE), np.float32),
        np.empty((people, reported), np.float32),
        np.full(people, damping, np.float32),
        np.full(people, 2, np.float32),
        np.ones(people, np.bool_),
        np.zeros(people, np.bool_),
    )
    threads = max(1, min(torch.get_num_threads(), people // PEOPLE_A_THREAD))
    workspaces = [_workspace_for(task, terms, reported) for _ in range(threads)]
    one_try = _try if terms == TERMS else _try_of(terms)
    bounds = [people * share // threads for share in range(threads + 1)]
    for iteration in count():
        at_once(
            partial(one_try, task.terms, task.free, at, iteration == 0), workspaces, bounds[:-1], bounds[1:]
        )
        parts = [torch.from_numpy(part.copy()) for part in (at.unknowns, at.loss, at.report, at.accepted)]
        frozen = yield SolverStep(iteration, *parts)
        at.frozen[:] = False if frozen is None else frozen.numpy()


def at_once(
    work: Callable[[Workspace, int, int], None],
    workspaces: list[Workspace],
    first: list[int],
    last: list[int],
) -> None:
    """Run every share of the work in its own thread, the last one in this.

    Threads start and end here, in less time than a share takes: lasting threads could leak, and would be missing in
    a forked process.
    """
    *others, own = zip(workspaces, first, last, strict=True)
    if not others:
        return work(*own)
    with ThreadPoolExecutor(len(others)) as pool:
        futures = [pool.submit(work, *share) for share in others]
        work(*own)
        for future in futures:
            future.result()


def _workspace_for(task: Task, terms: tuple[FitTerm, ...], reported: int) -> TryWorkspace:
    report = np.empty(reported, np.float32)
    rows = np.zeros((2, WIDE), np.float32)
    return TryWorkspace(
        TermWorkspace(task.body, room_to_pose(task.body), rows, report[len(terms) :]),
        tuple(term.workspace(numbers) for term, numbers in zip(terms, task.terms, strict=True)),
        report,
        np.empty((UNKNOWNS, WIDE), np.float32),
        np.empty(UNKNOWNS, np.float32),
        np.empty(UNKNOWNS, np.float32),
    )


_losses, _slopes = losses_of(TERMS), slopes_of(TERMS)


def _made_from(sources: int) -> Try:
    """The function that Python calls, compiled again if any of the sources changes."""

    def tried(
        numbers: tuple[Any, ...],
        free: Free,
        at: Standing,
        looks: bool,
        workspace: TryWorkspace,
        first: int,
        last: int,
    ) -> None:
        """One try of each person from first to last; if `looks`, only linearise at their start."""
        assert sources >= 0
        for person in range(first, last):
            if at.frozen[person]:
                at.accepted[person] = False
                continue
            copy(workspace.there, at.unknowns[person])
            promised = 0.0 if looks else _damped_step(free, at, person, workspace)
            loss = np.float32(np.inf)
            if looks or promised > 0:
                pose(workspace.at.body, workspace.there, workspace.at.posed)
                _losses(numbers, workspace.terms, workspace.at, person, workspace.there, workspace.report)
                total = 0.0
                for term in range(workspace.report.shape[0] - workspace.at.distance_px.shape[0]):
                    total += workspace.report[term]
                loss = np.float32(total)
            gain = at.loss[person] - loss
            ratio = gain / promised
            at.accepted[person] = looks or (gain > 0 and ratio > LEAST_GAIN)
            if at.accepted[person]:
                at.loss[person] = loss
                copy(at.unknowns[person], workspace.there)
                copy(at.report[person], workspace.report)
                gradient, hessian = at.gradient[person], at.hessian[person]
                fill(gradient, 0.0)
                for i in range(UNKNOWNS):
                    fill(hessian[i], 0.0)
                _slopes(numbers, workspace.terms, workspace.at, person, workspace.there, gradient, hessian)
            if not looks:
                _damp(at, person, ratio)

    return tried


@inlined
def _damped_step(free: Free, at: Standing, person: int, workspace: TryWorkspace) -> float:
    """Take a step from workspace.there. Returns the predicted decrease of the loss (quadratic model), 0 for no step."""
    strength, hessian, gradient = np.float64(at.strength[person]), at.hessian[person], at.gradient[person]
    matrix, step, there = workspace.matrix, workspace.step, workspace.there
    for i in range(UNKNOWNS):
        copy(matrix[i], hessian[i])
        matrix[i, i] = hessian[i, i] * (1 + strength) + FLOOR
        matrix[i, UNKNOWNS] = -gradient[i]
    for i in range(UNKNOWNS):
        if not free[i]:
            fill(matrix[i], 0.0)
            for above in range(i):
                matrix[above, i] = 0
            matrix[i, i] = 1
    if not factorised(matrix):
        return 0.0
    solve_upper(matrix, step)
    promised = 0.0
    for i in range(UNKNOWNS):
        damping = strength * hessian[i, i] + FLOOR
        promised += step[i] * (damping * step[i] - gradient[i])
        there[i] += step[i]
    return promised


@inlined
def _damp(at: Standing, person: int, ratio: float) -> None:
    """Less damping after a step that gained as predicted, much more after each rejection in a row."""
    least, most = DAMPING_RANGE
    strength = np.float64(at.strength[person])
    if at.accepted[person]:
        strength *= max(1 - (2 * min(ratio, 1.0) - 1) ** 3, 0.1)
        at.growth[person] = 2
    else:
        strength *= at.growth[person]
        at.growth[person] *= 2
    at.strength[person] = min(max(strength, least), most)


_tried = _made_from(digest(SOURCES))
_try = kept(_tried)


@lru_cache(maxsize=8)
def _try_of(terms: tuple[FitTerm, ...]) -> Try:
    """`_made_from` for another list of terms than the shipped one, compiled anew in each process.

    The terms are names of the module, not values enclosed by `tried`: numba caches by the enclosed values, and an
    enclosed compiled function differs in each process.
    """
    names = {**globals(), "_losses": losses_of(terms), "_slopes": slopes_of(terms)}
    tried: Try = FunctionType(_tried.__code__, names, closure=_tried.__closure__)
    return called(tried)
