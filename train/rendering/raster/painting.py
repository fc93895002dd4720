"""The colours of visible samples: of textured meshes, of drawn clothes, and the shade on the ground behind."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.compute.machine_code import compiled, digest, kept
from train.rendering.raster.cloth_look import DrawnLook, color_at, off_skin, shade_at
from train.rendering.raster.surface_light import (
    DIRECT,
    IN_MAP,
    SKY,
    Lamps,
    Number,
    developed,
    outside_map,
    place_in_map,
    sky_light,
    sunlit,
)
from train.rendering.raster.triangles import HALF, NEAREST, ONE, Lens, SampleBuffers, corner, texel

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Places = NDArray[np.int64]
FARTHEST = 30.0  # [m] of the ground that shows shadows
SOURCES = list(Path(__file__).parent.glob("*.py"))


@compiled
def on_surface(screen: Floats, i: int, j: int, k: int, column: int, row: int) -> tuple[float, float, float]:
    """Barycentric coordinates on the surface of a sample's centre in a triangle."""
    x, y = np.float32(column) + HALF - screen[k, 0], np.float32(row) + HALF - screen[k, 1]
    x0, y0 = screen[i, 0] - screen[k, 0], screen[i, 1] - screen[k, 1]
    x1, y1 = screen[j, 0] - screen[k, 0], screen[j, 1] - screen[k, 1]
    over = ONE / (x0 * y1 - x1 * y0)
    s0, s1 = (x * y1 - x1 * y) * over, (x0 * y - x * y0) * over
    p0, p1, p2 = s0 * screen[i, 2], s1 * screen[j, 2], (ONE - s0 - s1) * screen[k, 2]
    total = ONE / (p0 + p1 + p2)
    return p0 * total, p1 * total, p2 * total


@compiled
def between(values: Floats, column: int, i: int, j: int, k: int, at: tuple[float, float, float]) -> Number:
    """A value of three vertices at barycentric coordinates."""
    return at[0] * values[i, column] + at[1] * values[j, column] + at[2] * values[k, column]


@compiled
def sun_at(lamps: Lamps, light: Floats, i: int, j: int, k: int, at: tuple[float, float, float]) -> Number:
    """Share of the sun that reaches a point of a triangle."""
    if between(light, DIRECT + 1, i, j, k, at) < np.float32(0.01):
        return np.float32(1)
    return sunlit(
        lamps,
        between(light, IN_MAP, i, j, k, at),
        between(light, IN_MAP + 1, i, j, k, at),
        between(light, IN_MAP + 2, i, j, k, at),
    )


def _made_from(sources: int):  # type: ignore[no-untyped-def]
    @kept
    def displace(look: DrawnLook, vertices: Floats, normals: Floats, rest: Floats, moved: Floats) -> None:
        """Fill moved (V, 3): the vertices off the skin by drawn clothes. normals (V, 3) of unit length."""
        assert sources >= 0
        for vertex in range(vertices.shape[0]):
            off = np.float32(off_skin(look, rest[vertex, 0], rest[vertex, 1], rest[vertex, 2]))
            for axis in range(3):
                moved[vertex, axis] = vertices[vertex, axis] + off * normals[vertex, axis]

    @kept
    def paint_texture(
        samples: SampleBuffers, lamps: Lamps, mesh: int, box: Places, screen: Floats, light: Floats,
        faces: Places, uv: Floats, texture: Pixels, dye: Floats, color: Pixels,
    ) -> None:  # fmt: skip
        """Colour a textured mesh's visible samples. box: first column and row, and those after the last."""
        assert sources >= 0
        for row in range(box[1], box[3]):
            for column in range(box[0], box[2]):
                if samples.mesh[row, column] != mesh:
                    continue
                i, j, k = corner(faces, samples.triangle[row, column])
                at = on_surface(screen, i, j, k, column, row)
                u, v = between(uv, 0, i, j, k, at), between(uv, 1, i, j, k, at)
                red, green, blue = texel(texture, u, v, 0), texel(texture, u, v, 1), texel(texture, u, v, 2)
                lit = sun_at(lamps, light, i, j, k, at)
                for part in range(3):
                    dyed = (dye[part] * red + dye[3 + part] * green + dye[6 + part] * blue) / np.float32(255)
                    dyed = min(max(dyed, np.float32(0)), np.float32(1))
                    direct = between(light, DIRECT + part, i, j, k, at) * lit
                    color[row, column, part] = developed(
                        dyed, between(light, SKY + part, i, j, k, at) + direct
                    )

    @kept
    def paint_look(
        samples: SampleBuffers, lamps: Lamps, mesh: int, box: Places, screen: Floats, light: Floats,
        faces: Places, rest: Floats, look: DrawnLook, color: Pixels,
    ) -> None:  # fmt: skip
        """Colour the visible samples of a body in drawn clothes."""
        assert sources >= 0
        for row in range(box[1], box[3]):
            for column in range(box[0], box[2]):
                if samples.mesh[row, column] != mesh:
                    continue
                i, j, k = corner(faces, samples.triangle[row, column])
                at = on_surface(screen, i, j, k, column, row)
                x, y = float(between(rest, 0, i, j, k, at)), float(between(rest, 1, i, j, k, at))
                z = float(between(rest, 2, i, j, k, at))
                drawn, shade = color_at(look, x, y, z), shade_at(look, x, y, z)
                lit = sun_at(lamps, light, i, j, k, at)
                for part in range(3):
                    sky = between(light, SKY + part, i, j, k, at) * shade
                    direct = between(light, DIRECT + part, i, j, k, at) * lit
                    color[row, column, part] = developed(drawn[part], sky + direct)

    @kept
    def paint_ground(
        samples: SampleBuffers, lamps: Lamps, lens: Lens, corner_of_ground: Floats, up: Floats, shade: Pixels
    ) -> None:
        """Fill shade (H, W) where nobody is: the light on the plane through a corner [m], with normal up."""
        assert sources >= 0
        height, width = shade.shape
        sky = sky_light(lamps, 1, up[0], up[1], up[2])
        facing = up[0] * lamps.towards[0] + up[1] * lamps.towards[1] + up[2] * lamps.towards[2]
        direct = lamps.exposure * lamps.color[1] * max(facing, np.float32(0))
        if direct < np.float32(0.01):
            return
        dark = np.uint8(255 * math.sqrt(sky / max(sky + direct, np.float32(1e-3))) + 0.5)
        half = np.uint8(255 * math.sqrt((sky + direct / 2) / max(sky + direct, np.float32(1e-3))) + 0.5)
        reach = up[0] * corner_of_ground[0] + up[1] * corner_of_ground[1] + up[2] * corner_of_ground[2]
        for row in range(height):
            y = (np.float32(row) + HALF - lens.cy) / lens.focal_length
            for column in range(width):
                if samples.number[row, column]:
                    continue
                x = (np.float32(column) + HALF - lens.cx) / lens.focal_length
                falling = up[0] * x + up[1] * y + up[2]
                if falling * reach <= 0:
                    continue
                depth = reach / falling
                if depth < NEAREST or depth > FARTHEST:
                    continue
                u = place_in_map(lamps, 0, x * depth, y * depth, depth)
                v = place_in_map(lamps, 1, x * depth, y * depth, depth)
                if outside_map(u, v):
                    continue
                lit = sunlit(lamps, u, v, place_in_map(lamps, 2, x * depth, y * depth, depth))
                if lit < np.float32(0.25):
                    shade[row, column] = dark
                elif lit < np.float32(0.75):
                    shade[row, column] = half

    return displace, paint_texture, paint_look, paint_ground


displace, paint_texture, paint_look, paint_ground = _made_from(digest(SOURCES))
