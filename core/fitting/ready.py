"""Prepare fits before the first one is needed."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from core.body.compiled import moving_body
from core.body.keypoint_body import UNKNOWNS
from core.body.keypoints import layout
from core.body.model import Body, BodyParams, load_body
from core.fitting.sequence.track_config import TrackConfig
from core.fitting.sequence.track_fit import SeenTracks, fit_tracks
from core.fitting.smplify import fit


def warm_up() -> None:
    """Compile or load the machine code of fits on the CPU, also over time, and of moving bodies: some seconds
    after an installation, half a second otherwise.

    The first fit would do it too; a window calls this earlier, in parallel to other work.
    """
    keypoints = torch.ones(1, len(layout("coco17").keypoints), 3)
    body = load_body()
    camera = torch.ones(1), torch.ones(1, 2)
    next(fit(body, keypoints, "coco17", *camera, BodyParams.zeros(1)))
    _warm_up_tracks(body, keypoints, *camera)
    moving_body(body, "coco17").place(np.zeros(UNKNOWNS, np.float32))


def _warm_up_tracks(body: Body, keypoints: Tensor, focal_length: Tensor, camera_center: Tensor) -> None:
    """One try of a track of one frame."""
    there = torch.ones(1, 1, dtype=torch.bool)
    seen = (keypoints[None], "coco17", focal_length[None], camera_center[None])
    track = SeenTracks(*seen, seconds=torch.zeros(1, 1), there=there, locked=~there)
    for _ in fit_tracks(body, track, BodyParams.zeros(1), TrackConfig(iterations=1)):
        pass
