"""Renders meshes offscreen with vispy's EGL back end, on the GPU or in software."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NEAREST = 0.05  # [m] closer points are clipped
DEPTH_MARGIN = 0.02  # relative margin around the meshes; small, as the depth buffer may have only 16 bits

_VERTEX = """
attribute vec3 a_position;
attribute vec3 a_normal;
attribute vec3 a_color;
uniform mat4 u_projection;
varying vec3 v_position;
varying vec3 v_normal;
varying vec3 v_color;
void main() {
    v_position = a_position;
    v_normal = a_normal;
    v_color = a_color;
    gl_Position = u_projection * vec4(a_position, 1.0);
}
"""
# A mesh without normals gets flat ones from screen-space derivatives, so only positions need updating.
_FRAGMENT = """
#extension GL_OES_standard_derivatives : enable
uniform vec3 u_light;
uniform float u_ambient;
varying vec3 v_position;
varying vec3 v_normal;
varying vec3 v_color;
void main() {
    vec3 flat_normal = cross(dFdx(v_position), dFdy(v_position));
    vec3 normal = normalize(dot(v_normal, v_normal) > 0.0 ? v_normal : flat_normal);
    float facing = abs(dot(normal, normalize(u_light)));
    gl_FragColor = vec4(v_color * (u_ambient + (1.0 - u_ambient) * facing), 1.0);
}
"""


@dataclass(frozen=True)
class Mesh:
    """vertices (V, 3) [m, camera frame: x right, y down, z forward], faces (F, 3), color (3,) or (V, 3) in 0..1.

    normals (V, 3) of any length give smooth shading; without them triangles are flat, which is faster.
    """

    vertices: NDArray[np.floating]
    faces: NDArray[np.integer]
    color: NDArray[np.floating]
    normals: NDArray[np.floating] | None = None


def vertex_normals(vertices: NDArray[np.floating], faces: NDArray[np.integer]) -> NDArray[np.floating]:
    """Unit normals (V, 3) of vertices (V, 3): the area-weighted mean over the triangles around each vertex."""
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    across = np.cross(b - a, c - a)
    normals = np.zeros_like(vertices)
    for corner in range(3):
        for axis in range(3):  # bincount sums repeated indices, indexed assignment would keep the last
            normals[:, axis] += np.bincount(faces[:, corner], across[:, axis], len(vertices))
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


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
        """Render meshes with a pinhole camera. focal_length, camera_center [px]; light: direction toward the light.

        Returns the picture (H, W, 3) RGB on black, and a mask (H, W) bool of the meshes.
        """
        self._canvas.set_current()
        program = self._program
        size = (self.width, self.height)
        program["u_projection"] = _projection(focal_length, camera_center, size, _depth_range(meshes))
        program["u_light"], program["u_ambient"] = light, ambient
        with self._frame:
            self._gloo.set_viewport(0, 0, self.width, self.height)
            self._gloo.set_state(depth_test=True, blend=False, cull_face=False)
            self._gloo.clear(color=(0, 0, 0, 0), depth=True)
            for mesh in meshes:
                program["a_position"] = np.ascontiguousarray(mesh.vertices, dtype=np.float32)
                program["a_normal"] = (
                    (0.0, 0.0, 0.0)
                    if mesh.normals is None
                    else np.ascontiguousarray(mesh.normals, dtype=np.float32)
                )
                color = np.broadcast_to(np.asarray(mesh.color, dtype=np.float32), mesh.vertices.shape)
                program["a_color"] = np.ascontiguousarray(color)
                program.draw("triangles", self._gloo.IndexBuffer(mesh.faces.astype(np.uint32)))
            pixels = self._gloo.read_pixels((0, 0, self.width, self.height), alpha=True)
        return np.ascontiguousarray(pixels[..., :3]), pixels[..., 3] > 0

    def close(self) -> None:
        self._canvas.close()


def _depth_range(meshes: list[Mesh]) -> tuple[float, float]:
    """Near and far plane [m] around the meshes in front of the camera."""
    depths = np.concatenate([mesh.vertices[:, 2] for mesh in meshes]) if meshes else np.ones(1)
    near = max(NEAREST, float(depths.min()) * (1 - DEPTH_MARGIN))
    return near, max(float(depths.max()) * (1 + DEPTH_MARGIN), near + NEAREST)


def _projection(
    focal_length: float,
    camera_center: tuple[float, float],
    size: tuple[int, int],
    depths: tuple[float, float],
) -> NDArray[np.float32]:
    """The pinhole camera of core.geometry.camera as an OpenGL matrix, transposed for vispy."""
    (cx, cy), (width, height), (near, far) = camera_center, size, depths
    matrix = np.zeros((4, 4), dtype=np.float32)
    matrix[0, 0], matrix[0, 2] = 2 * focal_length / width, 2 * cx / width - 1
    matrix[1, 1], matrix[1, 2] = -2 * focal_length / height, 1 - 2 * cy / height
    matrix[2, 2], matrix[2, 3] = (far + near) / (far - near), -2 * far * near / (far - near)
    matrix[3, 2] = 1
    return matrix.T
