"""Cut-outs by the `segmentation` of a COCO file: people and things without a body, which hide others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import FitloopError, ImageError
from core.files.untrusted import read_json
from core.files.unusable import MAX_COORDINATE
from core.geometry.image import read_image
from train.compositing.cutting.cutouts import Cutout, cut_out

MOST_SEGMENTS = 2000  # cut out of one file
MOST_RUNS = 4_000_000  # of one run-length mask
Mask = NDArray[np.bool_]


def read_segments(file: Path, told: Callable[[str], object]) -> list[Cutout]:
    """The cut-outs of a file whose photos lie beside it, or under images/. told: gets a line for each left out.

    Raises FitloopError for a file without any.
    """
    value = read_json(file)
    images = value.get("images") if isinstance(value, dict) else None
    annotations = value.get("annotations") if isinstance(value, dict) else None
    if not isinstance(images, list) or not isinstance(annotations, list):
        raise FitloopError(f"{file}: has no images and annotations. Give --segments a COCO file.")
    names = {str(one.get("id")): str(one.get("file_name", "")) for one in images if isinstance(one, dict)}
    wanted = [one for one in annotations if isinstance(one, dict) and one.get("segmentation")]
    found = []
    for one in wanted[:MOST_SEGMENTS]:
        try:
            found.append(_cutout(file, one, names.get(str(one.get("image_id")), "")))
        except (FitloopError, ImageError) as error:
            told(str(error))
    if not found:
        raise FitloopError(
            f"{file}: nothing could be cut out of its {len(wanted)} segmentations. Give another file."
        )
    return found


def _cutout(file: Path, annotation: dict[str, Any], name: str) -> Cutout:
    where = f"{file.name}, annotation {annotation.get('id')}"
    if not name:
        raise FitloopError(f"{where}: its photo is not named in the file. Leave it out.")
    beside = file.parent / name
    image = np.asarray(read_image(beside if beside.exists() else file.parent / "images" / name), np.uint8)
    mask = mask_of(annotation["segmentation"], (image.shape[1], image.shape[0]), where)
    return cut_out(image, mask, None, where, None)


def mask_of(segmentation: object, size: tuple[int, int], where: str) -> Mask:
    """(H, W) of polygons, or of uncompressed run lengths, in a photo of width and height `size` [px]."""
    try:
        if isinstance(segmentation, dict):
            return _of_runs(segmentation, where)
        return _of_polygons(segmentation, size)
    except FitloopError:
        raise
    except (TypeError, ValueError, KeyError, OverflowError):
        raise FitloopError(f"{where}: its segmentation cannot be read. Export it as polygons.") from None


def _of_polygons(polygons: Any, size: tuple[int, int]) -> Mask:
    mask = np.zeros((size[1], size[0]), np.uint8)
    for polygon in polygons:
        points = np.asarray(polygon, np.float64).reshape(-1, 2)
        if len(points) < 3 or not (np.abs(points) <= MAX_COORDINATE).all():
            raise ValueError
        part = np.zeros_like(mask)
        cv2.fillPoly(part, [np.rint(points.clip(-16_000, 16_000)).astype(np.int32)], 1)
        mask |= part
    return mask > 0


def _of_runs(segmentation: dict[str, Any], where: str) -> Mask:
    """COCO counts down the columns, background first."""
    counts, (height, width) = segmentation["counts"], (int(side) for side in segmentation["size"])
    if not isinstance(counts, list):
        raise FitloopError(f"{where}: its run lengths are compressed. Export them as polygons.")
    runs = np.asarray(counts, np.int64)
    if len(runs) > MOST_RUNS or (runs < 0).any() or not 0 < height * width <= MOST_RUNS * 50:
        raise ValueError
    if runs.sum() != height * width:
        raise ValueError
    values = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    return values.reshape(width, height).T
