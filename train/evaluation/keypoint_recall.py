"""COCO's recall of projected keypoints."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.body.keypoints import OPENPOSE, layout
from core.body.model import Body
from core.formats.shared.tracking import AREA_SHARE, SIGMAS
from core.networks.spin import SpinOutput
from train.data.batches import Batch
from train.data.rotated_body import LAYOUT
from train.evaluation.predict import params_of
from train.methods.spin.loss import project_to_crop, to_unit

_OKS_THRESHOLDS = np.arange(0.5, 1.0, 0.05)


def recall(body: Body, predicted: SpinOutput, batch: Batch) -> Tensor:
    """(P,) of each person with annotated COCO keypoints: at which share of the thresholds their object keypoint
    similarity passes."""
    points = project_to_crop(body.keypoints(params_of(predicted), LAYOUT), predicted.weak_camera).numpy()
    oks = similarity(points, to_unit(batch.keypoints_crop).numpy())
    return torch.from_numpy((oks[:, None] >= _OKS_THRESHOLDS).mean(axis=1))


def similarity(points: NDArray[np.floating], seen: NDArray[np.floating]) -> NDArray[np.floating]:
    """Object keypoint similarity (P,) of points (B, 49, 2) and annotated ones (B, 49, 3), of the people that have any
    COCO keypoint in the annotated half. In coordinates where a crop is 2 wide."""
    names = layout(LAYOUT).keypoints
    sigma = np.array([_sigma(name) for name in names])
    used = np.isfinite(sigma) & (np.arange(len(names)) >= OPENPOSE)
    visible = (seen[..., 2] > 0) & used
    squared = ((points - seen[..., :2]) ** 2).sum(axis=-1)
    area = AREA_SHARE * _box_area(seen[..., :2], visible)[:, None]
    similar = np.exp(-squared / (2 * area * (2 * np.where(used, sigma, 1.0)) ** 2))
    known = visible.any(axis=1)
    return np.asarray((similar * visible).sum(axis=1)[known] / visible.sum(axis=1)[known])


def _box_area(xy: NDArray[np.floating], visible: NDArray[np.bool_]) -> NDArray[np.floating]:
    """(B,) area of the box around the visible points (B, K, 2): a data set of SPIN tells no person's own."""
    high = np.where(visible[..., None], xy, -np.inf).max(axis=1)
    low = np.where(visible[..., None], xy, np.inf).min(axis=1)
    return np.asarray(np.prod(np.clip(high - low, 0.05, 4.0), axis=1))


def _sigma(name: str) -> float:
    return next((value for part, value in SIGMAS.items() if name.endswith(part)), np.inf)
