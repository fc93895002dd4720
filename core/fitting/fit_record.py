"""Records as bodies, and bodies as records."""

from __future__ import annotations

import numpy as np
import torch

from core.body.model import Body, BodyParams
from core.records import Fit, Guess, Photo


def params_of_record(record: Fit | Guess, body: Body) -> BodyParams:
    """A fit or guess as a batch of one, on the CPU.

    A fit of another body keeps its pelvis, and becomes an adult if this body has no child direction. A guess of
    another body takes the mean shape.
    """
    cam_t = torch.from_numpy(record.cam_t.copy())
    has_shape = isinstance(record, Fit) or record.body == "" or body.shares_betas(record.body)
    return BodyParams.from_pose(
        torch.from_numpy(record.pose.copy())[None],
        torch.from_numpy(record.betas * np.float32(has_shape))[None],
        (cam_t + body.pelvis_shift(record.body).to(cam_t))[None],
        torch.tensor([record.kid if body.has_kid else 0.0]),
    )


def fit_record(params: BodyParams, row: int, score: float, weak: bool, photo: Photo, body: Body) -> Fit:
    """The body of a row of params, on the CPU and in the photo's camera frame. score, weak: as in `Fit`; a score that
    is not finite becomes infinite."""
    one = params[slice(row, row + 1)]
    focal_length, camera_center = photo.camera
    return Fit(
        pose=one.pose[0].numpy(),
        betas=one.betas[0].numpy(),
        kid=float(one.kid[0]),
        cam_t=one.cam_t[0].numpy(),
        focal_length=focal_length,
        camera_center=np.array(camera_center),
        score=score if np.isfinite(score) else np.inf,
        body=body.fingerprint,
        source="fit",
        weak=weak,
    )
