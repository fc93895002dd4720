"""A short clip of three people who walk past each other, with simulated detections of every frame.

Poses are a plain walk: hips, knees, shoulders and elbows swing as sines, so that no motion capture is needed.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from core.body.keypoints import layout
from core.body.model import Body, BodyParams, load_body
from core.body.tree import JOINT_NAMES
from core.files.video.frame_names import frame_name
from core.records import BBox, Keypoints, Person, Photo
from train.rendering.mesh_renderer import Mesh, MeshRenderer, vertex_normals

FRAMES, RATE = 60, 30.0
SIZE_PX = 640, 360
LAYOUT = "coco17"
NOISE = 0.004  # of a detection, in heights of the person
COLOURS = ((0.86, 0.55, 0.36), (0.40, 0.62, 0.84), (0.55, 0.74, 0.45))
SKY, GROUND = (214, 206, 196), (150, 156, 150)  # OpenCV's order BGR
HORIZON = 0.52  # of the picture's height
STEPS_A_S = 1.7
HIP, KNEE, SHOULDER, ELBOW, HANGING = 0.42, 0.75, 0.45, 0.5, 1.25  # rad
HIDDEN = 0.5  # share of keypoints inside the box of a nearer person from which a person is not detected


@dataclass(frozen=True)
class Walker:
    """Walks from x = start to end [m] in the clip's time at a depth [m]; phase [rad] of the first step."""

    start: float
    end: float
    depth: float
    phase: float
    tall: float  # betas[0]


WALKERS = (
    Walker(-2.1, 1.9, 4.6, 0.0, 0.5),
    Walker(2.2, -2.0, 5.4, 1.3, -0.5),
    Walker(-1.2, 1.4, 6.4, 2.1, 1.0),
)


def walk(walker: Walker, frame: int, frames: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The pose (72,) [rad] and cam_t (3,) [m] of a walker in a frame."""
    seconds = frame / RATE
    swing = np.sin(np.pi * STEPS_A_S * seconds + walker.phase)
    bend = np.maximum(0, np.sin(np.pi * STEPS_A_S * seconds + walker.phase + np.array([0.9, 0.9 + np.pi])))
    pose = np.zeros((24, 3), np.float32)
    angles = {
        "left_hip": (-HIP * swing, 0, 0),
        "right_hip": (HIP * swing, 0, 0),
        "left_knee": (KNEE * bend[0], 0, 0),
        "right_knee": (KNEE * bend[1], 0, 0),
        "left_shoulder": (SHOULDER * swing, 0, -HANGING),
        "right_shoulder": (-SHOULDER * swing, 0, HANGING),
        "left_elbow": (0, -ELBOW, 0),
        "right_elbow": (0, ELBOW, 0),
    }
    for name, angle in angles.items():
        pose[JOINT_NAMES.index(name)] = angle
    heading = np.pi / 2 * 0.8 * np.sign(walker.end - walker.start)
    pose[0] = cv2.Rodrigues(_about_x(np.pi) @ _about_y(heading))[0][:, 0]
    share = frame / max(1, frames - 1)
    x = walker.start + share * (walker.end - walker.start)
    return pose.reshape(72), np.array([x, 0.15, walker.depth], np.float32)


def write_clip(folder: Path, frames: int = FRAMES, seed: int = 0, name: str = "crossing.mp4") -> list[Photo]:
    """Write the video. Returns its frames with the people that a detector would find, without tracks. Raises
    FitloopError without EGL."""
    folder.mkdir(parents=True, exist_ok=True)
    body = load_body()
    writer = cv2.VideoWriter(str(folder / name), cv2.VideoWriter.fourcc(*"mp4v"), RATE, SIZE_PX)
    try:
        with closing(MeshRenderer(*SIZE_PX)) as renderer:
            for frame in range(frames):
                writer.write(_picture(renderer, body, walkers_in(frame, frames)))
    finally:
        writer.release()
    return clip_photos(body, frames, seed, name)


def clip_photos(body: Body, frames: int, seed: int, name: str) -> list[Photo]:
    """The frames with simulated detections; a person who leaves the picture or is mostly hidden is not detected."""
    rng, photos, next_id = np.random.default_rng(seed), list[Photo](), 1
    focal, center = _camera()
    for frame in range(frames):
        points = body.keypoints(walkers_in(frame, frames), LAYOUT).numpy()
        xy = points[..., :2] / points[..., 2:] * focal + np.array(center)
        seen = _seen(xy.astype(np.float32))
        found = tuple(_detected(keypoints, next_id + place, rng) for place, keypoints in enumerate(seen))
        next_id += len(found)
        photos.append(Photo(frame_name(name, frame), *SIZE_PX, found))
    return photos


def walkers_in(frame: int, frames: int) -> BodyParams:
    """The bodies of all walkers in a frame of a clip."""
    walked = [walk(walker, frame, frames) for walker in WALKERS]
    betas = np.zeros((len(WALKERS), 10), np.float32)
    betas[:, 0] = [walker.tall for walker in WALKERS]
    return BodyParams.from_pose(
        torch.from_numpy(np.stack([pose for pose, _ in walked])),
        torch.from_numpy(betas),
        torch.from_numpy(np.stack([cam_t for _, cam_t in walked])),
    )


def _picture(renderer: MeshRenderer, body: Body, params: BodyParams) -> NDArray[np.uint8]:
    """(H, W, 3) in OpenCV's order BGR."""
    meshes = [
        Mesh(one, body.faces, np.array(colour), vertex_normals(one, body.faces))
        for one, colour in zip(body.pose(params)[0].numpy(), COLOURS, strict=True)
    ]
    color, mask = renderer.render(meshes, *_camera())
    picture = np.where(mask[..., None], color[..., ::-1], _background())
    return np.ascontiguousarray(picture.astype(np.uint8))


def _camera() -> tuple[float, tuple[float, float]]:
    """Focal length and centre [px], as `Photo.camera` takes them for granted."""
    return float(np.hypot(*SIZE_PX)), (SIZE_PX[0] / 2, SIZE_PX[1] / 2)


def _seen(xy: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """The keypoints (P, K, 2) [px], from the nearest person on, of people who are inside the picture and not hidden."""
    found: list[NDArray[np.float32]] = []
    for one in xy:
        inside = ((one >= 0) & (one < np.array(SIZE_PX))).all(axis=1)
        hidden = np.zeros(len(one), bool)
        for nearer in found:
            hidden |= ((one > nearer.min(axis=0)) & (one < nearer.max(axis=0))).all(axis=1)
        if inside.all() and hidden.mean() < HIDDEN:
            found.append(one)
    return found


def _detected(xy: NDArray[np.float32], id: int, rng: np.random.Generator) -> Person:
    low, high = xy.min(axis=0), xy.max(axis=0)
    noisy = xy + rng.standard_normal(xy.shape) * NOISE * (high - low)[1]
    confidence = rng.uniform(0.7, 0.98, layout(LAYOUT).k)
    return Person(id, BBox.from_xywh(np.concatenate([low, high - low])), Keypoints(LAYOUT, noisy, confidence))


def _background() -> NDArray[np.uint8]:
    width, height = SIZE_PX
    picture = np.full((height, width, 3), SKY, np.uint8)
    picture[round(HORIZON * height) :] = GROUND
    return picture


def _about_x(angle: float) -> NDArray[np.float64]:
    return np.asarray(cv2.Rodrigues(np.array([angle, 0, 0]))[0])


def _about_y(angle: float) -> NDArray[np.float64]:
    return np.asarray(cv2.Rodrigues(np.array([0, angle, 0]))[0])
