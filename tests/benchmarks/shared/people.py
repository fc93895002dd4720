"""People for benchmarks, in SPIN's crop: projections of held-out captured poses, and real annotated photos."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.body.keypoints import SPIN_MODEL_LAYOUT, convert
from core.body.model import Body, BodyParams, body_from_arrays
from core.errors import ReadError
from core.formats.keypoints import coco
from core.geometry.camera import project
from core.geometry.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from tests.benchmarks.shared.spin_smplify import CENTER, FOCAL
from train.data.mocap import read_poses

SMPL_VERTICES = 6890
CROP_DEPTH = 2 * FOCAL / 224 / 0.9  # [m] where a body fills nine tenths of the crop


def smpl_sized(body: Body, pose_blend_shapes: bool = False, seed: int = 0) -> Body:
    """The body on 6890 of its vertices, the same joints and keypoints, so that a mesh costs what SMPL's costs."""
    rng = np.random.default_rng(seed)
    arrays = body.arrays
    vertices = len(arrays.v_template)
    needed = np.unique(np.concatenate([index for index, _ in arrays.surface.values()]))
    needed = needed[needed < vertices]
    rest = np.setdiff1d(np.arange(vertices), needed)
    kept = np.sort(np.concatenate([needed, rng.choice(rest, SMPL_VERTICES - len(needed), replace=False)]))
    place = np.full(vertices + 24, -1)
    place[kept], place[vertices:] = np.arange(SMPL_VERTICES), SMPL_VERTICES + np.arange(24)
    assert arrays.kid_direction is not None
    shapes = np.concatenate(
        [arrays.v_template[..., None], arrays.shapedirs, arrays.kid_direction[..., None]], axis=2
    ).astype(np.float64)
    joints = np.einsum("jv,vcs->jcs", arrays.J_regressor, shapes).reshape(24, -1)
    system = np.concatenate([shapes[kept].reshape(SMPL_VERTICES, -1), np.ones((SMPL_VERTICES, 1))], axis=1)
    regressor = np.linalg.lstsq(system.T, np.concatenate([joints, np.ones((24, 1))], axis=1).T, rcond=None)[
        0
    ].T
    blend = (
        rng.normal(0, 1e-3, (SMPL_VERTICES, 3, 207)) if pose_blend_shapes else np.zeros((SMPL_VERTICES, 3, 0))
    )
    return body_from_arrays(
        replace(
            arrays,
            v_template=arrays.v_template[kept],
            shapedirs=arrays.shapedirs[kept],
            kid_direction=arrays.kid_direction[kept],
            weights=arrays.weights[kept],
            J_regressor=regressor.astype(np.float32),
            posedirs=blend.astype(np.float32),
            surface={name: (place[index], weights) for name, (index, weights) in arrays.surface.items()},
            extra_regressor=None,
            h36m_regressor=None,
        )
    )


def crop_view(poses: np.ndarray, betas: Tensor, rng: np.random.Generator) -> BodyParams:
    """World poses (N, 72) seen by SPIN's crop camera from random headings and pitches."""
    heading = torch.from_numpy(rng.uniform(0, 2 * np.pi, len(poses)).astype(np.float32))
    pitch = torch.from_numpy(rng.normal(0, 0.25, len(poses)).astype(np.float32))
    zero = torch.zeros_like(heading)
    turn = axis_angle_to_matrix(torch.stack([pitch, zero, zero], 1)) @ torch.diag(
        torch.tensor([1.0, -1.0, -1.0])
    )
    turn = turn @ axis_angle_to_matrix(torch.stack([zero, heading, zero], 1))
    pose = torch.from_numpy(poses)
    orient = matrix_to_axis_angle(turn @ axis_angle_to_matrix(pose[:, :3]))
    cam_t = torch.tensor([0.0, 0.0, CROP_DEPTH]).repeat(len(poses), 1)
    return BodyParams(orient, pose[:, 3:], betas, cam_t)


def captured_people(
    body: Body, poses_file: Path, count: int, noise_px: float, seed: int = 0
) -> tuple[Tensor, BodyParams]:
    """SPIN's 49 keypoints (N, 49, 3) [crop px] of noisy test-split poses, and starts about 15 degrees off per joint."""
    rng = np.random.default_rng(seed)
    generator = torch.Generator().manual_seed(seed)
    betas = torch.randn(count, 10, generator=generator)
    truth = crop_view(read_poses(poses_file, "test").sample(count, rng), betas, rng)
    points = body.keypoints(truth, SPIN_MODEL_LAYOUT)
    xy = project(points, torch.full((count,), FOCAL), torch.full((count, 2), CENTER))
    xy = xy + noise_px * torch.randn(xy.shape, generator=generator)
    off = 0.15 * torch.randn(count, 72, generator=generator)
    start = BodyParams.from_pose(truth.pose + off, torch.zeros_like(betas), truth.cam_t)
    return torch.cat([xy, torch.ones(count, 49, 1)], dim=2), start


def to_crop(keypoints: Tensor) -> Tensor:
    """Full-image keypoints (B, K, 3) in crops of 1.2 times the box around what is visible."""
    visible = keypoints[..., 2:] > 0
    high = keypoints[..., :2].masked_fill(~visible, -torch.inf).amax(dim=1)
    low = keypoints[..., :2].masked_fill(~visible, torch.inf).amin(dim=1)
    side = 1.2 * (high - low).amax(dim=1)[:, None, None]
    xy = (keypoints[..., :2] - (high + low)[:, None] / 2) * 224 / side + CENTER
    return torch.where(visible, torch.cat([xy, keypoints[..., 2:]], dim=2), 0.0)


def to_spin49(keypoints: Tensor, layout_name: str) -> Tensor:
    """(B, K, 3) of any layout as SPIN's 49."""
    return convert(keypoints, layout_name, "spin49")


def real_people(photos: Path, least_visible: int = 9) -> Tensor:
    """spin49 keypoints (N, 49, 3) [crop px] of every annotated person in a folder of COCO-style JSON files."""
    found = []
    for path in sorted(photos.glob("*.json")):
        try:
            imported = coco.read(path)
        except ReadError:
            continue
        for person in (person for photo in imported.photos for person in photo.people):
            keypoints = torch.from_numpy(np.array(person.keypoints.array))[None]
            found.append(to_crop(to_spin49(keypoints, person.keypoints.layout)))
    people = torch.cat(found)
    return people[(people[..., 2] > 0).sum(dim=1) >= least_visible]
