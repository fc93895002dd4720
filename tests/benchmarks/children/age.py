"""What *Fit the age* does to adults and children: python -m tests.benchmarks.children.age [--people 200] [--noise 0.01]

Synthetic people with exact bodies, keypoints COCO 17 with noise, guesses of the shipped lifter, fits as the window
makes them. Prints the error of age, height and depth with and without the fit of the age.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.body.model import Body, BodyParams, load_body
from core.fitting import fit, fit_age
from core.geometry.camera import project
from core.networks.load import load_keypoints_network, place_of
from core.networks.table import kind_of
from desktop.state.view import FitOptions
from train.run.folder import checkpoint_of
from train.synthesis import scene
from train.synthesis.figure import Figure
from train.synthesis.poses import PoseSource

SIZE = (512, 512)
COARSE_M = 0.05


@dataclass(frozen=True, eq=False)
class Seen:
    """Bodies, and what a photo shows of them: keypoints (B, K, 3), focal_length (B,), camera_center (B, 2) [px]."""

    truth: BodyParams
    keypoints: Tensor
    layout: str
    focal_length: Tensor
    camera_center: Tensor


@dataclass(frozen=True)
class AgeErrors:
    """Means over people: depth [%], height [cm], age (0 an adult, 1 a child of six)."""

    depth_percent: float
    height_cm: float
    age: float


def people(
    body: Body,
    children: bool,
    count: int,
    noise: float,
    seed: int,
    layout: str = "coco17",
    mocap: Path | None = None,
) -> Seen:
    """People alone in a photo, with keypoints off by `noise` of their height in it."""
    figure, poses = Figure.from_body(body, COARSE_M), PoseSource(mocap)
    drawn = [
        scene.draw_scene(
            figure, poses, (1, 1), SIZE, np.random.default_rng([seed, number]), children=float(children)
        )
        for number in range(count)
    ]
    own = [one.people[0] for one in drawn]

    def rows(values: list) -> Tensor:
        return torch.tensor(np.array(values), dtype=torch.float32)

    truth = BodyParams.from_pose(
        rows([one.pose for one in own]),
        rows([one.betas for one in own]),
        rows([one.cam_t for one in own]),
        rows([one.kid for one in own]),
    )
    focal = rows([one.camera.focal_length for one in drawn])
    center = rows([one.camera.camera_center for one in drawn])
    xy = project(body.keypoints(truth, layout), focal, center)
    tall = (xy.amax(dim=1) - xy.amin(dim=1)).amax(dim=1)
    away = torch.randn(xy.shape, generator=torch.Generator().manual_seed(seed))
    xy = xy + away * (noise * tall)[:, None, None]
    return Seen(truth, torch.cat([xy, torch.ones_like(xy[..., :1])], dim=2), layout, focal, center)


def fitted(body: Body, seen: Seen) -> tuple[BodyParams, BodyParams]:
    """The fits without and with the age."""
    inputs = seen.keypoints, seen.layout, seen.focal_length, seen.camera_center
    network = load_keypoints_network(checkpoint_of(place_of("lifter")))
    guess = kind_of(network).forward(network, body, *inputs).params
    options = FitOptions()
    *_, adult = fit(body, *inputs, guess=guess, config=options.config_from_guess())
    *_, aged = fit_age(body, *inputs, guess=adult.params, config=options.config_of_age())
    return adult.params, aged.params


def errors_of(body: Body, seen: Seen, found: BodyParams) -> AgeErrors:
    """Of these bodies."""
    depth = (found.cam_t[:, 2] / seen.truth.cam_t[:, 2] - 1).abs().mean()
    height = (heights(body, found) - heights(body, seen.truth)).abs().mean()
    return AgeErrors(
        100 * float(depth), 100 * float(height), float((found.kid - seen.truth.kid).abs().mean())
    )


def heights(body: Body, params: BodyParams) -> Tensor:
    """(B,) [m], standing straight."""
    straight = replace(
        params,
        global_orient=torch.zeros_like(params.global_orient),
        body_pose=torch.zeros_like(params.body_pose),
    )
    up = body.pose(straight)[0][..., 1]
    return up.amax(dim=1) - up.amin(dim=1)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--noise", type=float, default=0.01)
    parser.add_argument("--layout", default="coco17")
    parser.add_argument("--mocap", type=Path)
    options = parser.parse_args()
    body = load_body()
    print("| | depth % | height cm | age |\n| --- | --- | --- | --- |")
    for children in (False, True):
        given = options.people, options.noise, 1 + children, options.layout, options.mocap
        seen = people(body, children, *given)
        for words, found in zip(("without", "with"), fitted(body, seen), strict=True):
            error = errors_of(body, seen, found)
            numbers = f"{error.depth_percent:.2f} | {error.height_cm:.1f} | {error.age:.3f}"
            print(f"| {'children' if children else 'adults'}, {words} the fit of the age | {numbers} |")


if __name__ == "__main__":
    main()
