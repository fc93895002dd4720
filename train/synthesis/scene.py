"""Random scenes: people on a ground plane, and a camera that looks at them. The world is y up, in metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.body.tree import JOINT_NAMES, PARENTS
from train.synthesis.crowd import TRIES, box_overlap, crowd_shift
from train.synthesis.figure import Figure
from train.synthesis.poses import PoseSource, runs_through_itself
from train.synthesis.scene_cameras import Aim, Camera, axis_angle, free_camera, rotation

Floats = NDArray[np.float32]
BETAS = 10
SHAPE_LIMIT = 2.5  # standard deviations
KIDS = 0.12  # share of children
FACING = 0.55  # share of people who roughly face the camera
POSINGS = 6  # poses tried until one does not intersect itself
LAYINGS = 20  # places tried for a person before it is left out of the scene
# Radius of a body around its joints [m], to keep people from intersecting each other.
THICKNESS = {"pelvis": 0.15, "spine": 0.15, "hip": 0.12, "collar": 0.11, "neck": 0.08, "head": 0.12}
LIMB_THICKNESS = 0.06


@dataclass(frozen=True, eq=False)
class Figurant:
    """One person of the scene: pose (72,) [rad] and cam_t (3,) [m] in the camera's frame, betas (10,), kid; vertices
    and normals (V, 3) of the figure in the camera's frame; skeleton (24, 3) [m] in the world."""

    pose: Floats
    betas: Floats
    kid: float
    cam_t: Floats
    vertices: Floats
    normals: Floats
    skeleton: Floats


@dataclass(frozen=True, eq=False)
class Scene:
    camera: Camera
    people: tuple[Figurant, ...]


@dataclass(frozen=True, eq=False)
class _Standing:
    """A person in the world, before the camera is chosen. orient (3, 3): global orientation; pelvis (3,) [m] at the
    untranslated body; place (3,) [m]: translation, already applied to vertices and joints."""

    orient: Floats
    pose: Floats
    betas: Floats
    kid: float
    pelvis: Floats
    place: Floats
    vertices: Floats
    normals: Floats
    joints: Floats


def draw_scene(
    figure: Figure,
    poses: PoseSource,
    people: tuple[int, int],
    size: tuple[int, int],
    rng: np.random.Generator,
    crowd: tuple[int, ...] = (),
    aim: Aim = free_camera,
    children: float = KIDS,
) -> Scene:
    """A random scene. people: least and most, fewer are likelier. size: width, height [px].

    crowd: numbers of scenes, of which one is drawn; so many crowded scenes are made, and the one with the highest IoU
    of boxes is returned. Empty: people stand apart. aim: chooses the camera. children: their share of the
    people.
    """
    counts = np.arange(people[0], people[1] + 1)
    shares = 1 / counts
    count = int(rng.choice(counts, p=shares / shares.sum()))
    made = int(rng.choice(crowd)) if crowd else 1
    scenes = [_scene(figure, poses, count, size, rng, bool(crowd), aim, children) for _ in range(made)]
    if made == 1:
        return scenes[0]
    return max(scenes, key=lambda scene: float(box_overlap(boxes_of(scene, size)).mean()))


def _scene(
    figure: Figure,
    poses: PoseSource,
    count: int,
    size: tuple[int, int],
    rng: np.random.Generator,
    crowded: bool,
    aim: Aim,
    children: float,
) -> Scene:
    people = [_person(figure, poses, rng, children) for _ in range(count)]
    standing = _lay_out_crowd(people, rng) if crowded else _lay_out(people, rng)
    camera = aim(np.concatenate([p.vertices[::7] for p in standing]), size, rng)
    return Scene(camera, tuple(_seen(person, camera) for person in standing))


def boxes_of(scene: Scene, size: tuple[int, int]) -> Floats:
    """Left, top, width, height (P, 4) [px] of the whole bodies, including hidden parts, clipped to the photo."""
    return np.stack([_box(person, scene.camera, size) for person in scene.people])


def _box(person: Figurant, camera: Camera, size: tuple[int, int]) -> Floats:
    ahead = person.vertices[person.vertices[:, 2] > 0]
    columns = np.ascontiguousarray(camera.pixels(ahead).T)  # numpy is slow along the first axis
    low, high = (found.clip(0, size) for found in (columns.min(axis=1), columns.max(axis=1)))
    return np.concatenate([low, high - low]).astype(np.float32)


def _person(figure: Figure, poses: PoseSource, rng: np.random.Generator, children: float) -> _Standing:
    """A random person at the origin, with the lowest vertex on the ground."""
    kid = draw_age(rng, children)
    betas = rng.standard_normal(BETAS).clip(-SHAPE_LIMIT, SHAPE_LIMIT).astype(np.float32) * (1 - kid / 2)
    facing = rng.random() < FACING
    heading = rng.normal(0, 0.8) if facing else rng.uniform(-np.pi, np.pi)
    for _ in range(POSINGS):
        pose = poses.draw(rng)
        turn = rotation(np.array([0, heading, 0])) @ _without_heading(rotation(pose[:3]))
        turned = np.concatenate([axis_angle(turn), pose[3:]]).astype(np.float32)
        vertices, normals, joints = figure.posed(turned, betas, kid)
        if poses.plausible or not runs_through_itself(joints):
            break
    pelvis = joints[0]
    place = np.array([-pelvis[0], -vertices[:, 1].min(), -pelvis[2]], dtype=np.float32)
    return _Standing(turn, turned, betas, kid, pelvis, place, vertices + place, normals, joints + place)


def draw_age(rng: np.random.Generator, children: float = KIDS) -> float:
    """A random age: 0 for an adult, 0.2 to 1 for a child."""
    return float(rng.uniform(0.2, 1.0)) if rng.random() < children else 0.0


def _without_heading(turn: Floats) -> Floats:
    """The orientation turned about the vertical such that the body's front points to +z; unchanged if it points up or
    down."""
    front = turn[:, 2]
    heading = np.arctan2(front[0], front[2]) if np.hypot(front[0], front[2]) > 0.2 else 0.0
    return rotation(np.array([0, -heading, 0])) @ turn


def _lay_out(people: list[_Standing], rng: np.random.Generator) -> list[_Standing]:
    """The people placed around the origin without intersections; a person without a free place is left out."""
    placed = people[:1]
    for person in people[1:]:
        for attempt in range(LAYINGS):
            reach = (0.5 + 0.35 * np.sqrt(len(people))) * (1 + attempt / 6)
            angle, radius = rng.uniform(-np.pi, np.pi), rng.uniform(0.35, reach)
            shift = np.array([radius * np.sin(angle), 0, radius * np.cos(angle)], dtype=np.float32)
            moved = _moved(person, shift)
            if all(_apart(moved.joints, other.joints) for other in placed):
                placed = [*placed, moved]
                break
    return placed


def _lay_out_crowd(people: list[_Standing], rng: np.random.Generator) -> list[_Standing]:
    """The people before and behind one another; a person without a free place is left out."""
    placed = people[:1]
    for person in people[1:]:
        before = placed[-1].joints[0] * np.array(
            [1, 0, 1], dtype=np.float32
        )  # a person is made at the origin
        for attempt in range(TRIES):
            moved = _moved(person, before + crowd_shift(attempt, rng))
            if all(_apart(moved.joints, other.joints) for other in placed):
                placed = [*placed, moved]
                break
    return placed


def _moved(person: _Standing, shift: Floats) -> _Standing:
    return _Standing(
        person.orient, person.pose, person.betas, person.kid, person.pelvis,
        person.place + shift, person.vertices + shift, person.normals, person.joints + shift,
    )  # fmt: skip


def _thickness() -> Floats:
    """Radius (47,) [m] of the body at the points of `_bone_points`."""
    of = [THICKNESS.get(name.split("_")[-1].rstrip("0123456789"), LIMB_THICKNESS) for name in JOINT_NAMES]
    return np.array(of + [min(of[j], of[p]) for j, p in enumerate(PARENTS) if p >= 0], dtype=np.float32)


_THICKNESS = _thickness()


def _bone_points(joints: Floats) -> Floats:
    """Joints (24, 3) and the middles of the bones between them, together (47, 3) [m]."""
    return np.concatenate([joints, (joints[1:] + joints[list(PARENTS[1:])]) / 2])


def _apart(joints: Floats, others: Floats) -> bool:
    away = np.linalg.norm(_bone_points(joints)[:, None] - _bone_points(others)[None], axis=-1)
    return bool((away > _THICKNESS[:, None] + _THICKNESS).all())


def _seen(person: _Standing, camera: Camera) -> Figurant:
    """A person in the camera's frame, X_camera = R (X - C). The orientation is R times the world's. A body turns about
    its pelvis p, so cam_t = R (p + place - C) - p."""
    pose = person.pose.copy()
    pose[:3] = axis_angle(camera.rotation @ person.orient)
    place = person.pelvis + person.place - camera.position
    cam_t = (camera.rotation @ place - person.pelvis).astype(np.float32)
    vertices = camera.seen(person.vertices)
    normals = np.asarray(person.normals @ camera.rotation.T, dtype=np.float32)
    return Figurant(pose, person.betas, person.kid, cam_t, vertices, normals, person.joints)
