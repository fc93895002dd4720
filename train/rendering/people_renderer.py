"""Renders people and things offscreen in one light, with masks and depth, by machine code on one processor core."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.rendering.raster.cloth_look import DrawnLook
from train.rendering.raster.painting import displace, paint_ground, paint_look, paint_texture
from train.rendering.raster.surface_light import LIGHTS, Lamps
from train.rendering.raster.triangles import Lens, SampleBuffers, cast, cover, put_vertices
from train.rendering.view_matrices import sun_matrix

THING = 255  # number of pixels that show a thing
KEPT = 512  # textures known to have holes or none
SOFTNESS = 1.6 / 256  # of a shadow's edge, as a share of the map
BIAS = 0.03  # [m] by which a surface is lifted off its own shadow
SHADOWED = 2  # first layers that cast shadows: body and clothes; hair and shoes are close to the body

UNDYED = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)

Uniforms = Mapping[str, float | tuple[float, ...] | NDArray[np.float32]]
Floats = NDArray[np.float32]
_NO_UV = np.zeros((0, 2), np.float32)
_NO_TEXTURE = np.zeros((0, 0, 4), np.uint8)


@dataclass(frozen=True, eq=False)
class Worn:
    """A textured mesh in the camera's frame: vertices [m], normals (V, 3), faces (F, 3), uv (V, 2), texture (H, W, 4)
    uint8; dye (9,): matrix on its colours, column by column; two_sided: drawn from behind too."""

    vertices: Floats
    normals: Floats
    faces: NDArray[np.int64]
    uv: Floats
    texture: NDArray[np.uint8]
    dye: tuple[float, ...] = UNDYED
    two_sided: bool = False


@dataclass(frozen=True, eq=False)
class DressedMesh:
    """One person: vertices [m] and normals (V, 3) of the body in the camera's frame; look: what body and clothes look
    like, values of raster/cloth_look.py by `u_` and their names, empty where worn has the body; worn: textured meshes.
    """

    vertices: Floats
    normals: Floats
    look: Uniforms
    worn: tuple[Worn, ...] = ()


@dataclass(frozen=True, eq=False)
class Picture:
    """color (H, W, 3) uint8 RGB on black; number (H, W) uint8: the visible mesh, from 1, THING for a thing, 0 for none;
    depth (H, W) [m], infinite where there is no mesh; whole (P,): pixels of each person who stands alone; shade
    (H, W) uint8: light on what is behind, 255 where no shadow falls."""

    color: NDArray[np.uint8]
    number: NDArray[np.uint8]
    depth: Floats
    whole: NDArray[np.int64]
    shade: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class _Mesh:
    """A mesh to draw: number of its person or THING; vertices off the skin already; look: of drawn clothes, else None;
    casts: a shadow; screen, light and box: of its vertices, filled by `put_vertices`."""

    number: int
    vertices: Floats
    normals: Floats
    faces: NDArray[np.int64]
    uv: Floats
    texture: NDArray[np.uint8]
    dye: Floats
    two_sided: bool
    look: DrawnLook | None
    casts: bool
    screen: Floats
    light: Floats
    box: Floats


class PeopleRenderer:
    """Draws pictures of one size of people that share a body."""

    def __init__(
        self,
        width: int,
        height: int,
        rest: Floats,
        faces: NDArray[np.integer],
        landmarks: Uniforms,
    ) -> None:
        """rest (V, 3) [m]: the body in T-pose, x to its left, y up, z forward; landmarks: positions of shoulders,
        wrists, hips, ankles, neck and eyes in it, as values of a look."""
        self.width, self.height = width, height
        self._rest = np.ascontiguousarray(rest, np.float32)
        self._faces = np.ascontiguousarray(faces, np.int64)
        self._landmarks = landmarks
        side = min(1024, max(256, max(width, height) // 2))
        self._shadow = np.ones((side, side), np.float32)
        shape = (height, width)
        self._samples = SampleBuffers(
            np.zeros(shape, np.float32), np.zeros(shape, np.uint8), np.zeros(shape, np.int32),
            np.zeros(shape, np.int32), np.zeros(shape, np.uint8),
        )  # fmt: skip
        self._holes: OrderedDict[int, tuple[NDArray[np.uint8], bool]] = OrderedDict()

    def render(
        self,
        people: Sequence[DressedMesh],
        focal_length: float,
        camera_center: tuple[float, float],
        light: Uniforms,
        things: Sequence[Worn] = (),
        ground: Floats | None = None,
        up: tuple[float, float, float] = (0.0, -1.0, 0.0),
    ) -> Picture:
        """Render people and things with a pinhole camera. focal_length, camera_center [px]; light: `u_red`, `u_green`,
        `u_blue`, `u_light`, `u_light_color`, `u_exposure` of raster/surface_light.py; ground (N, 3) [m]: points of the
        plane that shows shadows, and up (3,) its normal."""
        lens = Lens(np.float32(focal_length), np.float32(camera_center[0]), np.float32(camera_center[1]))
        everything = [person.vertices for person in people] + [thing.vertices for thing in things]
        lamps = self._lamps(light, everything)
        meshes = [
            mesh for number, person in enumerate(people, start=1) for mesh in self._meshes(person, number)
        ]
        meshes += [_textured(thing, THING, True) for thing in things]
        for mesh in meshes:
            put_vertices(
                lamps, lens, mesh.vertices, mesh.normals, mesh.look is None, mesh.screen, mesh.light, mesh.box
            )
            if mesh.casts:
                cast(lamps, mesh.light, mesh.faces)
        whole = self._cover(meshes, len(people))
        color = np.zeros((self.height, self.width, 3), np.uint8)
        for index, mesh in enumerate(meshes):
            self._paint(index, mesh, lamps, color)
        shade = np.full((self.height, self.width), 255, np.uint8)
        if ground is not None:
            paint_ground(self._samples, lamps, lens, _floats(ground[0]), _floats(up), shade)
        with np.errstate(divide="ignore"):
            depth = np.asarray(1 / self._samples.inverse, np.float32)
        return Picture(color, self._samples.number.copy(), depth, whole, shade)

    def close(self) -> None:
        """Forget what is kept."""
        self._holes.clear()

    def _lamps(self, light: Uniforms, everything: list[Floats]) -> Lamps:
        """The light, with an empty shadow map around the meshes."""
        towards = _floats(light["u_light"])
        matrix, radius = sun_matrix(everything, towards)
        self._shadow.fill(1)
        sky = _floats([light[name] for name in ("u_red", "u_green", "u_blue")])
        exposure = np.float32(light["u_exposure"])  # type: ignore[arg-type]
        softness, bias = np.float32(SOFTNESS), np.float32(BIAS / (2 * radius))
        return Lamps(
            sky, towards, _floats(light["u_light_color"]), exposure, matrix, self._shadow, softness, bias
        )

    def _meshes(self, person: DressedMesh, number: int) -> list[_Mesh]:
        """The layers of a person from what is worn on the body to the body, so that what is hidden costs little."""
        meshes = [_textured(layer, number, place < SHADOWED) for place, layer in enumerate(person.worn)]
        if person.look:
            look = _look({**self._landmarks, **person.look})
            moved = np.empty_like(self._rest)
            vertices, normals = _floats(person.vertices), _floats(person.normals)
            displace(look, vertices, normals, self._rest, moved)
            meshes.append(_mesh(number, moved, normals, self._faces, look=look))
        return meshes[::-1]

    def _cover(self, meshes: list[_Mesh], people: int) -> NDArray[np.int64]:
        """Fill the samples. Returns the pixels (P,) of each person alone."""
        for buffer in self._samples:
            buffer.fill(0)
        self._samples.mesh.fill(-1)
        whole = np.zeros(people, np.int64)
        for index, mesh in enumerate(meshes):
            cut = mesh.look is None and self._has_holes(mesh.texture)
            alone = cover(
                self._samples, mesh.screen, mesh.faces, mesh.uv, mesh.texture, cut, mesh.two_sided, mesh.number,
                index,
            )  # fmt: skip
            if mesh.number != THING:
                whole[mesh.number - 1] += alone
        return whole

    def _paint(self, index: int, mesh: _Mesh, lamps: Lamps, color: NDArray[np.uint8]) -> None:
        box = self._inside(mesh.box)
        parts = self._samples, lamps, index, box, mesh.screen, mesh.light, mesh.faces
        if mesh.look is None:
            paint_texture(*parts, mesh.uv, mesh.texture, mesh.dye, color)
        else:
            paint_look(*parts, self._rest, mesh.look, color)

    def _inside(self, box: Floats) -> NDArray[np.int64]:
        """First column and row, and those after the last, of the samples that a mesh may cover. box (4,): least and
        most x and y."""
        size = np.array([self.width, self.height, self.width, self.height], np.float32)
        away = np.floor(box[:2]), np.ceil(box[2:])
        return np.concatenate(away).clip(0, size).astype(np.int64)

    def _has_holes(self, texture: NDArray[np.uint8]) -> bool:
        """True if the texture is not opaque everywhere. The array is kept too, so that no other gets its id."""
        key = id(texture)
        if key not in self._holes:
            self._holes[key] = texture, bool((texture[..., 3] < 255).any())
            if len(self._holes) > KEPT:
                self._holes.popitem(last=False)
        return self._holes[key][1]


def _mesh(
    number: int, vertices: Floats, normals: Floats, faces: NDArray[np.int64], uv: Floats = _NO_UV,
    texture: NDArray[np.uint8] = _NO_TEXTURE, dye: tuple[float, ...] = UNDYED, two_sided: bool = False,
    look: DrawnLook | None = None, casts: bool = True,
) -> _Mesh:  # fmt: skip
    return _Mesh(
        number, vertices, normals, faces, uv, texture, _floats(dye), two_sided, look, casts,
        np.empty((len(vertices), 3), np.float32), np.empty((len(vertices), LIGHTS), np.float32),
        np.empty(4, np.float32),
    )  # fmt: skip


def _textured(mesh: Worn, number: int, casts: bool) -> _Mesh:
    faces, texture = np.ascontiguousarray(mesh.faces, np.int64), np.ascontiguousarray(mesh.texture)
    return _mesh(
        number, _floats(mesh.vertices), _floats(mesh.normals), faces, _floats(mesh.uv), texture, mesh.dye,
        mesh.two_sided, None, casts,
    )  # fmt: skip


def _look(values: Uniforms) -> DrawnLook:
    """A look of values by `u_` and their names."""

    def of(name: str) -> Any:
        value = values[f"u_{name}"]
        return tuple(float(part) for part in value) if np.ndim(value) else float(np.asarray(value))  # type: ignore[union-attr, arg-type]

    return DrawnLook(*(of(name) for name in DrawnLook._fields))


def _floats(values: Any) -> Floats:
    return np.ascontiguousarray(values, np.float32)
