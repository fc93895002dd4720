"""The report of a target: composites looked at and thrown away, and people without truth by expected loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from core.body.model import Body
from core.errors import ImageError
from core.geometry.image import normalise, read_image, read_image_as
from core.networks.guess import predicted
from core.networks.spin import SpinOutput
from core.networks.table import kind_of
from core.records import BBox
from core.store.fits.dictionary import FitsDictionary
from train.compositing.composites import Composite
from train.compositing.cutting.staged_people import StagedPeople
from train.compositing.failing.failing_targets import FORWARD_AT_ONCE, AskedPerson, crops_of_asked
from train.compositing.failing.weakness import ExpectedLoss, FailureRows, features_of
from train.compositing.proposals import Proposer
from train.data.rotated_body import RotatedBody
from train.data.trunks import rows_by_photo
from train.methods.spin.loss import keypoints_2d_term, project_to_crop, to_unit

AT_ONCE = 8


@dataclass(eq=False)
class Looked:
    """What was seen so far of composites: rows of the report, and features (F,) of each for the expected loss."""

    rows: list[tuple[float, float, float, float]]
    features: list[NDArray[np.floating]]

    def failures(self) -> FailureRows:
        """Of the losses that are known: a person without COCO keypoints has none for a detector."""
        columns = np.array(self.rows, np.float64).reshape(-1, 4)
        return FailureRows(*columns[np.isfinite(columns[:, 0])].T)

    def expected(self) -> ExpectedLoss:
        losses = np.array([row[0] for row in self.rows])
        known = np.isfinite(losses)
        return ExpectedLoss.learned(np.stack(self.features)[known], losses[known])


def look(proposer: Proposer, count: int, network: nn.Module | None, looked: Looked) -> Iterator[int]:
    """Make composites and note how the target does on them. Yields how many are done."""
    for start in range(0, count, AT_ONCE):
        made = proposer.composites(range(start, min(start + AT_ONCE, count)))
        composites = [one for one, _ in made]
        asked = [AskedPerson(one.image, one.people, one.asked) for one in composites]
        errors = np.ones(len(asked)) if network is None else keypoint_losses(network, proposer.body, asked)
        for (composite, loss), error in zip(made, errors, strict=True):
            looked.rows.append((loss, *where(composite)))
            own = features_of(composite.people, composite.plan.size, np.full(len(composite.people), error))
            looked.features.append(own[composite.asked])
        yield start + len(made)


def where(composite: Composite) -> tuple[float, float, float]:
    """Occlusion, size [px] and cut of the person asked about."""
    return composite.covered, float(composite.people.box[composite.asked, 3]), composite.cut


@torch.no_grad()
def keypoint_losses(network: nn.Module, body: Body, asked: list[AskedPerson]) -> NDArray[np.float64]:
    """(B,) of the 2D keypoints alone, which are known without a body."""
    found = []
    for start in range(0, len(asked), FORWARD_AT_ONCE):
        crops = crops_of_asked(asked[start : start + FORWARD_AT_ONCE], body, kind_of(network).stretched)
        output = SpinOutput(*predicted(network, normalise(crops.images)))
        points = RotatedBody.of(body).keypoints(output.rotations, output.betas)
        seen = project_to_crop(points, output.weak_camera)
        both = seen.new_ones(len(seen), 2)
        found.append(keypoints_2d_term(seen, to_unit(crops.keypoints), both).value.double().numpy())
    return np.concatenate(found) if found else np.zeros(0)


def people_to_correct(
    fits: FitsDictionary, folder: Path, network: nn.Module | None, body: Body, expected: ExpectedLoss
) -> tuple[list[dict[str, Any]], list[str]]:
    """People that nobody has decided about, with the loss to be expected; and a line for each unreadable photo."""
    undecided = ~((fits.verdict == "accepted") | (fits.verdict == "rejected") | fits.locked.numpy())
    people, told = [], []
    for name, everybody in rows_by_photo(fits.imgname):
        if not undecided[everybody].any():
            continue
        try:
            image = _photo(folder / name, fits.photo_size[everybody[0]])
        except ImageError as error:
            told.append(str(error))
            continue
        staged = _staged(fits, everybody)
        asked = [AskedPerson(image, staged, q) for q in range(len(staged))]
        errors = np.ones(len(asked)) if network is None else keypoint_losses(network, body, asked)
        losses = expected.of(features_of(staged, (image.shape[1], image.shape[0]), errors))
        people += [
            {
                "imgname": name,
                "center": [float(value) for value in fits.center[row].tolist()],
                "scale": float(fits.scale[row]),
                "expected_loss": float(loss),
            }
            for row, loss in zip(everybody.tolist(), losses, strict=True)
            if undecided[row]
        ]
    return people, told


def _staged(fits: FitsDictionary, rows: NDArray[np.int64]) -> StagedPeople:
    """People without a trusted body: their points are their boxes' corners."""
    center, scale = fits.center.numpy()[rows], fits.scale.numpy()[rows]
    boxes = np.stack([BBox(place, float(size)).xywh for place, size in zip(center, scale, strict=True)])
    corners = np.stack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
    keypoints = fits.keypoints.numpy()[rows].copy()
    points = corners[:, np.arange(keypoints.shape[1]) % 2].astype(np.float32)
    return StagedPeople(
        pose=fits.pose.numpy()[rows],
        betas=fits.betas.numpy()[rows],
        kid=fits.kid.numpy()[rows],
        cam_t=fits.cam_t.numpy()[rows],
        focal_length=fits.focal_length.numpy()[rows],
        camera_center=fits.camera_center.numpy()[rows],
        keypoints=keypoints,
        occluded=np.zeros(keypoints.shape[:2], bool),
        points=points,
        of_row=rows,
    )


def _photo(path: Path, size: NDArray[np.float32]) -> NDArray[np.uint8]:
    width, height = size.astype(int).tolist()
    image = read_image_as(path, (width, height)) if width > 0 and height > 0 else read_image(path)
    return np.asarray(image, np.uint8)
