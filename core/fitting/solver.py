"""Batched Levenberg-Marquardt: many small least-squares problems at once, each with its own damping and accept test.

Knows nothing of bodies. A problem is a function from unknowns to loss, half gradient J'r and half Hessian J'J; robust
losses come as re-weighted rows. The damping follows the gain ratio (Madsen, Nielsen and Tingleff, "Methods for
Non-Linear Least Squares Problems", 2004, section 3.2), scaled by the Hessian's diagonal as Marquardt does.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

import torch
from torch import Tensor

FLOOR = 1e-4  # added to the damped diagonal, so that an unknown without effect on the loss does not move
DAMPING_RANGE = (1e-9, 1e9)
LARGE = 1e30  # the corner of a bordered matrix: above any |right|² that matters, so that it stays positive
LEAST_GAIN = 1e-4  # share of the predicted decrease; a step that gains less counts as no gain


class Linearised(NamedTuple):
    """A problem at one point: loss (B,) = |r|², gradient (B, D) = J'r, hessian (B, D, D) = J'J, and report (B, N),
    further numbers about this point."""

    loss: Tensor
    gradient: Tensor
    hessian: Tensor
    report: Tensor


class State(NamedTuple):
    """The solver between two tries: unknowns of each problem, its linearisation there, and its damping."""

    unknowns: Tensor
    loss: Tensor
    gradient: Tensor
    hessian: Tensor
    report: Tensor
    strength: Tensor
    growth: Tensor
    accepted: Tensor


@dataclass(frozen=True, eq=False)
class SolverStep:
    """The solver after `iteration` tries: unknowns (B, D), loss (B,), report (B, N), and which problems
    accepted the last try (B,) bool. Never changed afterwards."""

    iteration: int
    unknowns: Tensor
    loss: Tensor
    report: Tensor
    accepted: Tensor


Linearise = Callable[[Tensor], Linearised]
# The start and every try after it, without end. A caller may send (B,) bool: True: the problem is frozen.
Tries = Generator[SolverStep, Tensor | None, None]


def attempt(linearise: Linearise, state: State, moves: Tensor) -> State:
    """One try of every problem: a damped step, accepted where it lowers the loss as predicted. moves (D,): 1 = free."""
    step, promised = _damped_step(state, moves)
    there = linearise(state.unknowns + step)
    gain = state.loss - there.loss
    ratio = gain / promised.clamp_min(torch.finfo(gain.dtype).tiny)
    accepted = (gain > 0) & (ratio > LEAST_GAIN)
    strength, growth = next_damping(state.strength, state.growth, ratio, accepted)
    each = accepted[:, None]
    return State(
        torch.where(each, state.unknowns + step, state.unknowns),
        torch.where(accepted, there.loss, state.loss),
        torch.where(each, there.gradient, state.gradient),
        torch.where(each[..., None], there.hessian, state.hessian),
        torch.where(each, there.report, state.report),
        strength,
        growth,
        accepted,
    )


def levenberg_marquardt(
    linearise: Linearise,
    start: Tensor,
    iterations: int,
    free: Tensor | None = None,
    damping: float = 1e-3,
    tolerance: float = 0.0,
    starts: int = 1,
) -> Iterator[SolverStep]:
    """Minimise from start (B, D), yielding the start and every step after it; the loss never rises.

    free (D,) bool: the unknowns that may move, all if None. Ends as `until_converged` does; `starts` is the number of
    starts per person. A try is rejected if its loss rises or is not finite.
    """
    return until_converged(tries(linearise, start, free, damping), iterations, tolerance, starts)


def tries(linearise: Linearise, start: Tensor, free: Tensor | None, damping: float) -> Tries:
    """The start (B, D) and every try after it, without end."""
    moves = torch.ones_like(start[0]) if free is None else free.to(start.dtype)
    here = linearise(start)
    strength = torch.full_like(here.loss, damping)
    state = State(start, *here, strength, torch.full_like(strength, 2.0), strength > 0)
    for iteration in count():
        yield SolverStep(iteration, state.unknowns, state.loss, state.report, state.accepted)
        state = attempt(linearise, state, moves)


@torch.no_grad()
def until_converged(steps: Tries, iterations: int, tolerance: float, starts: int = 1) -> Iterator[SolverStep]:
    """The start and at most `iterations` tries; with a tolerance, until all people have converged.

    A person is `starts` problems in a row, and has converged if the last accepted gain of each is under `tolerance` of
    its loss. Converged people are frozen, so results do not depend on the batch.
    """
    here = next(steps)
    yield here
    little = torch.zeros_like(here.accepted)
    frozen: Tensor | None = None
    for _ in range(iterations):
        before, here = here, steps.send(frozen)
        if frozen is not None:
            here = _standing(frozen, before, here)
        yield here
        if tolerance > 0:
            gained_little = before.loss - here.loss < tolerance * before.loss
            little = torch.where(here.accepted, gained_little, little)
            settled = little.view(-1, starts).all(dim=1)
            people = int(settled.sum())
            if people == len(settled):
                return
            frozen = settled.repeat_interleave(starts) if people else None


def _standing(frozen: Tensor, before: SolverStep, found: SolverStep) -> SolverStep:
    """The step `found`, but as `before` for frozen problems, frozen (B,) bool."""
    each = frozen[:, None]
    return SolverStep(
        found.iteration,
        torch.where(each, before.unknowns, found.unknowns),
        torch.where(frozen, before.loss, found.loss),
        torch.where(each, before.report, found.report),
        found.accepted & ~frozen,
    )


def _damped_step(state: State, moves: Tensor) -> tuple[Tensor, Tensor]:
    """The step (B, D) and the decrease of the loss that the quadratic model predicts for it (B,)."""
    hessian, gradient = state.hessian * moves * moves[:, None], state.gradient * moves
    diagonal = hessian.diagonal(dim1=1, dim2=2)
    damping = torch.addcmul(FLOOR + 1 - moves, state.strength[:, None], diagonal)
    diagonal += damping
    step = -solve_positive(hessian, gradient)
    return step, (step * (damping * step - gradient)).sum(dim=1)


def solve_positive(matrix: Tensor, right: Tensor) -> Tensor:
    """x (B, D) with matrix (B, D, D) x = right (B, D), the matrix symmetric; NaN for one that is not positive.

    Not by cholesky_solve or solve, which wait for the GPU and so cannot be part of a recorded graph. With the right
    side as one more row, factoring also solves by the lower triangle, which on a GPU takes as long as factoring.
    """
    size = matrix.shape[1]
    row = torch.cat([right, torch.full_like(right[:, :1], LARGE)], dim=1)
    bordered = torch.cat([torch.cat([matrix, right[..., None]], dim=2), row[:, None]], dim=1)
    factor, failed = torch.linalg.cholesky_ex(bordered)
    half, lower = factor[:, size, :size, None], factor[:, :size, :size]
    found = torch.linalg.solve_triangular(lower.mT, half, upper=True)[..., 0]
    positive = (failed == 0) | (failed > size)
    return found.masked_fill(
        ~positive[:, None], torch.nan
    )  # a partly factored matrix gives numbers that look like a solution


def next_damping(strength: Tensor, growth: Tensor, ratio: Tensor, accepted: Tensor) -> tuple[Tensor, Tensor]:
    """Less damping after a step that gained as predicted, much more after each rejection in a row."""
    eased = strength * (1 - (2 * ratio.clamp(0, 1) - 1) ** 3).clamp_min(0.1)
    strength = torch.where(accepted, eased, strength * growth).clamp(*DAMPING_RANGE)
    return strength, torch.where(accepted, torch.full_like(growth, 2.0), growth * 2)
