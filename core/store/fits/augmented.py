"""Transforms poses from the photo's frame to a network's augmented crop (rotated and mirrored), and back."""

from __future__ import annotations

from typing import NamedTuple

import roma
import torch
from torch import Tensor

from core.body.tree import flip_pose
from core.geometry.camera import full_to_crop
from core.geometry.rotation import compose_axis_angle


class RowsInCrop(NamedTuple):
    """Rows in the augmented crop's frame: pose (B, 72) [rad], betas (B, 10), the others (B,)."""

    pose: Tensor
    betas: Tensor
    kid: Tensor
    valid_fit: Tensor
    locked: Tensor

    @property
    def has_shape(self) -> Tensor:
        """(B,) bool: True if the row has a shape. A pose without shape has ten betas of zero."""
        return self.betas.any(dim=1)


def pose_in_crop(
    pose: Tensor, center: Tensor, side: Tensor, focal_length: Tensor, camera_center: Tensor
) -> Tensor:
    """Transform poses from the photo's camera frame to the crop camera's.

    pose (B, 72) [rad]; center (B, 2) and side (B,) of the crop, focal_length (B,) and camera_center (B, 2) [px of the
    photo]. Returns (B, 72). Only the global orientation changes, by a rotation that depends on the crop alone, so
    body and translation are not needed.
    """
    ahead = torch.cat([torch.zeros_like(center), torch.ones_like(side)[:, None]], 1)
    unturned = torch.zeros_like(ahead)
    turn, _ = full_to_crop(unturned, ahead, unturned, center, side, focal_length, camera_center)
    return torch.cat([compose_axis_angle(turn, pose[:, :3]), pose[:, 3:]], 1)


def augment(pose: Tensor, rotation_deg: Tensor, flipped: Tensor) -> Tensor:
    """pose (B, 72) [rad] in a crop that is rotated by rotation_deg (B,), then mirrored where flipped (B,) bool.

    R_z(-rotation) times the global orientation, then the mirror.
    """
    turned = _turned(pose, -rotation_deg)
    return torch.where(flipped[:, None], flip_pose(turned), turned)


def undo_augmentation(
    pose: Tensor, position: Tensor, rotation_deg: Tensor, flipped: Tensor
) -> tuple[Tensor, Tensor]:
    """Inverse of `augment`: from the augmented crop to the crop itself.

    pose (B, 72) [rad], position (B, 3) [m] of the pelvis, rotation_deg (B,), flipped (B,) bool. Returns both in the
    crop's frame.
    """
    where = flipped[:, None]
    mirrored = torch.cat([-position[:, :1], position[:, 1:]], 1)
    x, y, z = torch.where(where, mirrored, position).unbind(-1)
    angle = torch.deg2rad(rotation_deg)
    cosine, sine = angle.cos(), angle.sin()
    upright = torch.stack([cosine * x - sine * y, sine * x + cosine * y, z], -1)
    return _turned(torch.where(where, flip_pose(pose), pose), rotation_deg), upright


def _turned(pose: Tensor, angle_deg: Tensor) -> Tensor:
    """pose (B, 72) rotated about the optical axis by angle_deg (B,). Quaternions take half the time of matrices."""
    half = torch.deg2rad(angle_deg) / 2
    zero = torch.zeros_like(half)
    turn = torch.stack([zero, zero, half.sin(), half.cos()], -1)
    orient = roma.quat_product(turn, roma.rotvec_to_unitquat(pose[:, :3]))
    return torch.cat([roma.unitquat_to_rotvec(orient), pose[:, 3:]], 1)
