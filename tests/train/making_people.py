"""A small data set of people whose bodies are known, made on the spot: COCO JSON, no photos beside it."""

from dataclasses import replace
from pathlib import Path

import torch

from core.body.model import BodyParams, load_body
from core.formats.keypoints import coco_write
from core.geometry.camera import project
from core.records import BBox, Keypoints, Person, Photo

WIDTH, HEIGHT = 640, 480
LAYOUTS = ("coco17", "openpose25")
FACING = (torch.pi, 0.0, 0.0)  # from y up to the camera's y down


def known_photos(photos: int = 3, people: int = 4, seed: int = 0) -> tuple[tuple[Photo, ...], BodyParams]:
    """Standing people with bent limbs, layouts in turn, and their bodies in the order of the people."""
    body, generator = load_body(), torch.Generator().manual_seed(seed)
    count = photos * people
    pose = 0.12 * torch.randn(count, 72, generator=generator)
    pose[:, :3] = torch.tensor(FACING) + 0.2 * torch.randn(count, 3, generator=generator)
    cam_t = torch.randn(count, 3, generator=generator) * torch.tensor([0.5, 0.1, 0.3]) + torch.tensor(
        [0, 0, 4.0]
    )
    truth = BodyParams.from_pose(pose, 0.5 * torch.randn(count, 10, generator=generator), cam_t)
    camera = (
        torch.full((count,), float((WIDTH**2 + HEIGHT**2) ** 0.5)),
        torch.tensor([[WIDTH / 2, HEIGHT / 2]]),
    )
    seen = {
        layout: project(body.keypoints(truth, layout), camera[0], camera[1].expand(count, 2))
        for layout in LAYOUTS
    }
    made = [
        _person(number, seen[LAYOUTS[number % 2]][number].numpy(), LAYOUTS[number % 2])
        for number in range(count)
    ]
    rows = [
        Photo(f"{photo}.jpg", WIDTH, HEIGHT, tuple(made[photo * people : (photo + 1) * people]))
        for photo in range(photos)
    ]
    return tuple(rows), truth


def _person(number: int, xy: "object", layout: str) -> Person:
    points = Keypoints(layout, xy, [1.0] * len(xy))  # type: ignore[arg-type]
    low, high = points.xy.min(axis=0), points.xy.max(axis=0)
    return Person(number + 1, BBox.from_xywh((*low, *(high - low))), points)


def unseen(person: Person) -> Person:
    """The person with no keypoint left."""
    return person.with_(keypoints=replace(person.keypoints, confidence=0 * person.keypoints.confidence))


def write_people(path: Path, photos: tuple[Photo, ...]) -> Path:
    """COCO JSON; its own folder is that of the photos, none of which is there."""
    coco_write.write(path, photos)
    return path
