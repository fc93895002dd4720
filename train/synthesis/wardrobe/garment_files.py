"""Reads a garment of MakeHuman's community: .mhclo (its binding to the base mesh), .obj (its mesh) and texture."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import FitloopError
from core.files.regular import contents

MAX_BYTES = 64 * 2**20
MAX_VERTICES = 200_000
BASE = "hm08"  # the only base mesh that garments can be fitted to
PICTURES = ".png", ".jpg", ".jpeg", ".webp", ".bmp"
SCALES = "x_scale", "y_scale", "z_scale"


class GarmentFault(FitloopError):
    """A garment that cannot be worn: which file, which fault, and the remedy."""


@dataclass(frozen=True, eq=False)
class Binding:
    """N vertices bound to the base mesh: owners (N, 3) of its vertices, shares (N, 3), offsets (N, 3) in MakeHuman's
    resting pose; scales (3, 2) vertices and references (3,): an offset's axis grows with the distance of two vertices
    over the reference. hidden: vertices of the base mesh under the garment."""

    name: str
    tags: tuple[str, ...]
    mesh: Path
    material: str
    owners: NDArray[np.int64]
    shares: NDArray[np.float32]
    offsets: NDArray[np.float32]
    scales: NDArray[np.int64]
    references: NDArray[np.float32]
    hidden: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TexturedMesh:
    """Corners of triangles: vertex and uv index (F, 3, 2); uv (T, 2); count: number of vertices."""

    corners: NDArray[np.int64]
    uv: NDArray[np.float32]
    count: int


def read_binding(path: Path, vertices: int) -> Binding:
    """Read an .mhclo. vertices: of the base mesh. Raises GarmentFault."""
    keys: dict[str, list[str]] = {}
    rows: list[list[str]] = []
    hidden: list[str] = []
    tags: list[str] = []
    part = ""
    for line in _lines(path):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] in ("verts", "delete_verts"):
            part = words[0]
        elif words[0][0].isalpha():
            tags += [" ".join(words[1:]).lower()] if words[0] == "tag" else []
            keys[words[0]] = words[1:]
        elif part == "verts":
            rows.append(words)
        elif part == "delete_verts":
            hidden += words
    base = " ".join(keys.get("basemesh", [BASE]))
    if base != BASE:
        raise GarmentFault(
            f"{path}: is made for the base mesh {base}, but only {BASE} can be worn. Leave it out."
        )
    try:
        return _bound(path, keys, rows, _spans(hidden), tuple(tags), vertices)
    except (ValueError, IndexError, OverflowError) as error:
        raise GarmentFault(f"{path}: is no whole .mhclo ({error}). Export or download it again.") from None


def _bound(
    path: Path, keys: dict[str, list[str]], rows: list[list[str]], hidden: NDArray[np.int64],
    tags: tuple[str, ...], vertices: int,
) -> Binding:  # fmt: skip
    if not 0 < len(rows) <= MAX_VERTICES:
        raise ValueError(f"it binds {len(rows)} vertices")
    full = np.zeros((len(rows), 9))
    for row, words in enumerate(rows):
        if len(words) == 1:  # on a vertex of the body
            full[row] = [int(words[0])] * 3 + [1] + [0] * 5
        elif len(words) in (6, 9):
            full[row, : len(words)] = [float(word) for word in words]
        else:
            raise ValueError(f"a line of {len(words)} numbers where 1, 6 or 9 belong")
    given = [keys.get(name, ["0", "0", "1"]) for name in SCALES]
    scales = np.array([[int(word) for word in words[:2]] for words in given])
    references = np.array([float(words[2]) for words in given], np.float32)
    owners = full[:, :3].astype(np.int64)
    used = np.concatenate([owners.reshape(-1), scales.reshape(-1), hidden])
    if used.min() < 0 or used.max() >= vertices:
        raise ValueError(f"vertex {used.max()} is none of the base mesh's {vertices}")
    if not np.isfinite(full).all() or not (np.isfinite(references) & (references > 0)).all():
        raise ValueError("a number is not finite, or a scale is not positive")
    return Binding(
        name=path.stem,
        tags=tags,
        mesh=path.parent / Path(" ".join(keys.get("obj_file", [f"{path.stem}.obj"]))).name,  # never elsewhere
        material=" ".join(keys.get("material", [])),
        owners=owners,
        shares=full[:, 3:6].astype(np.float32),
        offsets=full[:, 6:].astype(np.float32),
        scales=scales,
        references=references,
        hidden=hidden,
    )


def _spans(words: list[str]) -> NDArray[np.int64]:
    """The numbers of a list like 3 5 - 8."""
    found: list[int] = []
    numbers = iter(words)
    for word in numbers:
        if word == "-":
            last = int(next(numbers, "-1"))
            if not found or not found[-1] <= last < found[-1] + MAX_VERTICES:
                return np.array([-1])
            found += range(found[-1] + 1, last + 1)
        else:
            found.append(int(word) if word.isdigit() else -1)
        if len(found) > MAX_VERTICES:
            return np.array([-1])
    return np.array(found, dtype=np.int64)


def read_textured_mesh(path: Path) -> TexturedMesh:
    """Read an .obj with texture coordinates, polygons as fans of triangles. Raises GarmentFault."""
    count, uv, corners = 0, [], []
    try:
        for line in _lines(path):
            words = line.split()
            if not words:
                continue
            if words[0] == "v":
                count += 1
            elif words[0] == "vt":
                uv.append([float(word) for word in words[1:3]])
            elif words[0] == "f":
                ends = [[int(number) - 1 for number in word.split("/")[:2]] for word in words[1:]]
                corners += [(ends[0], one, other) for one, other in itertools.pairwise(ends[1:])]
        found = np.array(corners, dtype=np.int64).reshape(-1, 3, 2)
        placed = np.array(uv, dtype=np.float32).reshape(-1, 2)
    except (ValueError, IndexError, OverflowError) as error:
        raise GarmentFault(
            f"{path}: is no .obj with texture coordinates ({error}). Download it again."
        ) from None
    fits = len(found) and found.min() >= 0 and (found.max(axis=(0, 1)) < [count, len(placed)]).all()
    if not fits or not np.isfinite(placed).all():
        raise GarmentFault(f"{path}: its faces name vertices that it does not have. Download it again.")
    return TexturedMesh(found, placed, count)


def texture_of(binding: Binding, folder: Path) -> Path:
    """The garment's picture: named by its material, else `diffuse.*`, else the only one. Raises GarmentFault."""
    material = folder / Path(binding.material).name if binding.material else None
    if material is not None and material.is_file():
        for line in _lines(material):
            words = line.split(maxsplit=1)
            if len(words) == 2 and words[0] == "diffuseTexture":
                named = folder / Path(words[1].strip()).name
                if named.is_file():
                    return named
    pictures = sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES)
    chosen = [path for path in pictures if "diffuse" in path.stem.lower()] or pictures
    if not chosen:
        raise GarmentFault(
            f"{folder}: {binding.name} has no texture. Put its picture beside it as diffuse.png."
        )
    return chosen[0]


def bytes_of(path: Path) -> bytes:
    """All bytes of a file of a wardrobe. Raises GarmentFault for one that is missing, too large or no ordinary file."""
    try:
        return contents(path, MAX_BYTES)
    except OSError as error:
        raise GarmentFault(f"{path}: cannot be read ({error.strerror}). A wardrobe needs it.") from None


def _lines(path: Path) -> list[str]:
    return bytes_of(path).decode("utf-8", errors="replace").splitlines()
