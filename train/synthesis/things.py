"""Things that stand among people and hide parts of them: boxes, poles, tables and shelves on the ground."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from train.rendering.people_renderer import Worn
from train.synthesis.scene import Scene
from train.synthesis.scene_cameras import Camera

Floats = NDArray[np.float32]
MOST = 4
CLEAR = 0.16  # [m] between a thing and a joint
FROM_CAMERA = 0.9  # [m]
TRIES = 12
_CORNERS = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (0, 1) for z in (-0.5, 0.5)], np.float32)
_SIDES = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
_QUAD_UV = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)


def draw_things(scene: Scene, rng: np.random.Generator) -> tuple[Worn, ...]:
    """One to MOST random things in the camera's frame, most between a person and the camera; none touches a person."""
    things: list[Worn] = []
    joints = np.concatenate([person.skeleton for person in scene.people])
    for _ in range(int(rng.integers(1, MOST + 1))):
        boxes = _boxes(rng)
        for _ in range(TRIES):
            place = _place(scene, rng)
            if _free(boxes, place, joints, scene.camera):
                texture = _texture(rng)
                turn = float(rng.uniform(-np.pi, np.pi))
                things += [_mesh(box, place, turn, texture, scene.camera) for box in boxes]
                break
    return tuple(things)


def _boxes(rng: np.random.Generator) -> list[tuple[Floats, Floats]]:
    """Boxes (centre of the base, size) [m] of one thing at the origin."""
    kind = rng.choice(["box", "pole", "table", "shelf"], p=[0.4, 0.2, 0.25, 0.15])
    if kind == "box":
        return [
            (np.zeros(3, np.float32), rng.uniform((0.25, 0.25, 0.25), (0.8, 0.9, 0.6)).astype(np.float32))
        ]
    if kind == "pole":
        wide = float(rng.uniform(0.05, 0.25))
        return [(np.zeros(3, np.float32), np.array([wide, rng.uniform(1.2, 3.0), wide], np.float32))]
    if kind == "shelf":
        return [
            (
                np.zeros(3, np.float32),
                np.array([rng.uniform(0.6, 1.2), rng.uniform(0.7, 1.5), 0.3], np.float32),
            )
        ]
    wide, high, deep = (float(value) for value in rng.uniform((0.6, 0.5, 0.5), (1.4, 0.95, 0.8)))
    legs = [
        ((x * (wide - 0.06), 0, z * (deep - 0.06)), (0.05, high, 0.05))
        for x in (-0.5, 0.5)
        for z in (-0.5, 0.5)
    ]
    parts = [*legs, ((0.0, high, 0.0), (wide, 0.04, deep))]
    return [(np.array(base, np.float32), np.array(size, np.float32)) for base, size in parts]


def _place(scene: Scene, rng: np.random.Generator) -> Floats:
    """A place on the ground, mostly between a person and the camera, else near."""
    person = scene.people[rng.integers(len(scene.people))].skeleton[0]
    away = scene.camera.position - person
    away = away * np.array([1, 0, 1], np.float32)
    away /= max(float(np.linalg.norm(away)), 1e-6)
    side = np.array([away[2], 0, -away[0]], np.float32)
    reach = float(rng.uniform(0.35, 1.2) if rng.random() < 0.7 else rng.uniform(-2.5, -0.5))
    place = person * np.array([1, 0, 1], np.float32) + reach * away + float(rng.normal(0, 0.45)) * side
    return np.asarray(place, dtype=np.float32)


def _free(boxes: list[tuple[Floats, Floats]], place: Floats, joints: Floats, camera: Camera) -> bool:
    """True if the thing, turned anyhow, touches no person and is not at the camera."""
    radius = max(float(np.hypot(*(np.abs(base) + size / 2)[[0, 2]])) for base, size in boxes)
    height = max(float(base[1] + size[1]) for base, size in boxes)
    low = joints[joints[:, 1] < height + CLEAR]
    away = np.linalg.norm((low - place)[:, [0, 2]], axis=1)
    seen = camera.seen(place[None])[0]
    return bool((away > radius + CLEAR).all()) and float(seen[2]) > FROM_CAMERA + radius


def _mesh(
    box: tuple[Floats, Floats], place: Floats, turn: float, texture: NDArray[np.uint8], camera: Camera
) -> Worn:
    base, size = box
    cos, sin = np.cos(turn), np.sin(turn)
    heading = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]], np.float32)
    corners = (_CORNERS * size + base) @ heading.T + place
    vertices, faces, normals = [], [], []
    for number, side in enumerate(_SIDES):
        around = corners[list(side)]
        normal = np.cross(around[1] - around[0], around[2] - around[0])
        vertices.append(around)
        normals.append(np.tile(normal / max(float(np.linalg.norm(normal)), 1e-9), (4, 1)))
        faces += [[4 * number, 4 * number + 1, 4 * number + 2], [4 * number, 4 * number + 2, 4 * number + 3]]
    seen = camera.seen(np.concatenate(vertices))
    turned = np.asarray(np.concatenate(normals) @ camera.rotation.T, dtype=np.float32)
    return Worn(seen, turned, np.array(faces), np.tile(_QUAD_UV, (6, 1)), texture, two_sided=True)


def _texture(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Wood, painted board or cardboard: a colour with grain and mottling (64, 64, 4)."""
    color = rng.uniform(40, 225) * (1 + rng.normal(0, 0.06, 3)) + rng.uniform(0, 45) * np.array(
        [1, 0.3, -0.7]
    )
    grain = rng.normal(0, rng.uniform(1, 16), (64, 1, 1)) + rng.normal(0, rng.uniform(1, 8), (64, 64, 1))
    pixels = (color + grain).clip(0, 255)
    return np.concatenate([pixels, np.full((64, 64, 1), 255)], axis=2).astype(np.uint8)
