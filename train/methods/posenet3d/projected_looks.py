"""Looks of captured poses: each pose is projected by several cameras, and its 3D ends here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.body import layout as keypoint_layout
from core.body import load_body
from core.body.keypoint_body import JOINTS
from core.errors import FitloopError
from core.files.npz import ArrayFault, read_npz
from core.geometry.rotation import axis_angle_to_matrix
from train.data.mocap import read_poses
from train.methods.lifter.scenes import Scenes, camera_turn
from train.methods.posenet3d.looks import LAST, Looks

VIEWS_OF_CLIP, VIEWS_OF_FRAME = 3, 3
PITCH, ROLL = 0.25, 0.12  # [rad] standard deviations
NEAR, FAR = 2.0, 10.0  # [m]
OFF_AXIS = 0.1  # of the distance
STEP = 2  # frames of 1/30 s: poses further apart do not follow each other
AT_ONCE = 8192
NEAREST = 0.2  # [m]


def projected_looks(path: Path, layout: str, splits: tuple[str, ...], seed: int) -> Looks:
    """Every pose of the splits six times: three cameras that stay for a clip, three that are each pose's own. A third
    of the views of one clip are its frames in order. Raises FitloopError."""
    poses = read_poses(path, *splits)
    pose, weight = torch.from_numpy(poses.pose), torch.from_numpy(poses.weight)
    clip, follows = _clips(path, splits, len(pose))
    scenes = Scenes(load_body(), pose, weight)
    columns = [scenes.definitions.index(one) for one in keypoint_layout(layout).definitions]
    parts, following = [], []
    for view in range(VIEWS_OF_CLIP + VIEWS_OF_FRAME):
        of_clip = view < VIEWS_OF_CLIP
        camera = clip if of_clip else np.arange(len(pose))
        parts.append(_projected(scenes, pose, torch.from_numpy(camera), seed * 100 + view)[:, columns])
        steps = np.where(follows, np.arange(len(pose)) + 1 + view * len(pose), LAST)
        following.append(steps if of_clip else np.full(len(pose), LAST))
    points = torch.cat(parts)
    ahead = (points[..., 2] > NEAREST).float().numpy()
    xy = (points[..., :2] / points[..., 2:].clamp_min(NEAREST)).numpy() * ahead[..., None]
    every = np.tile(poses.weight, len(parts)) / len(parts)
    return Looks(layout, xy, ahead, np.concatenate(following), every)


def _clips(path: Path, splits: tuple[str, ...], count: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The number of each pose's clip (N,), and whether the next pose follows it (N,)."""
    try:
        held = read_npz(path, ("clip", "frame30", "split"))
    except ArrayFault as error:
        raise FitloopError(
            f"{path}: cannot be read as poses ({error}). Give an .npz with poses (N, 72)."
        ) from None
    alone = np.arange(count), np.zeros(count, bool)
    if not {"clip", "frame30"} <= held.keys():
        return alone
    chosen = np.isin(held["split"], splits) if "split" in held else np.ones(count, bool)
    clip = np.unique(held["clip"][chosen], return_inverse=True)[1].astype(np.int64)
    frame = held["frame30"][chosen].astype(np.int64)
    follows = np.zeros(count, bool)
    step = np.diff(frame)
    follows[:-1] = (np.diff(clip) == 0) & (step > 0) & (step <= STEP)
    return clip, follows


def _projected(scenes: Scenes, pose: Tensor, camera: Tensor, seed: int) -> Tensor:
    """Points (N, all definitions, 3) [m] before cameras that poses (N, 72) with the same number (N,) share."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        n = int(camera.max()) + 1
        shape = torch.randn(n, 11)
        shape[:, 10] = 0.0
        view = camera_turn(torch.rand(n) * 2 * torch.pi, PITCH * torch.randn(n), ROLL * torch.randn(n))
        depth = NEAR * (FAR / NEAR) ** torch.rand(n)
        beside = torch.randn(n, 2) * OFF_AXIS * depth[:, None]
    pelvis = torch.cat([beside, depth[:, None]], dim=1)
    parts = []
    for some, which in zip(pose.split(AT_ONCE), camera.split(AT_ONCE), strict=True):
        rotations = axis_angle_to_matrix(some.view(-1, JOINTS, 3))
        parts.append(scenes.place(rotations, shape[which], view[which], pelvis[which]).points)
    return torch.cat(parts)
