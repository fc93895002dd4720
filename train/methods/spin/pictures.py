"""Pictures of how a run is doing: the same few people each time, with prediction and best fit."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.body.keypoints import layout
from core.body.model import Body
from core.geometry.camera import CROP_SIZE
from core.geometry.image import normalise
from core.geometry.rotation import axis_angle_to_matrix
from core.networks.guess import predicted as prediction
from core.networks.spin import SpinNetwork, SpinOutput
from core.store.fits.dictionary import FitsDictionary
from train.data.batches import Batch, Crops, RowTurn
from train.data.rotated_body import LAYOUT, RotatedBody
from train.methods.spin.loss import project_to_crop

PEOPLE = 8
GUESS, FIT, KEYPOINT = (70, 130, 255), (90, 220, 110), (255, 210, 60)  # RGB
PICTURES = "pictures"


@torch.no_grad()
def draw_pictures(
    folder: Path, step: int, network: SpinNetwork, body: Body, fits: FitsDictionary, crops: Crops
) -> Path:
    """Write pictures/STEP.jpg: a column for each person, the guess above and the fit below, keypoints as dots."""
    rows = crops.order.rows
    chosen = rows[np.linspace(0, len(rows) - 1, min(PEOPLE, len(rows))).astype(int)]
    turns = [RowTurn(0, place, int(row)) for place, row in enumerate(chosen)]
    batch = Crops(crops.samples, crops.order, None, crops.stretched, crops.trunks)[turns].to(fits.device)
    network.eval()
    found = prediction(network, normalise(batch.images), batch.centres)
    predicted = SpinOutput(*(part.float() for part in found))
    network.train()
    guess = _pixels(body, predicted)
    views = batch.views
    best = fits.get(views.indices, views.rotation_deg, views.flipped)
    rotations = axis_angle_to_matrix(best.pose.view(-1, 24, 3))
    fit = _pixels(body, SpinOutput(rotations, best.betas, predicted.weak_camera), best.kid)
    fit = _under(fit, batch)
    known = fits.score[views.indices].isfinite().cpu().numpy()
    columns = [
        np.concatenate(
            [_drawn(batch, p, guess[p], GUESS), _drawn(batch, p, fit[p] if known[p] else None, FIT)]
        )
        for p in range(len(turns))
    ]
    path = folder / PICTURES / f"{step:08d}.jpg"
    path.parent.mkdir(exist_ok=True)
    encoded = cv2.imencode(".jpg", np.concatenate(columns, axis=1)[..., ::-1])[1]
    path.write_bytes(encoded.tobytes())
    return path


def _pixels(body: Body, predicted: SpinOutput, kid: Tensor | None = None) -> NDArray[np.float32]:
    """Keypoints (B, 49, 2) [px of the crop] of bodies before the network's cameras; kid (B,)."""
    points = RotatedBody.of(body).keypoints(predicted.rotations, predicted.betas, kid)
    seen = project_to_crop(points, predicted.weak_camera)
    return np.asarray(((seen + 1) * CROP_SIZE / 2).cpu().numpy(), dtype=np.float32)


def _under(pixels: NDArray[np.float32], batch: Batch) -> NDArray[np.float32]:
    """Moved and scaled onto the keypoints that are seen: a row of the dictionary brings no camera of this crop."""
    moved = pixels.copy()
    for person, keypoints in enumerate(batch.keypoints_crop.cpu().numpy()):
        shown = keypoints[:, 2] > 0
        if shown.sum() < 2:
            continue
        there, here = keypoints[shown, :2], pixels[person, shown]
        spread = np.square(here - here.mean(0)).sum()
        scale = ((here - here.mean(0)) * (there - there.mean(0))).sum() / max(float(spread), 1e-6)
        moved[person] = (pixels[person] - here.mean(0)) * scale + there.mean(0)
    return moved


def _drawn(
    batch: Batch, person: int, points: NDArray[np.float32] | None, colour: tuple[int, int, int]
) -> NDArray[np.uint8]:
    picture = batch.images[person].cpu().numpy().copy()
    if points is not None:
        places = np.nan_to_num(points).clip(-CROP_SIZE, 2 * CROP_SIZE)
        for start, end in layout(LAYOUT).bones:
            ends = [tuple(int(v) for v in np.rint(places[k])) for k in (start, end)]
            cv2.line(picture, ends[0], ends[1], colour, 2, cv2.LINE_AA)
    for x, y, confidence in batch.keypoints_crop[person].cpu().numpy():
        if confidence > 0:
            cv2.circle(picture, (round(float(x)), round(float(y))), 2, KEYPOINT, -1, cv2.LINE_AA)
    return picture
