"""Can depth be learned from these people? Refused before the work, with what would be enough."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from core.errors import FitloopError
from core.networks.teacher.body_points import BodyPoints
from core.networks.teacher.turned_views import turned_view
from train.methods.posenet3d.looks import Looks

FEWEST = 500
EACH_SIDE = 0.03  # least share of the people who are seen from each of the sides
BROAD, NARROW = 0.5, 0.35  # width of the shoulders in torso lengths: from ahead or behind, and from beside
LEAST_DEVIATION = 0.08  # of a point, in sizes of a person


def check_enough(looks: Looks, points: BodyPoints) -> NDArray[np.int64]:
    """The rows (M,) of the people with all points. Raises FitloopError where depth cannot be learned from them."""
    if not np.isfinite(looks.xy).all() or not np.isfinite(looks.confidence).all():
        bad = int((~np.isfinite(looks.xy).all(axis=(1, 2))).sum())
        raise FitloopError(
            f"{bad} of {len(looks)} people have a keypoint or a camera that is no number. Mend the file, or leave "
            "them out."
        )
    whole = np.flatnonzero(looks.with_all(points.columns))
    if len(whole) < FEWEST:
        raise FitloopError(
            f"{len(whole)} of {len(looks)} people have all of shoulders, elbows, wrists, hips, knees and ankles, and "
            f"PoseNet3D needs at least {FEWEST}, better some thousands. Give more files to --data, or detect "
            "keypoints in more photos."
        )
    seen = turned_view(
        torch.from_numpy(looks.xy[whole][:, points.columns]),
        torch.ones(len(whole), points.count),
        points.hips,
    )
    spread = seen.x.std(dim=0).mean().item()
    if spread < LEAST_DEVIATION:
        raise FitloopError(
            f"all people are seen in one pose from one side: their keypoints differ by {100 * spread:.0f} % of a "
            f"person's size, and by {100 * LEAST_DEVIATION:.0f} % at least there is something to learn. Give people "
            "in other poses, seen from other sides."
        )
    _check_sides(seen.x.numpy(), points)
    return whole


def _check_sides(x: NDArray[np.float32], points: BodyPoints) -> None:
    """Refuse people of whom all are seen from one side: what another view looks like is then nowhere."""
    place = {name: points.place(name) for name in ("left_shoulder", "right_shoulder")}
    middle = (x[:, place["left_shoulder"]] + x[:, place["right_shoulder"]]) / 2
    torso = np.linalg.norm(middle, axis=1).clip(1e-3)
    across = (x[:, place["left_shoulder"], 0] - x[:, place["right_shoulder"], 0]) / torso
    shares = {
        "from ahead": (across > BROAD).mean(),
        "from behind": (across < -BROAD).mean(),
        "from beside": (abs(across) < NARROW).mean(),
    }
    missing = [side for side, share in shares.items() if share < EACH_SIDE]
    if missing:
        told = ", ".join(f"{100 * share:.0f} % {side}" for side, share in shares.items())
        raise FitloopError(
            f"almost nobody is seen {' or '.join(missing)} ({told}), as before one camera that all face. Depth is "
            f"learned by comparing sides: give people of whom at least {100 * EACH_SIDE:.0f} % are seen from each."
        )
