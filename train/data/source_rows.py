"""A dictionary with a row for each of a SPIN data set's, in its order, as training wants it beside the data set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from core.files.unusable import MAX_COORDINATE
from core.formats.bodies.spin_table import Table
from core.geometry.camera import CROP_FOCAL_LENGTH, CROP_SIZE
from core.records import BBOX_UNIT
from core.store.fits.columns import NO_TRACK, NUMBERS, OPTIONAL, TRACK, TRUTHS
from core.store.fits.dictionary import FitsDictionary
from train.data.photos_present import MISSING_SHARE


def dictionary_rows(fits: FitsDictionary, names: Iterable[str], where: str) -> FitsDictionary | None:
    """The rows of a dictionary that belong to none of the named data sets, None when there is none."""
    chosen = np.flatnonzero(~np.isin(fits.dataset, list(names)))
    return chosen_rows(fits, chosen, where) if len(chosen) else None


def chosen_rows(fits: FitsDictionary, chosen: NDArray[np.int64], where: str) -> FitsDictionary:
    """Some rows (C,) of a dictionary, with the numbers that its file would have."""
    arrays = {key: value[chosen] if value.ndim else value for key, value in fits.arrays().items()}
    return FitsDictionary.from_arrays(arrays, where)


def in_rows_of(table: Table, rows: Sequence[int], fits: FitsDictionary) -> FitsDictionary:
    """fits: people of these rows of the table. A person that the reader left out, as where a photo is missing,
    gets an empty row. If more photos are missing than a training accepts, no row is added: the fits then serve alone.
    """
    absent = np.setdiff1d(np.arange(len(table)), rows)
    missing = set(table.imgname) - {table.imgname[row] for row in rows}
    absent = absent if len(missing) <= MISSING_SHARE * len(set(table.imgname)) else absent[:0]
    empty = _empty_rows(table, absent, str(fits.dataset[0])) if len(absent) else {}
    order = np.argsort([*rows, *absent], kind="stable")
    arrays = {
        name: np.concatenate([value, *([empty[name]] if empty else [])])[order] if value.ndim else value
        for name, value in fits.arrays().items()
    }
    return FitsDictionary.from_arrays(arrays)


def _empty_rows(table: Table, rows: np.ndarray, dataset: str) -> dict[str, np.ndarray]:
    """Rows without a fit, in the camera of their own crop, as a data set holds no other camera.

    A row without a usable box gets a unit box at the corner and no keypoints, so that it teaches nothing.
    """
    center, scale = table.arrays["center"][rows], table.arrays["scale"][rows]
    usable = (np.abs(center) <= MAX_COORDINATE).all(axis=1) & (scale * BBOX_UNIT >= 1)
    usable &= scale * BBOX_UNIT <= MAX_COORDINATE
    center, scale = np.where(usable[:, None], center, 0), np.where(usable, scale, 1)
    keypoints = table.keypoints()[rows]
    keypoints[~(np.abs(keypoints) <= MAX_COORDINATE).all(axis=-1)] = 0  # NaN compares false
    keypoints[~usable] = 0
    arrays = {name: np.zeros((len(rows), *shape), np.float32) for name, shape in (NUMBERS | OPTIONAL).items()}
    arrays |= {name: np.zeros(len(rows), bool) for name in TRUTHS}
    known = {
        "center": center,
        "camera_center": center,
        "scale": scale,
        "focal_length": CROP_FOCAL_LENGTH * BBOX_UNIT * scale / CROP_SIZE,
        "keypoints": keypoints,
        "score": np.full(len(rows), np.nan),
    }
    return {
        **arrays,
        **{name: value.astype(np.float32) for name, value in known.items()},
        "imgname": np.array([table.imgname[row] or "" for row in rows], np.str_),
        "dataset": np.full(len(rows), dataset),
        "verdict": np.full(len(rows), "todo"),
        "source": np.full(len(rows), ""),
        TRACK: np.full(len(rows), NO_TRACK, np.int64),
    }
