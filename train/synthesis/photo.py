"""Makes one synthetic photo of a random scene, with its exact truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from core.body.keypoint_body import KeypointBody
from core.body.model import Body, BodyParams, load_body
from core.body.tree import PARENTS
from train.rendering.people_renderer import DressedMesh, PeopleRenderer, Picture
from train.synthesis.appearance import draw_light, draw_look, landmarks
from train.synthesis.backgrounds import Backgrounds
from train.synthesis.crowd import box_overlap
from train.synthesis.figure import Figure
from train.synthesis.poses import PoseSource
from train.synthesis.scene import Figurant, Scene, boxes_of, draw_scene

Floats = NDArray[np.float32]

LAYOUT = "spin49"
SMALL_PICTURE, COARSE_CELL = 320, 0.015  # [px]; grid cell of the mesh for such pictures [m], under two pixels
SUPERSAMPLING = 2
TRIES = 8  # scenes tried for one photo until a person is visible
FEWEST_SEEN = 6  # visible keypoints; a person with fewer becomes no training row
FEWEST_PIXELS = 0.002  # share of the picture; a smaller person becomes no training row
# Of a keypoint below its own skin: constant [m], for cloth and hair too, and factor on its depth there.
DEPTH_TOLERANCE, DEPTH_FACTOR = 0.045, 2.2
JPEG_QUALITY = 70, 97
SHADOW_WIDTH = 0.13  # [m] of a limb's shadow


@dataclass(frozen=True)
class StudioConfig:
    """Options of synthetic photos. size: width and height [px]; people: least and most; poses: a file of motion
    capture, else the pose prior; backgrounds: a folder of pictures, else generated ones; crowd: numbers of scenes, of
    which one is drawn and the most crowded of so many scenes is taken; empty where people stand apart."""

    size: int = 256
    people: tuple[int, int] = (1, 6)
    seed: int = 0
    poses: Path | None = None
    backgrounds: Path | None = None
    crowd: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Truth:
    """The P people of one photo, in the photo's camera frame.

    pose (P, 72) [rad], betas (P, 10), kid (P,), cam_t (P, 3) [m]; focal_length, camera_center [px]; keypoints
    (P, 49, 3) = x, y [px] and 1 inside the photo, else 0; occluded (P, 49): inside the photo, but hidden by a person;
    box (P, 4) = left, top, width, height [px] of the whole body, clipped to the photo; number (P,): the value of the
    person's pixels in the mask; occlusion (P,) [%]: hidden share of the person's pixels inside the photo; overlap (P,):
    highest IoU of the box with that of another person of the scene.
    """

    pose: Floats
    betas: Floats
    kid: Floats
    cam_t: Floats
    focal_length: float
    camera_center: tuple[float, float]
    keypoints: Floats
    occluded: NDArray[np.bool_]
    box: Floats
    number: NDArray[np.uint8]
    occlusion: Floats
    overlap: Floats

    def __len__(self) -> int:
        return len(self.pose)


@dataclass(frozen=True, eq=False)
class SyntheticPhoto:
    """image (H, W, 3) uint8 RGB; mask (H, W) uint8: 0 for background, else the person's number; quality: the JPEG
    quality for saving."""

    image: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    truth: Truth
    quality: int


class Studio:
    """Makes photo number `index` of a seed. A photo depends on seed and index only, not on the order of calls."""

    def __init__(self, config: StudioConfig, body: Body | None = None) -> None:
        """Raises FitloopError if poses or backgrounds cannot be read, or if EGL is missing."""
        body = load_body() if body is None else body
        size = (config.size, config.size)
        self._config = config
        self._poses = PoseSource(config.poses)
        self._figure = Figure.from_body(body, COARSE_CELL if config.size <= SMALL_PICTURE else 0.0)
        self._keypoints = KeypointBody.from_body(body, LAYOUT)
        self._tolerance = DEPTH_TOLERANCE + DEPTH_FACTOR * keypoint_depths(body)
        marks = landmarks(body)
        self._neck = float(np.asarray(marks["u_neck"]))
        self._backgrounds = Backgrounds(size, config.backgrounds)
        drawn = config.size * SUPERSAMPLING
        self._renderer = PeopleRenderer(drawn, drawn, self._figure.template, self._figure.faces, marks)

    def photo(self, index: int) -> SyntheticPhoto:
        rng = np.random.default_rng([self._config.seed, index])
        for _ in range(TRIES):
            photo = self._try(rng)
            if len(photo.truth):
                break
        return photo

    def close(self) -> None:
        self._renderer.close()

    def _try(self, rng: np.random.Generator) -> SyntheticPhoto:
        size = (self._config.size, self._config.size)
        scene = draw_scene(self._figure, self._poses, self._config.people, size, rng, self._config.crowd)
        picture = self._draw(scene, rng)
        background = self._backgrounds.draw(scene.camera, rng)
        background *= 1 - shadow(scene, size, float(rng.uniform(0.1, 0.5)))[..., None]
        image = _develop(_over(picture, background), rng)
        mask = np.ascontiguousarray(picture.number[1::SUPERSAMPLING, 1::SUPERSAMPLING])
        quality = int(rng.integers(*JPEG_QUALITY))
        return SyntheticPhoto(image, mask, self._truth(scene, picture, mask), quality)

    def _draw(self, scene: Scene, rng: np.random.Generator) -> Picture:
        camera = scene.camera
        light = draw_light(camera.rotation @ np.array([0, 1, 0], dtype=np.float32), rng)
        dressed = [
            DressedMesh(person.vertices, person.normals, draw_look(self._neck, rng))
            for person in scene.people
        ]
        cx, cy = camera.camera_center
        center = (cx * SUPERSAMPLING, cy * SUPERSAMPLING)
        return self._renderer.render(dressed, camera.focal_length * SUPERSAMPLING, center, light)

    def _truth(self, scene: Scene, picture: Picture, mask: NDArray[np.uint8]) -> Truth:
        """The truth of the people that are visible enough to learn from."""
        people, camera = scene.people, scene.camera
        points = self._keypoints.keypoints(params_of(people)).numpy()
        xy = camera.pixels(points)
        inside = ((xy >= 0) & (xy < self._config.size)).all(axis=-1) & (points[..., 2] > 0)
        numbers = np.arange(1, len(people) + 1)
        hidden = inside & occlusion(xy, points[..., 2], numbers, picture, self._tolerance)
        boxes = boxes_of(scene, (self._config.size, self._config.size))
        area = np.bincount(mask.reshape(-1), minlength=len(people) + 1)[1:]
        kept = (inside & ~hidden).sum(axis=1) >= FEWEST_SEEN
        kept &= area >= FEWEST_PIXELS * mask.size
        chosen = np.flatnonzero(kept)
        return Truth(
            pose=np.stack([person.pose for person in people])[chosen],
            betas=np.stack([person.betas for person in people])[chosen],
            kid=np.array([person.kid for person in people], dtype=np.float32)[chosen],
            cam_t=np.stack([person.cam_t for person in people])[chosen],
            focal_length=camera.focal_length,
            camera_center=camera.camera_center,
            keypoints=np.concatenate([xy * inside[..., None], inside[..., None]], axis=-1, dtype=np.float32)[
                chosen
            ],
            occluded=hidden[chosen],
            box=boxes[chosen],
            number=numbers[chosen].astype(np.uint8),
            occlusion=hidden_share(picture)[chosen],
            overlap=box_overlap(boxes)[chosen],
        )


def params_of(people: tuple[Figurant, ...]) -> BodyParams:
    """The scene's people as a batch of body parameters in the camera's frame."""
    return BodyParams.from_pose(
        torch.from_numpy(np.stack([person.pose for person in people])),
        torch.from_numpy(np.stack([person.betas for person in people])),
        torch.from_numpy(np.stack([person.cam_t for person in people])),
        torch.tensor([person.kid for person in people], dtype=torch.float32),
    )


def keypoint_depths(body: Body) -> Floats:
    """Depth (49,) [m] of each keypoint below the skin: its distance to the nearest vertex of the body at rest."""
    points = body.keypoints(BodyParams.zeros(1), LAYOUT)
    return torch.cdist(points, body.v_template[None])[0].min(dim=1).values.numpy()


def occlusion(
    xy: Floats, depth: Floats, numbers: NDArray[np.int64], picture: Picture, tolerance: Floats
) -> NDArray[np.bool_]:
    """(P, K) bool: True if the depth map has a surface in front of the keypoint at xy (P, K, 2) [px].

    depth (P, K) [m] of the keypoints, numbers (P,) of the people. Another person occludes a keypoint if nearer. The
    person's own skin occludes it if nearer by more than tolerance (K,) [m], as joints are always below some skin.
    """
    height, width = picture.number.shape
    pixel = np.floor(xy * SUPERSAMPLING)
    column = pixel[..., 0].clip(0, width - 1).astype(np.int64)
    row = pixel[..., 1].clip(0, height - 1).astype(np.int64)
    seen, nearest = picture.number[row, column], picture.depth[row, column]
    other = (seen != numbers[:, None]) & (seen != 0) & (nearest < depth)
    own = (seen == numbers[:, None]) & (nearest < depth - tolerance)
    return other | own


def hidden_share(picture: Picture) -> Floats:
    """Share (P,) [%] of each person's pixels inside the picture that others hide, as AGORA's `occlusion`."""
    seen = np.bincount(picture.number.reshape(-1), minlength=len(picture.whole) + 1)[
        1 : len(picture.whole) + 1
    ]
    return np.asarray(100 * (1 - seen / np.maximum(picture.whole, 1)), dtype=np.float32)


def shadow(scene: Scene, size: tuple[int, int], darkness: float) -> Floats:
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


def _over(picture: Picture, background: Floats) -> Floats:
    """The people over the background, averaged down from the supersampled picture."""
    size = (background.shape[1], background.shape[0])
    people = cv2.resize(picture.color, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    covered = (picture.number > 0).astype(np.float32)
    return people + background * (1 - cv2.resize(covered, size, interpolation=cv2.INTER_AREA))[..., None]


def _develop(image: Floats, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Apply random exposure, blur and sensor noise. image (H, W, 3) in 0..255."""
    exposure, offset = float(rng.uniform(0.8, 1.15)), float(rng.uniform(-8, 12))
    if rng.random() < 0.3:
        image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 1.0)))
    noise = rng.integers(0, 256, image.shape, dtype=np.uint8).astype(np.float32) - 127.5
    return (image * exposure + offset + noise * float(rng.uniform(0, 0.07))).clip(0, 255).astype(np.uint8)
