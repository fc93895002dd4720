"""Have fits ready before somebody waits for one."""

from __future__ import annotations

import numpy as np
import torch

from core.body.compiled import moving_body
from core.body.keypoint_body import UNKNOWNS
from core.body.keypoints import layout
from core.body.model import BodyParams, load_body
from core.fitting.smplify import fit


def warm_up() -> None:
    """Make or read the machine code that fits on the CPU and moving bodies run: some seconds after an installation,
    else half a second.

    The first fit does it too; whoever shows a window wants it done before, beside something else.
    """
    keypoints = torch.ones(1, len(layout("coco17").keypoints), 3)
    body = load_body()
    next(fit(body, keypoints, "coco17", torch.ones(1), torch.ones(1, 2), BodyParams.zeros(1)))
    moving_body(body, "coco17").place(np.zeros(UNKNOWNS, np.float32))
