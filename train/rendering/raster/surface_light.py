"""Light of synthetic photos: a sky of nine spherical harmonics, and a sun with a shadow map; then the camera's curve.

Light is computed at vertices, which costs a fraction of samples; shadows are computed at samples. Colours are made
linear by squaring them, lit, exposed and brought back, by the curve that train/synthesis/light/skies.py has too.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.compute.machine_code import compiled

Floats = NDArray[np.float32]
Number = float | np.floating[Any]
SKY, DIRECT, IN_MAP, LIGHTS = (
    0,
    3,
    6,
    9,
)  # columns of a vertex's light: of the sky, of the sun, place in the shadow map
OUTSIDE, INSIDE = (
    np.float32(0.01),
    np.float32(0.99),
)  # share of the map beside its edge where no shadow is known
FACES_AWAY = 0.15  # cosine from which a two-sided surface shows its other side
EDGE = np.float32(0.5), np.float32(0.25)  # direction of the two looks into the map


class Lamps(NamedTuple):
    """In the camera's frame. sky (3, 4, 4): light of red, green, blue on normal n is n' M n, n = (x, y, z, 1); towards
    (3,): the sun; color (3,): its light; sun (4, 4): from the frame to the shadow map's -1..1; shadow (S, S): depth of
    the nearest surface there, 0..1; softness: of a shadow's edge, as a share of the map; bias: by which a surface is
    lifted off its own shadow, in the map's depth."""

    sky: Floats
    towards: Floats
    color: Floats
    exposure: Any
    sun: Floats
    shadow: Floats
    softness: Any
    bias: Any


@compiled
def sky_light(lamps: Lamps, part: int, x: Number, y: Number, z: Number) -> Number:
    """Exposed light of the sky on a unit normal, of one colour."""
    m = lamps.sky[part]
    across = x * (m[0, 0] * x + (m[0, 1] + m[1, 0]) * y + (m[0, 2] + m[2, 0]) * z + m[0, 3] + m[3, 0])
    along = y * (m[1, 1] * y + (m[1, 2] + m[2, 1]) * z + m[1, 3] + m[3, 1])
    return lamps.exposure * max(
        across + along + z * (m[2, 2] * z + m[2, 3] + m[3, 2]) + m[3, 3], np.float32(0)
    )


@compiled
def place_in_map(lamps: Lamps, row: int, x: Number, y: Number, z: Number) -> Number:
    """A coordinate, 0..1, of a point [m] in the shadow map."""
    m = lamps.sun[row]
    return (m[0] * x + m[1] * y + m[2] * z + m[3] + np.float32(1)) * np.float32(0.5)


@compiled
def light_vertex(lamps: Lamps, place: Floats, normal: Floats, turned: bool, light: Floats) -> None:
    """Fill light (LIGHTS,) of a vertex. turned: the normal of a surface seen from behind is reversed."""
    length = math.sqrt(normal[0] * normal[0] + normal[1] * normal[1] + normal[2] * normal[2])
    scale = np.float32(1 / max(length, 1e-9))
    if turned:
        along = normal[0] * place[0] + normal[1] * place[1] + normal[2] * place[2]
        away = math.sqrt(place[0] * place[0] + place[1] * place[1] + place[2] * place[2])
        if along * scale > FACES_AWAY * away:
            scale = -scale
    x, y, z = normal[0] * scale, normal[1] * scale, normal[2] * scale
    towards = lamps.towards
    facing = lamps.exposure * max(x * towards[0] + y * towards[1] + z * towards[2], np.float32(0))
    for part in range(3):
        light[SKY + part] = sky_light(lamps, part, x, y, z)
        light[DIRECT + part] = facing * lamps.color[part]
        light[IN_MAP + part] = place_in_map(lamps, part, place[0], place[1], place[2])


@compiled
def outside_map(u: Number, v: Number) -> bool:
    return bool(u < OUTSIDE or v < OUTSIDE or u > INSIDE or v > INSIDE)


@compiled
def sunlit(lamps: Lamps, u: Number, v: Number, depth: Number) -> Number:
    """Share of the sun that reaches a place in the map: the mean of two looks beside it."""
    if outside_map(u, v):
        return np.float32(1)
    side = lamps.shadow.shape[0]
    width = np.float32(side)
    deep = min(depth, np.float32(1)) - lamps.bias
    share = np.float32(0)
    for sign in (np.float32(-1), np.float32(1)):
        column = int((u + sign * EDGE[0] * lamps.softness) * width)
        row = int((v + sign * EDGE[1] * lamps.softness) * width)
        column, row = min(max(column, 0), side - 1), min(max(row, 0), side - 1)
        if lamps.shadow[row, column] >= deep:
            share += np.float32(0.5)
    return share


@compiled
def developed(color: Number, light: Number) -> np.uint8:
    """A colour's part 0..1 in exposed light as the photo shows it."""
    shown = math.sqrt(np.float32(1) - math.exp(-color * color * light))
    return np.uint8(np.float32(255) * shown + np.float32(0.5))
