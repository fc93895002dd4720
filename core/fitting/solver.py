"""Batched Levenberg-Marquardt: many small least-squares problems at once, each with its own damping and accept test.

Knows nothing of bodies. A problem is a function from unknowns to loss, half gradient J'r and half Hessian J'J; robust
losses come as re-weighted rows. The damping follows the gain ratio (Madsen, Nielsen and Tingleff, "Methods for
Non-Linear Least Squares Problems", 2004, section 3.2), scaled by the Hessian's diagonal as Marquardt does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

FLOOR = 1e-4  # added to the damped diagonal, so that an unknown nothing depends on stays where it is
DAMPING_RANGE = (1e-9, 1e9)
LEAST_GAIN = 1e-4  # share of the promised decrease below which a step counts as no gain at all


class Linearised(NamedTuple):
    """A problem at one point: loss (B,) = |r|², gradient (B, D) = J'r, hessian (B, D, D) = J'J, and report (B, N),
    numbers about this point that ride along with it."""

    loss: Tensor
    gradient: Tensor
    hessian: Tensor
    report: Tensor


@dataclass(frozen=True, eq=False)
class SolverStep:
    """Where the solver stands after `iteration` tries: unknowns (B, D), loss (B,), report (B, N), and which problems
    took the last try (B,). Never changed afterwards."""

    iteration: int
    unknowns: Tensor
    loss: Tensor
    report: Tensor
    accepted: Tensor


@torch.no_grad()
def levenberg_marquardt(
    linearise: Callable[[Tensor], Linearised],
    start: Tensor,
    iterations: int,
    free: Tensor | None = None,
    damping: float = 1e-3,
    tolerance: float = 0.0,
) -> Iterator[SolverStep]:
    """Minimise from start (B, D), yielding the start and every step after it; the loss never rises.

    free (D,) bool: the unknowns that may move, all when None. Stops early once every problem's last accepted gain is
    under `tolerance` of its loss. A try whose loss is not finite is refused like one that rises.
    """
    unknowns, here = start, linearise(start)
    free = torch.ones(start.shape[1], dtype=torch.bool, device=start.device) if free is None else free
    moves = free.to(start.dtype)
    both_move = moves * moves[:, None]
    strength = torch.full_like(here.loss, damping)
    growth = torch.full_like(here.loss, 2.0)
    yield SolverStep(0, unknowns, here.loss, here.report, torch.ones_like(here.loss, dtype=torch.bool))
    settled = torch.zeros_like(here.loss, dtype=torch.bool)
    for iteration in range(1, iterations + 1):
        step, promised = _damped_step(here, strength, moves, both_move)
        there = linearise(unknowns + step)
        gain = here.loss - there.loss
        ratio = gain / promised.clamp_min(torch.finfo(gain.dtype).tiny)
        accepted = (gain > 0) & (ratio > LEAST_GAIN)
        strength, growth = _next_damping(strength, growth, ratio, accepted)
        if tolerance > 0:
            settled = torch.where(accepted, gain < tolerance * here.loss, settled)
        unknowns = torch.where(accepted[:, None], unknowns + step, unknowns)
        here = _choose(accepted, there, here)
        yield SolverStep(iteration, unknowns, here.loss, here.report, accepted)
        if tolerance > 0 and bool(settled.all()):
            return


def _damped_step(
    here: Linearised, strength: Tensor, moves: Tensor, both_move: Tensor
) -> tuple[Tensor, Tensor]:
    """The step (B, D) and the decrease of the loss that the quadratic model promises for it (B,).

    moves (D,) is one where an unknown is free, both_move (D, D) where both are.
    """
    hessian, gradient = here.hessian * both_move, here.gradient * moves
    diagonal = hessian.diagonal(dim1=1, dim2=2)
    damping = torch.addcmul(FLOOR + 1 - moves, strength[:, None], diagonal)
    diagonal += damping
    factor, _ = torch.linalg.cholesky_ex(hessian)
    step = -torch.cholesky_solve(gradient[..., None], factor)[..., 0]
    return step, (step * (damping * step - gradient)).sum(dim=1)


def _next_damping(strength: Tensor, growth: Tensor, ratio: Tensor, accepted: Tensor) -> tuple[Tensor, Tensor]:
    """Less after a step that kept its promise, much more after each refusal in a row."""
    eased = strength * (1 - (2 * ratio.clamp(0, 1) - 1) ** 3).clamp_min(0.1)
    strength = torch.where(accepted, eased, strength * growth).clamp(*DAMPING_RANGE)
    return strength, torch.where(accepted, torch.full_like(growth, 2.0), growth * 2)


def _choose(accepted: Tensor, there: Linearised, here: Linearised) -> Linearised:
    """Each problem's new place where it was accepted, its old one elsewhere."""
    if len(accepted) == 1:  # one problem: no need to copy its Hessian
        return there if bool(accepted) else here
    return Linearised(
        torch.where(accepted, there.loss, here.loss),
        torch.where(accepted[:, None], there.gradient, here.gradient),
        torch.where(accepted[:, None, None], there.hessian, here.hessian),
        torch.where(accepted[:, None], there.report, here.report),
    )
