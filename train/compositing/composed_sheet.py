"""A contact sheet of composites, captioned with kind and the target's loss; keypoints of the person asked about."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.body.keypoints import OPENPOSE
from core.errors import ReadError
from core.files.untrusted import read_arrays
from core.geometry.image import read_image
from train.compositing.composed_set import DATASET
from train.rendering.sheets import Picture, grid, label

SHOWN, COLUMNS, HEIGHT = 32, 8, 160
SEEN, HIDDEN = (90, 220, 110), (230, 80, 60)  # RGB
_ROWS = ("imgname", "kind", "target_loss", "part", "occluded", "covered")


def composed_sheet(folder: Path) -> Picture:
    """The first composites of a folder of train.compose. Raises ReadError."""
    arrays = read_arrays(folder / DATASET, _ROWS)
    missing = [name for name in _ROWS if name not in arrays]
    if missing:
        raise ReadError(f"{folder / DATASET}: has no {', '.join(missing)}. Choose a folder of train.compose.")
    asked = np.flatnonzero(np.isfinite(arrays["covered"]))[:SHOWN]
    return grid([_tile(folder, arrays, int(row)) for row in asked], COLUMNS, gap=2)


def _tile(folder: Path, arrays: dict[str, NDArray[np.generic]], row: int) -> Picture:
    image = read_image(folder / str(arrays["imgname"][row]))
    scale = HEIGHT / image.shape[0]
    size = round(scale * image.shape[1]), HEIGHT
    picture = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    points = np.asarray(arrays["part"][row], np.float64)
    hidden = np.asarray(arrays["occluded"][row], bool)[OPENPOSE:]
    for (x, y, confidence), away in zip(points, hidden, strict=True):
        if confidence > 0:
            place = (int(x * scale), int(y * scale))
            cv2.circle(picture, place, 2, HIDDEN if away else SEEN, -1, cv2.LINE_AA)
    loss = float(arrays["target_loss"][row])  # type: ignore[arg-type]
    words = str(arrays["kind"][row])
    return label(np.asarray(picture, np.uint8), words if np.isnan(loss) else f"{words} {loss:.2g}", 0.4)
