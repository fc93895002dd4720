"""Have fits ready before somebody waits for one."""

from __future__ import annotations

import torch

from core.body.keypoints import layout
from core.body.model import BodyParams, load_body
from core.fitting.smplify import fit


def warm_up() -> None:
    """Make or read the machine code that fits on the CPU run: some seconds after an installation, else half a second.

    The first fit does it too; whoever shows a window wants it done before, beside something else.
    """
    keypoints = torch.ones(1, len(layout("coco17").keypoints), 3)
    next(fit(load_body(), keypoints, "coco17", torch.ones(1), torch.ones(1, 2), BodyParams.zeros(1)))
