"""Rows of both: a second row for people over each other, in the square around both.

In a person's own box the middle says who is meant. The square around two people leaves that to their centres, so that a
network has to look at them. They are rows of the table, because a dictionary keeps each pose in the frame of its row's
box; the loop and its fits treat them as any others. No file keeps them: they are made again of the same people.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from core.geometry.camera import full_to_crop
from core.geometry.iou import iou
from core.geometry.rotation import axis_angle_to_matrix
from core.records import BBOX_UNIT, BBox
from core.store.fits.dictionary import FitsDictionary
from train.data.epoch_order import Order
from train.data.samples import Samples, joined_fits
from train.data.source_rows import chosen_rows
from train.data.sources import Sources
from train.data.trunks import people_of, rows_by_photo

Corners = NDArray[np.float64]  # (N, 4): left, top, right, bottom [px]


def with_rows_of_both(sources: Sources, least_iou: float) -> Sources:
    """The people, and behind them a second row for each who overlaps another at least so much."""
    partner = partners(sources.samples, least_iou)
    rows = np.flatnonzero(partner >= 0)
    rows = rows[np.isin(rows, sources.order.rows)]
    if not len(rows) or least_iou >= 1:
        return sources
    samples, fits = _in_the_square(sources, rows, partner[rows])
    joined = Samples.joined([sources.samples, samples])
    drawn = np.concatenate([sources.order.rows, len(sources.samples) + np.arange(len(rows))])
    words = f"{len(rows)} people overlap another one, and are also shown in the square around both"
    return Sources(
        joined,
        joined_fits([sources.fits, fits]),
        Order(drawn, joined.dataset, sources.order.seed),
        (*sources.notices, words),
        len(rows),
    )


def with_mates(sources: Sources) -> Sources:
    """The same people, two of one square drawn together: the same square, and each other's partner."""
    samples, count = sources.samples, len(sources.samples) - sources.made
    mate = np.full(len(samples), -1, np.int64)
    squares: dict[tuple[str, bytes], list[int]] = {}
    for row in range(count, len(samples)):
        square = np.array([*samples.center[row], samples.scale[row]], np.float32).tobytes()
        squares.setdefault((str(samples.photo[row]), square), []).append(row)
    for rows in squares.values():
        if len(rows) == 2:
            mate[rows] = rows[::-1]
    return replace(sources, order=replace(sources.order, mate=mate))


def partners(samples: Samples, least_iou: float) -> NDArray[np.int64]:
    """(N,): for each row the row of the other person of its photo whose tight box overlaps its own most, -1 where none
    overlaps by `least_iou`."""
    corners, people = tight_corners(samples), people_of(samples)
    found = np.full(len(samples), -1, np.int64)
    for _, rows in rows_by_photo(samples.photo):
        overlap = iou(corners[rows, None], corners[None, rows])
        overlap[people[rows, None] == people[None, rows]] = -1
        best = overlap.argmax(axis=1)
        over = overlap[np.arange(len(rows)), best] >= max(least_iou, 1e-9)
        found[rows[over]] = rows[best[over]]
    return found


def tight_corners(samples: Samples) -> Corners:
    """The boxes around the keypoints of each row; around none, the square without its padding."""
    corners = []
    for row, points in enumerate(samples.keypoints.astype(np.float64)):
        seen = points[points[:, 2] > 0, :2]
        x, y, width, height = BBox(samples.center[row], float(samples.scale[row])).xywh
        box = (x, y, x + width, y + height)
        corners.append((*seen.min(axis=0), *seen.max(axis=0)) if len(seen) > 1 else box)
    return np.array(corners, np.float64).reshape(-1, 4)


def square_around(one: Corners, other: Corners) -> BBox:
    """The padded square around two boxes (4,)."""
    low, high = np.minimum(one[:2], other[:2]), np.maximum(one[2:], other[2:])
    return BBox.from_xywh([*low, *(high - low)])


def _in_the_square(
    sources: Sources, rows: NDArray[np.int64], partner: NDArray[np.int64]
) -> tuple[Samples, FitsDictionary]:
    """Rows (C,) again, in the squares around them and their partners (C,)."""
    corners = tight_corners(sources.samples)
    squares = [square_around(corners[row], corners[other]) for row, other in zip(rows, partner, strict=True)]
    center = np.stack([square.center for square in squares]).astype(np.float32)
    scale = np.array([square.scale for square in squares], np.float32)
    own = chosen_rows(sources.fits, rows, "rows of both")
    arrays = {**own.arrays(), "center": center, "scale": scale}
    fits = FitsDictionary.from_arrays(arrays, "rows of both")
    names = Samples.__dataclass_fields__
    samples = Samples(**{name: getattr(sources.samples, name)[rows] for name in names})
    turn = _turns(fits) @ _turns(own).transpose(1, 2)
    joints = samples.joints.copy()
    joints[..., :3] = np.einsum("nij,nkj->nki", turn.numpy(), joints[..., :3])
    return replace(samples, center=center, scale=scale, joints=joints), fits


def _turns(fits: FitsDictionary) -> torch.Tensor:
    """(N, 3, 3): from the photo's camera frame to that of each row's crop."""
    nowhere = torch.zeros(len(fits), 3)
    side, frame = BBOX_UNIT * fits.scale, (fits.focal_length, fits.camera_center)
    # Of a body that is not turned, the orientation in the crop is the turn itself.
    turn, _ = full_to_crop(
        nowhere, nowhere + nowhere.new_tensor([0, 0, 1.0]), nowhere, fits.center, side, *frame
    )
    return axis_angle_to_matrix(turn)
