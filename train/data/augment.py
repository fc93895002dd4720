"""Augmentation: image, keypoints, 3D joints and pose turned, scaled and mirrored together, and the inverse beside it.

The crop and its keypoints are mapped by the same affine, so edits of a tenth of a pixel survive. Ranges as in SPIN.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.body.keypoints import OPENPOSE, layout
from core.errors import FitloopError
from core.geometry.camera import CROP_SIZE
from core.geometry.image import apply_affine, crop_affine, invert_affine, warp
from core.records import BBox

_FLIP = np.array(layout("spin49").flip)
_FLIP_JOINTS = _FLIP[OPENPOSE:] - OPENPOSE


@dataclass(frozen=True)
class AugmentConfig:
    """flip: how often. noise: gain of each colour channel, 1 ± this. rotation_deg: of a normal distribution, cut at
    twice that; still: how often it is none. scale: likewise, cut at one. Raises FitloopError for what cannot be
    drawn."""

    flip: float = 0.5
    noise: float = 0.4
    rotation_deg: float = 30.0
    still: float = 0.6
    scale: float = 0.25

    def __post_init__(self) -> None:
        for name in ("flip", "still", "noise"):
            if getattr(self, name) > 1:
                raise FitloopError(
                    f"--augment-{name} {getattr(self, name)}: is a share. Choose one from 0 to 1."
                )
        if self.scale >= 1:
            raise FitloopError(
                f"--augment-scale {self.scale}: leaves a box of no size. Choose one from 0 to below 1."
            )


@dataclass(frozen=True)
class Augmentation:
    """One draw. The crop shows a square `scale` times the bbox, turned by rotation_deg, then mirrored if flipped."""

    rotation_deg: float = 0.0
    scale: float = 1.0
    flipped: bool = False
    gain: tuple[float, float, float] = (1.0, 1.0, 1.0)


NOTHING = Augmentation()


def draw_augmentation(config: AugmentConfig, rng: np.random.Generator) -> Augmentation:
    """Always the same count of random numbers, so that one option does not change what the others draw."""
    flip, still, turn, size = rng.random(), rng.random(), rng.normal(), rng.normal()
    gain = 1 + config.noise * rng.uniform(-1, 1, 3)
    return Augmentation(
        rotation_deg=0.0 if still < config.still else config.rotation_deg * float(np.clip(turn, -2, 2)),
        scale=1 + config.scale * float(np.clip(size, -1, 1)),
        flipped=bool(flip < config.flip),
        gain=(float(gain[0]), float(gain[1]), float(gain[2])),
    )


def augmented_affine(center: NDArray[np.floating], scale: float, chosen: Augmentation) -> NDArray[np.float64]:
    """The map (2, 3) of photo pixels to the augmented crop's."""
    bbox = BBox(center, scale * chosen.scale)
    return crop_affine(bbox, CROP_SIZE, chosen.rotation_deg, chosen.flipped)


def augment_image(
    image: NDArray[np.uint8],
    affine: NDArray[np.float64],
    chosen: Augmentation,
    contrast: NDArray[np.uint8] | None = None,
) -> NDArray[np.uint8]:
    """The crop (224, 224, 3) of a photo (H, W, 3), its colours changed. contrast (256,): the values that go first."""
    crop = warp(image, affine, CROP_SIZE)
    if chosen.gain == NOTHING.gain and contrast is None:
        return crop
    values = np.arange(256) if contrast is None else contrast
    each = values.astype(np.float32)[:, None] * np.array(chosen.gain, np.float32)
    table = np.rint(np.clip(each, 0, 255)).astype(
        np.uint8
    )  # a look-up costs a tenth of the arithmetic on every pixel
    return np.asarray(cv2.LUT(crop, table[None]), np.uint8)


def augment_keypoints(
    keypoints: NDArray[np.floating], affine: NDArray[np.float64], flipped: bool
) -> NDArray[np.float32]:
    """Keypoints (49, 3) of the photo in the crop; in a mirror, left is right."""
    moved = np.concatenate([apply_affine(affine, keypoints[:, :2]), keypoints[:, 2:]], axis=1)
    return (moved[_FLIP] if flipped else moved).astype(np.float32)


def undo_keypoints(
    keypoints: NDArray[np.floating], affine: NDArray[np.float64], flipped: bool
) -> NDArray[np.float32]:
    """Keypoints (49, 3) of an augmented crop where they are in the photo."""
    there = keypoints[_FLIP] if flipped else keypoints
    moved = np.concatenate([apply_affine(invert_affine(affine), there[:, :2]), there[:, 2:]], axis=1)
    return moved.astype(np.float32)


def augment_joints(joints: NDArray[np.floating], rotation_deg: float, flipped: bool) -> NDArray[np.float32]:
    """3D joints (24, 4) [m, crop's frame, confidence last] as the augmented crop shows them."""
    angle = np.deg2rad(-rotation_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = joints.astype(np.float64)
    moved[:, :2] = moved[:, :2] @ turn.T
    if flipped:
        moved = moved[_FLIP_JOINTS] * (-1, 1, 1, 1)
    return moved.astype(np.float32)


def undo_scale(cam_t: Tensor, pelvis: Tensor, scale: Tensor) -> Tensor:
    """cam_t (B, 3) [m] of a crop `scale` (B,) times the bbox, in the bbox's own crop.

    The larger square shows the person smaller, so the crop's camera saw them farther away; across, the pelvis at
    pelvis (B, 3) + cam_t stays where it is.
    """
    depth = (pelvis[:, 2] + cam_t[:, 2]) / scale - pelvis[:, 2]
    return torch.cat([cam_t[:, :2], depth[:, None]], dim=1)
