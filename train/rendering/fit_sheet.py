"""A contact sheet of fits: for each person the photo, the guess if there is one, the fit, and the fit from the side."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from core.body.keypoints import layout, side_colours
from core.body.model import Body, BodyParams
from core.errors import FitInputError, ReadError
from core.fitting import TRUSTING, FitStep, fit
from core.formats.keypoints import coco
from core.geometry.image import read_image_as
from core.networks.table import kind_of
from core.records import Keypoints, Person, Photo
from train.rendering.mesh_renderer import Mesh, MeshRenderer, vertex_normals
from train.rendering.sheets import (
    AMBIENT,
    BACKGROUND,
    CLAY,
    INK,
    LIGHT,
    Color,
    Picture,
    grid,
    label,
    overlay,
    to_bytes,
)

TILE = 260  # [px]
GUESS: Color = (0.60, 0.73, 0.85)
MARGIN = 1.35  # of the box around body and keypoints
SIDE_DISTANCE, SIDE_METRES = 8.0, 2.1  # [m] distance of the side view's camera, and the height that it shows


@dataclass(frozen=True, eq=False)
class FittedPerson:
    """One person of a photo, the last step of its fit, and the guess that the fit started from, or None."""

    photo: Photo
    person: Person
    step: FitStep
    guess: BodyParams | None = None


def fitted_people(
    body: Body, folder: Path, lifter: nn.Module | None = None, least_visible: int = 4
) -> list[FittedPerson]:
    """Fit every annotated person of the folder's COCO-style files, from the lifter's guess or from scratch.

    Raises FitInputError if there are none.
    """
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            photos = coco.read(path).photos
        except ReadError:
            continue  # JSON of another program
        for photo in photos:
            for person in photo.people:
                if (person.keypoints.confidence > 0).sum() >= least_visible:
                    found.append(_fit(body, photo, person, lifter))
    if not found:
        raise FitInputError(f"{folder}: no annotated people in COCO-style JSON files.")
    return found


def _fit(body: Body, photo: Photo, person: Person, lifter: nn.Module | None) -> FittedPerson:
    focal, center = photo.camera
    seen = (
        torch.from_numpy(np.array(person.keypoints.array))[None],
        person.keypoints.layout,
        torch.tensor([focal]),
        torch.tensor([center]),
    )
    if lifter is None:
        *_, step = fit(body, *seen)
        return FittedPerson(photo, person, step)
    guess = kind_of(lifter).forward(lifter, body, *seen)
    *_, step = fit(body, *seen, guess=guess.params, config=TRUSTING)
    return FittedPerson(photo, person, step, guess.params)


def fits_sheet(body: Body, people: list[FittedPerson], folder: Path, columns: int = 4) -> Picture:
    """One tile per person: the photo with keypoints, the guess (if any), the fit, and the fit from the side."""
    renderer = MeshRenderer(TILE, TILE)
    tiles = []
    for number, one in enumerate(people, start=1):
        vertices = body.pose(one.step.params)[0][0].numpy()
        size = one.photo.width, one.photo.height
        picture = _crop(read_image_as(folder / one.photo.path, size), one, vertices)
        seen = one.person.keypoints
        at = (seen.xy - picture.corner) * picture.scale
        row = [with_keypoints(picture.picture, Keypoints(seen.layout, at, seen.confidence))]
        if one.guess is not None:
            guessed = body.pose(one.guess)[0][0].numpy()
            row.append(_over(renderer, body, one, guessed, picture, GUESS))
        row.append(_over(renderer, body, one, vertices, picture, CLAY))
        row.append(_beside(renderer, body, vertices))
        text = f"{number}  {Path(one.photo.path).stem[:22]}  {one.step.score[0]:.1f} px"
        tiles.append(label(np.concatenate(row, axis=1), text, 0.4))
    renderer.close()
    return grid(tiles, columns, gap=4)


@dataclass(frozen=True, eq=False)
class _Crop:
    """A square piece of a photo: picture (TILE, TILE, 3); xy_tile = (xy - corner) * scale."""

    picture: Picture
    corner: NDArray[np.float64]
    scale: float


def _crop(photo: Picture, one: FittedPerson, vertices: NDArray[np.float32]) -> _Crop:
    focal, center = one.photo.camera
    seen = one.person.keypoints.xy[one.person.keypoints.confidence > 0]
    projected = focal * vertices[::20, :2] / vertices[::20, 2:] + np.array(center)
    both = np.concatenate([seen, projected[np.isfinite(projected).all(axis=1)]])
    low, high = np.quantile(both, 0.01, axis=0), np.quantile(both, 0.99, axis=0)
    low, high = np.minimum(low, seen.min(axis=0)), np.maximum(high, seen.max(axis=0))
    side = MARGIN * float((high - low).max())
    corner = (low + high) / 2 - side / 2
    scale = TILE / side
    matrix = np.array([[scale, 0, -corner[0] * scale], [0, scale, -corner[1] * scale]])
    small = cv2.warpAffine(photo, matrix, (TILE, TILE), flags=cv2.INTER_AREA, borderValue=(40, 40, 40))
    return _Crop(np.asarray(small, dtype=np.uint8), corner, scale)


def _over(
    renderer: MeshRenderer,
    body: Body,
    one: FittedPerson,
    vertices: NDArray[np.float32],
    crop: _Crop,
    color: Color,
) -> Picture:
    focal, center = one.photo.camera
    middle = (np.array(center) - crop.corner) * crop.scale
    mesh = Mesh(vertices, body.faces, np.array(color), vertex_normals(vertices, body.faces))
    drawn, where = renderer.render(
        [mesh], focal * crop.scale, (float(middle[0]), float(middle[1])), LIGHT, AMBIENT
    )
    return overlay(crop.picture, drawn, where)


def _beside(renderer: MeshRenderer, body: Body, vertices: NDArray[np.float32]) -> Picture:
    """The body from the photo's right: turned about the vertical through its middle. vertices (V, 3) [m]."""
    middle = 0.5 * (vertices.min(axis=0) + vertices.max(axis=0))
    quarter = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])
    turned = (vertices - middle) @ quarter.T + [0.0, 0.0, SIDE_DISTANCE]
    mesh = Mesh(turned, body.faces, np.array(CLAY), vertex_normals(turned, body.faces))
    focal = TILE * SIDE_DISTANCE / SIDE_METRES
    drawn, where = renderer.render([mesh], focal, (TILE / 2, TILE / 2), LIGHT, AMBIENT)
    return np.where(where[..., None], drawn, to_bytes(BACKGROUND)).astype(np.uint8)


def with_keypoints(picture: Picture, keypoints: Keypoints) -> Picture:
    """A copy of the picture with bones and keypoints [px of the picture], coloured by side."""
    shape, at = layout(keypoints.layout), np.round(keypoints.xy).astype(int)
    colours = {side: _bytes(text) for side, text in side_colours("light").items()}
    drawn = picture.copy()
    for start, end in shape.bones:
        if keypoints.confidence[start] > 0 and keypoints.confidence[end] > 0:
            cv2.line(drawn, at[start].tolist(), at[end].tolist(), _bytes_of(INK), 1, cv2.LINE_AA)
    for k, side in enumerate(shape.sides):
        if keypoints.confidence[k] > 0:
            cv2.circle(drawn, at[k].tolist(), 3, colours[side], -1, cv2.LINE_AA)
    return drawn


def _bytes(text: str) -> tuple[int, ...]:
    """#rrggbb as three numbers."""
    return tuple(bytes.fromhex(text.lstrip("#")))


def _bytes_of(color: tuple[float, float, float]) -> tuple[int, ...]:
    return tuple(int(channel) for channel in to_bytes(color))
