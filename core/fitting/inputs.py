"""A fit's input, keypoints and cameras: checked, with unusable people given zero confidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.body.keypoints import layout as keypoint_layout
from core.errors import FitInputError
from core.fitting.config import REFERENCE_SIZE, FitConfig
from core.fitting.terms.term import SeenKeypoints

Floats = npt.NDArray[np.floating]
ENOUGH_KEYPOINTS = 4  # with fewer, prior and guess determine most of a body
FAR_OUTSIDE = 4.0  # [half photos] from the centre; keypoints farther out say little about the person
FARTHEST = 1e9  # [px] keypoint coordinates are clamped to this, so that squared distances stay finite
LEAST_FOCAL = 1e-3  # [px] a smaller focal length is invalid
POINT_LIKE = 1e-3  # [half photos] keypoints that spread less than this count as one point


@dataclass(frozen=True, eq=False)
class Observed:
    """xy (B, K, 2) [px] and confidence (B, K), both zero where unusable; focal_length (B,), camera_center (B, 2) [px];
    weak (B,) bool; faults: person -> message."""

    xy: Tensor
    confidence: Tensor
    focal_length: Tensor
    camera_center: Tensor
    weak: Tensor
    faults: dict[int, str]

    def seen(self, config: FitConfig, size_px: Tensor) -> SeenKeypoints:
        """The keypoints in the residual units of `config`, for people of size_px (B,)."""
        scale = 1 / torch.full_like(size_px, config.keypoint_px)
        if config.normalise:
            scale = scale * REFERENCE_SIZE / size_px
        return SeenKeypoints(self.xy, self.confidence, self.focal_length, self.camera_center, scale)


def observe(
    keypoints: Tensor, layout: str, focal_length: Tensor, camera_center: Tensor, like: Tensor
) -> Observed:
    """Check the input of a fit. keypoints (B, K, 3), focal_length (B,), camera_center (B, 2).

    A person that cannot be fitted gets an entry in `faults` and zero confidence, so that the rest of the batch
    goes on. Raises FitInputError if shapes disagree, or if no person can be fitted.
    """
    names = keypoint_layout(layout).keypoints
    _check_shapes(keypoints, len(names), layout, focal_length, camera_center)
    # In numpy: for so few numbers, calling a tensor operation takes longer than its arithmetic. One copy each way, as
    # each copy waits for the GPU.
    inputs = (keypoints.flatten(1), focal_length[:, None], camera_center)
    numbers = torch.cat([t.detach().to(keypoints.device, like.dtype) for t in inputs], dim=1).cpu().numpy()
    values, focal, centre = numbers[:, :-3].reshape(keypoints.shape), numbers[:, -3], numbers[:, -2:]
    faults = _faults(values, focal, centre, names)
    if faults and len(faults) == len(values):
        raise FitInputError(next(iter(faults.values())))
    bad = np.zeros(len(values), bool)
    bad[list(faults)] = True
    usable = np.isfinite(values).all(axis=-1) & ~bad[:, None]
    confidence = np.where(usable, values[..., 2], 0)
    xy = np.where((confidence > 0)[..., None], values[..., :2].clip(-FARTHEST, FARTHEST), 0)
    centre = np.where(np.isfinite(centre) & ~bad[:, None], centre, 0)
    focal = np.where(bad, 1, focal)
    weak = bad | _weak(xy, confidence, centre)
    checked = (xy, confidence, focal, centre)
    flat = torch.from_numpy(np.concatenate([part.ravel() for part in checked])).to(like.device)
    pieces = flat.split([part.size for part in checked])
    seen = [piece.view(part.shape) for piece, part in zip(pieces, checked, strict=True)]
    return Observed(seen[0], seen[1], seen[2], seen[3], torch.from_numpy(weak), faults)


def _check_shapes(
    keypoints: Tensor, count: int, layout: str, focal_length: Tensor, camera_center: Tensor
) -> None:
    batch = len(keypoints) if keypoints.ndim == 3 else 0
    if batch == 0 or keypoints.shape[1:] != (count, 3):
        raise FitInputError(
            f"keypoints have shape {tuple(keypoints.shape)}; layout {layout!r} needs (people, {count}, 3): "
            "x, y, confidence."
        )
    if focal_length.shape != (batch,) or camera_center.shape != (batch, 2):
        raise FitInputError(
            f"focal_length {tuple(focal_length.shape)} and camera_center {tuple(camera_center.shape)} must be "
            f"({batch},) and ({batch}, 2) for {batch} people."
        )


def _faults(
    keypoints: Floats, focal_length: Floats, camera_center: Floats, names: tuple[str, ...]
) -> dict[int, str]:
    """Person -> message: the fault in its input, and the remedy."""
    confidence = keypoints[..., 2]
    odd = ~((confidence >= 0) & (confidence <= 1))  # catches NaN too
    lost = (confidence > 0) & ~np.isfinite(keypoints[..., :2]).all(axis=2)
    unseen = ~(confidence > 0).any(axis=1)
    no_camera = ~((focal_length > LEAST_FOCAL) & np.isfinite(focal_length))
    no_camera |= ~np.isfinite(camera_center).all(axis=1)
    faults: dict[int, str] = {}
    for person in np.flatnonzero(odd.any(axis=1) | lost.any(axis=1) | unseen | no_camera).tolist():
        if no_camera[person]:
            faults[person] = (
                f"person {person}: focal length {focal_length[person].item():g} px with centre "
                f"{camera_center[person].tolist()}. Give a positive one, or sqrt(width² + height²) if it is unknown."
            )
        elif odd[person].any():
            k = int(odd[person].argmax())
            faults[person] = (
                f"person {person}, {names[k]}: confidence {confidence[person, k].item():g}. It must lie in 0..1."
            )
        elif lost[person].any():
            k = int(lost[person].argmax())
            faults[person] = (
                f"person {person}, {names[k]}: position {keypoints[person, k, :2].tolist()}. Give a number, or "
                "confidence 0 for an absent keypoint."
            )
        else:
            faults[person] = (
                f"person {person}: no visible keypoint. Mark at least one, or leave the person out."
            )
    return faults


def _weak(xy: Floats, confidence: Floats, centre: Floats) -> npt.NDArray[np.bool_]:
    """(B,) bool: True if too few keypoints are visible, or all lie on one point, or far outside the photo."""
    visible = confidence > 0
    half = np.maximum(np.abs(centre).max(axis=1), 1.0)
    count = visible.sum(axis=1)
    middle = (xy * visible[..., None]).sum(axis=1) / np.maximum(count, 1)[:, None]
    spread = (_lengths(xy - middle[:, None]) * visible).max(axis=1)
    outside = _lengths(middle - centre) > FAR_OUTSIDE * half
    return (count < ENOUGH_KEYPOINTS) | (spread < POINT_LIKE * half) | outside


def _lengths(vectors: Floats) -> Floats:
    return np.hypot(vectors[..., 0], vectors[..., 1])
