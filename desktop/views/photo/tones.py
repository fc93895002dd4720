"""Brightness and contrast of the photo on the canvas. The photo's file is not changed."""

import numpy as np


def toned(image: np.ndarray, brightness: float, contrast: float) -> np.ndarray:
    """The image (H, W, 3) uint8 with changed brightness and contrast, both -1 to 1; 0 changes nothing."""
    if not brightness and not contrast:
        return image
    levels = np.arange(256) / 255.0
    slope = np.tan((contrast + 1) * np.pi / 4 * 0.98 + 0.0157)
    table = ((levels - 0.5) * slope + 0.5 + brightness) * 255
    return table.clip(0, 255).astype(np.uint8)[image]
