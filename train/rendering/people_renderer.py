"""Renders dressed people offscreen, with masks and depth. The shader draws the clothes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import FitloopError
from train.rendering.people_shader import FRAGMENT, VERTEX

NEAREST = 0.05  # [m] closer points are clipped
DEPTH_MARGIN = 0.02  # relative margin around the people; small, as the depth buffer may have only 16 bits

Uniforms = Mapping[str, float | tuple[float, ...]]


@dataclass(frozen=True, eq=False)
class DressedMesh:
    """vertices [m] and normals (V, 3) in the camera's frame; look: this person's uniforms of the shader."""

    vertices: NDArray[np.float32]
    normals: NDArray[np.float32]
    look: Uniforms


@dataclass(frozen=True, eq=False)
class Picture:
    """color (H, W, 3) uint8 RGB on black; number (H, W) uint8: the visible mesh, from 1, or 0 for none;
    depth (H, W) [m], infinite where there is no mesh; whole (P,): pixels of each mesh where it stands alone."""

    color: NDArray[np.uint8]
    number: NDArray[np.uint8]
    depth: NDArray[np.float32]
    whole: NDArray[np.int64]


class PeopleRenderer:
    """One offscreen GL context for meshes of one topology. Use from one thread, then `close`."""

    def __init__(
        self,
        width: int,
        height: int,
        rest: NDArray[np.float32],
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
        self._program = gloo.Program(VERTEX, FRAGMENT)
        self._positions = gloo.VertexBuffer(np.zeros_like(rest, dtype=np.float32))
        self._normals = gloo.VertexBuffer(np.zeros_like(rest, dtype=np.float32))
        self._program["a_position"], self._program["a_normal"] = self._positions, self._normals
        self._program["a_rest"] = gloo.VertexBuffer(np.ascontiguousarray(rest, dtype=np.float32))
        self._set(landmarks)
        self._faces = gloo.IndexBuffer(np.ascontiguousarray(faces, dtype=np.uint32))
        self._frame = gloo.FrameBuffer(gloo.Texture2D((height, width, 4)), gloo.RenderBuffer((height, width)))

    def render(
        self,
        people: list[DressedMesh],
        focal_length: float,
        camera_center: tuple[float, float],
        light: Uniforms,
    ) -> Picture:
        """Render people with a pinhole camera. focal_length, camera_center [px]; light: the shader's uniforms."""
        self._canvas.set_current()
        program, view = self._program, (0, 0, self.width, self.height)
        near, far = _depth_range(people)
        program["u_flat"] = 0.0
        program["u_projection"] = self._projection(focal_length, camera_center, near, far)
        self._set(light)
        with self._frame:
            self._gloo.set_viewport(*view)
            self._gloo.set_state(depth_test=True, blend=False, cull_face=True)
            self._gloo.clear(color=(0, 0, 0, 0), depth=True)
            for number, person in enumerate(people, start=1):
                program["u_number"] = number / 255
                self._draw(person)
            pixels = self._gloo.read_pixels(view, alpha=True)
            buffer = self._gloo.read_pixels(view, mode="depth", out_type="float")[..., 0]
            whole = self._whole(people)
        number_map = np.ascontiguousarray(pixels[..., 3])
        depth = 2 * near * far / (far + near - (2 * buffer - 1) * (far - near))
        depth = np.where(number_map > 0, depth, np.inf).astype(np.float32)
        return Picture(np.ascontiguousarray(pixels[..., :3]), number_map, depth, whole)

    def _whole(self, people: list[DressedMesh]) -> NDArray[np.int64]:
        """Pixels (P,) of each person alone. Four people share a drawing, each in a channel of its own."""
        counts: list[int] = []
        self._program["u_flat"] = 1.0
        for start in range(0, len(people), 4):
            self._gloo.set_state(depth_test=False, blend=False, cull_face=True)
            self._gloo.clear(color=(0, 0, 0, 0))
            for channel, person in enumerate(people[start : start + 4]):
                self._gloo.set_color_mask(*(channel == one for one in range(4)))
                self._draw(person)
            self._gloo.set_color_mask(True, True, True, True)
            drawn = self._gloo.read_pixels((0, 0, self.width, self.height), alpha=True)
            counts += np.count_nonzero(drawn.reshape(-1, 4), axis=0).tolist()
        self._program["u_flat"] = 0.0
        return np.array(counts[: len(people)], dtype=np.int64)

    def _draw(self, person: DressedMesh) -> None:
        self._positions.set_data(np.ascontiguousarray(person.vertices, dtype=np.float32))
        self._normals.set_data(np.ascontiguousarray(person.normals, dtype=np.float32))
        self._set(person.look)
        self._program.draw("triangles", self._faces)

    def _set(self, uniforms: Uniforms) -> None:
        for name, value in uniforms.items():
            self._program[name] = value

    def _projection(
        self, focal_length: float, camera_center: tuple[float, float], near: float, far: float
    ) -> NDArray[np.float32]:
        """The pinhole camera of core.geometry.camera as an OpenGL matrix, transposed for vispy."""
        matrix = np.zeros((4, 4), dtype=np.float32)
        matrix[0, 0], matrix[0, 2] = 2 * focal_length / self.width, 2 * camera_center[0] / self.width - 1
        matrix[1, 1], matrix[1, 2] = -2 * focal_length / self.height, 1 - 2 * camera_center[1] / self.height
        matrix[2, 2], matrix[2, 3] = (far + near) / (far - near), -2 * far * near / (far - near)
        matrix[3, 2] = 1
        return matrix.T

    def close(self) -> None:
        self._canvas.close()


def _depth_range(people: list[DressedMesh]) -> tuple[float, float]:
    """Near and far plane [m] around the people in front of the camera."""
    nearest = min(float(person.vertices[:, 2].min()) for person in people)
    farthest = max(float(person.vertices[:, 2].max()) for person in people)
    near = max(NEAREST, nearest * (1 - DEPTH_MARGIN))
    return near, max(farthest * (1 + DEPTH_MARGIN), near + NEAREST)
