"""A stage of a few people whose bodies are painted on noise: what composites can be made of, without a renderer."""

from pathlib import Path

import cv2
import numpy as np
import torch

from core.body.keypoint_body import KeypointBody
from core.body.model import Body, BodyParams
from tests.train.making_runs import FOCAL
from train.compositing.cutting.silhouettes import silhouette
from train.compositing.cutting.stage import COARSE_CELL, Stage, StagedPhoto
from train.compositing.cutting.staged_people import LAYOUT, StagedPeople, cut_to, with_points
from train.synthesis.figure import Figure

SIZE = 160, 160


def people_of(params: BodyParams, collapsed: KeypointBody) -> StagedPeople:
    count = len(params)
    parts = params.pose, params.betas, params.kid, params.cam_t
    people = StagedPeople(
        *(part.numpy().astype(np.float32) for part in parts),
        np.full(count, FOCAL, np.float32),
        np.full((count, 2), SIZE[0] / 2, np.float32),
        np.ones((count, 49, 3), np.float32),
        np.zeros((count, 49), bool),
        np.zeros((count, 49, 2), np.float32),
        np.arange(count),
    )
    people = with_points(people, collapsed)
    people.keypoints[..., :2] = people.points
    return cut_to(people, SIZE)


def facing(count: int, seed: int = 0) -> BodyParams:
    """Upright people with bent limbs, all in the photo."""
    draw = torch.Generator().manual_seed(seed)
    pose = 0.1 * torch.randn(count, 72, generator=draw)
    pose[:, :3] = torch.tensor([torch.pi, 0.0, 0.0])
    side = torch.randn(count, 2, generator=draw) * torch.tensor([0.2, 0.05])
    cam_t = torch.cat([side, 3.5 + torch.rand(count, 1, generator=draw)], dim=1)
    return BodyParams.from_pose(pose, 0.5 * torch.randn(count, 10, generator=draw), cam_t)


def painted(folder: Path, body: Body, count: int, masks: bool = True) -> list[StagedPhoto]:
    """One person a photo, in one colour on noise of another; masks: as a data set has them, else to be cut out."""
    figure = Figure.from_body(body, COARSE_CELL)
    people = people_of(facing(count), KeypointBody.from_body(body, LAYOUT))
    photos = []
    for i in range(count):
        rng = np.random.default_rng(i)
        inside = silhouette(people[[i]], figure, SIZE)
        image = rng.integers(0, 90, (*SIZE, 3)).astype(np.uint8)
        image[inside] = rng.integers(150, 255, (1, 3)) + rng.integers(-20, 1, (int(inside.sum()), 3))
        path, mask = folder / f"{i}.png", folder / f"mask_{i}.png"
        cv2.imwrite(str(path), image)
        cv2.imwrite(str(mask), inside.astype(np.uint8))
        photos.append(StagedPhoto(path, people[[i]], ((mask, 1),) if masks else None))
    return photos


def stage_of_painted(folder: Path, body: Body, count: int = 4, **more: object) -> Stage:
    return Stage(painted(folder, body, count), [], body, lambda line: None, **more)  # type: ignore[arg-type]
