"""A garment fitted to the open body: it takes pose and shape as the body does."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import ImageError
from core.files.npz import ArrayFault, read_npz
from core.files.whole_file import whole_file
from core.geometry.image import image_size
from train.rendering.mesh_renderer import vertex_normals
from train.synthesis.figure import Figure
from train.synthesis.wardrobe.base_mesh import BaseMesh
from train.synthesis.wardrobe.garment_files import (
    Binding,
    GarmentFault,
    TexturedMesh,
    bytes_of,
    read_binding,
    read_textured_mesh,
    texture_of,
)

Floats = NDArray[np.float32]
VERSION = 1  # of the baked file
TEXTURE_SIZE = 512  # [px] longest side; larger pictures are reduced
MAX_TEXTURE_PIXELS = 64_000_000
ARRAYS = "template", "normals", "shapedirs", "weights", "faces", "uv", "hidden"
KINDS = "clothes", "shoes", "hair"


@dataclass(frozen=True, eq=False)
class Garment:
    """figure: the mesh, which moves with the body; uv (V, 2); texture (H, W, 4) uint8 RGBA; hidden: vertices of the
    open body under it; kind: one of KINDS."""

    name: str
    kind: str
    tags: tuple[str, ...]
    figure: Figure
    uv: Floats
    texture: NDArray[np.uint8]
    hidden: NDArray[np.int64]


def load_garment(path: Path, base: BaseMesh, body: Figure, fingerprint: str) -> Garment:
    """Fit the garment of an .mhclo, or take it from the cache. body: the open body. Raises GarmentFault."""
    binding = read_binding(path, len(base.template))
    picture = texture_of(binding, path.parent)
    texture = read_texture(picture)
    cache = _cache_file(path, binding.mesh, fingerprint)
    arrays = _cached(cache)
    if arrays is None:
        mesh = read_textured_mesh(binding.mesh)
        if mesh.count != len(binding.owners):
            raise GarmentFault(
                f"{path}: binds {len(binding.owners)} vertices, but {binding.mesh.name} has {mesh.count}. "
                "Take both from the same garment."
            )
        arrays = fitted(binding, mesh, base)
        _keep(cache, arrays)
    figure = Figure(
        arrays["template"], arrays["normals"], arrays["shapedirs"], arrays["weights"],
        arrays["faces"].astype(np.int64), body.joints, body.joint_dirs,
    )  # fmt: skip
    return Garment(
        binding.name, _kind(path, binding), binding.tags, figure, arrays["uv"], texture, arrays["hidden"]
    )


def fitted(binding: Binding, mesh: TexturedMesh, base: BaseMesh) -> dict[str, np.ndarray]:
    """The garment's arrays in T-pose, a vertex for each pair of vertex and texture coordinate.

    Vertex = sum of shares times owners + offset times scale, as MakeHuman's, with the offset turned into T-pose. The
    scale is linear in the shape, so the whole is: template and directions.
    """
    shares = binding.shares
    weights = np.einsum("nk,nkj->nj", shares, base.weights[binding.owners]).clip(0)
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-6)
    turn = np.einsum("nj,jab->nab", weights, base.turns)
    scale, growth = _scales(binding, base)
    place = np.einsum("nk,nkc->nc", shares, base.template[binding.owners])
    template = place + np.einsum("nab,nb->na", turn, binding.offsets * scale)
    moved = np.einsum("nk,nkcs->ncs", shares, base.directions[binding.owners])
    directions = moved + np.einsum("nab,nb,bs->nas", turn, binding.offsets, growth)
    pairs, corners = np.unique(mesh.corners.reshape(-1, 2), axis=0, return_inverse=True)
    vertex = pairs[:, 0]
    faces = mesh.corners[..., 0]
    normals = vertex_normals(template, faces).astype(np.float32)
    hidden = np.flatnonzero(np.isin(base.members, binding.hidden))
    return {
        "template": template[vertex].astype(np.float32),
        "normals": normals[vertex],
        "shapedirs": directions[vertex].reshape(-1, directions.shape[2]).astype(np.float32),
        "weights": weights[vertex].astype(np.float32),
        "faces": corners.reshape(-1, 3).astype(np.int32),
        "uv": mesh.uv[pairs[:, 1]],
        "hidden": hidden,
    }


def _scales(binding: Binding, base: BaseMesh) -> tuple[Floats, Floats]:
    """Scale (3,) [m per unit of an offset] of the mean shape, and its derivative (3, 11) by the shape."""
    scale, growth = np.zeros(3, np.float32), np.zeros((3, base.directions.shape[2]), np.float32)
    for axis, (one, other) in enumerate(binding.scales.tolist()):
        if one == other:
            scale[axis] = 0.1  # MakeHuman's unit is a decimetre
            continue
        back = np.einsum("j,jab->ba", base.weights[one], base.turns)  # from T-pose into the resting pose
        away = float((back @ (base.template[one] - base.template[other]))[axis])
        scale[axis] = abs(away) / binding.references[axis]
        change = (back @ (base.directions[one] - base.directions[other]))[axis]
        growth[axis] = np.sign(away) * change / binding.references[axis]
    return scale, growth


def read_texture(path: Path) -> NDArray[np.uint8]:
    """A picture (H, W, 4) uint8 RGBA, reduced to TEXTURE_SIZE. Raises GarmentFault."""
    data = bytes_of(path)
    try:
        width, height = image_size(path)
        if width * height > MAX_TEXTURE_PIXELS:
            most = MAX_TEXTURE_PIXELS // 1_000_000
            raise GarmentFault(
                f"{path}: has {width} × {height} px, more than {most} million. Save it smaller."
            )
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except (ImageError, cv2.error):
        image = None
    if image is None or image.dtype != np.uint8:
        raise GarmentFault(f"{path}: is no picture of eight bits. Save it as PNG or JPEG.")
    image = image[..., None] if image.ndim == 2 else image
    codes = {1: cv2.COLOR_GRAY2RGBA, 3: cv2.COLOR_BGR2RGBA, 4: cv2.COLOR_BGRA2RGBA}
    image = cv2.cvtColor(image, codes[image.shape[2]])
    factor = TEXTURE_SIZE / max(image.shape[:2])
    if factor < 1:
        image = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(image[::-1])  # v runs upwards


def _kind(path: Path, binding: Binding) -> str:
    words = {path.parent.parent.name.lower(), *binding.tags}
    if "hair" in words:
        return "hair"
    return "shoes" if "shoes" in words or "shoes" in binding.name.lower() else "clothes"


def _cache_file(path: Path, mesh: Path, fingerprint: str) -> Path:
    digest = hashlib.sha256(f"{VERSION} {fingerprint}".encode())
    for part in (path, mesh):
        digest.update(bytes_of(part))
    home = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return home / "fitloop" / "wardrobe" / f"{path.stem}-{digest.hexdigest()[:16]}.npz"


def _cached(path: Path) -> dict[str, np.ndarray] | None:
    try:
        arrays = read_npz(path) if path.is_file() else {}
    except ArrayFault:  # damaged: fitted anew
        return None
    return arrays if set(ARRAYS) <= set(arrays) else None


def _keep(path: Path, arrays: dict[str, np.ndarray]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path, lasting=False) as stream:
            np.savez(stream, allow_pickle=False, **arrays)
    except OSError:  # a full disk or a read-only home: fitted anew next time
        pass
