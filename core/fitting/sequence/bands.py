"""Block-banded normal equations with a border, by block Cholesky: the cost grows linearly with the frames.

An acceleration links three frames, so two blocks stand beside the diagonal (block tridiagonal in pairs of frames). The
border holds the unknowns that all frames share.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


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
