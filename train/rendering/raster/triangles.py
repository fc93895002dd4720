"""Triangles into sample buffers: which mesh and triangle each sample shows, and how near it is.

A sample is inside a triangle by three edge functions (Pineda, A Parallel Algorithm for Polygon Rasterization, SIGGRAPH
1988), whose values are its barycentric coordinates on the image; divided by depth, they are those on the surface.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.compute.machine_code import compiled, digest, kept
from train.rendering.raster.surface_light import IN_MAP, Lamps, Number, light_vertex

Floats = NDArray[np.float32]
NEAREST = 0.05  # [m] nearer vertices, with their triangles, are left out
OPAQUE = 127.5  # alpha from which a texture is seen
ONE, HALF = np.float32(1), np.float32(0.5)  # an integer beside a float32 would make a float64
SOURCES = [Path(__file__), Path(__file__).with_name("surface_light.py")]


class SampleBuffers(NamedTuple):
    """Of each sample (H, W): inverse [1/m] depth, 0 where nothing is; number of the person; mesh and its triangle;
    stamp: number of the last person that covered it, hidden or not."""

    inverse: Floats
    number: NDArray[np.uint8]
    mesh: NDArray[np.int32]
    triangle: NDArray[np.int32]
    stamp: NDArray[np.uint8]


class Lens(NamedTuple):
    """A pinhole: focal_length, cx, cy [samples]."""

    focal_length: Number
    cx: Number
    cy: Number


@compiled
def corner(faces: NDArray[np.int64], triangle: int) -> tuple[int, int, int]:
    return faces[triangle, 0], faces[triangle, 1], faces[triangle, 2]


@compiled
def texel(texture: NDArray[np.uint8], u: Number, v: Number, channel: int) -> Number:
    """A channel (0..255) of a texture that repeats, between its four nearest texels."""
    height, width = texture.shape[0], texture.shape[1]
    x, y = u * np.float32(width) - HALF, v * np.float32(height) - HALF
    left, top = math.floor(x), math.floor(y)
    across, along = x - np.float32(left), y - np.float32(top)
    left, top = left % width, top % height
    right, bottom = left + 1, top + 1
    right, bottom = 0 if right == width else right, 0 if bottom == height else bottom
    first, second = np.float32(texture[top, left, channel]), np.float32(texture[top, right, channel])
    third, fourth = np.float32(texture[bottom, left, channel]), np.float32(texture[bottom, right, channel])
    upper, lower = first + (second - first) * across, third + (fourth - third) * across
    return upper + (lower - upper) * along


def _made_from(sources: int):  # type: ignore[no-untyped-def]
    @kept
    def put_vertices(
        lamps: Lamps, lens: Lens, vertices: Floats, normals: Floats, turned: bool, screen: Floats, light: Floats,
        box: Floats,
    ) -> None:  # fmt: skip
        """Fill screen (V, 3) = x, y [samples] and inverse depth, 0 for too near; light (V, LIGHTS); and box (4,) =
        least and most x and y."""
        assert sources >= 0
        box[0] = box[1] = math.inf
        box[2] = box[3] = -math.inf
        for vertex in range(vertices.shape[0]):
            place = vertices[vertex]
            light_vertex(lamps, place, normals[vertex], turned, light[vertex])
            if place[2] < NEAREST:
                screen[vertex, 2] = 0
                continue
            inverse = ONE / place[2]
            screen[vertex, 0] = lens.focal_length * place[0] * inverse + lens.cx
            screen[vertex, 1] = lens.focal_length * place[1] * inverse + lens.cy
            screen[vertex, 2] = inverse
            for axis in range(2):
                box[axis] = min(box[axis], screen[vertex, axis])
                box[2 + axis] = max(box[2 + axis], screen[vertex, axis])

    @kept
    def cover(
        samples: SampleBuffers,
        screen: Floats,
        faces: NDArray[np.int64],
        uv: Floats,
        texture: NDArray[np.uint8],
        cut: bool,
        two_sided: bool,
        number: int,
        mesh: int,
    ) -> int:
        """Draw a mesh's triangles. cut: the texture has holes. Returns the samples that this mesh is the first of its
        person to cover, were nobody else there."""
        assert sources >= 0
        height, width = samples.number.shape
        alone = 0
        for triangle in range(faces.shape[0]):
            i, j, k = corner(faces, triangle)
            iz0, iz1, iz2 = screen[i, 2], screen[j, 2], screen[k, 2]
            if iz0 == 0 or iz1 == 0 or iz2 == 0:
                continue
            x0, y0, x1, y1 = screen[i, 0], screen[i, 1], screen[j, 0], screen[j, 1]
            x2, y2 = screen[k, 0], screen[k, 1]
            area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
            if area == 0 or (area > 0 and not two_sided):
                continue
            left, right = (
                max(0, math.ceil(min(x0, x1, x2) - HALF)),
                min(width - 1, math.floor(max(x0, x1, x2) - HALF)),
            )
            top, bottom = (
                max(0, math.ceil(min(y0, y1, y2) - HALF)),
                min(height - 1, math.floor(max(y0, y1, y2) - HALF)),
            )
            if left > right or top > bottom:
                continue
            over = ONE / area
            a0, a1 = (y1 - y2) * over, (y2 - y0) * over
            b0, b1 = (x2 - x1) * over, (x0 - x2) * over
            for row in range(top, bottom + 1):
                y = np.float32(row) + HALF
                for column in range(left, right + 1):
                    x = np.float32(column) + HALF
                    s0 = a0 * (x - x2) + b0 * (y - y2)
                    s1 = a1 * (x - x2) + b1 * (y - y2)
                    s2 = ONE - s0 - s1
                    if s0 < 0 or s1 < 0 or s2 < 0:
                        continue
                    p0, p1, p2 = s0 * iz0, s1 * iz1, s2 * iz2
                    inverse = p0 + p1 + p2
                    nearer = inverse > samples.inverse[row, column]
                    first = samples.stamp[row, column] != number
                    if not nearer and not first:
                        continue
                    if cut:
                        u = (p0 * uv[i, 0] + p1 * uv[j, 0] + p2 * uv[k, 0]) / inverse
                        v = (p0 * uv[i, 1] + p1 * uv[j, 1] + p2 * uv[k, 1]) / inverse
                        if texel(texture, u, v, 3) < OPAQUE:
                            continue
                    if first:
                        samples.stamp[row, column] = number
                        alone += 1
                    if nearer:
                        samples.inverse[row, column] = inverse
                        samples.number[row, column] = number
                        samples.mesh[row, column] = mesh
                        samples.triangle[row, column] = triangle
        return alone

    @kept
    def cast(lamps: Lamps, light: Floats, faces: NDArray[np.int64]) -> None:
        """Draw a mesh's triangles into the shadow map: the depth of what is nearest to the sun."""
        assert sources >= 0
        shadow, side = lamps.shadow, lamps.shadow.shape[0]
        width = np.float32(side)
        for triangle in range(faces.shape[0]):
            i, j, k = corner(faces, triangle)
            x0, y0, z0 = light[i, IN_MAP] * width, light[i, IN_MAP + 1] * width, light[i, IN_MAP + 2]
            x1, y1, z1 = light[j, IN_MAP] * width, light[j, IN_MAP + 1] * width, light[j, IN_MAP + 2]
            x2, y2, z2 = light[k, IN_MAP] * width, light[k, IN_MAP + 1] * width, light[k, IN_MAP + 2]
            area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
            if area == 0:
                continue
            left, right = (
                max(0, math.ceil(min(x0, x1, x2) - HALF)),
                min(side - 1, math.floor(max(x0, x1, x2) - HALF)),
            )
            top, bottom = (
                max(0, math.ceil(min(y0, y1, y2) - HALF)),
                min(side - 1, math.floor(max(y0, y1, y2) - HALF)),
            )
            over = ONE / area
            a0, a1 = (y1 - y2) * over, (y2 - y0) * over
            b0, b1 = (x2 - x1) * over, (x0 - x2) * over
            for row in range(top, bottom + 1):
                y = np.float32(row) + HALF
                for column in range(left, right + 1):
                    x = np.float32(column) + HALF
                    s0 = a0 * (x - x2) + b0 * (y - y2)
                    s1 = a1 * (x - x2) + b1 * (y - y2)
                    s2 = ONE - s0 - s1
                    if s0 >= 0 and s1 >= 0 and s2 >= 0:
                        depth = s0 * z0 + s1 * z1 + s2 * z2
                        if depth < shadow[row, column]:
                            shadow[row, column] = depth

    return put_vertices, cover, cast


put_vertices, cover, cast = _made_from(digest(SOURCES))
