"""Prepare fits before the first one is needed."""

from __future__ import annotations

import numpy as np
import torch

from core.body.compiled import moving_body
from core.body.keypoint_body import UNKNOWNS
from core.body.keypoints import layout
from core.body.model import BodyParams, load_body
from core.fitting.smplify import fit


def warm_up() -> None:
    """Compile or load the machine code of fits on the CPU and of moving bodies: some seconds after an installation,
    half a second otherwise.

    The first fit would do it too; a window calls this earlier, in parallel to other work.
    """
    keypoints = torch.ones(1, len(layout("coco17").keypoints), 3)
    body = load_body()
    next(fit(body, keypoints, "coco17", torch.ones(1), torch.ones(1, 2), BodyParams.zeros(1)))
    moving_body(body, "coco17").place(np.zeros(UNKNOWNS, np.float32))
