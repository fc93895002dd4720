"""A person's crop as a network sees it."""

from __future__ import annotations

import cv2
import numpy as np
from torch import nn

from core.geometry.camera import CROP_SIZE
from core.geometry.image import contrast_table, crop_affine, warp
from core.networks.table import kind_of
from core.records import BBox


def crop_of(network: nn.Module, image: np.ndarray, bbox: BBox) -> np.ndarray:
    """The crop (224, 224, 3) uint8 of a bbox in an image (H, W, 3), its contrast as its network learned it."""
    crop = warp(image, crop_affine(bbox, CROP_SIZE), CROP_SIZE)
    if not kind_of(network).stretched:
        return crop
    return np.asarray(cv2.LUT(crop, contrast_table(image, bbox)), np.uint8)
