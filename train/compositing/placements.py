"""Four numbers say where a cut-out goes: turn, log scale and two shifts, each from -1 to 1, within the range of a kind.

Shear and unequal scales are left out, which would make the pose a lie. Mirror and side are drawn by lot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from train.compositing.cutting.cutouts import OPAQUE, Cutout
from train.compositing.cutting.staged_people import Similarity

Kind = Literal["occlusion", "crop", "scale", "crowd"]
KINDS: tuple[Kind, ...] = ("occlusion", "crop", "scale", "crowd")
NUMBERS = 4  # of a placement: turn, log scale, x and y
SIDES = ("left", "right", "top", "bottom")
TURN_DEG = 15.0
COVERED = 0.2, 0.7  # of the person already there, by kind occlusion
FEWEST_SEEN = 6  # keypoints of the person that the target is asked about
HEIGHTS = 40.0, 400.0  # [px] of a person by kind scale
CUT = 0.15, 0.55  # of a person's height or width beyond the photo, by kind crop
OVERLAP = 0.1, 0.6  # intersection over union of boxes, by kind crowd
CROPPED_HEIGHTS = 0.5, 1.3  # of a person by kind crop, as a share of the photo's
LARGEST_SCALE = 3.0  # of a cut-out: beyond it, it is blurred
NARROWEST = 0.35  # width of a person for a shift, as a share of their height
_OCCLUDER, _NEIGHBOUR = 0.35, 0.2  # log scale about the person already there


@dataclass(frozen=True)
class Lots:
    """What no number says: mirrored or not; the photo's side that a crop is at, or a neighbour stands on."""

    flipped: bool
    side: str


def placement(
    kind: Kind,
    numbers: NDArray[np.floating],
    lots: Lots,
    cutout: Cutout,
    asked: NDArray[np.floating] | None,
    photo: tuple[int, int],
) -> Similarity:
    """The map of a cut-out's pixels to a photo's. numbers (4,): turn, scale, x, y from -1 to 1; asked (4,): the box of
    the person already there, for kinds occlusion and crowd; photo: width and height [px]."""
    turn, scale, x, y = (float(value) for value in np.clip(numbers, -1, 1))
    height, start = extent(cutout)
    if kind == "scale":
        low, high = np.log(HEIGHTS[0]), np.log(min(HEIGHTS[1], 0.9 * photo[1]))
        wanted = float(np.exp(low + (high - low) * (scale + 1) / 2))
        half = np.array([NARROWEST * wanted, wanted / 2])
        room = np.maximum(np.array(photo) / 2 - half, 0)
        end = np.array(photo) / 2 + room * (x, y)
    elif kind == "crop":
        low, high = np.log(CROPPED_HEIGHTS)
        wanted = photo[1] * float(np.exp(low + (high - low) * (scale + 1) / 2))
        end = _at_the_edge(lots.side, x, CUT[0] + (CUT[1] - CUT[0]) * (y + 1) / 2, wanted, photo)
    else:
        assert asked is not None
        wanted, end = _beside(kind, (scale, x, y), lots.side, asked)
    similarity = Similarity(TURN_DEG * turn, wanted / height, flipped=lots.flipped)
    return similarity.about(start, end)


def extent(cutout: Cutout) -> tuple[float, NDArray[np.float64]]:
    """Height [px] and middle (2,) of what is cut out."""
    if cutout.person is not None:
        left, top, width, height = cutout.person.box[0].astype(np.float64).tolist()
        return max(1.0, height), np.array([left + width / 2, top + height / 2])
    rows, columns = np.nonzero(cutout.rgba[..., 3] >= OPAQUE)
    middle = np.array([columns.min() + columns.max() + 1, rows.min() + rows.max() + 1]) / 2
    return float(rows.max() - rows.min() + 1), middle


def _at_the_edge(
    side: str, along: float, cut: float, height: float, photo: tuple[int, int]
) -> NDArray[np.float64]:
    """Middle (2,) of a person of which the share `cut` is beyond one side of the photo."""
    width, tall = photo
    narrow = 2 * NARROWEST * height
    across = (0.5 - cut) * (narrow if side in ("left", "right") else height)
    x, y = width / 2 * (1 + 0.7 * along), tall / 2 * (1 + 0.3 * along)
    ends = {
        "left": (across, y),
        "right": (width - across, y),
        "top": (x, across),
        "bottom": (x, tall - across),
    }
    return np.array(ends[side])


def _beside(
    kind: Kind, numbers: tuple[float, float, float], side: str, asked: NDArray[np.floating]
) -> tuple[float, NDArray[np.float64]]:
    """Height [px] and middle (2,) of a person before or beside the one in the box `asked` (4,)."""
    scale, x, y = numbers
    left, top, width, height = (float(value) for value in asked)
    wide, middle, feet = max(width, NARROWEST * height), left + width / 2, top + height
    if kind == "occlusion":  # feet below those of the person behind
        wanted = height * float(np.exp(_OCCLUDER * scale))
        return wanted, np.array([middle + 0.6 * wide * x, feet + 0.15 * height * (1 + y) - wanted / 2])
    wanted = height * float(np.exp(_NEIGHBOUR * scale))
    away = (0.5 + 0.25 * x) * wide * (1 if side in ("right", "bottom") else -1)
    return wanted, np.array([middle + away, feet + 0.12 * height * y - wanted / 2])
