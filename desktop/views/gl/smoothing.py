"""Smooth edges of rendered pictures."""

import cv2
import numpy as np
from PySide6.QtGui import QImage

STEP = 40.0  # difference of neighbouring pixels [of 255] from which on they are an edge
BLUR_PX = 0.8


def averaged(picture: QImage, times: int) -> QImage:
    """A picture averaged down by a factor. Its pixels have four bytes."""
    width, height = picture.width() // times, picture.height() // times
    small = cv2.resize(_pixels(picture), (width, height), interpolation=cv2.INTER_AREA)
    return QImage(small.data, width, height, 4 * width, picture.format()).copy()


def softened(picture: QImage) -> QImage:
    """A picture with its stairs blurred, where neighbouring pixels differ much; the rest stays sharp. Its pixels have
    four bytes. Much quicker than rendering more samples, for pictures that are soon replaced.
    """
    pixels = _pixels(picture)
    light = cv2.max(cv2.extractChannel(pixels, 1), cv2.extractChannel(pixels, 3) // 2)
    steps = cv2.morphologyEx(light, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    edges = cv2.threshold(steps, STEP, 255, cv2.THRESH_BINARY)[1]
    mixed = cv2.copyTo(cv2.GaussianBlur(pixels, (3, 3), BLUR_PX), edges, pixels.copy())
    return QImage(mixed.data, picture.width(), picture.height(), 4 * picture.width(), picture.format()).copy()


def _pixels(picture: QImage) -> np.ndarray:
    rows = np.frombuffer(picture.constBits(), np.uint8).reshape(picture.height(), -1, 4)
    return rows[:, : picture.width()]
