"""Contact sheets of bodies, fits, trainings, people, composites: python -m train.sheet shapes --out shapes.png
                             python -m train.sheet poses --out poses.png --poses poses.npz
                             python -m train.sheet fits --out fits.jpg --photos FOLDER [--guess lifter]
                             python -m train.sheet circle --out circle.jpg --run RUN
                             python -m train.sheet people --out people.jpg [--poses poses.npz]
                             python -m train.sheet composites --out composites.jpg --composed FOLDER

Sheets are drawn offscreen, so no screen is needed. The file's ending chooses the picture format.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from core.body.model import BETAS, Body, BodyParams, load_body
from core.body.tree import joint_index
from core.networks.load import load_keypoints_network, place_of
from train.compositing.composed_sheet import composed_sheet
from train.data.mocap import read_poses
from train.rendering.circle_sheet import circle_sheet
from train.rendering.fit_sheet import fits_sheet, fitted_people
from train.rendering.sheets import (
    CLAY,
    PICTURES,
    Color,
    Picture,
    TileFrame,
    TileRenderer,
    grid,
    label,
    save_picture,
    stack,
)
from train.run.folder import checkpoint_of
from train.run.parser import CommandLine, check_output, run_to_end
from train.run.values import count
from train.synthesis.people_sheet import people_sheet

FAR_BETA = 3.0  # standard deviations
POSES, COLUMNS = 24, 6
KINDS = "shapes", "poses", "fits", "circle", "people", "composites"
NEEDS = {
    "poses": "poses",
    "fits": "photos",
    "circle": "run",
    "composites": "composed",
}  # kind of sheet -> the option that it needs
ARMS_DOWN = 1.15  # rotation of the shoulders about the forward axis [rad]
BLUE: Color = (0.60, 0.73, 0.85)  # bodies beside their front view
GREEN: Color = (0.68, 0.82, 0.66)  # children


@torch.no_grad()
def shapes_sheet(body: Body) -> Picture:
    """The mean shape from three sides, children, and the mean shape with each beta low and high."""
    renderer = TileRenderer(240, 250)
    frame = TileFrame(240, 250, scale=122, at=(0.0, 0.82, 0.0))
    mean = BodyParams.zeros(1)
    shown = [("mean", mean, 0.0, CLAY), ("its side", mean, 90.0, BLUE), ("its back", mean, 180.0, BLUE)]
    for kid in (0.5, 1.0) if body.has_kid else ():
        shown.append((f"kid {kid:g}", replace(mean, kid=torch.tensor([kid])), 0.0, GREEN))
    tiles = [
        label(renderer.tile(_standing(body, params)[0], body.faces, _turned(frame, yaw), color), text)
        for text, params, yaw, color in shown
    ]
    renderer.close()
    return stack([grid(tiles, len(tiles)), *(_betas_row(body, beta) for beta in (-FAR_BETA, FAR_BETA))])


def _betas_row(body: Body, beta: float) -> Picture:
    """A row of bodies, each with one beta at this value and the others at zero."""
    renderer = TileRenderer(120, 250)
    frame = TileFrame(120, 250, scale=108, at=(0.0, 0.98, 0.0))
    ends = BodyParams.from_pose(
        _arms_down().expand(BETAS, -1), beta * torch.eye(BETAS), torch.zeros(BETAS, 3)
    )
    tiles = [renderer.tile(vertices, body.faces, frame) for vertices in _standing(body, ends)]
    renderer.close()
    return grid([label(tile, f"beta {i}: {beta:+g}", 0.38) for i, tile in enumerate(tiles)], BETAS)


@torch.no_grad()
def poses_sheet(body: Body, pose: NDArray[np.float32]) -> Picture:
    """pose (N, 72) [rad], y up: each from the front and from its left side."""
    count = len(pose)
    params = BodyParams.from_pose(torch.from_numpy(pose), torch.zeros(count, BETAS), torch.zeros(count, 3))
    bodies, joints = body.pose(params)
    renderer = TileRenderer(160, 220)
    tiles = []
    for number, (vertices, at) in enumerate(zip(bodies.numpy(), joints.numpy(), strict=True), start=1):
        x, y, z = (0.5 * (vertices.min(axis=0) + vertices.max(axis=0))).tolist()
        frame = TileFrame(160, 220, scale=90, at=(x, y, z), yaw_deg=_heading_deg(at))
        front = renderer.tile(vertices, body.faces, frame)
        side = renderer.tile(vertices, body.faces, _turned(frame, 90.0), BLUE)
        tiles.append(label(np.concatenate([front, side], axis=1), str(number)))
    renderer.close()
    return grid(tiles, COLUMNS, gap=4)


def _turned(frame: TileFrame, by_deg: float) -> TileFrame:
    return replace(frame, yaw_deg=frame.yaw_deg + by_deg)


def _standing(body: Body, params: BodyParams) -> NDArray[np.float32]:
    """Vertices (B, V, 3) [m, y up], each body shifted such that its lowest vertex has y = 0."""
    vertices = body.pose(params)[0].numpy()
    return vertices - [0, 1, 0] * vertices.min(axis=1, keepdims=True)


def _arms_down() -> torch.Tensor:
    """The T-pose (1, 72) [rad] with hanging arms, to place bodies side by side."""
    pose = torch.zeros(1, 72)
    for side, sign in (("left", -1.0), ("right", 1.0)):
        pose[0, 3 * joint_index(f"{side}_shoulder") + 2] = sign * ARMS_DOWN
    return pose


def _heading_deg(joints: NDArray[np.float32]) -> float:
    """Heading of joints (24, 3) about the vertical, from hips and shoulders: 0 along z, 90 toward +x."""
    left = sum(
        joints[joint_index(f"left_{part}")] - joints[joint_index(f"right_{part}")]
        for part in ("hip", "shoulder")
    )
    return float(np.degrees(np.arctan2(-left[2], left[0])))


def _lifter(guess: str) -> nn.Module | None:
    """The lifter of --guess: none, lifter, or a lifter's folder."""
    if guess == "none":
        return None
    return load_keypoints_network(checkpoint_of(place_of(guess)))


def main(arguments: list[str] | None = None) -> int:
    """Run the command. Returns its exit code."""
    parser = CommandLine("train.sheet", __doc__)
    parser.add_argument("kind", choices=KINDS, help="what to draw")
    parser.add_argument("--out", type=Path, required=True, help="the picture to write: .png, .webp or .jpg")
    parser.add_argument("--body", type=Path, help="an SMPL file; by default the open body")
    parser.add_argument("--poses", type=Path, help="poses, people: an .npz with poses (N, 72)")
    parser.add_argument("--photos", type=Path, help="fits: a folder of photos with COCO-style JSON files")
    parser.add_argument("--guess", default="none", help="fits: none, lifter, or a lifter's folder")
    parser.add_argument("--run", type=Path, help="circle: the folder of a training run")
    parser.add_argument("--composed", type=Path, help="composites: a folder of train.compose")
    parser.add_argument("--split", default="test", help="poses: the split of the file to draw from")
    parser.add_argument("--wardrobe", type=Path, help="people: folder of MakeHuman's clothes, hair and skins")
    parser.add_argument("--panoramas", type=Path, help="people: folder of .hdr panoramas")
    parser.add_argument("--seed", type=count, default=0, help="poses, people: seed of the random choice")
    options = parser.parse_args(arguments)
    needed = NEEDS.get(options.kind)
    if needed and getattr(options, needed) is None:
        parser.error(f"{options.kind} needs --{needed}")
    return run_to_end(lambda: write(options))


def write(options: argparse.Namespace) -> int:
    """Draw a sheet and save it. Raises FitloopError and OSError."""
    check_output(options.out, PICTURES)
    sheet = draw(options, load_body(options.body))
    save_picture(options.out, sheet)
    print(f"{options.out}: {sheet.shape[1]} x {sheet.shape[0]} px, {options.out.stat().st_size / 1e3:.0f} kB")
    return 0


def draw(options: argparse.Namespace, body: Body) -> Picture:
    """The sheet of the command line's kind. Raises FitloopError."""
    if options.kind == "shapes":
        return shapes_sheet(body)
    if options.kind == "fits":
        return fits_sheet(body, fitted_people(body, options.photos, _lifter(options.guess)), options.photos)
    if options.kind == "circle":
        return circle_sheet(body, options.run)
    if options.kind == "people":
        return people_sheet(body, options.poses, options.seed, options.wardrobe, options.panoramas)
    if options.kind == "composites":
        return composed_sheet(options.composed)
    poses = read_poses(options.poses, options.split)
    return poses_sheet(body, poses.sample(POSES, np.random.default_rng(options.seed)))


if __name__ == "__main__":
    sys.exit(main())
