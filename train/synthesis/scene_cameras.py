"""Cameras of synthetic scenes: free ones that show all people, and AGORA's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.formats.bodies.agora.agora_cameras import CAMERAS, CM, OTHER

Floats = NDArray[np.float32]
NEAREST = 0.4  # [m] least distance of the skin to the camera
EYE_LEVEL = 1.7  # [m] of AGORA's cameras that have no height of their own
FAR, FAR_IN_PLACES = (
    (3.0, 12.0),
    (3.0, 8.0),
)  # [m] AGORA's people away from the camera, proposed in its table's place


@dataclass(frozen=True, eq=False)
class Camera:
    """rotation (3, 3) world to camera, position (3,) [m] in the world, focal_length and camera_center [px]."""

    rotation: Floats
    position: Floats
    focal_length: float
    camera_center: tuple[float, float]

    def pixels(self, seen: Floats) -> Floats:
        """Points (..., 3) [m] in the camera's frame to pixels (..., 2)."""
        center = np.array(self.camera_center, dtype=np.float32)
        return seen[..., :2] / seen[..., 2:] * np.float32(self.focal_length) + center

    def project(self, world: Floats) -> Floats:
        """World points (N, 3) [m] to pixels (N, 2)."""
        return self.pixels(self.seen(world))

    def seen(self, world: Floats) -> Floats:
        """World points (N, 3) [m] to the camera's frame."""
        return np.asarray((world - self.position) @ self.rotation.T, dtype=np.float32)


Aim = Callable[[Floats, tuple[int, int], np.random.Generator], Camera]


def free_camera(points: Floats, size: tuple[int, int], rng: np.random.Generator) -> Camera:
    """A random camera that shows all points (N, 3) [m], or sometimes only most of them."""
    width, height = size
    tangent = np.tan(np.radians(rng.uniform(24, 70)) / 2)  # of half the horizontal field of view
    elevation = np.radians(np.clip(rng.normal(6, 11), -12, 55))
    roll = np.radians(rng.normal(0, 2.5))
    back = np.array([0, np.sin(elevation), np.cos(elevation)])
    level = np.stack([np.array([1, 0, 0]), -np.cross(back, [1, 0, 0]), -back])
    turn = rotation(np.array([0, 0, roll])) @ level
    low, high = points.min(axis=0), points.max(axis=0)
    target = (low + high) / 2 + rng.normal(0, 0.06, 3) * (high - low)
    seen = (points - target) @ turn.T
    across = np.maximum(np.abs(seen[:, 0]), np.abs(seen[:, 1]) * width / height) / tangent
    whole = float((across - seen[:, 2]).max())  # least distance that shows all points
    share = rng.uniform(0.55, 0.95) if rng.random() < 0.18 else rng.uniform(1.0, 1.4)
    distance = max(whole * share, NEAREST - float(seen[:, 2].min()))
    focal_length = width / (2 * tangent)
    position = target + distance * back
    position[1] = max(position[1], 0.15)
    return Camera(
        turn.astype(np.float32), position.astype(np.float32), float(focal_length), (width / 2, height / 2)
    )


def agora_camera(points: Floats, size: tuple[int, int], rng: np.random.Generator) -> Camera:
    """A random one of AGORA's cameras: its lens, pitch and height. points (N, 3) [m] of the people, some of which may
    be outside; size: width, height [px]."""
    width, height = size
    chosen = [*CAMERAS.values(), OTHER][rng.integers(len(CAMERAS) + 1)]
    focal_length = chosen.focal_length(width)
    rise = EYE_LEVEL if chosen.place_cm is None else chosen.place_cm[2] / CM
    pitch = np.radians(chosen.pitch_deg)
    down = np.array([0, -np.sin(pitch), -np.cos(pitch)])  # the camera looks along -z of the world, and down
    turn = np.stack([np.array([1, 0, 0]), np.cross(down, [1, 0, 0]), down])
    low, high = points.min(axis=0), points.max(axis=0)
    distance = float(rng.uniform(*(FAR_IN_PLACES if chosen.pitch_deg else FAR)))
    distance = max(distance, NEAREST + float(high[2] - low[2]) / 2)
    aside = float(rng.normal(0, 0.15)) * distance * width / focal_length / 2
    middle = (low + high) / 2
    position = np.array([middle[0] + aside, rise, middle[2] + distance])
    return Camera(
        turn.astype(np.float32), position.astype(np.float32), float(focal_length), (width / 2, height / 2)
    )


def rotation(axis_angle_vector: NDArray[np.floating]) -> Floats:
    """Axis-angle (3,) [rad] to a matrix (3, 3)."""
    return cv2.Rodrigues(np.asarray(axis_angle_vector, dtype=np.float64))[0].astype(np.float32)


def axis_angle(matrix: NDArray[np.floating]) -> Floats:
    """A rotation matrix (3, 3) to axis-angle (3,) [rad]."""
    return cv2.Rodrigues(np.asarray(matrix, dtype=np.float64))[0][:, 0].astype(np.float32)
