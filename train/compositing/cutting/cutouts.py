"""Cut-outs: pixels of one person or thing with alpha, and the person's truth where it is known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.body.model import Body
from core.errors import FitloopError, ImageError
from core.geometry.image import MAX_PIXELS, image_size
from train.compositing.cutting.staged_people import Similarity, StagedPeople, moved

FEWEST_PIXELS = 64  # of a cut-out: fewer show nothing of a person
MARGIN = 2  # [px] of a cut-out round its mask, for soft edges
OPAQUE = 128  # alpha from which a pixel hides what is behind it
MOST_OCCLUDERS = 5000


@dataclass(frozen=True, eq=False)
class Cutout:
    """rgba (H, W, 4) uint8; person: one person in the cut-out's pixels, None for a thing without truth; name: where it
    comes from, for messages."""

    rgba: NDArray[np.uint8]
    person: StagedPeople | None
    name: str

    @property
    def size(self) -> tuple[int, int]:
        """Width and height [px]."""
        return self.rgba.shape[1], self.rgba.shape[0]


def cut_out(
    image: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    person: StagedPeople | None,
    name: str,
    body: Body | None,
) -> Cutout:
    """The pixels of a mask (H, W) in a photo (H, W, 3). Raises FitloopError for a mask of another size and for one of
    too few pixels."""
    if mask.shape != image.shape[:2]:
        raise FitloopError(
            f"{name}: its mask is {mask.shape[1]} × {mask.shape[0]} px, its photo {image.shape[1]} × "
            f"{image.shape[0]} px. Give the mask of this photo."
        )
    if int(mask.sum()) < FEWEST_PIXELS:
        raise FitloopError(
            f"{name}: its cut-out has {int(mask.sum())} pixels, fewer than {FEWEST_PIXELS}. Leave it out."
        )
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, left = max(0, rows[0] - MARGIN), max(0, columns[0] - MARGIN)
    region = slice(top, rows[-1] + 1 + MARGIN), slice(left, columns[-1] + 1 + MARGIN)
    rgba = np.dstack([image[region], mask[region].astype(np.uint8) * 255])
    if person is not None and body is not None:
        person = moved(person, Similarity(shift=(-float(left), -float(top))), body)
    return Cutout(rgba, person, name)


def read_occluders(folder: Path) -> list[Cutout]:
    """The PNGs with alpha of a folder, things without truth. Raises FitloopError for a folder without any, for a PNG
    without alpha or of too few pixels."""
    if not folder.is_dir():
        raise FitloopError(f"{folder}: is no folder. Give --occluders a folder of PNGs with alpha.")
    files = sorted(folder.rglob("*.png"))[:MOST_OCCLUDERS]
    if not files:
        raise FitloopError(f"{folder}: holds no PNG. Give --occluders a folder of PNGs with alpha.")
    return [_occluder(file) for file in files]


def _occluder(file: Path) -> Cutout:
    width, height = image_size(file)  # refuses what is no picture
    if width * height > MAX_PIXELS:
        raise ImageError(f"{file}: has {width} × {height} px. Make it smaller.")
    image = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise ImageError(f"{file}: cannot be read. Save it again as PNG.")
    if image.ndim != 3 or image.shape[2] != 4 or image.dtype != np.uint8:
        raise FitloopError(f"{file}: has no alpha. Save it as a PNG of 8 bits with alpha, or leave it out.")
    rgb = np.ascontiguousarray(image[..., 2::-1])
    cut = cut_out(rgb, image[..., 3] >= OPAQUE, None, str(file), None)
    return cut
