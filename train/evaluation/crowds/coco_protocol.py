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

from core.body.model import Body, BodyParams
from core.errors import ImageError, ReadError
from core.files.untrusted import read_json
from core.files.whole_file import whole_file
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
    truth, layout = read_truth_file(path, LAYOUTS[name]), LAYOUTS[name]
    body = body_of(network, body)
    results, broken = predictions(network, body, truth, photos, layout)
    if out is not None:
        with whole_file(out) as stream:
            stream.write(json.dumps(results).encode())
    # Photos that cannot be read are left out of the figures, and named.
    there = {row["image_id"] for row in results}
    seen = {**truth, "annotations": [row for row in truth["annotations"] if row["image_id"] in there]}
    seen["images"] = [row for row in truth["images"] if row["id"] in there]
    figures = average_precision(seen, results, layout)
    found = Result(name, WORDS.format(layout=layout), len(results), ap=figures["ap"], ar=figures["ar"])
    left_out = Absent(len(truth["annotations"]) - len(results), tuple(broken), "cannot be read")
    return found if not broken else Result(**{**vars(found), "left_out": (str(left_out),)})


def read_truth_file(path: Path, layout: str) -> Json:
    """A COCO keypoints file, with what is looked at here checked. Raises ReadError."""
    truth = read_json(path)
    try:
        numbers = 3 * {"coco17": 17, "crowdpose14": 14}[layout]
        ids = {row["id"] for row in truth["images"]}
        for row in truth["annotations"]:
            values = np.array([*row["bbox"], *row["keypoints"]], float)
            if len(values) != 4 + numbers or not np.isfinite(values).all() or row["image_id"] not in ids:
                raise ValueError(
                    f"annotation {row.get('id')} has no box and {numbers} numbers of a photo there"
                )
    except (ValueError, TypeError, KeyError) as error:
        raise ReadError(f"{path}: is no COCO keypoints file of layout {layout} ({error}).") from None
    if not truth["annotations"]:
        raise ReadError(f"{path}: nobody is in it. Choose a file that has people.")
    checked: Json = truth
    return checked


def predictions(
    network: nn.Module, body: Body, truth: Json, folder: Path, layout: str
) -> tuple[list[Json], list[str]]:
    """Rows of COCO results, and the photos that cannot be read."""
    by_image = defaultdict(list)
    for row in truth["annotations"]:
        by_image[row["image_id"]].append(row)
    results, broken = [], []
    for image in truth["images"]:
        rows = by_image[image["id"]]
        people = tuple(person_of(row, number, layout) for number, row in enumerate(rows, start=1))
        photo = Photo(str(image["file_name"]), int(image["width"]), int(image["height"]), people)
        if not people:
            continue
        try:
            pixels = read_image_as(folder / photo.path, (photo.width, photo.height))
        except (ImageError, OSError):
            broken.append(photo.path)
            continue
        found = guess(pixels, people, photo, network, body)
        for row, points in zip(rows, projected(body, found, layout), strict=True):
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


def person_of(row: Json, number: int, layout: str) -> Person:
    """The person of an annotation."""
    values = np.array(row["keypoints"], np.float32).reshape(-1, 3)
    state = values[:, 2]
    keypoints = Keypoints(
        layout, values[:, :2], (state > 0).astype(np.float32), (state > 0) & (state < VISIBLE)
    )
    x, y, width, height = row["bbox"]
    return Person(number, BBox.from_xywh([x, y, max(width, 1.0), max(height, 1.0)]), keypoints)


def projected(body: Body, guesses: list[Guess], layout: str) -> np.ndarray:
    """(P, K, 2) [px of the photo]."""

    def tensor(name: str) -> Any:
        return torch.from_numpy(np.stack([np.asarray(getattr(one, name), np.float32) for one in guesses]))

    params = BodyParams.from_pose(tensor("pose"), tensor("betas"), tensor("cam_t"), tensor("kid"))
    points = body.keypoints(params, layout)
    found: np.ndarray = project(points, tensor("focal_length"), tensor("camera_center")).numpy()
    return found
