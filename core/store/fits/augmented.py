"""Rows as a network's crops show them: from the photo's frame into the crop's, turned and mirrored, and back."""

from __future__ import annotations

import roma
import torch
from torch import Tensor

from core.body.tree import flip_pose
from core.geometry.camera import full_to_crop
from core.geometry.rotation import compose_axis_angle


def pose_in_crop(
    pose: Tensor, center: Tensor, side: Tensor, focal_length: Tensor, camera_center: Tensor
) -> Tensor:
    """pose (B, 72) of a photo's camera frame in that of the crop around center (B, 2), side (B,) [px].

    Only the global orientation differs, and that by a turn that depends on the crop alone, so neither the
    body nor its place is needed.
    """
    ahead = torch.cat([torch.zeros_like(center), torch.ones_like(side)[:, None]], 1)
    unturned = torch.zeros_like(ahead)
    turn, _ = full_to_crop(unturned, ahead, unturned, center, side, focal_length, camera_center)
    return torch.cat([compose_axis_angle(turn, pose[:, :3]), pose[:, 3:]], 1)


def augment(pose: Tensor, rotation_deg: Tensor, flipped: Tensor) -> Tensor:
    """pose (B, 72) in a crop that is turned by rotation_deg (B,), then mirrored where flipped (B,) bool.

    R_z(-rotation) times the global orientation, then the mirror.
    """
    turned = _turned(pose, -rotation_deg)
    return torch.where(flipped[:, None], flip_pose(turned), turned)


def undo_augmentation(
    pose: Tensor, position: Tensor, rotation_deg: Tensor, flipped: Tensor
) -> tuple[Tensor, Tensor]:
    """pose (B, 72) and position (B, 3) [m] of the pelvis as they are in the crop itself: undoes `augment`."""
    where = flipped[:, None]
    mirrored = torch.cat([-position[:, :1], position[:, 1:]], 1)
    x, y, z = torch.where(where, mirrored, position).unbind(-1)
    angle = torch.deg2rad(rotation_deg)
    cosine, sine = angle.cos(), angle.sin()
    upright = torch.stack([cosine * x - sine * y, sine * x + cosine * y, z], -1)
    return _turned(torch.where(where, flip_pose(pose), pose), rotation_deg), upright


def _turned(pose: Tensor, angle_deg: Tensor) -> Tensor:
    """pose (B, 72) turned about the optical axis by angle_deg (B,); quaternions take half the time of
    matrices.
    """
    half = torch.deg2rad(angle_deg) / 2
    zero = torch.zeros_like(half)
    turn = torch.stack([zero, zero, half.sin(), half.cos()], -1)
    orient = roma.quat_product(turn, roma.rotvec_to_unitquat(pose[:, :3]))
    return torch.cat([roma.unitquat_to_rotvec(orient), pose[:, 3:]], 1)
