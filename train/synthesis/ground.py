"""The ground of a scene: the strip that shows the sun's shadows, and soft shadows where people touch it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.body.tree import PARENTS
from train.synthesis.scene import Scene
from train.synthesis.scene_cameras import Camera

Floats = NDArray[np.float32]
GROUND_LENGTH = 30.0  # [m]
SHADOW_WIDTH = 0.13  # [m] of a limb's shadow


def contact_shadow(scene: Scene, size: tuple[int, int], darkness: float) -> Floats:
    """(H, W) in 0..1: soft shadows of the people's bones, cast straight down on the ground. size: width, height."""
    camera = scene.camera
    image = np.zeros((size[1], size[0]), np.float32)
    for person in scene.people:
        ground = person.skeleton * np.array([1, 0, 1], dtype=np.float32)
        depth = (ground - camera.position) @ camera.rotation[2]
        if depth.min() < SHADOW_WIDTH:
            continue
        xy = camera.project(ground)
        if np.abs(xy).max() > 8 * max(size):
            continue
        ends = np.round(xy).astype(int).tolist()
        widths = np.maximum(1, np.round(SHADOW_WIDTH * camera.focal_length / depth)).astype(int).tolist()
        for joint, parent in enumerate(PARENTS[1:], start=1):
            cv2.line(image, ends[joint], ends[parent], darkness, widths[joint])
    return cv2.GaussianBlur(image, (0, 0), 0.012 * max(size))


def ground_strip(camera: Camera) -> Floats:
    """Four corners (4, 3) [m] of a strip of the ground around the scene, before the camera."""
    ahead = camera.rotation[2] * np.array([1, 0, 1], np.float32)
    ahead = ahead / max(float(np.linalg.norm(ahead)), 1e-6)
    side = np.array([ahead[2], 0, -ahead[0]], np.float32)
    foot = camera.position * np.array([1, 0, 1], np.float32)
    ends = foot + 0.1 * ahead, foot + GROUND_LENGTH * ahead
    return np.stack([end + way * GROUND_LENGTH * side for end in ends for way in (-1, 1)]).astype(np.float32)
