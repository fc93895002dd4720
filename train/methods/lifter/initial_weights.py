"""The people a lifter is taught with, and the weights that it starts from."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from core.body import Body
from core.geometry.rotation import axis_angle_to_matrix, matrix_to_rotation6d
from core.networks.lifter.network import POSE6D, Lifter, LifterConfig
from train.data.mocap import Poses
from train.methods.lifter.config import Config
from train.methods.lifter.rare_poses import rare_poses
from train.methods.lifter.scenes import Scenes

RARE_SHARE, RARE_COUNT = 0.2, 100_000


def pose_bank(poses: Poses, body_offsets: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Captured poses and made ones (N, 72), and how often each is drawn (N,)."""
    rare = rare_poses(poses.sample(RARE_COUNT, rng), body_offsets, rng)
    weight = np.concatenate([poses.weight * (1 - RARE_SHARE), np.full(RARE_COUNT, RARE_SHARE / RARE_COUNT)])
    return torch.from_numpy(np.concatenate([poses.pose, rare])), torch.from_numpy(weight)


def build(config: Config, scenes: Scenes, body: Body) -> Lifter:
    """A lifter that starts from the mean pose, seen upright from ahead."""
    torch.manual_seed(config.seed)
    size = {"width": config.width, "blocks": config.blocks, "hypotheses": config.hypotheses}
    lifter = Lifter(LifterConfig(definitions=scenes.definitions, body=body.fingerprint, **size))
    with torch.random.fork_rng(devices=[]):
        rotations = scenes.people(4096).rotations.cpu()
    left, _, right = torch.linalg.svd(rotations.mean(dim=0))
    sign = torch.linalg.det(left @ right).sign()
    mean = left @ torch.diag_embed(torch.stack([sign * 0 + 1, sign * 0 + 1, sign], dim=-1)) @ right
    mean[0] = axis_angle_to_matrix(torch.tensor([math.pi, 0.0, 0.0]))
    numbers = torch.zeros(lifter.mean.shape)
    numbers[:POSE6D] = matrix_to_rotation6d(mean).flatten()
    lifter.set_body(scenes.keypoint_body, numbers)
    return lifter
