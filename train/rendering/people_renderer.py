"""Renders people and things offscreen in one light, with masks and depth."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import FitloopError
from train.rendering.people_shader import FRAGMENT, VERTEX
from train.rendering.view_matrices import NEAREST, depth_range, pinhole, sun_matrix
from train.rendering.worn_shader import GROUND_FRAGMENT, GROUND_VERTEX, WORN_FRAGMENT, WORN_VERTEX

FARTHEST = 200.0  # [m] of the ground
THING = 255  # number of pixels that show a thing
KEPT = 192  # textures and meshes on the graphics card
SOFTNESS = 1.6 / 256  # of a shadow's edge, as a share of the map
BIAS = 0.03  # [m] by which a surface is lifted off its own shadow
CLOTH = 0.05  # by which clothes and hair reach beyond the body on the image plane, at one metre
CHANNELS = 4
SHADOWED = 2  # first layers that cast shadows: body and clothes; hair and shoes are close to the body

UNDYED = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)

Uniforms = Mapping[str, float | tuple[float, ...] | NDArray[np.float32]]
Floats = NDArray[np.float32]


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
    """One person: vertices [m] and normals (V, 3) of the body in the camera's frame; look: this person's uniforms of
    the shader that draws body and clothes, empty where worn has the body; worn: textured meshes."""

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


class PeopleRenderer:
    """One offscreen GL context. Use from one thread, then `close`."""

    def __init__(
        self,
        width: int,
        height: int,
        rest: Floats,
        faces: NDArray[np.integer],
        landmarks: Uniforms,
    ) -> None:
        """rest (V, 3) [m]: the body in T-pose, x to its left, y up, z forward; landmarks: the shader's uniforms of
        the positions of shoulders, wrists, hips, ankles, neck and eyes in it. Raises FitloopError without EGL."""
        os.environ.setdefault("EGL_PLATFORM", "surfaceless")
        try:
            from vispy import app, gloo

            self._canvas = app.Canvas(
                size=(width, height), show=False, app=app.Application("egl"), create_native=True
            )
        except (ImportError, OSError, RuntimeError) as error:
            raise FitloopError(
                f"pictures cannot be drawn without a screen ({error}). Install EGL (Debian: libegl1)."
            ) from error
        self._gloo = gloo
        self.width, self.height = width, height
        self._canvas.set_current()
        self._drawn = gloo.Program(VERTEX, FRAGMENT)
        self._textured = gloo.Program(WORN_VERTEX, WORN_FRAGMENT)
        self._ground = gloo.Program(GROUND_VERTEX, GROUND_FRAGMENT)
        self._lit = self._drawn, self._textured, self._ground
        self._positions = gloo.VertexBuffer(np.zeros_like(rest, dtype=np.float32))
        self._normals = gloo.VertexBuffer(np.zeros_like(rest, dtype=np.float32))
        self._drawn["a_position"], self._drawn["a_normal"] = self._positions, self._normals
        self._drawn["a_rest"] = gloo.VertexBuffer(np.ascontiguousarray(rest, dtype=np.float32))
        _set(self._drawn, landmarks)
        self._faces = gloo.IndexBuffer(np.ascontiguousarray(faces, dtype=np.uint32))
        self._kept: OrderedDict[tuple[str, int], tuple[object, Any]] = OrderedDict()
        side = max(width, height)
        self._frame = gloo.FrameBuffer(gloo.Texture2D((height, width, 4)), gloo.RenderBuffer((height, width)))
        self._shadow_side = min(1024, max(256, side // 2))
        size = (self._shadow_side, self._shadow_side)
        self._shadow_map = gloo.Texture2D((*size, 4), interpolation="nearest", wrapping="clamp_to_edge")
        self._shadow_frame = gloo.FrameBuffer(self._shadow_map, gloo.RenderBuffer(size))

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
        """Render people and things with a pinhole camera. focal_length, camera_center [px]; light: the shader's
        uniforms; ground (4, 3) [m]: corners of a strip that shows shadows, and up (3,) its normal."""
        self._canvas.set_current()
        view, size = (0, 0, self.width, self.height), (self.width, self.height)
        everything = [person.vertices for person in people] + [thing.vertices for thing in things]
        for program in self._lit:
            _set(program, light)
        self._draw_shadows(people, things, everything, np.asarray(light["u_light"], np.float32))
        near, far = depth_range(everything)
        self._project(pinhole(size, focal_length, camera_center, near, far), 0.0)
        with self._frame:
            self._gloo.set_viewport(*view)
            self._gloo.clear(color=(1, 1, 1, 0), depth=True)
            if ground is not None:
                self._draw_ground(ground, up, pinhole(size, focal_length, camera_center, NEAREST, FARTHEST))
            self._gloo.set_state(depth_test=True, blend=False, cull_face=True)
            for number, person in enumerate(people, start=1):
                self._draw(person, number)
            for thing in things:
                self._draw_worn(thing, THING)
            pixels = self._gloo.read_pixels(view, alpha=True)
            buffer = self._gloo.read_pixels(view, mode="depth", out_type="float")[..., 0]
            number_map = np.ascontiguousarray(pixels[..., 3])
            whole = self._whole(people, number_map, bool(things), focal_length, camera_center)
        seen = number_map > 0
        depth = 2 * near * far / (far + near - (2 * buffer - 1) * (far - near))
        depth = np.where(seen, depth, np.inf).astype(np.float32)
        shade = np.where(seen, np.uint8(255), pixels[..., 1])
        return Picture(pixels[..., :3] * seen[..., None], number_map, depth, whole, shade)

    def _draw_shadows(
        self, people: Sequence[DressedMesh], things: Sequence[Worn], everything: list[Floats], sun: Floats
    ) -> None:
        matrix, radius = sun_matrix(everything, sun)
        for program in self._lit:
            program["u_sun"], program["u_softness"], program["u_bias"] = matrix, SOFTNESS, BIAS / (2 * radius)
            program["u_shadow_map"] = self._shadow_map
        self._ground["u_flat"] = 0.0
        self._project(matrix, 2.0)
        with self._shadow_frame:
            self._gloo.set_viewport(0, 0, self._shadow_side, self._shadow_side)
            self._gloo.set_state(depth_test=True, blend=False, cull_face=False)
            self._gloo.clear(color=(1, 1, 1, 1), depth=True)
            for person in people:
                self._draw(replace(person, worn=person.worn[:SHADOWED]), 0)
            for thing in things:
                self._draw_worn(thing, 0)

    def _project(self, matrix: Floats, flat: float) -> None:
        for program in (self._drawn, self._textured):
            program["u_projection"], program["u_flat"] = matrix, flat

    def _draw_ground(self, ground: Floats, up: tuple[float, float, float], matrix: Floats) -> None:
        self._gloo.set_state(depth_test=False, blend=False, cull_face=False)
        self._ground["u_projection"], self._ground["u_up"] = matrix, up
        self._ground["a_position"] = np.ascontiguousarray(ground, dtype=np.float32)
        self._ground.draw("triangle_strip")

    def _whole(
        self,
        people: Sequence[DressedMesh],
        number_map: NDArray[np.uint8],
        things: bool,
        focal_length: float,
        camera_center: tuple[float, float],
    ) -> NDArray[np.int64]:
        """Pixels (P,) of each person alone. Four people share a drawing, each in a channel of its own."""
        counts = np.bincount(number_map.reshape(-1), minlength=len(people) + 1)[1 : len(people) + 1]
        asked = np.arange(len(people)) if things else _over_another(people)
        if not len(asked):
            return counts
        size = (self.width, self.height)
        self._project(pinhole(size, focal_length, camera_center, NEAREST, FARTHEST), 1.0)
        self._gloo.set_state(depth_test=False, blend=False, cull_face=True)
        for start in range(0, len(asked), CHANNELS):
            group = asked[start : start + CHANNELS]
            self._gloo.clear(color=(0, 0, 0, 0))
            for channel, person in enumerate(group):
                self._gloo.set_color_mask(*(channel == one for one in range(CHANNELS)))
                self._draw(people[person], 0)
            self._gloo.set_color_mask(True, True, True, True)
            drawn = self._gloo.read_pixels((0, 0, self.width, self.height), alpha=True)
            alone = [int(np.count_nonzero(drawn[..., channel])) for channel in range(len(group))]
            counts[group] = np.maximum(counts[group], alone)
        return counts

    def _draw(self, person: DressedMesh, number: int) -> None:
        for layer in person.worn:
            self._draw_worn(layer, number)
        if not person.look:
            return
        self._positions.set_data(np.ascontiguousarray(person.vertices, dtype=np.float32))
        self._normals.set_data(np.ascontiguousarray(person.normals, dtype=np.float32))
        self._drawn["u_number"] = number / 255
        _set(self._drawn, person.look)
        self._drawn.draw("triangles", self._faces)

    def _draw_worn(self, mesh: Worn, number: int) -> None:
        gloo, program = self._gloo, self._textured
        program["u_texture"] = self._keep(
            "texture",
            mesh.texture,
            lambda: gloo.Texture2D(mesh.texture, interpolation="linear", wrapping="repeat"),
        )
        program["a_uv"] = self._keep("uv", mesh.uv, lambda: gloo.VertexBuffer(np.ascontiguousarray(mesh.uv)))
        faces = self._keep(
            "faces", mesh.faces, lambda: gloo.IndexBuffer(np.ascontiguousarray(mesh.faces, dtype=np.uint32))
        )
        for name, values in (("a_position", mesh.vertices), ("a_normal", mesh.normals)):
            program[name] = self._keep(
                name,
                values,
                lambda values=values: gloo.VertexBuffer(np.ascontiguousarray(values, np.float32)),
            )
        program["u_number"], program["u_dye"] = number / 255, mesh.dye
        if mesh.two_sided:
            gloo.set_state(cull_face=False)
        program.draw("triangles", faces)
        if mesh.two_sided:
            gloo.set_state(cull_face=True)

    def _keep(self, name: str, array: NDArray[np.generic], make: Any) -> Any:
        """What was made of the array on the graphics card; the array is kept too, so that no other gets its id."""
        key = (name, id(array))
        if key not in self._kept:
            self._kept[key] = array, make()
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key][1]

    def close(self) -> None:
        self._canvas.close()


def _set(program: Any, uniforms: Uniforms) -> None:
    for name, value in uniforms.items():
        if name in program:
            program[name] = value


def _over_another(people: Sequence[DressedMesh]) -> NDArray[np.int64]:
    """Numbers, from 0, of the people whose boxes on the image plane touch another's."""
    seen = [person.vertices[:, :2] / np.maximum(person.vertices[:, 2:], NEAREST) for person in people]
    low = np.stack([points.min(axis=0) for points in seen]) - CLOTH
    high = np.stack([points.max(axis=0) for points in seen]) + CLOTH
    touching = ((low[:, None] < high) & (high[:, None] > low)).all(axis=-1)
    return np.flatnonzero(touching.sum(axis=1) > 1)
