"""Bodies moved out of each other: pairs at contact whose single fits run into each other, and eight people in a row.

python -m tests.benchmarks.crowds.together [--pairs 200] [--seed 0]

Two bodies of the pose prior are moved together until their meshes touch. Noisy keypoints of both (3 px at a person of
200 px) are fitted one by one, as the desk does; depth is then off, and many pairs are inside each other. Printed: the
volume that their meshes share and PA-MPJPE over SMPL's 24 joints, before and after `fit_together`, and its time.
"""

from __future__ import annotations

import statistics
import time

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.body.model import Body, BodyParams, load_body
from core.fitting import FitConfig, fit, fit_together
from core.geometry.camera import project
from core.metrics import mpjpe_mm, pa_mpjpe_mm
from tests.benchmarks.shared.machine import machine
from tests.core.fitting.making import before_camera, prior_poses
from train.run.parser import CommandLine

CELL = 0.01  # [m] of the grid that volumes are counted in
NOISE = 0.015  # of a person's height in px
FOCAL, MIDDLE = 900.0, 512.0
LAYOUT, JOINTS = "coco17", "smpl24"
REPEATS = 15


def main() -> None:
    parser = CommandLine("tests.benchmarks.crowds.together", __doc__)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    body = load_body()
    truth = touching_pairs(body, options.pairs, options.seed)
    keypoints, camera = observed(body, truth, options.seed)
    *_, step = fit(body, keypoints, LAYOUT, *camera, config=FitConfig())
    photo = torch.arange(len(truth)) // 2
    found = fit_together(body, keypoints, LAYOUT, *camera, step.params, photo)
    for name, params in (("true", truth), ("one by one", step.params), ("together", found.params)):
        print(f"{name:11} {words(body, truth, params)}", flush=True)
    print(speed(body))
    print(machine("cpu"))


def words(body: Body, truth: BodyParams, params: BodyParams) -> str:
    volumes = shared_volumes(body, params)
    joints, true = (body.keypoints(one, JOINTS) for one in (params, truth))
    inside = sum(volume > 1e-5 for volume in volumes)
    return (
        f"{1000 * sum(volumes):8.2f} l shared, {inside} pairs inside each other, "
        f"PA-MPJPE {float(pa_mpjpe_mm(joints, true).mean()):.1f} mm, "
        f"MPJPE {float(mpjpe_mm(joints, true, (0,)).mean()):.1f} mm, "
        f"apart in depth off by {_depth_mm(joints, true):.0f} mm"
    )


def _depth_mm(joints: Tensor, true: Tensor) -> float:
    apart = [one[1::2, 0, 2] - one[::2, 0, 2] for one in (joints, true)]
    return 1000 * float((apart[0] - apart[1]).abs().mean())


def touching_pairs(body: Body, pairs: int, seed: int) -> BodyParams:
    """2 N bodies, in pairs that touch: moved together from a random side until the meshes share a few cells."""
    people = before_camera(prior_poses(2 * pairs, seed + 7), 5)
    cam_t = people.cam_t.clone()
    cam_t[:, :2] = 0
    cam_t[:, 2] = 5.0
    rng = np.random.default_rng(seed)
    vertices = body.pose(_at(people, cam_t))[0].numpy()
    for pair in range(pairs):
        angle = rng.uniform(0, 2 * np.pi)
        direction = np.array([np.cos(angle), 0.0, np.sin(angle)], np.float32)
        near, far = 0.0, 2.5
        for _ in range(9):
            middle = (near + far) / 2
            volume = shared_volume(
                vertices[2 * pair], vertices[2 * pair + 1] + middle * direction, body.faces
            )
            near, far = (middle, far) if volume > 0 else (near, middle)
        cam_t[2 * pair + 1] += torch.from_numpy(far * direction)
    return _at(people, cam_t)


def observed(body: Body, truth: BodyParams, seed: int) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Noisy keypoints (N, 17, 3), and focal lengths and centres."""
    count = len(truth)
    camera = torch.full((count,), FOCAL), torch.full((count, 2), MIDDLE)
    xy = project(body.keypoints(truth, LAYOUT), *camera)
    size = 1.7 * FOCAL / truth.cam_t[:, 2]
    noise = (
        torch.randn(xy.shape, generator=torch.Generator().manual_seed(seed)) * (NOISE * size)[:, None, None]
    )
    return torch.cat([xy + noise, torch.ones(count, xy.shape[1], 1)], dim=2), camera


def shared_volumes(body: Body, params: BodyParams) -> list[float]:
    vertices = body.pose(params)[0].numpy()
    return [shared_volume(vertices[row], vertices[row + 1], body.faces) for row in range(0, len(vertices), 2)]


def shared_volume(one: NDArray[np.float32], other: NDArray[np.float32], faces: NDArray[np.int64]) -> float:
    """[m³] inside both closed meshes: cells of a grid over the box that both reach into, along z by parity."""
    low, high = np.maximum(one.min(0), other.min(0)), np.minimum(one.max(0), other.max(0))
    if (high <= low).any():
        return 0.0
    shape = np.ceil((high - low) / CELL).astype(int)
    return float((filled(one, faces, low, shape) & filled(other, faces, low, shape)).sum()) * CELL**3


def filled(
    vertices: NDArray[np.float32],
    faces: NDArray[np.int64],
    low: NDArray[np.float32],
    shape: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Cells of a grid inside a mesh: its triangles' crossings with each column's line toggle what lies beyond."""
    corners = (vertices[faces].astype(np.float64) - low) / CELL - 0.5  # cell (i, j) has its line at i, j
    first = np.ceil(corners[..., :2].min(axis=1)).astype(int)
    last = np.floor(corners[..., :2].max(axis=1)).astype(int)
    some = (first <= last).all(1) & (last >= 0).all(1) & (first < shape[:2]).all(1)
    corners, first, last = corners[some], first[some], last[some]
    toggles = np.zeros((shape[0], shape[1], shape[2] + 1), np.int32)
    spans = (last - first).max(axis=0) + 1 if len(first) else (0, 0)
    for dx in range(spans[0]):
        for dy in range(spans[1]):
            cell = first + np.array([dx, dy])
            inside = ((cell <= last) & (cell >= 0) & (cell < shape[:2])).all(1)
            _toggle(toggles, corners[inside], cell[inside] + 1e-7, cell[inside])
    return np.cumsum(toggles, axis=2)[..., :-1] % 2 == 1


def _toggle(
    toggles: NDArray[np.int32], corners: NDArray[np.float64], at: NDArray[np.float64], cell: NDArray[np.int64]
) -> None:
    a, b, c = (corners[:, corner] for corner in range(3))
    area = _cross(b - a, c - a)
    area = np.where(np.abs(area) < 1e-12, np.inf, area)
    u, v = _cross(at - a[:, :2], c - a) / area, _cross(b - a, at - a[:, :2]) / area
    hit = (u >= 0) & (v >= 0) & (u + v < 1)
    z = (a[:, 2] + u * (b - a)[:, 2] + v * (c - a)[:, 2])[hit]
    place = np.clip(np.ceil(z), 0, toggles.shape[2] - 1).astype(int)
    np.add.at(toggles, (cell[hit, 0], cell[hit, 1], place), 1)


def _cross(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    return one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]


def speed(body: Body) -> str:
    """Eight people shoulder to shoulder."""
    people = before_camera(prior_poses(8, 3), 5)
    cam_t = people.cam_t.clone()
    cam_t[:, 0], cam_t[:, 2] = torch.linspace(-1, 1, 8), 5
    people = _at(people, cam_t)
    keypoints, camera = observed(body, people, 0)
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        found = fit_together(body, keypoints, LAYOUT, *camera, people)
        seconds.append(time.perf_counter() - began)
    deepest = 1000 * float(found.before_m.max()), 1000 * float(found.after_m.max())
    times = (
        f"{1000 * statistics.median(seconds):.0f} ms median, {1000 * min(seconds):.0f} ms least of {REPEATS}"
    )
    return (
        f"8 people in a row: {times}; deepest contact {deepest[0]:.0f} mm before, {deepest[1]:.0f} mm after"
    )


def _at(people: BodyParams, cam_t: Tensor) -> BodyParams:
    return BodyParams(people.global_orient, people.body_pose, people.betas, cam_t, people.kid)


if __name__ == "__main__":
    main()
