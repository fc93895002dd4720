"""The teacher's points in metres: as long as the mean body's bones, at the distance that the keypoints' size says."""

from __future__ import annotations

import torch
from torch import Tensor

from core.body import Body, BodyParams, KeypointBody
from core.networks.teacher.body_points import BodyPoints
from core.networks.teacher.teacher import Teacher


def body_bones(body: Body, points: BodyPoints) -> Tensor:
    """Lengths (bones,) [m] of the mean body's bones."""
    nobody = BodyParams.from_pose(torch.zeros(1, 72), torch.zeros(1, 10), torch.zeros(1, 3))
    at = KeypointBody.from_body(body.to("cpu"), points.layout).keypoints(nobody)[:, points.columns]
    return bone_lengths(at, points)[0]


def bone_lengths(at: Tensor, points: BodyPoints) -> Tensor:
    """Lengths (B, bones) of points (B, P, 3), in their unit."""
    starts, ends = (list(side) for side in zip(*points.bones, strict=True))
    return (at[:, starts] - at[:, ends]).square().sum(-1).clamp_min(1e-8).sqrt()


def metres_of(at: Tensor, points: BodyPoints, bones: Tensor) -> Tensor:
    """(B,) [m]: the length of one unit of points (B, P, 3), so that their bones are on the average as long as `bones`
    (bones,) [m]. No gradient goes through it."""
    return bones.mean() / bone_lengths(at.detach(), points).mean(dim=1)


@torch.no_grad()
def placed_points(
    teacher: Teacher, bones: Tensor, keypoints: Tensor, focal_length: Tensor, camera_center: Tensor
) -> Tensor:
    """The skeletons (B, P, 3) [m] of keypoints (B, K, 3) of the teacher's layout x, y [px], confidence, in the photo's
    camera frame. All of the teacher's points must be seen.

    bones: as `body_bones` gives them; focal_length (B,), camera_center (B, 2) [px]. A child comes out as a distant
    adult: 2D points say nothing of a size.
    """
    seen = teacher.seen_in_photo(keypoints, focal_length, camera_center)
    at = teacher.both_ways(seen)
    ahead = torch.zeros_like(at[:, :1])
    ahead[:, 0, 2] = 1 / seen.size
    return metres_of(at, teacher.points, bones)[:, None, None] * (at + ahead) @ seen.turn
