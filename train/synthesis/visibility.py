"""What is seen of people in a picture: hidden keypoints, and hidden shares."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from core.body.model import Body, BodyParams
from train.rendering.people_renderer import Picture

Floats = NDArray[np.float32]

LAYOUT = "spin49"
SUPERSAMPLING = 2


def keypoint_depths(body: Body) -> Floats:
    """Depth (49,) [m] of each keypoint below the skin: its distance to the nearest vertex of the body at rest."""
    points = body.keypoints(BodyParams.zeros(1), LAYOUT)
    return torch.cdist(points, body.v_template[None])[0].min(dim=1).values.numpy()


def occlusion(
    xy: Floats, depth: Floats, numbers: NDArray[np.int64], picture: Picture, tolerance: Floats
) -> NDArray[np.bool_]:
    """(P, K) bool: True if the depth map has a surface in front of the keypoint at xy (P, K, 2) [px].

    depth (P, K) [m] of the keypoints, numbers (P,) of the people. Another person occludes a keypoint if nearer. The
    person's own skin occludes it if nearer by more than tolerance (K,) [m], as joints are always below some skin.
    """
    height, width = picture.number.shape
    pixel = np.floor(xy * SUPERSAMPLING)
    column = pixel[..., 0].clip(0, width - 1).astype(np.int64)
    row = pixel[..., 1].clip(0, height - 1).astype(np.int64)
    seen, nearest = picture.number[row, column], picture.depth[row, column]
    other = (seen != numbers[:, None]) & (seen != 0) & (nearest < depth)
    own = (seen == numbers[:, None]) & (nearest < depth - tolerance)
    return other | own


def hidden_share(picture: Picture) -> Floats:
    """Share (P,) [%] of each person's pixels inside the picture that others hide, as AGORA's `occlusion`."""
    seen = np.bincount(picture.number.reshape(-1), minlength=len(picture.whole) + 1)[
        1 : len(picture.whole) + 1
    ]
    return np.asarray(100 * (1 - seen / np.maximum(picture.whole, 1)), dtype=np.float32)
