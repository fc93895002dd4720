"""One body of a fitted batch as a record."""

from __future__ import annotations

import numpy as np

from core.body.model import Body, BodyParams
from core.records import Fit, Photo


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
