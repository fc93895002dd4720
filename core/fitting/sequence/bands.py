"""Block-banded normal equations with a border, by block Cholesky: the cost grows linearly with the frames.

An acceleration links three frames, so two blocks stand beside the diagonal (block tridiagonal in pairs of frames). The
border holds the unknowns that all frames share.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from core.compute.machine_code import Floats, compiled
from core.fitting.arithmetic import RANK, add_scaled, dot


class Banded(NamedTuple):
    """Symmetric systems of P tracks, T frames, N unknowns a frame, S shared ones.

    diagonal (P, T, N, N); first (P, T, N, N): rows of frame t, columns of frame t - 1; second: columns of frame t - 2
    (the first one or two of T are unused); border (P, T, N, S); corner (P, S, S).
    """

    diagonal: Tensor
    first: Tensor
    second: Tensor
    border: Tensor
    corner: Tensor


def solve_banded(system: Banded, right: Tensor, right_shared: Tensor) -> tuple[Tensor, Tensor]:
    """x (P, T, N) and its shared part (P, S), for right sides of these shapes. NaN where a system is not positive."""
    frames, shared = right.shape[1], right_shared.shape[1]
    wide = torch.cat([system.border, right[..., None]], dim=3)
    lower: list[
        tuple[Tensor, Tensor, Tensor]
    ] = []  # of each frame: own, first and second block of the factor's row
    known: list[Tensor] = []
    failed = torch.zeros(len(right), dtype=torch.int32, device=right.device)
    schur = torch.cat([system.corner, right_shared[..., None]], dim=2)
    for t in range(frames):
        own, row = system.diagonal[:, t], wide[:, t]
        first = second = torch.zeros_like(own)
        if t > 1:
            second = _over(system.second[:, t], lower[t - 2][0])
            own, row = own - second @ second.mT, row - second @ known[t - 2]
        if t > 0:
            first = system.first[:, t] - second @ lower[t - 1][1].mT
            first = _over(first, lower[t - 1][0])
            own, row = own - first @ first.mT, row - first @ known[t - 1]
        factor, fault = torch.linalg.cholesky_ex(own)
        failed = failed + fault
        lower.append((factor, first, second))
        known.append(torch.linalg.solve_triangular(factor, row, upper=False))
        schur = schur - known[t][..., :shared].mT @ known[t]
    corner, fault = torch.linalg.cholesky_ex(schur[..., :shared])
    common = torch.cholesky_solve(schur[..., shared:], corner)
    found: list[Tensor] = [right] * frames
    for t in reversed(range(frames)):
        rest = known[t][..., shared:] - known[t][..., :shared] @ common
        if t + 1 < frames:
            rest = rest - lower[t + 1][1].mT @ found[t + 1]
        if t + 2 < frames:
            rest = rest - lower[t + 2][2].mT @ found[t + 2]
        found[t] = torch.linalg.solve_triangular(lower[t][0].mT, rest, upper=True)
    wrong = ((failed + fault) != 0)[:, None]
    solution = torch.stack(found, dim=1)[..., 0].masked_fill(wrong[..., None], torch.nan)
    return solution, common[..., 0].masked_fill(wrong, torch.nan)


def _over(block: Tensor, factor: Tensor) -> Tensor:
    """block factor⁻ᵀ, factor lower triangular."""
    return torch.linalg.solve_triangular(factor, block.mT, upper=False).mT


@compiled
def swept(panels: Floats, border: Floats, corner: Floats, solution: Floats, common: Floats) -> bool:
    """solve_banded of one track as machine code, by rows of the upper factor.

    panels (T, N, 3 N), N even: of each frame its own block (the upper triangle counts), and its blocks with the two
    frames after it; border (T, N, S + 1): the blocks with the shared unknowns, then the right side; corner (S, S + 1)
    likewise. All three are overwritten; solution (T, N) and common (S,) are written. Returns False for a matrix that
    is not positive.
    """
    for t in range(panels.shape[0]):
        if t > 1:
            _take_off(panels[t], border[t], panels[t - 2], border[t - 2], 2)
        if t > 0:
            _take_off(panels[t], border[t], panels[t - 1], border[t - 1], 1)
        if not _factorised(panels[t], border[t]):
            return False
        for shared in range(corner.shape[0]):
            for i in range(border.shape[1]):
                add_scaled(corner[shared], -border[t, i, shared], border[t, i])
    if not _solved_small(corner, common):
        return False
    for back in range(panels.shape[0]):
        _put_back(panels.shape[0] - 1 - back, panels, border, solution, common)
    return True


@compiled
def _take_off(panel: Floats, border: Floats, above: Floats, border_above: Floats, back: int) -> None:
    """Subtract from a frame's rows those of the frame `back` frames before it."""
    size = panel.shape[0]
    end = (3 - back) * size
    for pair in range(size // 2):
        i = 2 * pair
        place = back * size + i
        _subtract(panel[i, i:end], panel[i + 1, i:end], above, place, size)
        for k in range(size):
            add_scaled(border[i], -above[k, place], border_above[k])
            add_scaled(border[i + 1], -above[k, place + 1], border_above[k])


@compiled
def _subtract(row: Floats, next_row: Floats, above: Floats, place: int, count: int) -> None:
    """Subtract from two rows the first `count` rows above, times their numbers at `place` and place + 1. Two rows and
    four at once: fewer loads of the rows above."""
    for four in range(count // RANK):
        k = four * RANK
        a, b, c, d = above[k, place], above[k + 1, place], above[k + 2, place], above[k + 3, place]
        e, f, g, h = (
            above[k, place + 1],
            above[k + 1, place + 1],
            above[k + 2, place + 1],
            above[k + 3, place + 1],
        )
        if a == 0 and b == 0 and c == 0 and d == 0 and e == 0 and f == 0 and g == 0 and h == 0:
            continue  # locked frames
        one, two, three, last = (
            above[k, place:],
            above[k + 1, place:],
            above[k + 2, place:],
            above[k + 3, place:],
        )
        for j in range(row.shape[0]):
            row[j] -= a * one[j] + b * two[j] + c * three[j] + d * last[j]
            next_row[j] -= e * one[j] + f * two[j] + g * three[j] + h * last[j]
    for k in range(count // RANK * RANK, count):
        a, e, one = above[k, place], above[k, place + 1], above[k, place:]
        for j in range(row.shape[0]):
            row[j] -= a * one[j]
            next_row[j] -= e * one[j]


@compiled
def _factorised(panel: Floats, border: Floats) -> bool:
    """Cholesky of a frame's own block, carried on to the right. Returns False if it is not positive."""
    for pair in range(panel.shape[0] // 2):
        first = 2 * pair
        _subtract(panel[first, first:], panel[first + 1, first:], panel, first, first)
        for i in range(first, first + 2):
            for k in range(i):
                add_scaled(border[i], -panel[k, i], border[k])
            if i > first:
                add_scaled(panel[i, i:], -panel[first, i], panel[first, i:])
            if not panel[i, i] > 0:
                return False
            scale = np.float32(1) / np.sqrt(panel[i, i])
            for j in range(i, panel.shape[1]):
                panel[i, j] *= scale
            for j in range(border.shape[1]):
                border[i, j] *= scale
    return True


@compiled
def _solved_small(corner: Floats, common: Floats) -> bool:
    """Solve for the shared unknowns: corner (S, S + 1) with its right side, the upper triangle."""
    size = corner.shape[0]
    for i in range(size):
        for k in range(i):
            add_scaled(corner[i, i:], -corner[k, i], corner[k, i:])
        if not corner[i, i] > 0:
            return False
        scale = np.float32(1) / np.sqrt(corner[i, i])
        for j in range(i, size + 1):
            corner[i, j] *= scale
    for back in range(size):
        i = size - 1 - back
        known = dot(corner[i, i + 1 : size], common[i + 1 : size])
        common[i] = (corner[i, size] - known) / corner[i, i]
    return True


@compiled
def _put_back(t: int, panels: Floats, border: Floats, solution: Floats, common: Floats) -> None:
    """Solve for a frame's unknowns from those of the frames after it."""
    size, shared = panels.shape[1], common.shape[0]
    for back in range(size):
        i = size - 1 - back
        row = panels[t, i]
        known = dot(row[i + 1 : size], solution[t, i + 1 :]) + dot(border[t, i, :shared], common)
        for after in range(1, 3):
            if t + after < panels.shape[0]:
                known += dot(row[after * size : (after + 1) * size], solution[t + after])
        solution[t, i] = (border[t, i, shared] - known) / row[i]
