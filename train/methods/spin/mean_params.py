"""Where the image network's corrections start: the mean body of our own pose prior, when SPIN's is not at hand."""

from __future__ import annotations

from pathlib import Path

import torch

from core.fitting.prior import PRIOR_FILE, load_prior
from core.networks.spin import MeanParams, mean_params, read_mean_params


def mean_body(path: Path | None = None) -> MeanParams:
    """SPIN's `smpl_mean_params.npz`, or without one the likeliest pose of the prior that ships, facing the camera.

    Raises CheckpointError for a file that is none.
    """
    if path is not None:
        return read_mean_params(path)
    return mean_params(load_prior(PRIOR_FILE).mean_pose.to(torch.float32))
