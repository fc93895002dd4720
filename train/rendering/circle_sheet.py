"""A contact sheet of a training run: for some people the guess before training, the fit, and the guess after."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.body.keypoints import convert
from core.body.model import Body, BodyParams
from core.errors import FitsError
from core.geometry.camera import CROP_SIZE
from core.geometry.image import apply_affine, crop_affine, warp
from core.networks.crop import crop_of
from core.networks.guess import guess_crops
from core.networks.spin import SpinNetwork, load_spin_network
from core.records import BBOX_UNIT, BBox, Keypoints
from core.store.fits.dictionary import FitsDictionary
from train.data.batches import photo_of
from train.data.sources import Sources
from train.methods.spin.in_the_loop import build
from train.methods.spin.initial_weights import start_from
from train.methods.spin.method import FITS, METHOD, sources_of
from train.rendering.fit_sheet import GUESS, with_keypoints
from train.rendering.mesh_renderer import Mesh, MeshRenderer, vertex_normals
from train.rendering.sheets import (
    AMBIENT,
    CLAY,
    LIGHT,
    SUPERSAMPLING,
    Color,
    Picture,
    grid,
    label,
    overlay,
    shrink,
)
from train.run.folder import CHECKPOINT, read_config
from train.run.options import stored_plan

PEOPLE = 7
SHOWN = "coco17"  # of the 49 keypoints


@dataclass(frozen=True, eq=False)
class RunPeople:
    """Some people of a run: their rows (B,) in its fits dictionary, and their crops (224, 224, 3) uint8; seen: the same
    with the contrast that the network sees."""

    fits: FitsDictionary
    rows: Tensor
    crops: list[Picture]
    seen: list[Picture]

    @property
    def camera(self) -> tuple[Tensor, Tensor]:
        return self.fits.focal_length[self.rows], self.fits.camera_center[self.rows]

    @property
    def boxes(self) -> tuple[Tensor, Tensor]:
        """Centre (B, 2) and side (B,) [px of the photo]."""
        return self.fits.center[self.rows], BBOX_UNIT * self.fits.scale[self.rows]


def circle_sheet(body: Body, run: Path, count: int = PEOPLE) -> Picture:
    """One column per person: photo, guess before training, fit, guess after. Raises FitloopError for a bad run."""
    plan = stored_plan(METHOD, read_config(run), run)
    untaught = build(plan.config, body)
    people = _see(sources_of(plan, body, run / FITS), count, untaught)
    start_from(untaught, plan.own, body)
    rows, fits = people.rows, people.fits
    fit = BodyParams.from_pose(fits.pose[rows], fits.betas[rows], fits.cam_t[rows], fits.kid[rows])
    lines = {
        "photo and keypoints": [_keypoints(people, place) for place in range(len(rows))],
        "guess before": _drawn(body, _guess(untaught, people, body), people, GUESS),
        "fit": _drawn(body, fit, people, CLAY),
        "guess after": _drawn(body, _guess(load_spin_network(run / CHECKPOINT), people, body), people, GUESS),
    }
    tiles = [[label(line[0], title), *line[1:]] for title, line in lines.items()]
    return grid([tile for line in tiles for tile in line], len(rows), gap=3)


def _see(sources: Sources, count: int, network: SpinNetwork) -> RunPeople:
    fits = sources.fits
    fitted = fits.score.isfinite().nonzero()[:, 0]
    if not len(fitted):
        raise FitsError("nobody in the run has a fit to draw.")
    rows = fitted[torch.linspace(0, len(fitted) - 1, min(count, len(fitted))).long()]
    crops, seen = [], []
    for row in rows.tolist():
        box = BBox(fits.center[row].numpy(), float(fits.scale[row]))
        photo = photo_of(sources.samples, row)
        crops.append(warp(photo, crop_affine(box, CROP_SIZE), CROP_SIZE))
        seen.append(crop_of(network, photo, box))
    return RunPeople(fits, rows, crops, seen)


def _guess(network: SpinNetwork, people: RunPeople, body: Body) -> BodyParams:
    return guess_crops(network.eval(), np.stack(people.seen), *people.boxes, *people.camera, body)


def _keypoints(people: RunPeople, place: int) -> Picture:
    row = int(people.rows[place])
    box = BBox(people.fits.center[row].numpy(), float(people.fits.scale[row]))
    known = convert(Keypoints.from_array("spin49", people.fits.keypoints[row].numpy()), "spin49", SHOWN)
    at = apply_affine(crop_affine(box, CROP_SIZE), known.xy)
    return with_keypoints(people.crops[place], Keypoints(SHOWN, at, known.confidence))


def _drawn(body: Body, params: BodyParams, people: RunPeople, color: Color) -> list[Picture]:
    """Each body drawn over its crop, in the photo's perspective."""
    size = SUPERSAMPLING * CROP_SIZE
    renderer = MeshRenderer(size, size)
    scale = size / people.boxes[1]
    middle = (people.camera[1] - people.boxes[0]) * scale[:, None] + size / 2
    tiles = []
    for place, crop in enumerate(people.crops):
        vertices = body.pose(params[place : place + 1])[0][0].numpy()
        mesh = Mesh(vertices, body.faces, np.array(color), vertex_normals(vertices, body.faces))
        focal_length = float(people.camera[0][place] * scale[place])
        x, y = middle[place].tolist()
        drawn, where = renderer.render([mesh], focal_length, (x, y), LIGHT, AMBIENT)
        behind = crop.repeat(SUPERSAMPLING, axis=0).repeat(SUPERSAMPLING, axis=1)
        tiles.append(shrink(overlay(behind, drawn, where)))
    renderer.close()
    return tiles
