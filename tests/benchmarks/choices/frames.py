"""Data sets whose files do not tell the frame of their poses: how often keypoints tell it, and how often wrongly.

python -m tests.benchmarks.choices.frames --poses mocap_poses.npz [--sets 300]

Each set is made up: people of captured validation poses stand anywhere in photos of 640 × 360 px whose focal length is
0.8 to 1.6 diagonals (the reader assumes one); their keypoints are off by 1.5 % of the box and a fifth of them is
absent; the stored poses are off by --noise radians a joint, and are in the frame of the crop or of the photo. Half the
sets have each. One line of JSON for each number of people.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import torch

from core.body.model import SMPL_NEUTRAL, Body, BodyParams, load_body
from core.formats.shared.crop_frame import fits_in_crop
from core.formats.shared.pose_rows import LAYOUT, Frame, PoseRows, frame_shown
from core.geometry.camera import project
from core.records import BBox, Fit, Keypoints, Person, Photo
from tests.benchmarks.shared.machine import machine
from tests.benchmarks.shared.people import crop_view
from train.data.mocap import Poses, read_poses
from train.run.parser import CommandLine

SIZE = np.array([640, 360])
COUNTS = (1, 3, 10, 40, 150)
KEYPOINT_NOISE, ABSENT = 0.015, 0.2
FOCALS = (0.8, 1.6)  # of the diagonal
DEPTHS_M = (4.0, 9.0)
PADDING = 1.2


def people(body: Body, poses: Poses, count: int, rng: np.random.Generator) -> list[tuple[Photo, Person]]:
    """Each in a photo of its own, with the true fit."""
    generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
    betas = torch.randn(count, 10, generator=generator)
    seen = crop_view(poses.sample(count, rng), betas, rng)
    diagonal = float(np.hypot(*SIZE))
    focal = torch.from_numpy(rng.uniform(*FOCALS, count) * diagonal).float()
    place = torch.from_numpy(rng.uniform(0.1, 0.9, (count, 2)) * SIZE).float()
    depth = torch.from_numpy(rng.uniform(*DEPTHS_M, count)).float()
    center = torch.from_numpy(SIZE / 2).float().expand(count, 2)
    cam_t = torch.cat([(place - center) * (depth / focal)[:, None], depth[:, None]], dim=1)
    params = BodyParams(seen.global_orient, seen.body_pose, betas, cam_t)
    xy = project(body.keypoints(params, LAYOUT), focal, center).numpy()
    found = []
    for row in range(count):
        low, high = xy[row].min(axis=0), xy[row].max(axis=0)
        box = BBox((low + high) / 2, PADDING * float((high - low).max()) / 200)
        there = rng.random(len(xy[row])) >= ABSENT
        noisy = xy[row] + rng.normal(0, KEYPOINT_NOISE * box.side, xy[row].shape)
        fit = Fit(
            params.pose[row].numpy(), betas[row].numpy(), 0.0, cam_t[row].numpy(), float(focal[row]),
            SIZE / 2, np.nan, body.fingerprint, "fit",
        )  # fmt: skip
        person = Person(0, box, Keypoints(LAYOUT, noisy, there.astype(float)), fit=fit)
        found.append((Photo(f"{row}.jpg", int(SIZE[0]), int(SIZE[1]), (person,)), person))
    return found


def stored(
    made: list[tuple[Photo, Person]], frame: Frame, body: Body, noise: float, rng: np.random.Generator
) -> PoseRows:
    """The rows of a file with the people's poses in this frame, and fits' errors in them."""
    crop = fits_in_crop(made, body)[0]
    own = np.stack([one.fit.pose for _, one in made if one.fit is not None])
    pose = np.asarray(own if frame == "photo" else crop)[:, :72] + rng.normal(0, noise, (len(made), 72))
    nothing = np.zeros((len(made), 10))
    boxes, keypoints = [one.bbox for _, one in made], [one.keypoints for _, one in made]
    return PoseRows(
        pose, nothing, nothing[:, 0], boxes, keypoints, [photo for photo, _ in made], SMPL_NEUTRAL
    )


def main(arguments: list[str] | None = None) -> int:
    """The command; 1 where more than one in a hundred sets is read in the wrong frame."""
    parser = CommandLine("tests.benchmarks.choices.frames", __doc__)
    parser.add_argument("--poses", type=Path, required=True)
    parser.add_argument("--sets", type=int, default=300)
    parser.add_argument("--noise", type=float, default=0.1, help="of the stored poses [rad a joint]")
    given = parser.parse_args(arguments)
    rng, body, poses = np.random.default_rng(0), load_body(), read_poses(given.poses, "val")
    wrong = 0
    for count in COUNTS:
        told: Counter[str] = Counter()
        for number in range(given.sets // len(COUNTS)):
            frame: Frame = "photo" if number % 2 else "crop"
            shown = frame_shown(stored(people(body, poses, count, rng), frame, body, given.noise, rng), body)
            told["asked" if shown is None else "right" if shown[0] == frame else "wrong"] += 1
        wrong += told["wrong"]
        print(json.dumps({"people": count, "sets": given.sets // len(COUNTS), **told}), flush=True)
    print(json.dumps({"machine": machine(), "noise_rad": given.noise, "sets": given.sets, "wrong": wrong}))
    return int(wrong > given.sets / 100)


if __name__ == "__main__":
    sys.exit(main())
