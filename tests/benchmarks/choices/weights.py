"""Which weights of a fit serve best, on captured poses of the validation split; the defaults were chosen here.

python -m tests.benchmarks.choices.weights --keypoint-px 1.5 2 3 [--stay-near 4 8 --guess lifter] [--people 400]
    [--json]

Each person is projected with what real keypoints differ by: annotators' own ideas of where a joint is
(train/methods/lifter/scenes.py), half of them and all, and half a pixel to two of noise at a person size of 200 px.
PA-MPJPE [mm] over the twelve limb joints. The people with 3D truth are not looked at. The shipped lifter has
learned from these subjects since, so that `--guess lifter` is a little too good here.
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import torch
from torch import Tensor

from core.body import Body, KeypointBody, layout, load_body
from core.fitting import TRUSTING, FitConfig, fit
from core.fitting.config import REFERENCE_SIZE
from core.fitting.placing import BODY_HEIGHT
from core.metrics import pa_mpjpe_mm
from core.networks.lifter.lift import lift, load_lifter
from core.networks.lifter.network import Lifter
from tests.benchmarks.shared.machine import machine
from train.data.mocap import read_poses
from train.methods.lifter.accuracy import PHOTO, limb_columns, projected_people
from train.methods.lifter.scenes import SceneBodies, Scenes
from train.run.parser import CommandLine

LAYOUTS = ("coco17", "h36m17")
FAULTS = ((0.5, 0.5), (0.5, 1.0), (1.0, 1.0), (1.0, 2.0))  # of the annotators' differences; noise [px]
AT_ONCE = 100


def annotated(scenes: Scenes, people: SceneBodies, name: str, differing: float, noise_px: float) -> Tensor:
    """Keypoints (B, K, 3) of a layout, always the same ones."""
    generator = torch.Generator().manual_seed(5)
    off = torch.randn(people.points.shape, generator=generator) * scenes.difference[:, None]
    alike = (off + off[:, scenes.flip] * off.new_tensor([-1.0, 1.0, 1.0])) * 0.5**0.5
    columns = [scenes.definitions.index(one) for one in layout(name).definitions]
    points = (people.points + differing * alike @ people.rotations[:, 0].mT)[:, columns]
    focal, center = PHOTO
    size = BODY_HEIGHT * focal / people.pelvis[:, 2] / REFERENCE_SIZE
    xy = points[..., :2] / points[..., 2:].clamp_min(0.2) * focal + center
    xy = xy + noise_px * size[:, None, None] * torch.randn(xy.shape, generator=generator)
    return torch.cat([xy, torch.ones_like(xy[..., :1])], dim=-1)


def error_mm(
    body: Body, people: SceneBodies, keypoints: Tensor, name: str, config: FitConfig, lifter: Lifter | None
) -> float:
    """The mean over everybody."""
    columns, joints = limb_columns("smpl24"), KeypointBody.from_body(body, "smpl24")
    focal, center = PHOTO
    total = 0.0
    for first in range(0, len(keypoints), AT_ONCE):
        part = slice(first, first + AT_ONCE)
        count = len(keypoints[part])
        seen = (keypoints[part], name, torch.full((count,), focal), torch.full((count, 2), center))
        guess = None if lifter is None else lift(lifter, body, *seen).params
        *_, step = fit(body, *seen, guess=guess, config=config)
        found = joints.keypoints(step.params)[:, columns]
        total += float(pa_mpjpe_mm(found, people.joints[part][:, columns]).sum())
    return total / len(keypoints)


def main() -> None:
    parser = CommandLine("tests.benchmarks.choices.weights", __doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--keypoint-px", type=float, nargs="+", default=[1.5, 2.0, 3.0])
    parser.add_argument("--stay-near", type=float, nargs="+", default=[TRUSTING.stay_near])
    parser.add_argument("--guess", choices=("none", "lifter"), default="none")
    parser.add_argument("--people", type=int, default=400)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    body, poses = load_body(), read_poses(options.data / "mocap_poses.npz", "val")
    scenes = Scenes(body, torch.from_numpy(poses.pose), torch.from_numpy(poses.weight))
    people = projected_people(scenes, poses, options.people)
    lifter = load_lifter() if options.guess == "lifter" else None
    print(json.dumps({"machine": machine("cpu"), "people": options.people, "start": options.guess}))
    for px, near in product(options.keypoint_px, options.stay_near if lifter else [0.0]):
        config = replace(TRUSTING if lifter else FitConfig(), keypoint_px=px, stay_near=near)
        errors = [
            error_mm(body, people, annotated(scenes, people, name, *faults), name, config, lifter)
            for faults, name in product(FAULTS, LAYOUTS)
        ]
        row = {"keypoint_px": px, "stay_near": near, "mean_mm": round(sum(errors) / len(errors), 1)}
        print(json.dumps(row | {"each_mm": [round(error, 1) for error in errors]}), flush=True)


if __name__ == "__main__":
    main()
