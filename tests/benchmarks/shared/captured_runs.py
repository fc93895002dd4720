"""Captured sequences before a camera, as a detector sees them: runs of near neighbours of a file of poses.

The file has no places, so a person moves as its standing foot asks: the lower one of both feet stays where it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.body.keypoint_body import KeypointBody, params_to_vector
from core.body.model import Body, BodyParams
from core.body.tree import joint_index
from core.files.npz import read_npz
from core.geometry.camera import project
from core.geometry.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from core.records import Keypoints
from train.data.mocap import GIRDLE
from train.synthesis.sample import DetectionErrors, detected

LAYOUT = "coco17"
NEAR, SHORTEST = 2, 24  # thirtieths of a second between neighbours, and frames of a run
WIDTH, HEIGHT, FOCAL = (
    1280,
    720,
    1469.0,
)  # [px] the focal length that is assumed of such a photo: its diagonal
DISTANCE, PITCH = (3.0, 6.0), 0.15  # [m], and one standard deviation [rad] of a camera's
CAMERA_TURN, CAMERA_STEP = 0.004, 0.01  # a frame, of a hand-held camera: [rad] and [m]
FEET = tuple(joint_index(name) for name in ("left_foot", "right_foot"))


@dataclass(frozen=True, eq=False)
class CapturedRun:
    """truth: T bodies in the camera's frame; keypoints (T, K, 3) as detected and exact (T, K, 3) [px]; camera
    (T, 3, 4): from the world's frame to the camera's; frames (T,): times in thirtieths of a second."""

    truth: BodyParams
    keypoints: Tensor
    exact: Tensor
    camera: Tensor
    frames: Tensor

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def lens(self) -> tuple[Tensor, Tensor]:
        """Focal length (T,) and centre (T, 2) [px]."""
        return torch.full((len(self),), FOCAL), torch.tensor([WIDTH / 2, HEIGHT / 2]).repeat(len(self), 1)


def captured_runs(poses: Path, split: str, body: Body, moving: bool, seed: int = 0) -> list[CapturedRun]:
    """All runs of a split, each with a body, a camera and detections of its own."""
    return [
        _seen(body, pose, frames, moving, np.random.default_rng([seed, number]))
        for number, (pose, frames) in enumerate(pose_runs(poses, split))
    ]


def pose_runs(path: Path, split: str) -> list[tuple[NDArray[np.float32], NDArray[np.int64]]]:
    """Poses (T, 72) and frames (T,) of each run of a split."""
    held = read_npz(path, ("poses", "girdle", "split", "clip", "frame30"))
    pose = held["poses"].astype(np.float32).reshape(-1, 24, 3)
    pose[:, GIRDLE] = held["girdle"]
    frame, clip = held["frame30"].astype(np.int64), held["clip"]
    step = np.diff(frame)
    joined = (clip[1:] == clip[:-1]) & (step > 0) & (step <= NEAR)
    joined &= (held["split"][1:] == split) & (held["split"][:-1] == split)
    bounds = [0, *(np.flatnonzero(~joined) + 1), len(frame)]
    return [
        (pose[start:end].reshape(-1, 72), frame[start:end])
        for start, end in pairwise(bounds)
        if end - start >= SHORTEST and held["split"][start] == split
    ]


def _seen(
    body: Body,
    pose: NDArray[np.float32],
    frames: NDArray[np.int64],
    moving: bool,
    rng: np.random.Generator,
) -> CapturedRun:
    count = len(pose)
    betas = torch.from_numpy(rng.normal(0, 1, 10).astype(np.float32)).repeat(count, 1)
    world = _walked(body, BodyParams.from_pose(torch.from_numpy(pose), betas, torch.zeros(count, 3)))
    camera = _camera(count, world.cam_t, moving, rng)
    truth = _through(body, camera, world)
    lens = torch.full((count,), FOCAL), torch.tensor([WIDTH / 2, HEIGHT / 2]).repeat(count, 1)
    exact = project(body.keypoints(truth, LAYOUT), *lens)
    shown = torch.cat([exact, torch.ones_like(exact[..., :1])], dim=2)
    found = []
    for points in exact.numpy():
        size = float((points.max(axis=0) - points.min(axis=0)).max())
        one = Keypoints(LAYOUT, points, np.ones(len(points), np.float32))
        found.append(detected(one, size, LAYOUT, DetectionErrors(), rng).array)
    return CapturedRun(truth, torch.from_numpy(np.stack(found)), shown, camera, torch.from_numpy(frames))


def _walked(body: Body, still: BodyParams) -> BodyParams:
    """The bodies (T) in the world (y up), moved so that the lower foot of two neighbours stays, and no foot sinks."""
    places = KeypointBody.from_body(body, LAYOUT).joints(params_to_vector(still))[1]
    feet = places[:, FEET]
    lower = feet[..., 1].argmin(dim=1)
    rows = torch.arange(len(feet) - 1)
    step = feet[rows, lower[:-1]] - feet[rows + 1, lower[:-1]]
    moved = torch.cat([torch.zeros(1, 3), step.cumsum(dim=0)])
    moved -= moved.mean(dim=0)
    moved[:, 1] = -feet[..., 1].amin(dim=1)
    return BodyParams.from_pose(still.pose, still.betas, moved, still.kid)


def _camera(count: int, places: Tensor, moving: bool, rng: np.random.Generator) -> Tensor:
    """(T, 3, 4): from the world (y up) to the camera; a moving one turns and drifts as a hand does."""
    heading = rng.uniform(0, 2 * np.pi)
    pitch = rng.normal(0, PITCH)
    turns = np.tile([pitch, heading, 0.0], (count, 1))
    eye = np.zeros((count, 3))
    if moving:
        sway = np.cumsum(rng.normal(0, 1, (2, count, 3)), axis=1)
        kernel = np.hanning(9) / np.hanning(9).sum()
        padded = np.pad(sway, ((0, 0), (4, 4), (0, 0)), mode="edge")
        smooth = np.apply_along_axis(lambda line: np.convolve(line, kernel, "valid"), 1, padded)
        turns, eye = turns + CAMERA_TURN * smooth[0], eye + CAMERA_STEP * smooth[1]
    about = [torch.from_numpy((turns * axis).astype(np.float32)) for axis in np.eye(3)]
    upright = torch.diag(torch.tensor([1.0, -1.0, -1.0]))
    rotation = axis_angle_to_matrix(about[0]) @ axis_angle_to_matrix(about[2]) @ upright
    rotation = rotation @ axis_angle_to_matrix(about[1])
    aim = (places.amax(dim=0) + places.amin(dim=0)) / 2
    spread = float((places.amax(dim=0) - places.amin(dim=0)).norm())
    away = torch.tensor([0.0, 0.0, rng.uniform(*DISTANCE) + spread])
    aimed = -(rotation @ aim[:, None])[..., 0] + away + torch.from_numpy(eye.astype(np.float32))
    return torch.cat([rotation, aimed[..., None]], dim=2)


def _through(body: Body, camera: Tensor, world: BodyParams) -> BodyParams:
    """Bodies in the world as the camera has them: the pelvis turns about itself, so its rest place matters."""
    rotation, shift = camera[..., :3], camera[..., 3]
    orient = matrix_to_axis_angle(rotation @ axis_angle_to_matrix(world.global_orient))
    rest = body.rest_pelvis(world)
    place = (rotation @ (world.cam_t + rest)[..., None])[..., 0] + shift - rest
    return BodyParams(orient, world.body_pose, world.betas, place, world.kid)
