"""How good an image network is on the field's sample photos with 3D truth, by each source's own joints and camera."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from core.body.model import Body
from core.errors import ImageError, ReadError
from core.geometry.image import read_image
from core.metrics import auc, mpjpe_mm, pa_mpjpe_mm, pck
from core.networks.crop import crop_of
from core.networks.guess import guess_crops
from core.records import BBox
from train.data.photo_truth import LIMBS, PhotoTruth, read_truth
from train.data.photos_present import Absent
from train.evaluation.predict import body_of
from train.evaluation.results import Result

WORDS = "photos with 3D truth, {source}: its own 12 limb joints, the box around its keypoints"
HIPS = (LIMBS.index("hip"), len(LIMBS) + LIMBS.index("hip"))  # in `Truth.limbs`: left, then right


def evaluate_photos(network: nn.Module, body: Body, folder: Path) -> list[Result]:
    """A result for every truth file of a folder that has pictures, and one over all their people. body: as in
    `evaluate`. Raises ReadError, CheckpointError."""
    body, errors, left_out = body_of(network, body), {}, {}
    for truth in read_truth(folder):
        photos, absent = pictures_of(truth, folder)
        left_out[truth.source] = tuple(str(one) for one in absent)
        if photos:
            errors[truth.source] = errors_of(network, body, truth, photos)
    if not errors:
        reasons = "".join(f" {words}." for source in left_out.values() for words in source)
        raise ReadError(f"{folder}: no truth file there has pictures. Choose a folder with photos.{reasons}")
    errors["all"] = {
        name: torch.cat([one[name] for one in errors.values()]) for name in next(iter(errors.values()))
    }
    results = [
        Result.of_people("photos", WORDS.format(source=source), found) for source, found in errors.items()
    ]
    return [
        replace(result, left_out=left_out.get(source, ()))
        for source, result in zip(errors, results, strict=True)
    ]


def pictures_of(truth: PhotoTruth, folder: Path) -> tuple[dict[int, NDArray[np.uint8]], list[Absent]]:
    """The photo of each person of a source that has one and is seen in it, and the people left out."""
    photos: dict[int, NDArray[np.uint8]] = {}
    broken: list[str] = []
    unseen: list[str] = []
    for person, image in enumerate(truth.images):
        if image is None:
            continue
        path = folder / image
        try:
            photo = read_image(path)
        except ImageError:
            broken.append(str(path))
            continue
        if (truth.keypoints[person, :, 2] > 0).any():
            photos[person] = photo
        else:
            unseen.append(str(path))
    reasons = (broken, "cannot be read"), (unseen, "show nobody")
    return photos, [Absent(len(paths), tuple(dict.fromkeys(paths)), why) for paths, why in reasons if paths]


def errors_of(
    network: nn.Module, body: Body, truth: PhotoTruth, photos: dict[int, NDArray[np.uint8]]
) -> dict[str, torch.Tensor]:
    """Errors (B,) by name of the people in these photos of a source."""
    people = list(photos)
    boxes = [box_around(truth.keypoints[person]) for person in people]
    crops = [crop_of(network, photo, box) for photo, box in zip(photos.values(), boxes, strict=True)]
    guess = guess_crops(
        network,
        np.stack(crops),
        torch.from_numpy(np.stack([box.center for box in boxes])),
        torch.tensor([box.side for box in boxes]),
        torch.from_numpy(truth.focal_length[people]),
        torch.from_numpy(truth.camera_center[people]),
        body,
    )
    predicted = body.keypoints(guess, truth.layout)[:, truth.limbs]
    true = torch.from_numpy(truth.joints[people])[:, truth.limbs]
    measured = torch.from_numpy(truth.measured[people])
    rooted = measured & measured[:, HIPS].all(dim=1, keepdim=True)  # without both hips there is no root
    return {
        "mpjpe_mm": mpjpe_mm(predicted, true, HIPS, rooted),
        "pa_mpjpe_mm": pa_mpjpe_mm(predicted, true, measured),
        "pck": pck(predicted, true, root=HIPS, visible=rooted),
        "auc": auc(predicted, true, root=HIPS, visible=rooted),
    }


def box_around(keypoints: np.ndarray) -> BBox:
    """The bbox of a person of visible keypoints (K, 3) [px]."""
    seen = keypoints[keypoints[:, 2] > 0, :2]
    low, high = seen.min(axis=0), seen.max(axis=0)
    return BBox.from_xywh([*low, *(high - low)])
