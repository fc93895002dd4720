"""The protocols `ochuman` and `crowdpose`: a network's bodies projected to keypoints, in COCO's results format.

People are guessed in the true boxes, and their trunk centres are those of the true keypoints that are not hidden.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from core.body.keypoints import layout
from core.body.model import Body, BodyParams
from core.errors import ImageError, ReadError
from core.files.untrusted import read_json
from core.files.unusable import Unusable
from core.files.whole_file import whole_file
from core.formats.shared.photo_folder import PhotoFolder
from core.geometry.camera import project
from core.geometry.image import read_image_as
from core.networks.guess import guess
from core.records import BBox, Guess, Keypoints, Person, Photo
from train.data.photos_present import Absent
from train.evaluation.crowds.oks import Json, average_precision
from train.evaluation.predict import body_of
from train.evaluation.results import Result

LAYOUTS = {"ochuman": "coco17", "crowdpose": "crowdpose14"}
WORDS = "AP of projected keypoints in true boxes, {layout}"
VISIBLE = 2  # of COCO's visibility; 1 is hidden, 0 not there


def evaluate_keypoints(
    network: nn.Module, body: Body, name: str, path: Path, photos: Path, out: Path | None = None
) -> Result:
    """A network on a COCO file. photos: folder that its file names start from; out: where the results are written.

    Raises ReadError for a file that is none, CheckpointError, FitloopError without pycocotools.
    """
    layout_name = LAYOUTS[name]
    truth = read_truth_file(path, layout_name)
    body = body_of(network, body)
    results, broken = predictions(network, body, truth, photos, layout_name)
    if out is not None:
        with whole_file(out) as stream:
            stream.write(json.dumps(results).encode())
    # Photos that cannot be read are left out of the figures, and named.
    there = {row["image_id"] for row in results}
    seen = {**truth, "annotations": [row for row in truth["annotations"] if row["image_id"] in there]}
    seen["images"] = [row for row in truth["images"] if row["id"] in there]
    figures = average_precision(seen, results, layout_name)
    found = Result(name, WORDS.format(layout=layout_name), len(results), ap=figures["ap"], ar=figures["ar"])
    left_out = Absent(len(truth["annotations"]) - len(results), tuple(broken), "cannot be read")
    return found if not broken else Result(**{**vars(found), "left_out": (str(left_out),)})


def read_truth_file(path: Path, layout_name: str) -> Json:
    """A COCO keypoints file, with what is looked at here checked. Raises ReadError."""
    truth = read_json(path)
    try:
        ids = [_checked_image(row)["id"] for row in truth["images"]]
        if len(set(ids)) < len(ids):
            raise ValueError("two images have the same id")
        for row in truth["annotations"]:
            _check_annotation(row, set(ids), 3 * layout(layout_name).k)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise ReadError(
            f"{path}: is no COCO keypoints file of layout {layout_name} ({error}). Choose another file."
        ) from None
    if not truth["annotations"]:
        raise ReadError(f"{path}: nobody is in it. Choose a file that has people.")
    checked: Json = truth
    return checked


def _checked_image(row: Json) -> Json:
    """Raises KeyError, TypeError and ValueError for an image without name, or without a size."""
    if not isinstance(row["file_name"], str) or min(int(row["width"]), int(row["height"])) < 1:
        raise ValueError(f"image {row['id']} has no name or no size")
    return row


def _check_annotation(row: Json, images: set[object], numbers: int) -> None:
    """Raises KeyError, TypeError and ValueError for one that cannot be evaluated."""
    where = f"annotation {row.get('id')}"
    values = np.array([*row["bbox"], *row["keypoints"]], float)
    if len(values) != 4 + numbers or not np.isfinite(values).all():
        raise ValueError(f"{where} has no box and {numbers} numbers")
    if row["image_id"] not in images or not isinstance(row["category_id"], int):
        raise ValueError(f"{where} is of no image of the file, or of no category")
    area = row.get("area")
    if area is not None and (not isinstance(area, (int, float)) or not 0 <= area < np.inf):
        raise ValueError(f"{where} has an area that is no number from 0 on")


def predictions(
    network: nn.Module, body: Body, truth: Json, folder: Path, layout_name: str
) -> tuple[list[Json], list[str]]:
    """Rows of COCO results, and the photos that cannot be read."""
    by_image = defaultdict(list)
    for row in truth["annotations"]:
        by_image[row["image_id"]].append(row)
    results, broken, photos = [], [], PhotoFolder(folder)
    for image in truth["images"]:
        rows = by_image[image["id"]]
        people = tuple(person_of(row, number, layout_name) for number, row in enumerate(rows, start=1))
        photo = Photo(image["file_name"], int(image["width"]), int(image["height"]), people)
        if not people:
            continue
        try:
            file = folder / photos.relative(photo.path)
            pixels = read_image_as(file, (photo.width, photo.height))
        except (Unusable, ImageError, OSError):
            broken.append(photo.path)
            continue
        found = guess(pixels, people, photo, network, body)
        for row, points in zip(rows, projected(body, found, layout_name), strict=True):
            flat = np.column_stack([points, np.ones(len(points))]).ravel().round(2)
            results.append(
                {
                    "image_id": image["id"],
                    "category_id": row["category_id"],
                    "keypoints": flat.tolist(),
                    "score": 1.0,
                }
            )
    return results, broken


def person_of(row: Json, number: int, layout_name: str) -> Person:
    """The person of an annotation."""
    values = np.array(row["keypoints"], np.float32).reshape(-1, 3)
    state = values[:, 2]
    keypoints = Keypoints(
        layout_name, values[:, :2], (state > 0).astype(np.float32), (state > 0) & (state < VISIBLE)
    )
    x, y, width, height = row["bbox"]
    return Person(number, BBox.from_xywh([x, y, max(width, 1.0), max(height, 1.0)]), keypoints)


def projected(body: Body, guesses: list[Guess], layout_name: str) -> np.ndarray:
    """(P, K, 2) [px of the photo]."""

    def tensor(name: str) -> Any:
        return torch.from_numpy(np.stack([np.asarray(getattr(one, name), np.float32) for one in guesses]))

    params = BodyParams.from_pose(tensor("pose"), tensor("betas"), tensor("cam_t"), tensor("kid"))
    points = body.keypoints(params, layout_name)
    found: np.ndarray = project(points, tensor("focal_length"), tensor("camera_center")).numpy()
    return found
