"""Poses of a data set .npz in the crop's frame, which is what a network sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from core.errors import ImageError
from core.formats.bodies.spin_fits import RowCameras
from core.formats.bodies.spin_table import Table
from core.formats.shared.pose_rows import Frame
from core.formats.shared.row_frame import COLUMN, frame_named, is_3dpw
from core.geometry.camera import full_to_crop
from core.geometry.image import image_size
from core.records import BBOX_UNIT, Photo


def in_crop_frame(
    table: Table, photos: NDArray[np.str_], asked: Frame | None, tell: Callable[[str], object]
) -> Table:
    """The table with its own poses in the crop's frame. photos (N,): paths, whose sizes tell the camera's middle.

    asked: the frame that the user names; tell: gets one line, which frame was taken and why. Rows without photo stay as
    they are.
    """
    if "pose" not in table.arrays:
        return table
    cameras = RowCameras.of(table.arrays)
    frame, why = frame_taken(table, cameras is not None, asked)
    tell(f"poses are taken as in the frame of the {frame}: {why}")
    if frame == "crop":
        return table
    pose = table.arrays["pose"].copy()
    sizes: dict[str, tuple[int, int] | None] = {}
    seen = [row for row, path in enumerate(photos.tolist()) if _size(path, sizes) and _usable(table, row)]
    lenses = [_lens(cameras, row, Photo(photos[row], *(sizes[photos[row]] or (1, 1)))) for row in seen]
    if seen:
        pose[seen, :3] = _turned(table, seen, lenses)
    return replace(table, arrays=table.arrays | {"pose": pose})


def frame_taken(table: Table, has_camera: bool, asked: Frame | None) -> tuple[Frame, str]:
    """The frame of a data set's own poses, and why. Its columns decide before the user, whose answer is for
    several data sets. Without either the photos' names decide, or else it is the crop's, as in SPIN."""
    if table.frame or has_camera:
        told = frame_named(table.frame or "photo")
        why = f"its {COLUMN} tells it" if table.frame else "the file has their translations and focal lengths"
        return told, why if asked in (None, told) else f"{why}, so that --frame {asked} is not for it"
    if asked is not None:
        return asked, "--frame tells it"
    if is_3dpw(table.imgname):
        return "photo", "SPIN's script for 3DPW writes them so"
    return "crop", "nothing tells it, so it is assumed. Where that is wrong, give --frame photo."


def _lens(cameras: RowCameras | None, row: int, photo: Photo) -> tuple[float, tuple[float, float]]:
    """Focal length and centre [px] of a row's camera, or what is assumed of its photo's."""
    if cameras is None or not cameras.usable[row]:
        return photo.camera
    x, y = cameras.center_in(row, photo).tolist()
    return float(cameras.focal_length[row]), (x, y)


def _turned(
    table: Table, rows: list[int], lenses: list[tuple[float, tuple[float, float]]]
) -> NDArray[np.float64]:
    """(n, 3) global orientations in the crop's frame."""
    orient = torch.from_numpy(table.arrays["pose"][rows, :3])
    ahead = orient.new_tensor([[0.0, 0.0, 1.0]]).expand(len(rows), 3)  # any place: only the turn is wanted
    turned, _ = full_to_crop(
        orient,
        ahead,
        torch.zeros_like(orient),
        torch.from_numpy(table.arrays["center"][rows]),
        torch.from_numpy(BBOX_UNIT * table.arrays["scale"][rows]),
        orient.new_tensor([focal for focal, _ in lenses]),
        orient.new_tensor([center for _, center in lenses]),
    )
    return turned.numpy()


def _usable(table: Table, row: int) -> bool:
    return bool(np.isfinite(table.arrays["pose"][row]).all() and table.arrays["scale"][row] > 0)


def _size(path: str, sizes: dict[str, tuple[int, int] | None]) -> tuple[int, int] | None:
    if path not in sizes:
        try:
            sizes[path] = image_size(path)
        except ImageError:
            sizes[path] = None
    return sizes[path]
