"""The field's error metrics: MPJPE, PA-MPJPE, PVE, PCK and AUC, from points in metres.

The result has one value per sample. Every function takes numpy arrays or torch tensors and returns the same
type. visible (B, N) weights the points, 0 or False leaves a point out. A sample without visible points gives
nan. Shape letters: B batch, N points (keypoints, joints or vertices), V vertices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

Array = TypeVar("Array", np.ndarray, Tensor)

MM_PER_M = 1000.0
PELVIS = (0,)  # in smpl24 and h36m17; lsp14 has no pelvis, use both hips there: (2, 3)
FEWEST_TO_ALIGN = 3
PCK_THRESHOLD_MM = 150.0
AUC_THRESHOLDS_MM = tuple(float(threshold) for threshold in range(0, 151, 5))


def mpjpe_mm(
    predicted: Array, truth: Array, root: Sequence[int] = PELVIS, visible: Array | None = None
) -> Array:
    """Mean per-joint position error, "protocol 1" of Human3.6M, 3DPW and MPI-INF-3DHP.

    predicted, truth (B, N, 3) [m]. The mean of the `root` points is subtracted from each first; an empty root
    subtracts nothing. Returns (B,) [mm].
    """
    return _like(predicted, _mean(_errors_mm(predicted, truth, root), _weights(predicted, visible)))


def pa_mpjpe_mm(predicted: Array, truth: Array, visible: Array | None = None) -> Array:
    """MPJPE after Procrustes alignment of each prediction: "protocol 2", SPIN's reconstruction error.

    predicted, truth (B, N, 3) [m]. Returns (B,) [mm]; nan for fewer than three visible points, as the alignment is
    ambiguous then.
    """
    error = mpjpe_mm(procrustes_align(predicted, truth, visible), truth, root=(), visible=visible)
    few = (_weights(predicted, visible) > 0).sum(1) < FEWEST_TO_ALIGN
    return _like(predicted, _tensor(error).masked_fill(few, torch.nan))


def pve_mm(
    predicted: Array,
    truth: Array,
    predicted_root: Array | None = None,
    truth_root: Array | None = None,
) -> Array:
    """Per-vertex error of two meshes of one topology; with roots, as 3DPW and AGORA report it.

    predicted, truth (B, V, 3) [m]. predicted_root, truth_root (B, 3) [m], the pelvis joints, are subtracted
    first where both are given. Returns (B,) [mm].
    """
    if predicted_root is not None and truth_root is not None:
        predicted, truth = predicted - predicted_root[:, None], truth - truth_root[:, None]
    return mpjpe_mm(predicted, truth, root=())


def pck(
    predicted: Array,
    truth: Array,
    threshold_mm: float = PCK_THRESHOLD_MM,
    root: Sequence[int] = PELVIS,
    visible: Array | None = None,
) -> Array:
    """3D PCK: share of points with an error below a threshold (MPI-INF-3DHP: 150 mm, pelvis aligned).

    predicted, truth (B, N, 3) [m]. Returns (B,) in 0..1.
    """
    near = _errors_mm(predicted, truth, root) < threshold_mm
    weights = _weights(predicted, visible)
    return _like(predicted, _mean(near.to(weights), weights))


def auc(predicted: Array, truth: Array, root: Sequence[int] = PELVIS, visible: Array | None = None) -> Array:
    """Area under the PCK curve: the mean PCK at 0, 5, … 150 mm (MPI-INF-3DHP).

    predicted, truth (B, N, 3) [m]. Returns (B,) in 0..1.
    """
    errors, weights = _errors_mm(predicted, truth, root), _weights(predicted, visible)
    near = torch.stack([errors < threshold for threshold in AUC_THRESHOLDS_MM]).to(weights)
    return _like(predicted, _mean(near.mean(0), weights))


def procrustes_align(predicted: Array, truth: Array, visible: Array | None = None) -> Array:
    """Align each prediction to its truth by the best similarity transform, without reflection (Umeyama 1991).

    predicted, truth (B, N, 3) [m]. The transform is computed from the visible points and applied to all. Returns
    (B, N, 3) [m].
    """
    points, end = _tensor(predicted), _tensor(truth)
    weights = _weights(predicted, visible)[..., None]
    start, end = (torch.where(weights > 0, known, 0) for known in (points, end))
    share = weights / weights.sum(1, keepdim=True)
    start_center, end_center = (share * start).sum(1, keepdim=True), (share * end).sum(1, keepdim=True)
    points, start, end = points - start_center, start - start_center, end - end_center
    left, stretch, right = torch.linalg.svd(((share * start).mT @ end).nan_to_num())
    signs = torch.ones_like(stretch)
    signs[:, 2] = torch.linalg.det(left @ right).sign()
    rotation = (left * signs[:, None]) @ right  # acts on row vectors
    size = (share * start * start).sum((1, 2)).clamp_min(torch.finfo(start.dtype).tiny)
    scale = (stretch * signs).sum(1) / size
    return _like(predicted, scale[:, None, None] * points @ rotation + end_center)


def _errors_mm(predicted: Array, truth: Array, root: Sequence[int]) -> Tensor:
    """Distances (B, N) [mm] between points, after the mean of the root points is subtracted from each set."""
    difference = _tensor(predicted) - _tensor(truth)
    if len(root):
        difference = difference - difference[:, list(root)].mean(1, keepdim=True)
    return torch.linalg.vector_norm(difference, dim=-1) * MM_PER_M


def _tensor(array: np.ndarray | Tensor) -> Tensor:
    """Convert to a tensor. An array is copied, as torch cannot share the read-only arrays of records."""
    return array if isinstance(array, Tensor) else torch.from_numpy(np.array(array))


def _weights(predicted: Array, visible: Array | None) -> Tensor:
    """visible as floats (B, N), or ones where it is None."""
    points = _tensor(predicted)
    if visible is None:
        return torch.ones_like(points[..., 0])
    return _tensor(visible).to(points)


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    """Weighted mean over points, (B, N) to (B,). Points of weight 0 may hold nan."""
    return torch.where(weights > 0, values * weights, 0).sum(1) / weights.sum(1)


def _like(example: Array, result: Tensor) -> Array:
    return result if isinstance(example, Tensor) else result.numpy()
