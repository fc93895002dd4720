"""Levenberg-Marquardt on whole tracks: each track has its own damping and accept test, as each person has in
core/fitting/solver.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from core.fitting.sequence.bands import Banded, solve_banded
from core.fitting.sequence.track_problem import OWN, SHARED, LinearTracks
from core.fitting.solver import FLOOR, LEAST_GAIN, next_damping


@dataclass(frozen=True, eq=False)
class TrackSolverStep:
    """The solver after `iteration` tries: unknowns (P, T, 86), loss (P,), report (P, T, N) of each frame. Never changed
    afterwards."""

    iteration: int
    unknowns: Tensor
    loss: Tensor
    report: Tensor


def solve_tracks(
    linearise: Callable[[Tensor], LinearTracks],
    start: Tensor,
    free: Tensor,
    free_unknowns: Tensor,
    iterations: int,
    damping: float,
    tolerance: float,
) -> Iterator[TrackSolverStep]:
    """Minimise from start (P, T, 86); the loss never rises. free (P, T): 1 for frames that move; free_unknowns (86,)
    bool. Ends after `iterations` tries, or once no track gains more than `tolerance` of its loss."""
    moves = free_unknowns.to(start.dtype)
    there, unknowns = linearise(start), start
    strength = torch.full_like(there.loss, damping)
    growth = torch.full_like(strength, 2.0)
    yield TrackSolverStep(0, unknowns, there.loss, there.report)
    for iteration in range(1, iterations + 1):
        step, promised = _damped_step(there, strength, free, moves)
        tried = linearise(unknowns + step)
        gain = there.loss - tried.loss
        ratio = gain / promised.clamp_min(torch.finfo(gain.dtype).tiny)
        accepted = (gain > 0) & (ratio > LEAST_GAIN)
        strength, growth = next_damping(strength, growth, ratio, accepted)
        settled = bool((accepted & (gain < tolerance * there.loss)).all())
        unknowns = torch.where(accepted[:, None, None], unknowns + step, unknowns)
        there = _chosen(accepted, tried, there)
        yield TrackSolverStep(iteration, unknowns, there.loss, there.report)
        if settled:
            return


def _damped_step(there: LinearTracks, strength: Tensor, free: Tensor, moves: Tensor) -> tuple[Tensor, Tensor]:
    """The step (P, T, 86) and the decrease of the loss that the quadratic model predicts (P,)."""
    own, shared = free[..., None] * moves[list(OWN)], moves[list(SHARED)].expand_as(there.shared)
    system = there.system
    diagonal, corner = system.diagonal.diagonal(dim1=2, dim2=3), system.corner.diagonal(dim1=1, dim2=2)
    by_own = FLOOR + strength[:, None, None] * diagonal
    by_shared = FLOOR + strength[:, None] * corner
    held = Banded(
        system.diagonal * own[..., None] * own[..., None, :] + torch.diag_embed(by_own * own + 1 - own),
        _between(system.first, own, 1),
        _between(system.second, own, 2),
        system.border * own[..., None] * shared[:, None, None],
        system.corner * shared[..., None] * shared[:, None]
        + torch.diag_embed(by_shared * shared + 1 - shared),
    )
    found, common = solve_banded(held, -there.gradient * own, -there.shared * shared)
    promised = (found * (by_own * found - there.gradient) * own).sum(dim=(1, 2))
    promised = promised + (common * (by_shared * common - there.shared) * shared).sum(dim=1)
    step = torch.zeros(*free.shape, len(moves), dtype=found.dtype, device=found.device)
    step[..., OWN] = found
    step[..., SHARED] = common[:, None] * (free[..., None] > 0)
    return step, promised


def _between(blocks: Tensor, own: Tensor, back: int) -> Tensor:
    held = torch.zeros_like(blocks)
    held[:, back:] = blocks[:, back:] * own[:, back:, :, None] * own[:, :-back, None, :]
    return held


def _chosen(accepted: Tensor, tried: LinearTracks, there: LinearTracks) -> LinearTracks:
    def pick(new: Tensor, old: Tensor) -> Tensor:
        return torch.where(accepted.view(-1, *(1,) * (new.ndim - 1)), new, old)

    system = Banded(*(pick(new, old) for new, old in zip(tried.system, there.system, strict=True)))
    return LinearTracks(
        pick(tried.loss, there.loss),
        pick(tried.gradient, there.gradient),
        pick(tried.shared, there.shared),
        system,
        pick(tried.report, there.report),
    )
