"""People in photos of noise, as a data set .npz and as a fits dictionary: what a small run can be trained on."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch

from core.body.model import Body, BodyParams
from core.geometry.camera import full_to_crop, project
from core.records import BBox, Fit, Keypoints, Person, Photo
from core.store.fits.dictionary import FitsDictionary
from core.store.fits.from_photos import fits_of_photos
from train.data.augment import AugmentConfig
from train.data.batches import Crops, RowTurn
from train.data.epoch_order import Order
from train.data.samples import Samples, samples_of_fits

SIZE = 160  # px of a photo
FOCAL = 200.0


def params(count: int, seed: int = 0) -> BodyParams:
    """Upright people of all headings with bent limbs, a few metres off, some to the side of the photo."""
    draw = torch.Generator().manual_seed(seed)
    pose = 0.15 * torch.randn(count, 72, generator=draw)
    heading = torch.rand(count, generator=draw) * 2 * torch.pi
    half = heading / 2
    pose[:, :3] = torch.pi * torch.stack([half.cos(), 0 * half, half.sin()], dim=1)
    side = torch.randn(count, 2, generator=draw) * torch.tensor([0.5, 0.1])
    cam_t = torch.cat([side, 3.5 + torch.rand(count, 1, generator=draw)], dim=1)
    return BodyParams.from_pose(pose, 0.5 * torch.randn(count, 10, generator=draw), cam_t)


def photos(body: Body, people: BodyParams, locked: tuple[int, ...] = (), fitted: bool = True) -> list[Photo]:
    """One person a photo, with exact keypoints; their fits are the truth, or nobody is fitted."""
    count = len(people)
    center = torch.full((count, 2), SIZE / 2)
    xy = project(body.keypoints(people, "spin49"), torch.full((count,), FOCAL), center).numpy()
    made = []
    for i in range(count):
        low, high = xy[i].min(axis=0), xy[i].max(axis=0)
        pose, betas, cam_t = (value[i].numpy() for value in (people.pose, people.betas, people.cam_t))
        middle = np.full(2, SIZE / 2)
        fit = Fit(pose, betas, 0.0, cam_t, FOCAL, middle, 1.0, body.fingerprint, "curated")
        person = Person(
            i,
            BBox.from_xywh([*low, *(high - low)]),
            Keypoints("spin49", xy[i], np.ones(49)),
            fit=fit if fitted or i in locked else None,
            verdict="accepted" if i in locked else "todo",
            locked=i in locked,
        )
        made.append(Photo(f"images/{i:03d}.png", SIZE, SIZE, (person,), FOCAL, (SIZE / 2, SIZE / 2)))
    return made


def write_pictures(folder: Path, count: int) -> None:
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for i in range(count):
        image = np.random.default_rng(i).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / f"images/{i:03d}.png"), image)


def write_curated(
    folder: Path, body: Body, count: int, locked: tuple[int, ...] = (), fitted: bool = True
) -> Path:
    """curated.npz and its photos."""
    write_pictures(folder, count)
    path = folder / "curated.npz"
    fits_of_photos(photos(body, params(count), locked, fitted), body.fingerprint).save(path)
    return path


def write_dataset(folder: Path, body: Body, count: int, /, kid: float = 0.0, **changes: np.ndarray) -> Path:
    """A data set of SPIN with truth, in the crop's frame, and its photos. kid: how much of children they are."""
    write_pictures(folder, count)
    people = replace(params(count), kid=torch.full((count,), kid))
    records = [photo.people[0] for photo in photos(body, people)]
    center = np.array([person.bbox.center for person in records])
    scale = np.array([person.bbox.scale for person in records])
    pelvis = body.rest_pelvis(people)
    camera = torch.full((count,), FOCAL), torch.full((count, 2), SIZE / 2)
    frame = torch.from_numpy(center), torch.from_numpy(200 * scale).float(), *camera
    orient, cam_t = full_to_crop(people.global_orient, people.cam_t, pelvis, *frame)
    seen = replace(people, global_orient=orient, cam_t=cam_t)
    joints = body.keypoints(seen, "spin49")[:, 25:].numpy()
    xy = np.stack([person.keypoints.array for person in records])
    arrays = {
        "imgname": np.array([f"images/{i:03d}.png" for i in range(count)]),
        "center": center,
        "scale": scale,
        "openpose": xy[:, :25],
        "part": xy[:, 25:],
        "pose": seen.pose.numpy(),
        "shape": people.betas.numpy(),
        "kid": people.kid.numpy(),
        "body": np.array(body.fingerprint),
        "S": np.concatenate([joints - joints[:, 14:15], np.ones((count, 24, 1))], axis=2).astype(np.float32),
        **changes,
    }
    path = folder / "people.npz"
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


def crops_of(
    fits: FitsDictionary, folder: Path, augment: AugmentConfig | None = None, seed: int = 0
) -> Crops:
    samples: Samples = samples_of_fits(fits, folder)
    return Crops(samples, Order(np.arange(len(fits)), samples.dataset, seed), augment)


def turns(count: int, epoch: int = 0) -> list[RowTurn]:
    return [RowTurn(epoch, place, place) for place in range(count)]
