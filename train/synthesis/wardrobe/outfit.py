"""What one synthetic person wears: garments, hair and skin of a wardrobe, and the body that is seen between them."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.body.model import Body
from core.errors import FitloopError
from train.rendering.people_renderer import Worn
from train.synthesis.figure import Figure, clusters
from train.synthesis.scene import Figurant
from train.synthesis.scene_cameras import rotation
from train.synthesis.wardrobe.base_mesh import base_mesh
from train.synthesis.wardrobe.garment import KINDS, Garment, load_garment, read_texture
from train.synthesis.wardrobe.garment_files import PICTURES

Floats = NDArray[np.float32]
BALD, BAREFOOT = 0.05, 0.06  # shares of people
GENDERS = "female", "male"
SKINS = "skins"  # folder of skin textures in a wardrobe
KEPT = 128  # bodies between garments, cached in memory
TINT = 0.12  # standard deviation of the brightness of cloth, hair and skin
TEXTURE_CELLS = 16  # a side: vertices of different cells of the texture are not merged
DYED = {"clothes": 0.7, "shoes": 0.3, "hair": 0.0}  # shares of garments of another hue than their texture


@dataclass(frozen=True, eq=False)
class Layer:
    """One mesh of an outfit: figure, uv (V, 2), texture (H, W, 4) uint8; dye (9,): matrix on its colours;
    two_sided: drawn from behind too, as strands of hair are; name: of the garment, or "" for the body."""

    figure: Figure
    uv: Floats
    texture: NDArray[np.uint8]
    two_sided: bool
    dye: tuple[float, ...]
    name: str


class Wardrobe:
    """The garments, hair and skins of a folder, fitted to the open body."""

    def __init__(self, folder: Path, body: Body, cell: float = 0.0) -> None:
        """cell [m]: for small pictures, one vertex per grid cell of that size.

        Raises FitloopError for no folder, for an empty one, and for the first garment that cannot be worn."""
        if not folder.is_dir():
            raise FitloopError(f"{folder}: is no folder. Give one of MakeHuman's clothes, hair and skins.")
        files = sorted(folder.rglob("*.mhclo"))
        base = base_mesh(body)
        whole = Figure.from_body(body)
        made = [_coarse(load_garment(path, base, whole, body.fingerprint), cell) for path in files]
        self._of = {kind: [one for one in made if one.kind == kind] for kind in KINDS}
        skins = sorted(path for path in (folder / SKINS).glob("*") if path.suffix.lower() in PICTURES)
        if not self._of["clothes"] or not skins:
            lacking = "no clothes (.mhclo)" if not self._of["clothes"] else f"no pictures in {SKINS}/"
            raise FitloopError(
                f"{folder}: a wardrobe with {lacking}. Give MakeHuman's clothes, hair and skins."
            )
        self._skins = [(path.stem.lower(), read_texture(path)) for path in skins]
        pairs = np.stack([body.faces, base.uv_faces], axis=-1).reshape(-1, 2)
        corners, faces = np.unique(pairs, axis=0, return_inverse=True)
        self._body = whole.part(corners[:, 0], faces.reshape(-1, 3))
        self._body_vertex, self._body_uv = corners[:, 0], base.uv[corners[:, 1]]
        self._cell = cell
        self._between: OrderedDict[tuple[int, ...], tuple[Figure, Floats]] = (
            OrderedDict()
        )  # by id of garments

    @property
    def names(self) -> list[str]:
        return [garment.name for garments in self._of.values() for garment in garments]

    def draw(self, rng: np.random.Generator) -> tuple[Layer, ...]:
        """A random outfit. Clothes, hair and skin agree where their names or tags say female or male."""
        gender = GENDERS[rng.integers(2)]
        skins = [skin for skin in self._skins if _suits(gender, skin[0].split("_"))] or self._skins
        worn = [self._one("clothes", gender, rng)]
        worn += [self._one("shoes", gender, rng)] if rng.random() > BAREFOOT else []
        worn += [self._one("hair", gender, rng)] if rng.random() > BALD else []
        garments = [garment for garment in worn if garment is not None]
        body, uv = self._seen_between(tuple(garments))
        dyes = [_dye(DYED[garment.kind], rng) for garment in garments]
        skin = skins[rng.integers(len(skins))][1]
        layers = [Layer(body, uv, skin, False, _dye(0.0, rng), "")]
        for garment, dye in zip(garments, dyes, strict=True):
            layers.append(Layer(garment.figure, garment.uv, garment.texture, True, dye, garment.name))
        return tuple(layers)

    def _one(self, kind: str, gender: str, rng: np.random.Generator) -> Garment | None:
        garments = self._of[kind]
        suiting = [
            one for one in garments if _suits(gender, [*one.tags, *one.name.lower().split("_")])
        ] or garments
        return suiting[rng.integers(len(suiting))] if suiting else None

    def _seen_between(self, garments: tuple[Garment, ...]) -> tuple[Figure, Floats]:
        """The body without the faces that garments hide, and its texture coordinates (V, 2)."""
        key = tuple(id(garment) for garment in garments if len(garment.hidden))  # two may have one name
        if key not in self._between:
            hidden = np.concatenate([np.zeros(0, np.int64), *(garment.hidden for garment in garments)])
            under = np.isin(self._body_vertex, hidden)
            faces = self._body.faces[~under[self._body.faces].all(axis=1)]
            used, numbered = np.unique(faces, return_inverse=True)
            seen, uv = self._body.part(used, numbered.reshape(-1, 3)), self._body_uv[used]
            self._between[key] = _coarser(seen, uv, self._cell)
            if len(self._between) > KEPT:
                self._between.popitem(last=False)
        return self._between[key]


def worn(layers: tuple[Layer, ...], person: Figurant) -> tuple[Worn, ...]:
    """The layers on one person in the camera's frame, for drawing."""
    if not layers:
        return ()
    transforms, _ = layers[0].figure.transforms(person.pose, person.betas, person.kid)
    meshes = []
    for layer in layers:
        vertices, normals = layer.figure.moved(transforms, person.betas, person.kid)
        seen = vertices + person.cam_t
        meshes.append(
            Worn(seen, normals, layer.figure.faces, layer.uv, layer.texture, layer.dye, layer.two_sided)
        )
    return tuple(meshes)


def _coarse(garment: Garment, cell: float) -> Garment:
    """The garment with fewer vertices; hair as it is, whose strands are thinner than a cell."""
    if garment.kind == "hair":
        return garment
    figure, uv = _coarser(garment.figure, garment.uv, cell)
    return replace(garment, figure=figure, uv=uv)


def _coarser(figure: Figure, uv: Floats, cell: float) -> tuple[Figure, Floats]:
    """One vertex per grid cell, body part and neighbourhood in the texture. The open edges, as hems, are kept."""
    if cell <= 0:
        return figure, uv
    place = np.floor(figure.template / cell).astype(np.int64)
    part = figure.weights.argmax(axis=1)
    key = np.column_stack([place, part, np.floor(uv * TEXTURE_CELLS).astype(np.int64)])
    own = np.flatnonzero(_on_edge(figure.faces, len(uv)))
    key = np.column_stack([key, np.zeros(len(key), np.int64)])
    key[own, -1] = 1 + own
    chosen, faces = clusters(key, figure.faces)
    return figure.part(chosen, faces), uv[chosen]


def _on_edge(faces: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    """True for vertices (count,) of an edge of one face alone: a hem, or a seam of the texture."""
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    codes, counts = np.unique(edges[:, 0] * count + edges[:, 1], return_counts=True)
    alone = codes[counts == 1]
    found = np.zeros(count, dtype=bool)
    found[np.concatenate([alone // count, alone % count])] = True
    return found


def _suits(gender: str, words: list[str]) -> bool:
    other = GENDERS[1 - GENDERS.index(gender)]
    return gender in words or other not in words


def _dye(share: float, rng: np.random.Generator) -> tuple[float, ...]:
    """A random matrix on colours (9,): brightness and warmth a little, and for a share of garments another hue."""
    light, warm = rng.normal(0, TINT), rng.normal(0, TINT / 4)
    angle = float(rng.uniform(0, 2 * np.pi)) if rng.random() < share else 0.0
    grey = np.full(3, 1 / np.sqrt(3))
    hue = rotation(angle * grey)
    drab = float(rng.uniform(0.3, 1.0)) if angle else 1.0  # a hue of cloth is seldom as clear as blue
    muted = drab * hue + (1 - drab) * np.outer(grey, grey)
    tinted = np.diag(np.exp([light + warm, light, light - warm])) @ muted
    return tuple(tinted.T.reshape(-1).tolist())
