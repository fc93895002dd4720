"""Draw meshes into images offscreen, by vispy's EGL back end: no screen, no window, software or GPU."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NEAR, FAR = 0.1, 200.0  # [m] what the depth buffer covers

_VERTEX = """
attribute vec3 a_position;
attribute vec3 a_color;
uniform mat4 u_projection;
varying vec3 v_position;
varying vec3 v_color;
void main() {
    v_position = a_position;
    v_color = a_color;
    gl_Position = u_projection * vec4(a_position, 1.0);
}
"""
# Flat normals from screen-space derivatives: nothing to update but positions, and seams stay honest.
_FRAGMENT = """
#extension GL_OES_standard_derivatives : enable
uniform vec3 u_light;
uniform float u_ambient;
varying vec3 v_position;
varying vec3 v_color;
void main() {
    vec3 normal = normalize(cross(dFdx(v_position), dFdy(v_position)));
    float facing = abs(dot(normal, normalize(u_light)));
    gl_FragColor = vec4(v_color * (u_ambient + (1.0 - u_ambient) * facing), 1.0);
}
"""


@dataclass(frozen=True)
class Mesh:
    """vertices (V, 3) [m, camera frame: x right, y down, z forward], faces (F, 3), color (3,) or (V, 3) in 0..1."""

    vertices: NDArray[np.floating]
    faces: NDArray[np.integer]
    color: NDArray[np.floating]


class MeshRenderer:
    """One offscreen GL context of a fixed picture size. Use from one thread, then `close`."""

    def __init__(self, width: int, height: int) -> None:
        os.environ.setdefault("EGL_PLATFORM", "surfaceless")
        from vispy import app, gloo

        self._gloo = gloo
        self.width, self.height = width, height
        self._canvas = app.Canvas(
            size=(width, height), show=False, app=app.Application("egl"), create_native=True
        )
        self._canvas.set_current()
        self._program = gloo.Program(_VERTEX, _FRAGMENT)
        self._color = gloo.Texture2D((height, width, 4))
        self._frame = gloo.FrameBuffer(self._color, gloo.RenderBuffer((height, width)))

    def render(
        self,
        meshes: list[Mesh],
        focal_length: float,
        camera_center: tuple[float, float],
        light: tuple[float, float, float] = (0.2, -0.4, -1.0),
        ambient: float = 0.35,
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Pinhole picture of the meshes. focal_length, camera_center [px]; light: direction toward the light.

        Returns the picture (H, W, 3) RGB on black and where a mesh is (H, W).
        """
        self._canvas.set_current()
        program = self._program
        program["u_projection"] = _projection(focal_length, camera_center, self.width, self.height)
        program["u_light"], program["u_ambient"] = light, ambient
        with self._frame:
            self._gloo.set_viewport(0, 0, self.width, self.height)
            self._gloo.set_state(depth_test=True, blend=False, cull_face=False)
            self._gloo.clear(color=(0, 0, 0, 0), depth=True)
            for mesh in meshes:
                program["a_position"] = np.ascontiguousarray(mesh.vertices, dtype=np.float32)
                color = np.broadcast_to(np.asarray(mesh.color, dtype=np.float32), mesh.vertices.shape)
                program["a_color"] = np.ascontiguousarray(color)
                program.draw("triangles", self._gloo.IndexBuffer(mesh.faces.astype(np.uint32)))
            pixels = self._gloo.read_pixels((0, 0, self.width, self.height), alpha=True)
        return np.ascontiguousarray(pixels[..., :3]), pixels[..., 3] > 0

    def close(self) -> None:
        self._canvas.close()


def _projection(
    focal_length: float, camera_center: tuple[float, float], width: int, height: int
) -> NDArray[np.float32]:
    """The pinhole of core.geometry.camera as an OpenGL matrix (transposed, as vispy wants it)."""
    cx, cy = camera_center
    matrix = np.zeros((4, 4), dtype=np.float32)
    matrix[0, 0], matrix[0, 2] = 2 * focal_length / width, 2 * cx / width - 1
    matrix[1, 1], matrix[1, 2] = -2 * focal_length / height, 1 - 2 * cy / height
    matrix[2, 2], matrix[2, 3] = (FAR + NEAR) / (FAR - NEAR), -2 * FAR * NEAR / (FAR - NEAR)
    matrix[3, 2] = 1
    return matrix.T
