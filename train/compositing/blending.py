"""How a cut-out is laid over a photo: one of four blends by lot, so that no seam tells where people are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from core.geometry.image import warp

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]
Way = Literal["none", "feather", "gaussian", "poisson"]
WAYS: tuple[Way, ...] = ("none", "feather", "gaussian", "poisson")
FEATHER_PX, GAUSSIAN_PX = (1, 3), (0.7, 1.6)
COLOUR = 0.5  # of the way to the background's mean and spread
SPREADS = 0.6, 1.6  # least and most change of spread


@dataclass(frozen=True)
class Blend:
    """way, and its width [px]."""

    way: Way = "none"
    width: float = 1.0


def draw_blend(rng: np.random.Generator) -> Blend:
    way = WAYS[rng.integers(len(WAYS))]
    low, high = FEATHER_PX if way == "feather" else GAUSSIAN_PX
    return Blend(way, float(rng.uniform(low, high)))


def coloured(rgba: Image, background: Image) -> Image:
    """A cut-out (H, W, 4) whose colours are moved half of the way to a background's (H, W, 3) mean and spread."""
    inside = rgba[..., 3] > 0
    if not inside.any():
        return rgba
    pixels, around = (
        rgba[inside, :3].astype(np.float32),
        background[::4, ::4].reshape(-1, 3).astype(np.float32),
    )
    mean, there = pixels.mean(axis=0), around.mean(axis=0)
    spread = np.clip((around.std(axis=0) + 1) / (pixels.std(axis=0) + 1), *SPREADS)
    changed = (pixels - mean) * (1 + COLOUR * (spread - 1)) + mean + COLOUR * (there - mean)
    result = rgba.copy()
    result[inside, :3] = changed.clip(0, 255).astype(np.uint8)
    return result


def warped(rgba: Image, affine: NDArray[np.floating], size: tuple[int, int]) -> tuple[Image, Floats]:
    """Colours (H, W, 3) and alpha (H, W) from 0 to 1 of a cut-out in a photo of width and height `size` [px]."""
    alpha = rgba[..., 3:].astype(np.float32) / 255
    premultiplied = np.dstack([rgba[..., :3] * alpha, rgba[..., 3:]]).astype(np.uint8)
    there = warp(premultiplied, np.asarray(affine, np.float64), size)
    if there.shape[2] == 3:  # nothing of it is in the photo
        return there, np.zeros(there.shape[:2], np.float32)
    shown = np.asarray(there[..., 3] / np.float32(255), np.float32)
    colours = there[..., :3] / np.maximum(shown, 1 / 255)[..., None]
    return colours.clip(0, 255).astype(np.uint8), shown


def laid_over(photo: Image, colours: Image, alpha: Floats, blend: Blend) -> Image:
    """The photo (H, W, 3) with colours laid over it by alpha (H, W)."""
    if blend.way == "poisson" and (cloned := _cloned(photo, colours, alpha)) is not None:
        return cloned
    filled = _filled(colours, alpha)
    soft = softened(alpha, blend)[..., None]
    return np.rint(photo * (1 - soft) + filled * soft).clip(0, 255).astype(np.uint8)


def softened(alpha: Floats, blend: Blend) -> Floats:
    """alpha (H, W) with the edge of a blend: a softer edge begins inside, so that no background comes along."""
    if blend.way == "none":
        return alpha
    if blend.way == "feather":
        size = 2 * round(blend.width) + 1
        return np.minimum(alpha, cv2.blur(cv2.erode(alpha, np.ones((3, 3))), (size, size)))
    return np.asarray(cv2.GaussianBlur(alpha, (0, 0), blend.width), np.float32)


def _filled(colours: Image, alpha: Floats) -> Image:
    """Colours that go on beyond the edge, where a blurred alpha reaches."""
    known = (alpha > 0.5).astype(np.float32)
    weight = cv2.GaussianBlur(known, (0, 0), 2.0)
    around = cv2.GaussianBlur(colours * known[..., None], (0, 0), 2.0) / np.maximum(weight, 1e-3)[..., None]
    return np.where(alpha[..., None] > 0.5, colours, around).clip(0, 255).astype(np.uint8)


def _cloned(photo: Image, colours: Image, alpha: Floats) -> Image | None:
    """Poisson blending; None where the cut-out reaches the photo's edge, which OpenCV refuses."""
    mask = (alpha > 0.5).astype(np.uint8) * 255
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    height, width = mask.shape
    if len(rows) < 4 or len(columns) < 4:
        return None
    top, bottom, left, right = int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])
    if top < 2 or left < 2 or bottom > height - 3 or right > width - 3:
        return None
    middle = (left + right + 1) // 2, (top + bottom + 1) // 2
    try:
        cloned = cv2.seamlessClone(
            _filled(colours, alpha), photo, mask.copy(), middle, cv2.NORMAL_CLONE
        )  # it writes into the mask
    except cv2.error:
        return None
    mixed = (cloned.astype(np.float32) + colours) / 2  # the whole colour of the background would make ghosts
    return np.where(mask[..., None] > 0, mixed, photo).astype(np.uint8)
