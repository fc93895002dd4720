"""Drawn clothes: cloth, hair and shoes stand off the skin, coloured by their place on the body at rest (T-pose).

All parts know how deep a point of the body at rest is inside each garment [m], so garments are sharp at any size and
bulge the same way in every pose.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from core.compute.machine_code import compiled

Color = tuple[float, float, float]
CELLS = 16  # a side of the lattice of random numbers, which repeats
LATTICE = np.random.default_rng(0).random((CELLS, CELLS, CELLS)).astype(np.float32)
DARK, WHITE, SOLE = 0.45, (0.86, 0.85, 0.83), 0.85


class DrawnLook(NamedTuple):
    """arm: |x| of shoulder and wrist, leg: y of hip and ankle, eye: of the left eye, neck: y of its joint [m]. sleeve,
    hem: how far clothes reach along arm and leg, 0 to 1. waist, collar, shaft, hairline [m]. loose: how far top,
    bottom, shoes and hair stand off the skin [m]. Patterns: stripes across, stripes along (0 or 1), period [m].
    details: print on the chest, denim, beard: 0 or 1."""

    arm: tuple[float, float]
    leg: tuple[float, float]
    eye: Color
    neck: float
    sleeve: float
    hem: float
    waist: float
    collar: float
    shaft: float
    hairline: float
    hair_tilt: float
    loose: tuple[float, float, float, float]
    skin: Color
    hair: Color
    eyes: Color
    top: Color
    top_accent: Color
    bottom: Color
    bottom_accent: Color
    shoes: Color
    top_pattern: Color
    bottom_pattern: Color
    details: Color


@compiled
def smoothstep(low: float, high: float, x: float) -> float:
    t = min(max((x - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


@compiled
def mix(one: float, other: float, share: float) -> float:
    return one * (1.0 - share) + other * share


@compiled
def noise(x: float, y: float, z: float) -> float:
    """Smooth random values 0..1, a cell a unit."""
    floor_x, floor_y, floor_z = math.floor(x), math.floor(y), math.floor(z)
    fx, fy, fz = x - floor_x, y - floor_y, z - floor_z
    fx, fy, fz = fx * fx * (3.0 - 2.0 * fx), fy * fy * (3.0 - 2.0 * fy), fz * fz * (3.0 - 2.0 * fz)
    i, j, k = int(floor_x) & (CELLS - 1), int(floor_y) & (CELLS - 1), int(floor_z) & (CELLS - 1)
    ii, jj, kk = (i + 1) & (CELLS - 1), (j + 1) & (CELLS - 1), (k + 1) & (CELLS - 1)
    low = mix(
        mix(LATTICE[i, j, k], LATTICE[ii, j, k], fx), mix(LATTICE[i, jj, k], LATTICE[ii, jj, k], fx), fy
    )
    high = mix(
        mix(LATTICE[i, j, kk], LATTICE[ii, j, kk], fx), mix(LATTICE[i, jj, kk], LATTICE[ii, jj, kk], fx), fy
    )
    return mix(low, high, fz)


@compiled
def in_top(look: DrawnLook, x: float, y: float, z: float) -> float:
    x = abs(x)
    if x > look.arm[0] and y > look.waist:
        return look.arm[0] + look.sleeve * (look.arm[1] - look.arm[0]) - x
    inside = y - look.waist
    if x < 0.6 * look.arm[0]:
        inside = min(inside, look.neck + 0.03 - 0.4 * x - y)
    if x < 0.5 * look.arm[0] and z > -0.02:
        inside = min(inside, look.collar + 0.5 * x - y)
    return inside if look.sleeve > 0.05 else min(inside, look.arm[0] - x)


@compiled
def in_bottom(look: DrawnLook, y: float) -> float:
    return min(look.waist + 0.03 - y, y - look.leg[0] + look.hem * (look.leg[0] - look.leg[1]))


@compiled
def in_shoes(look: DrawnLook, y: float) -> float:
    return look.leg[1] + look.shaft - y


@compiled
def in_hair(look: DrawnLook, x: float, y: float, z: float) -> float:
    if abs(x) > 0.6 * look.arm[0] or y < look.neck - 0.02:
        return -1.0
    return y - look.eye[1] - look.hair_tilt * (z - 0.4 * look.eye[2]) - look.hairline


@compiled
def off_skin(look: DrawnLook, x: float, y: float, z: float) -> float:
    """How far [m] clothes, shoes or hair stand off the skin at a point at rest."""
    folds = 0.7 + 0.6 * noise(x * 22.0, y * 9.0, z * 22.0)
    off = look.loose[1] * folds * smoothstep(0.0, 0.02, in_bottom(look, y))
    if look.loose[0] >= 0.001:
        off = max(off, (look.loose[0] * folds + 0.004) * smoothstep(0.0, 0.015, in_top(look, x, y, z)))
    off = max(off, look.loose[2] * smoothstep(-0.01, 0.01, in_shoes(look, y)))
    strands = 0.5 + noise(x * 40.0, y * 40.0, z * 40.0)
    return max(off, look.loose[3] * strands * smoothstep(0.0, 0.03, in_hair(look, x, y, z)))


@compiled
def scaled(color: Color, by: float) -> Color:
    return color[0] * by, color[1] * by, color[2] * by


@compiled
def mixed(one: Color, other: Color, share: float) -> Color:
    return mix(one[0], other[0], share), mix(one[1], other[1], share), mix(one[2], other[2], share)


@compiled
def woven(
    plain: Color, accent: Color, pattern: Color, across: float, along: float, x: float, y: float, z: float
) -> Color:
    """Cloth with stripes or checks. across, along [m]: the place in the pattern."""
    u, v = across / pattern[2], along / pattern[2]
    first = pattern[0] if u - math.floor(u) >= 0.5 else 0.0
    second = pattern[1] if v - math.floor(v) >= 0.5 else 0.0
    cloth = mixed(plain, accent, max(first, second) - 0.5 * first * second)
    rough = 0.28 * noise(x * 26.0, y * 11.0, z * 26.0) + 0.08 * noise(x * 300.0, y * 300.0, z * 300.0)
    return scaled(cloth, 0.82 + rough)


@compiled
def skin_at(look: DrawnLook, x: float, y: float, z: float) -> Color:
    tone = scaled(look.skin, 0.94 + 0.1 * noise(x * 30.0, y * 30.0, z * 30.0))
    if z <= 0.0:
        return tone
    x = abs(x)
    if math.hypot(x, (y - look.eye[1] + 0.072) * 2.6) < 0.022:
        return tone[0] * 0.86, tone[1] * 0.58, tone[2] * 0.56
    flush = 0.7 * smoothstep(0.03, 0.0, math.hypot(x - 0.036, y - look.eye[1] + 0.035))
    return tone[0], tone[1] * (1.0 - 0.16 * flush), tone[2] * (1.0 - 0.18 * flush)


@compiled
def head_at(look: DrawnLook, x: float, y: float, z: float) -> Color:
    strands = 0.7 + 0.5 * noise(x * 160.0, y * 30.0, z * 90.0)
    if in_hair(look, x, y, z) + 0.012 * (noise(x * 120.0, y * 120.0, z * 120.0) - 0.5) > 0.0:
        return scaled(look.hair, strands)
    if z > 0.0:
        side = abs(x) - look.eye[0]
        up = y - look.eye[1]
        if math.hypot(side, up * 2.2) < 0.0155:
            return look.eyes if math.hypot(side, up) < 0.0055 or up > 0.004 else WHITE
        if abs(side) < 0.021 and abs(up - 0.022 + 8.0 * side * side) < 0.0045:
            return scaled(look.hair, 0.9)
        chin = -0.055 - up
        mouth = math.hypot(x, (up + 0.072) * 2.2) < 0.028
        stubble = chin + 0.012 * noise(x * 90.0, y * 90.0, z * 90.0)
        if look.details[2] > 0.5 and stubble > 0.012 and chin < 0.085 and not mouth:
            return mixed(look.skin, scaled(look.hair, strands), 0.75)
    return skin_at(look, x, y, z)


@compiled
def top_at(look: DrawnLook, x: float, y: float, z: float, inside: float) -> Color:
    out = abs(x) > look.arm[0]
    across, along = (abs(x), y) if out else (y, x)
    cloth = woven(look.top, look.top_accent, look.top_pattern, across, along, x, y, z)
    if inside < 0.012:
        return scaled(cloth, 0.8)
    low = y - look.neck + 0.19
    if look.details[0] > 0.5 and z > 0.0 and max(abs(x) / 0.075, abs(low) / 0.06) < 1.0:
        return look.top_accent if noise(x * 55.0, low * 55.0, look.top[0] * 40.0) >= 0.45 else cloth
    return cloth


@compiled
def bottom_at(look: DrawnLook, x: float, y: float, z: float, inside: float) -> Color:
    cloth = woven(look.bottom, look.bottom_accent, look.bottom_pattern, y, x, x, y, z)
    if look.details[1] > 0.5:
        cloth = scaled(cloth, 0.85 + 0.25 * noise(x * 900.0, y * 900.0, z * 900.0))
    if y > look.waist - 0.008:
        return scaled(cloth, DARK)
    if abs(z) < 0.004 and abs(x) > 0.5 * look.arm[0]:
        return scaled(cloth, 0.75)
    return scaled(cloth, 0.82) if inside < 0.014 else cloth


@compiled
def color_at(look: DrawnLook, x: float, y: float, z: float) -> Color:
    """The colour 0..1 of a point at rest."""
    top = in_top(look, x, y, z)
    if top > 0.0:
        return top_at(look, x, y, z, top)
    if abs(x) < 0.6 * look.arm[0] and y > look.neck + 0.03 - 0.4 * abs(x):
        return head_at(look, x, y, z)
    shoes = in_shoes(look, y)
    if shoes > 0.0:
        if look.loose[2] > 0.0 and shoes > look.shaft + 0.052:
            return mixed(look.shoes, (SOLE, SOLE, SOLE), 0.75)
        return scaled(look.shoes, 0.85 + 0.25 * noise(x * 60.0, y * 60.0, z * 60.0))
    bottom = in_bottom(look, y)
    return bottom_at(look, x, y, z, bottom) if bottom > 0.0 else skin_at(look, x, y, z)


@compiled
def shade_at(look: DrawnLook, x: float, y: float, z: float) -> float:
    """Share of the sky's light that reaches armpits, crotch and chin."""
    x = abs(x)
    armpit = smoothstep(0.0, 0.09, math.hypot(x - 0.85 * look.arm[0], y - look.neck + 0.2))
    crotch = smoothstep(0.0, 0.1, math.hypot(x, y - look.leg[0] + 0.1))
    chin = smoothstep(0.0, 0.06, math.hypot(x, y - look.neck - 0.03)) if z > -0.03 else 1.0
    return (0.72 + 0.28 * armpit) * (0.75 + 0.25 * crotch) * (0.75 + 0.25 * chin)
