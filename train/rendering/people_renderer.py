"""Renders dressed people offscreen, with masks and depth. The shader draws the clothes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import FitloopError

NEAREST = 0.05  # [m] closer points are clipped
DEPTH_MARGIN = 0.02  # relative margin around the people; small, as the depth buffer may have only 16 bits

Uniforms = Mapping[str, float | tuple[float, ...]]

_VERTEX = """
attribute vec3 a_position;
attribute vec3 a_normal;
attribute vec3 a_rest;
uniform mat4 u_projection;
varying vec3 v_normal;
varying vec3 v_rest;
void main() {
    v_normal = a_normal;
    v_rest = a_rest;
    gl_Position = u_projection * vec4(a_position, 1.0);
}
"""
# The shader colours a point of the skin by its place on the body in T-pose, so clothes are sharp at any size. vispy
# reads only one name per declaration.
_FRAGMENT = """
uniform float u_number;
uniform vec3 u_light;
uniform vec3 u_light_color;
uniform vec3 u_sky;
uniform vec3 u_ground;
uniform vec3 u_up;
uniform vec3 u_skin;
uniform vec3 u_hair;
uniform vec3 u_eyes;
uniform vec3 u_top;
uniform vec3 u_top_accent;
uniform vec3 u_bottom;
uniform vec3 u_bottom_accent;
uniform vec3 u_shoes;
uniform vec2 u_arm;          // |x| of shoulder and wrist, y of hip and ankle [m]
uniform vec2 u_leg;
uniform vec3 u_eye;                 // the left eye [m]
uniform float u_neck;               // y of the neck's joint [m]
uniform float u_sleeve;      // how far clothes reach along arm and leg, 0 to 1
uniform float u_hem;
uniform float u_waist;  // [m]
uniform float u_collar;
uniform float u_shaft;
uniform float u_hairline;
uniform float u_hair_tilt;
uniform vec3 u_top_pattern;  // stripes across, stripes along: 0 or 1; period [m]
uniform vec3 u_bottom_pattern;
varying vec3 v_normal;
varying vec3 v_rest;

vec3 cloth(vec3 plain, vec3 accent, vec3 pattern, vec2 place) {
    vec2 stripe = step(0.5, fract(place / pattern.z)) * pattern.xy;
    return mix(plain, accent, max(stripe.x, stripe.y) - 0.5 * stripe.x * stripe.y);
}

vec3 head_color(vec3 rest, float x) {
    float above = rest.y - u_eye.y - u_hair_tilt * (rest.z - 0.4 * u_eye.z);
    if (above > u_hairline && rest.y > u_neck - 0.02) return u_hair;
    vec2 from_eye = vec2(x - u_eye.x, rest.y - u_eye.y);
    if (rest.z > 0.0 && length(from_eye * vec2(1.0, 1.8)) < 0.015) return u_eyes;
    if (rest.z > 0.0 && abs(from_eye.x) < 0.022 && abs(from_eye.y - 0.024) < 0.004) return u_hair;
    return u_skin;
}

vec3 color_at(vec3 rest) {
    float x = abs(rest.x);
    float neck = u_neck + 0.03 - 0.4 * x;
    if (x < 0.6 * u_arm.x && rest.y > neck) return head_color(rest, x);
    if (rest.y < u_leg.y + u_shaft) return u_shoes;
    if (x > u_arm.x && rest.y > u_waist) {
        if ((x - u_arm.x) / (u_arm.y - u_arm.x) > u_sleeve) return u_skin;
        return cloth(u_top, u_top_accent, u_top_pattern, vec2(x, rest.y));
    }
    if (rest.y > u_waist) {
        bool bare = x < 0.5 * u_arm.x && rest.y > u_collar + 0.5 * x && rest.z > -0.02;
        return bare ? u_skin : cloth(u_top, u_top_accent, u_top_pattern, vec2(rest.y, rest.x));
    }
    if ((u_leg.x - rest.y) / (u_leg.x - u_leg.y) > u_hem) return u_skin;
    return cloth(u_bottom, u_bottom_accent, u_bottom_pattern, vec2(rest.y, rest.x));
}

void main() {
    vec3 normal = normalize(v_normal);
    float upward = 0.5 + 0.5 * dot(normal, u_up);
    vec3 light = mix(u_ground, u_sky, upward) + u_light_color * max(dot(normal, u_light), 0.0);
    gl_FragColor = vec4(min(color_at(v_rest) * light, 1.0), u_number);
}
"""


@dataclass(frozen=True, eq=False)
class DressedMesh:
    """vertices [m] and normals (V, 3) in the camera's frame; look: this person's uniforms of the shader."""

    vertices: NDArray[np.float32]
    normals: NDArray[np.float32]
    look: Uniforms


@dataclass(frozen=True, eq=False)
class Picture:
    """color (H, W, 3) uint8 RGB on black; number (H, W) uint8: the visible mesh, from 1, or 0 for none;
    depth (H, W) [m], infinite where there is no mesh."""

    color: NDArray[np.uint8]
    number: NDArray[np.uint8]
    depth: NDArray[np.float32]


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
        self._program = gloo.Program(_VERTEX, _FRAGMENT)
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
        program["u_projection"] = self._projection(focal_length, camera_center, near, far)
        self._set(light)
        with self._frame:
            self._gloo.set_viewport(*view)
            self._gloo.set_state(depth_test=True, blend=False, cull_face=True)
            self._gloo.clear(color=(0, 0, 0, 0), depth=True)
            for number, person in enumerate(people, start=1):
                self._positions.set_data(np.ascontiguousarray(person.vertices, dtype=np.float32))
                self._normals.set_data(np.ascontiguousarray(person.normals, dtype=np.float32))
                self._set({**person.look, "u_number": number / 255})
                program.draw("triangles", self._faces)
            pixels = self._gloo.read_pixels(view, alpha=True)
            buffer = self._gloo.read_pixels(view, mode="depth", out_type="float")[..., 0]
        number_map = np.ascontiguousarray(pixels[..., 3])
        depth = 2 * near * far / (far + near - (2 * buffer - 1) * (far - near))
        depth = np.where(number_map > 0, depth, np.inf).astype(np.float32)
        return Picture(np.ascontiguousarray(pixels[..., :3]), number_map, depth)

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
