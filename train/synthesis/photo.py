"""Makes one synthetic photo of a random scene, with its exact truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from core.body.keypoint_body import KeypointBody
from core.body.mean_skeleton import open_fingerprint
from core.body.model import Body, BodyParams, load_body
from train.rendering.people_renderer import DressedMesh, PeopleRenderer, Picture
from train.synthesis.appearance import draw_look, landmarks
from train.synthesis.backgrounds import Backgrounds
from train.synthesis.crowd import box_overlap
from train.synthesis.figure import Figure
from train.synthesis.ground import contact_shadow, ground_strip
from train.synthesis.light.panoramas import Panoramas, behind
from train.synthesis.light.skies import Light, plain_light
from train.synthesis.poses import PoseSource
from train.synthesis.scene import KIDS, Figurant, Scene, boxes_of, draw_scene
from train.synthesis.scene_cameras import agora_camera, free_camera
from train.synthesis.things import draw_things
from train.synthesis.visibility import LAYOUT, SUPERSAMPLING, hidden_share, keypoint_depths, occlusion
from train.synthesis.wardrobe.drawn_garments import DrawnGarments
from train.synthesis.wardrobe.outfit import Layer, Wardrobe, worn

Floats = NDArray[np.float32]

SMALL_PICTURE, COARSE_CELL = 320, 0.015  # [px]; grid cell of the mesh for such pictures [m], under two pixels
TRIES = 8  # scenes tried for one photo until a person is visible
FEWEST_SEEN = 6  # visible keypoints; a person with fewer becomes no training row
FEWEST_PIXELS = 0.002  # share of the picture; a smaller person becomes no training row
# Of a keypoint below its own skin: constant [m], for cloth and hair too, and factor on its depth there.
DEPTH_TOLERANCE, DEPTH_FACTOR = 0.045, 2.2
JPEG_QUALITY = 70, 97
FLAT_GROUND = 5.0, 14.0  # [m] reach of a panorama's flat ground


@dataclass(frozen=True)
class StudioConfig:
    """Options of synthetic photos.

    size: width [px], and height unless that is given. people: least and most. poses: a file of motion capture, else the
    pose prior. backgrounds: a folder of pictures, else generated ones. crowd: numbers of scenes, of which one is drawn
    and the most crowded of so many scenes is taken; empty where people stand apart. wardrobe: a folder of garments,
    else drawn clothes. panoramas: a folder of light, else plain skies. occluders: share of photos with things among
    the people. agora_cameras: AGORA's instead of free ones. children: their share of the people.
    """

    size: int = 256
    people: tuple[int, int] = (1, 6)
    seed: int = 0
    poses: Path | None = None
    backgrounds: Path | None = None
    crowd: tuple[int, ...] = ()
    wardrobe: Path | None = None
    panoramas: Path | None = None
    occluders: float = 0.0
    height: int | None = None
    agora_cameras: bool = False
    children: float = KIDS

    @property
    def shape(self) -> tuple[int, int]:
        """Width and height [px] of a photo."""
        return self.size, self.size if self.height is None else self.height


@dataclass(frozen=True, eq=False)
class Truth:
    """The P people of one photo, in the photo's camera frame.

    pose (P, 72) [rad], betas (P, 10), kid (P,), cam_t (P, 3) [m]; focal_length, camera_center [px]; keypoints
    (P, 49, 3) = x, y [px] and 1 inside the photo, else 0; occluded (P, 49): inside the photo, but hidden by a person;
    box (P, 4) = left, top, width, height [px] of the whole body, clipped to the photo; number (P,): the value of the
    person's pixels in the mask; occlusion (P,) [%]: hidden share of the person's pixels inside the photo; overlap (P,):
    highest IoU of the box with that of another person of the scene; garments: names of each person's, "" for drawn
    clothes.
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
    garments: tuple[str, ...]

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
        """Raises FitloopError if poses or backgrounds cannot be read."""
        body = load_body() if body is None else body
        size = config.shape
        self._config = config
        self._poses = PoseSource(config.poses)
        cell = COARSE_CELL if max(size) <= SMALL_PICTURE else 0.0
        self._figure = Figure.from_body(body, cell)
        self._aim = agora_camera if config.agora_cameras else free_camera
        self._keypoints = KeypointBody.from_body(body, LAYOUT)
        self._tolerance = DEPTH_TOLERANCE + DEPTH_FACTOR * keypoint_depths(body)
        marks = landmarks(body)
        self._neck = float(np.asarray(marks["u_neck"]))
        self._backgrounds = Backgrounds(size, config.backgrounds)
        self._wardrobe = Wardrobe(config.wardrobe, body, cell) if config.wardrobe else None
        self._drawn = DrawnGarments(body) if body.fingerprint == open_fingerprint() else None
        self._panoramas = Panoramas(config.panoramas) if config.panoramas else None
        drawn = [side * SUPERSAMPLING for side in size]
        self._renderer = PeopleRenderer(drawn[0], drawn[1], self._figure.template, self._figure.faces, marks)

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
        size = self._config.shape
        scene = draw_scene(
            self._figure, self._poses, self._config.people, size, rng, self._config.crowd, self._aim,
            self._config.children,
        )  # fmt: skip
        light, background, exposure = self._surroundings(scene, rng)
        outfits = [self._wardrobe.draw(rng) if self._wardrobe else () for _ in scene.people]
        picture = self._draw(scene, outfits, light, exposure, rng)
        background *= 1 - contact_shadow(scene, size, float(rng.uniform(0.1, 0.5)))[..., None]
        image = _develop(_over(picture, background), rng)
        mask = np.ascontiguousarray(picture.number[1::SUPERSAMPLING, 1::SUPERSAMPLING])
        quality = int(rng.integers(*JPEG_QUALITY))
        return SyntheticPhoto(image, mask, self._truth(scene, picture, mask, outfits), quality)

    def _surroundings(self, scene: Scene, rng: np.random.Generator) -> tuple[Light, Floats, float]:
        """Light, background (H, W, 3) in 0..255, and exposure."""
        size = self._config.shape
        if self._panoramas is None:
            light = plain_light(rng)
            exposure = light.exposure * float(np.exp(rng.normal(0, 0.15)))
            return light, self._backgrounds.draw(scene.camera, rng), exposure
        panorama = self._panoramas.draw(rng)
        exposure = panorama.light.exposure * float(np.exp(rng.normal(0, 0.2)))
        seen = behind(panorama, scene.camera, size, exposure, float(rng.uniform(*FLAT_GROUND)))
        if self._config.backgrounds is not None:
            seen = self._backgrounds.draw(scene.camera, rng)
        return panorama.light, seen, exposure

    def _draw(
        self,
        scene: Scene,
        outfits: list[tuple[Layer, ...]],
        light: Light,
        exposure: float,
        rng: np.random.Generator,
    ) -> Picture:
        camera = scene.camera
        dressed = [
            self._dressed(person, outfit, rng) for person, outfit in zip(scene.people, outfits, strict=True)
        ]
        things = draw_things(scene, rng) if rng.random() < self._config.occluders else ()
        (cx, cy), up = camera.camera_center, camera.rotation[:, 1]
        center = (cx * SUPERSAMPLING, cy * SUPERSAMPLING)
        return self._renderer.render(
            dressed,
            camera.focal_length * SUPERSAMPLING,
            center,
            light.uniforms(camera.rotation, exposure),
            things,
            camera.seen(ground_strip(camera)),
            (float(up[0]), float(up[1]), float(up[2])),
        )

    def _dressed(self, person: Figurant, outfit: tuple[Layer, ...], rng: np.random.Generator) -> DressedMesh:
        """A person in an outfit of the wardrobe, or in drawn clothes where it is empty."""
        if outfit:
            return DressedMesh(person.vertices, person.normals, {}, worn(outfit, person))
        look, layers = draw_look(self._neck, rng), outfit
        if self._drawn is not None:
            look, layers = self._drawn.draw(look, rng)
        return DressedMesh(person.vertices, person.normals, look, worn(layers, person))

    def _truth(
        self, scene: Scene, picture: Picture, mask: NDArray[np.uint8], outfits: list[tuple[Layer, ...]]
    ) -> Truth:
        """The truth of the people that are visible enough to learn from."""
        people, camera = scene.people, scene.camera
        points = self._keypoints.keypoints(params_of(people)).numpy()
        xy = camera.pixels(points)
        inside = ((xy >= 0) & (xy < self._config.shape)).all(axis=-1) & (points[..., 2] > 0)
        numbers = np.arange(1, len(people) + 1)
        hidden = inside & occlusion(xy, points[..., 2], numbers, picture, self._tolerance)
        boxes = boxes_of(scene, self._config.shape)
        area = np.bincount(mask.reshape(-1), minlength=len(people) + 1)[1 : len(people) + 1]
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
            garments=tuple(" ".join(layer.name for layer in outfits[p] if layer.name) for p in chosen),
        )


def params_of(people: tuple[Figurant, ...]) -> BodyParams:
    """The scene's people as a batch of body parameters in the camera's frame."""
    return BodyParams.from_pose(
        torch.from_numpy(np.stack([person.pose for person in people])),
        torch.from_numpy(np.stack([person.betas for person in people])),
        torch.from_numpy(np.stack([person.cam_t for person in people])),
        torch.tensor([person.kid for person in people], dtype=torch.float32),
    )


def _over(picture: Picture, background: Floats) -> Floats:
    """People and things over the background and their shadows, averaged down from the supersampled picture."""
    size = (background.shape[1], background.shape[0])
    people = cv2.resize(picture.color, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    behind_them = np.where(picture.number > 0, np.uint8(0), picture.shade)
    light = cv2.resize(behind_them, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return people + background * light[..., None]


def _develop(image: Floats, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Apply random exposure, blur and sensor noise. image (H, W, 3) in 0..255."""
    exposure, offset = float(rng.uniform(0.8, 1.15)), float(rng.uniform(-8, 12))
    if rng.random() < 0.3:
        image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 1.0)))
    noise = rng.integers(0, 256, image.shape, dtype=np.uint8).astype(np.float32) - 127.5
    return (image * exposure + offset + noise * float(rng.uniform(0, 0.07))).clip(0, 255).astype(np.uint8)
