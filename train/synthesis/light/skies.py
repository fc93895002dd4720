"""Light in the form of the shader: a sky of nine spherical harmonics, a sun, and an exposure.

The sky is three matrices M: light on a surface of normal n is (n, 1)' M (n, 1), equation 11 of Ramamoorthi and
Hanrahan, An Efficient Representation for Irradiance Environment Maps, SIGGRAPH 2001.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.rendering.people_renderer import Uniforms

Floats = NDArray[np.float32]
C1, C2, C3, C4, C5 = 0.429043, 0.511664, 0.743125, 0.886227, 0.247708  # of the paper
MIDDLE = 0.85  # exposure times the light on a middling surface


@dataclass(frozen=True, eq=False)
class Light:
    """In the world, y up. sky (3, 4, 4): red, green, blue; sun (3,): direction towards it; sun_color (3,): its light on
    a surface that faces it. All linear, as shares of what a white surface sends back."""

    sky: Floats
    sun: Floats
    sun_color: Floats

    @property
    def exposure(self) -> float:
        """Factor that makes a middling surface middling."""
        up = np.array([0, 1, 0, 1], np.float32)
        side = np.array([0, 0, 1, 1], np.float32)
        sky = np.mean([[n @ m @ n for m in self.sky] for n in (up, side)])
        return MIDDLE / max(1e-4, float(sky) + 0.5 * float(self.sun_color.mean()))

    def uniforms(self, rotation: Floats, exposure: float) -> Uniforms:
        """The shader's uniforms in the frame of a camera of rotation (3, 3), world to camera."""
        turn = np.eye(4, dtype=np.float32)
        turn[:3, :3] = rotation
        red, green, blue = (np.ascontiguousarray(turn @ part @ turn.T) for part in self.sky)
        sun = rotation @ self.sun
        return {
            "u_red": red, "u_green": green, "u_blue": blue, "u_exposure": exposure,
            "u_light": tuple(sun.tolist()), "u_light_color": tuple(self.sun_color.tolist()),
        }  # fmt: skip


def plain_light(rng: np.random.Generator) -> Light:
    """A random sky above and ground below, and a sun, mostly from the camera's side."""
    warmth = float(rng.uniform(-0.1, 0.12))
    tint = np.array([1 + warmth, 1, 1 - warmth])
    ambient, sun = float(rng.uniform(0.25, 0.6)), float(rng.uniform(0.1, 1.1))
    sky, ground = ambient * (2 - tint), ambient * float(rng.uniform(0.3, 0.7)) * tint
    towards = np.array([rng.normal(0, 0.7), rng.uniform(0.3, 1.2), rng.normal(0.6, 0.6)])
    side = ambient * float(rng.uniform(0, 0.5)) * rng.standard_normal(3) * [1, 0, 1]  # a window, or a wall
    matrices = np.zeros((3, 4, 4), np.float32)
    for part in range(3):
        matrices[part, 3, 3] = (sky[part] + ground[part]) / 2
        slope = np.array([0, (sky[part] - ground[part]) / 4, 0]) + side / 4
        matrices[part, :3, 3] = matrices[part, 3, :3] = slope
    return Light(
        matrices,
        (towards / np.linalg.norm(towards)).astype(np.float32),
        (sun * tint).astype(np.float32),
    )


def sky_of(directions: Floats, radiance: Floats, solid_angles: Floats) -> Floats:
    """Sky (3, 4, 4) of radiance (N, 3) from unit directions (N, 3) with solid angles (N,)."""
    x, y, z = directions.T
    basis = np.stack(
        [
            0.282095 + 0 * x, 0.488603 * y, 0.488603 * z, 0.488603 * x, 1.092548 * x * y, 1.092548 * y * z,
            0.315392 * (3 * z * z - 1), 1.092548 * x * z, 0.546274 * (x * x - y * y),
        ]
    )  # fmt: skip
    coefficients = (basis * solid_angles) @ radiance  # (9, 3)
    sky = np.zeros((3, 4, 4), np.float32)
    for part, (l00, l1m, l10, l11, l2mm, l2m, l20, l21, l22) in enumerate(coefficients.T.tolist()):
        sky[part] = [
            [C1 * l22, C1 * l2mm, C1 * l21, C2 * l11],
            [C1 * l2mm, -C1 * l22, C1 * l2m, C2 * l1m],
            [C1 * l21, C1 * l2m, C3 * l20, C2 * l10],
            [C2 * l11, C2 * l1m, C2 * l10, C4 * l00 - C5 * l20],
        ]
    return sky / np.float32(np.pi)


def developed(radiance: Floats, exposure: float) -> Floats:
    """The shader's curve: linear radiance (…, 3) to 0..255."""
    return np.asarray(255 * np.sqrt(1 - np.exp(np.float32(-exposure) * radiance)), dtype=np.float32)
