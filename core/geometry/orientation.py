"""The eight orientations of Exif (tag 0x0112): how the sensor's picture is turned and mirrored to be shown."""

from __future__ import annotations

import numpy as np

UPRIGHT = 1
LYING_DOWN = (5, 6, 7, 8)  # width and height are swapped
MIRRORED = (2, 4, 5, 7)  # left is right
# From the sensor's axes (x right, y down) to those shown, by orientation.
_TURNS = {
    1: ((1, 0), (0, 1)),
    2: ((-1, 0), (0, 1)),
    3: ((-1, 0), (0, -1)),
    4: ((1, 0), (0, -1)),
    5: ((0, 1), (1, 0)),
    6: ((0, -1), (1, 0)),
    7: ((0, -1), (-1, 0)),
    8: ((0, 1), (-1, 0)),
}


def sensor_to_shown(orientation: int, width: int, height: int) -> np.ndarray:
    """The affine (2, 3) from pixels of the sensor's picture, width × height px, to pixels of the photo as shown."""
    linear = np.array(_TURNS[orientation], dtype=np.float64)
    corners = np.array([[0, 0], [width, height]]) @ linear.T
    return np.column_stack([linear, -corners.min(axis=0)])


def upright(image: np.ndarray, orientation: int) -> np.ndarray:
    """The sensor's picture (H, W, 3) as it is shown."""
    (from_x, from_y), (_, down) = _TURNS[orientation]
    if orientation in LYING_DOWN:
        image, from_x, down = image.swapaxes(0, 1), from_y, _TURNS[orientation][1][0]
    return np.ascontiguousarray(image[::down, ::from_x])


def after(first: int, then: int) -> int:
    """The orientation that turns by `first` and then by `then`."""
    turn = np.array(_TURNS[then]) @ np.array(_TURNS[first])
    return next(number for number, each in _TURNS.items() if np.array_equal(each, turn))
