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

FLOOR = 1e-4  # added to the damped diagonal, so that an unknown nothing depends on stays where it is
DAMPING_RANGE = (1e-9, 1e9)
LARGE = 1e30  # the corner of a bordered matrix: above any |right|² that matters, so that it stays positive
LEAST_GAIN = 1e-4  # share of the promised decrease below which a step counts as no gain at all


class Linearised(NamedTuple):
    """A problem at one point: loss (B,) = |r|², gradient (B, D) = J'r, hessian (B, D, D) = J'J, and report (B, N),
    numbers about this point that ride along with it."""

    loss: Tensor
    gradient: Tensor
    hessian: Tensor
    report: Tensor


class State(NamedTuple):
    """Between two tries: where each problem stands, what was found there, and its damping."""

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
    """Where the solver stands after `iteration` tries: unknowns (B, D), loss (B,), report (B, N), and which problems
    took the last try (B,). Never changed afterwards."""

    iteration: int
    unknowns: Tensor
    loss: Tensor
    report: Tensor
    accepted: Tensor


Linearise = Callable[[Tensor], Linearised]
# The start and every try after it, without end. It may be sent who stands still (B,) bool, to spare their tries.
Tries = Generator[SolverStep, Tensor | None, None]


def attempt(linearise: Linearise, state: State, moves: Tensor) -> State:
    """One try of every problem: a damped step, taken where it lowers the loss as promised. moves (D,): 1 = free."""
    step, promised = _damped_step(state, moves)
    there = linearise(state.unknowns + step)
    gain = state.loss - there.loss
    ratio = gain / promised.clamp_min(torch.finfo(gain.dtype).tiny)
    accepted = (gain > 0) & (ratio > LEAST_GAIN)
    strength, growth = _next_damping(state.strength, state.growth, ratio, accepted)
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

    free (D,) bool: the unknowns that may move, all when None. Ends as `until_settled` does, with so many starts of each
    person. A try whose loss is not finite is refused like one that rises.
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
    """The start and at most so many tries: with a tolerance, until everybody has settled.

    A person, of `starts` problems in a row, has settled when each one's last accepted gain is under `tolerance` of its
    loss. From then on all of them stand still, so that a person comes to the same with others as alone.
    """
    here = next(steps)
    yield here
    little = torch.zeros_like(here.accepted)
    still: Tensor | None = None
    for _ in range(iterations):
        before, here = here, steps.send(still)
        if still is not None:
            here = _standing(still, before, here)
        yield here
        if tolerance > 0:
            gained_little = before.loss - here.loss < tolerance * before.loss
            little = torch.where(here.accepted, gained_little, little)
            settled = little.view(-1, starts).all(dim=1)
            people = int(settled.sum())
            if people == len(settled):
                return
            still = settled.repeat_interleave(starts) if people else None


def _standing(still: Tensor, before: SolverStep, found: SolverStep) -> SolverStep:
    """What was found, but as before for those who stand still (B,)."""
    each = still[:, None]
    return SolverStep(
        found.iteration,
        torch.where(each, before.unknowns, found.unknowns),
        torch.where(still, before.loss, found.loss),
        torch.where(each, before.report, found.report),
        found.accepted & ~still,
    )


def _damped_step(state: State, moves: Tensor) -> tuple[Tensor, Tensor]:
    """The step (B, D) and the decrease of the loss that the quadratic model promises for it (B,)."""
    hessian, gradient = state.hessian * moves * moves[:, None], state.gradient * moves
    diagonal = hessian.diagonal(dim1=1, dim2=2)
    damping = torch.addcmul(FLOOR + 1 - moves, state.strength[:, None], diagonal)
    diagonal += damping
    step = -solve_positive(hessian, gradient)
    return step, (step * (damping * step - gradient)).sum(dim=1)


def solve_positive(matrix: Tensor, right: Tensor) -> Tensor:
    """x (B, D) with matrix (B, D, D) x = right (B, D), the matrix symmetric; NaN for one that is not positive.

    Not by cholesky_solve or solve, which wait for the GPU and so cannot be part of a recorded graph. With the right
    side as one more row, factoring also solves by the lower triangle, which on a GPU takes as long as the rest.
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
    )  # what was factored until then looks like an answer


def _next_damping(strength: Tensor, growth: Tensor, ratio: Tensor, accepted: Tensor) -> tuple[Tensor, Tensor]:
    """Less after a step that kept its promise, much more after each refusal in a row."""
    eased = strength * (1 - (2 * ratio.clamp(0, 1) - 1) ** 3).clamp_min(0.1)
    strength = torch.where(accepted, eased, strength * growth).clamp(*DAMPING_RANGE)
    return strength, torch.where(accepted, torch.full_like(growth, 2.0), growth * 2)
