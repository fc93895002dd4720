"""Skirts and long hair that ship: helper meshes of MakeHuman, with cloth and strands drawn on the spot."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from core.body.model import Body
from train.rendering.mesh_renderer import vertex_normals
from train.rendering.people_renderer import UNDYED, Uniforms
from train.synthesis.appearance import landmarks
from train.synthesis.figure import Figure
from train.synthesis.wardrobe.base_mesh import BaseMesh, base_mesh
from train.synthesis.wardrobe.outfit import Layer

Floats = NDArray[np.float32]
SKIRTS, LONG_HAIR = 0.16, 0.4  # shares of people
TEXTURE = 128  # [px]
AROUND, DOWN = 6.0, 0.9  # repeats of a texture around the body, and metres of it down the body
OFF = {"skirt": 0.014, "hair": 0.0}  # [m] that a mesh is moved outwards, to lie over a top
UNDER_SKIRT: Uniforms = {"u_hem": 0.25, "u_waist": 0.02, "u_loose": (0.004, 0.0, 0.008, 0.012)}
FACE = 0.075, 0.045, 0.045  # [m] beside the nose, above the eyes and behind them, where no hair hangs
CHIN = 0.14  # [m] below the eyes; further down hair hangs behind the shoulders alone
SHORTEST, LONGEST = 0.35, 1.0  # of a skirt's length, and of hair


class DrawnGarments:
    """Draws skirts and hair to wear over the shader's clothes."""

    def __init__(self, body: Body) -> None:
        base = base_mesh(body)
        whole = Figure.from_body(body)
        self._skirt, self._skirt_uv = _helper(base, "skirt", whole)
        self._hair, self._hair_uv = _helper(base, "hair", whole)
        self._hair = _off_the_face(self._hair, np.asarray(landmarks(body)["u_eye"]))

    def draw(self, look: Uniforms, rng: np.random.Generator) -> tuple[Uniforms, tuple[Layer, ...]]:
        """Random layers for one person, and what the shader draws under them. look: the shader's uniforms of that
        person, whose colours hair follows."""
        layers = []
        if rng.random() < SKIRTS:
            cut = _shortened(self._skirt, float(rng.uniform(SHORTEST, LONGEST)))
            layers.append(Layer(cut, self._skirt_uv, _cloth(rng), True, UNDYED, "skirt"))
            look = {**look, **UNDER_SKIRT}
        if rng.random() < LONG_HAIR and float(np.asarray(look["u_hairline"])) < 0.5:
            cut = _shortened(self._hair, float(rng.uniform(SHORTEST, LONGEST)))
            layers.append(
                Layer(cut, self._hair_uv, _strands(np.asarray(look["u_hair"]), rng), True, UNDYED, "hair")
            )
        return look, tuple(layers)


def _helper(base: BaseMesh, name: str, body: Figure) -> tuple[Figure, Floats]:
    """The helper's mesh and texture coordinates: around the body, and down it."""
    used, faces = np.unique(base.garments[name], return_inverse=True)
    faces = faces.reshape(-1, 3)
    template = base.template[used]
    centre = template.mean(axis=0)
    angle = np.arctan2(template[:, 0] - centre[0], template[:, 2] - centre[2])
    uv = np.column_stack([angle / (2 * np.pi) * AROUND, template[:, 1] / DOWN]).astype(np.float32)
    directions = base.directions[used].reshape(-1, base.directions.shape[2])
    normals = vertex_normals(template, faces).astype(np.float32)
    figure = replace(
        body,
        template=template + OFF[name] * normals,
        normals=normals,
        shapedirs=np.ascontiguousarray(directions),
        weights=base.weights[used],
        faces=faces,
    )
    return figure, uv


def _off_the_face(hair: Figure, eye: Floats) -> Figure:
    """The hair without what hangs before face and chest. eye (3,) [m]: the left one's place at rest."""
    x, y, z = hair.template[hair.faces].mean(axis=1).T
    before_face = (np.abs(x) < FACE[0]) & (y < eye[1] + FACE[1])
    before_chest = y < eye[1] - CHIN
    return replace(hair, faces=hair.faces[(z < eye[2] - FACE[2]) | ~(before_face | before_chest)])


def _shortened(figure: Figure, share: float) -> Figure:
    """The mesh without the faces below a share of its height."""
    height = figure.template[:, 1]
    lowest = float(height.max()) - share * float(np.ptp(height))
    return replace(figure, faces=figure.faces[(height[figure.faces] >= lowest).any(axis=1)])


def _cloth(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Plain, striped, checked or dotted cloth (H, W, 4) with a weave."""
    plain, accent = rng.uniform(15, 235) + rng.normal(0, 30, (2, 3))
    rows, columns = np.mgrid[:TEXTURE, :TEXTURE]
    period = int(rng.choice([8, 16, 32]))
    marks = [
        np.zeros((TEXTURE, TEXTURE), bool), rows // period % 2 == 0, columns // period % 2 == 0,
        (rows // period + columns // period) % 2 == 0,
        np.hypot(rows % period - period / 2, columns % period - period / 2) < period / 4,
    ]  # fmt: skip
    pattern = marks[rng.integers(len(marks))][..., None]
    weave = rng.normal(0, 6, (TEXTURE, TEXTURE, 1)) + rng.normal(0, 5, (1, TEXTURE, 1))
    return _opaque(np.where(pattern, accent, plain) + weave)


def _strands(color: NDArray[np.floating], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Hair (H, W, 4): strands that run down."""
    light = rng.normal(1, 0.25, (1, TEXTURE, 1)) * rng.normal(1, 0.05, (TEXTURE, TEXTURE, 1))
    smooth = cv2.GaussianBlur(light, (0, 0), sigmaX=0.8, sigmaY=6)[..., None]
    return _opaque(255 * color * smooth.clip(0.5, 1.6))


def _opaque(pixels: NDArray[np.floating]) -> NDArray[np.uint8]:
    alpha = np.full((*pixels.shape[:2], 1), 255.0)
    return np.concatenate([pixels.clip(0, 255), alpha], axis=2).astype(np.uint8)
