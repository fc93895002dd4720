"""Starts of a fit without a guess: translation from the keypoints, and several headings of the mean pose."""

from __future__ import annotations

import torch
from torch import Tensor

from core.body.keypoint_body import CAM_T_COLUMNS, KeypointBody, params_to_vector
from core.body.model import BodyParams
from core.fitting.inputs import POINT_LIKE
from core.fitting.solver import solve_positive
from core.fitting.terms.term import SeenKeypoints
from core.geometry.rotation import axis_angle_to_matrix, matrix_to_axis_angle

BODY_HEIGHT = 1.7  # [m] assumed size of a person
DEPTH_RANGE = (0.5, 200.0)  # [m]
ACROSS_TRUST = 1e-6  # so that a person without keypoints gets a finite place
FAR_TRUST = 1e-3  # share of the least squares that holds the distance, for keypoints that say little about it
HEADINGS_DEG = (0.0, 90.0, 180.0, 270.0)
PITCHES_DEG = (0.0, 50.0, -50.0)


def place(points: Tensor, seen: SeenKeypoints) -> Tensor:
    """The translation (B, 3) [m] that brings body points (B, K, 3) under the keypoints, by linear least squares.

    In full perspective: f (X + tx) = (u - cx)(Z + tz), weighted by confidence.
    """
    ray = (seen.xy - seen.camera_center[:, None]) / seen.focal_length[:, None, None]
    square = torch.eye(2, dtype=ray.dtype, device=ray.device).expand(*ray.shape, 2)
    rows = torch.cat([square, -ray[..., None]], dim=-1)  # (B, K, 2, 3)
    weighted = (rows * seen.confidence.square()[..., None, None]).flatten(1, 2).mT
    normal = weighted @ rows.flatten(1, 2)
    moment = (weighted @ (ray * points[..., 2:] - points[..., :2]).flatten(1)[..., None])[..., 0]
    likely, trust = _likely_place(ray, seen)
    normal = normal + torch.diag_embed(trust)
    moved = solve_positive(normal, moment + trust * likely)
    in_front = (moved[:, 2] > DEPTH_RANGE[0]) & (moved[:, 2] < DEPTH_RANGE[1]) & moved.isfinite().all(dim=1)
    return torch.where(in_front[:, None], moved, likely)


def _likely_place(ray: Tensor, seen: SeenKeypoints) -> tuple[Tensor, Tensor]:
    """Translation (B, 3) [m] and its weights (B, 3), from the spread of the keypoints.

    The spread is taken as the person's size: at least a twentieth of the photo, or half of it for a single point.
    """
    weight = seen.confidence / seen.confidence.sum(dim=1, keepdim=True).clamp_min(1e-6)
    middle = (ray * weight[..., None]).sum(dim=1)
    photo = seen.camera_center.amax(dim=1) / seen.focal_length
    spread = _spread(ray, seen.confidence)
    size = torch.where(spread < POINT_LIKE * photo, photo, spread.maximum(0.1 * photo))
    depth = (BODY_HEIGHT / size).clamp(*DEPTH_RANGE)
    place = torch.cat([middle * depth[:, None], depth[:, None]], dim=1)
    trust = 1 / depth**2
    return place, torch.stack([ACROSS_TRUST * trust, ACROSS_TRUST * trust, FAR_TRUST * trust], dim=1)


def _spread(xy: Tensor, confidence: Tensor) -> Tensor:
    """The longer side (B,) of the box around the visible points (B, K, 2)."""
    visible = (confidence > 0)[..., None]
    high = xy.masked_fill(~visible, -torch.inf).amax(dim=1)
    low = xy.masked_fill(~visible, torch.inf).amin(dim=1)
    return (high - low).nan_to_num(0.0, neginf=0.0).amax(dim=1).clamp_min(0.0)


def starts(body: KeypointBody, count_keypoints: int, mean_pose: Tensor, seen: SeenKeypoints) -> Tensor:
    """Unknowns (B, S, 86): the mean pose under every heading and pitch, rolled to match the keypoints.

    The roll is that of the best similarity between the projected and the seen keypoints, so people who lie or stand
    on their hands start in that orientation.
    """
    turns = _turns(mean_pose)
    batch, count = len(seen.xy), len(turns)
    pose = torch.cat([matrix_to_axis_angle(turns), mean_pose.expand(count, -1)], dim=1)
    like = BodyParams.zeros(count, like=mean_pose)
    upright = body.keypoints(BodyParams.from_pose(pose, like.betas, like.cam_t))[:, :count_keypoints]
    roll = _roll(upright[None, ..., :2], seen.xy[:, None], seen.confidence[:, None])  # (B, S)
    zero = torch.zeros_like(roll)
    rolled = axis_angle_to_matrix(torch.stack([zero, zero, roll], dim=-1)) @ turns
    unknowns = params_to_vector(BodyParams.from_pose(pose, like.betas, like.cam_t)).repeat(batch, 1, 1)
    unknowns[..., :3] = matrix_to_axis_angle(rolled)
    flat = unknowns.flatten(0, 1)
    repeated = repeat(seen, count)
    points = body.posed(flat).points[:, :count_keypoints]
    flat[:, CAM_T_COLUMNS] = place(points, repeated)
    return flat.view(batch, count, -1)


def repeat(seen: SeenKeypoints, count: int) -> SeenKeypoints:
    """Each person `count` times in a row."""
    return seen if count == 1 else SeenKeypoints(*(part.repeat_interleave(count, dim=0) for part in seen))


def _turns(like: Tensor) -> Tensor:
    """Upright bodies (SMPL's y up) in the camera frame (y down): every pitch of every heading, (S, 3, 3)."""
    heading = torch.deg2rad(like.new_tensor(HEADINGS_DEG))
    pitch = torch.deg2rad(like.new_tensor(PITCHES_DEG))
    zero = torch.zeros_like(heading)
    about_y = axis_angle_to_matrix(torch.stack([zero, heading, zero], dim=-1))
    flat = torch.zeros_like(pitch)
    about_x = axis_angle_to_matrix(torch.stack([pitch, flat, flat], dim=-1))
    upright = torch.diag(like.new_tensor([1.0, -1.0, -1.0]))
    return (about_x[:, None] @ upright @ about_y[None]).flatten(0, 1)


def _roll(points: Tensor, xy: Tensor, confidence: Tensor) -> Tensor:
    """Angle of the similarity that best takes points (…, K, 2) to xy (…, K, 2) (Umeyama in the plane)."""
    weight = (confidence / confidence.sum(dim=-1, keepdim=True).clamp_min(1e-6))[..., None]
    points = points - (points * weight).sum(dim=-2, keepdim=True)
    xy = (xy - (xy * weight).sum(dim=-2, keepdim=True)) * weight
    cross = (points[..., 0] * xy[..., 1] - points[..., 1] * xy[..., 0]).sum(dim=-1)
    return torch.atan2(cross, (points * xy).sum(dim=(-2, -1)))
