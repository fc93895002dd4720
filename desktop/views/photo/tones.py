"""Brightness and contrast of the photo on the canvas; the photo itself stays as it is."""

import numpy as np


def toned(image: np.ndarray, brightness: float, contrast: float) -> np.ndarray:
    """image (H, W, 3) uint8, brighter and harder: both -1 to 1, 0 leaves it as it is."""
    if not brightness and not contrast:
        return image
    levels = np.arange(256) / 255.0
    slope = np.tan((contrast + 1) * np.pi / 4 * 0.98 + 0.0157)
    table = ((levels - 0.5) * slope + 0.5 + brightness) * 255
    return table.clip(0, 255).astype(np.uint8)[image]
