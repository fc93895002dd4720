"""Guesses by any network of the table: a photo and its people in, guesses in the photo's camera frame out.

Networks of crops predict in the crop's frame, and their predictions are converted here. Networks of keypoints predict
in the photo's frame already.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from core.body.model import Body, BodyParams
from core.body.trunk import trunk_center
from core.errors import CheckpointError, FitInputError, ImageError
from core.geometry.camera import CROP_SIZE, crop_to_full, weak_camera_to_cam_t
from core.geometry.image import apply_affine, crop_affine, normalise
from core.geometry.rotation import matrix_to_axis_angle
from core.networks.crop import crop_of
from core.networks.ochmr import shown_centres
from core.networks.spin import SpinOutput
from core.networks.table import body_of_betas, kind_of
from core.records import BBox, Guess, Person, Photo

CHUNK = {"cpu": 32, "cuda": 128}  # crops that go through the network together
# Of a weak camera: a person a twentieth of the crop; below it a camera flips or is lost.
SMALLEST_SCALE = 0.05


def guess(
    image: np.ndarray | None,
    people: Sequence[Person],
    photo: Photo,
    network: nn.Module,
    body: Body,
    lifter: nn.Module | None = None,
    exact: bool = False,
) -> list[Guess]:
    """A guess for each of a photo's people, in the photo's camera frame.

    image (H, W, 3) uint8 RGB as `read_image` gives it, None where only keypoints are known. network: any kind; lifter:
    one that sees keypoints, beside one that sees photos. A person's predictions are the image network's, if its bbox
    overlaps the photo, then the lifter's in its ranking, if the person has keypoints. The first is the guess, the
    others are its alternatives. exact: as for `guess_crops`. Raises
    FitInputError naming the people without any usable input (`unguessable` finds them beforehand), ImageError
    for an image that is not the photo's.
    """
    _check_image(image, photo)
    faults = unguessable(image, people, network, lifter)
    if faults:
        raise FitInputError(f"{photo.path}: {' '.join(faults.values())}")
    from_image: dict[int, Guess] = {}
    from_keypoints: dict[int, list[Guess]] = {}
    if kind_of(network).shown == "keypoints":
        lifter = network
    elif image is not None:
        from_image = _guesses_of_image(image, people, photo, network, body, exact)
    if lifter is not None:
        from_keypoints = _guesses_of_lifter(people, photo, lifter, body)
    guesses = []
    for place in range(len(people)):
        own = [from_image[place]] if place in from_image else []
        first, *others = own + from_keypoints.get(place, [])
        guesses.append(replace(first, alternatives=tuple(others)))
    return guesses


def unguessable(
    image: np.ndarray | None,
    people: Sequence[Person],
    network: nn.Module,
    lifter: nn.Module | None = None,
) -> dict[int, str]:
    """Place among the people -> why there is nothing to guess that person from, and what to do."""
    faults: dict[int, str] = {}
    row = kind_of(network)
    for index, person in enumerate(people):
        if lifter is not None and _has_keypoints(person):
            continue
        if row.shown == "keypoints":
            why = f"no keypoint is visible, and the {row.kind} sees nothing else. Mark or detect keypoints, or choose "
            why += "an image network."
            unseen = not _has_keypoints(person)
        else:
            why = (
                "the bbox lies outside the photo" if image is not None else "the photo's pixels are not there"
            )
            why += (
                ", and the image network sees nothing else. Put that right, or give keypoints and the lifter."
            )
            unseen = not _in_view(image, person.bbox)
        if unseen:
            faults[index] = f"Person {person.id}: {why}"
    return faults


@torch.no_grad()
def guess_crops(
    network: nn.Module,
    crops: np.ndarray | Tensor,
    bbox_center: Tensor,
    bbox_side: Tensor,
    focal_length: Tensor,
    camera_center: Tensor,
    body: Body,
    exact: bool = False,
    centres: Tensor | None = None,
) -> BodyParams:
    """The image network's guesses of crops from any photos, each in its own photo's camera frame, on body's device.

    crops (B, 224, 224, 3) uint8 RGB, as `crop_of` makes them; bbox_center (B, 2), bbox_side (B,), focal_length (B,),
    camera_center (B, 2) [px of the photo]; centres: as `centres_for` gives them. Half precision on a GPU, unless
    `exact`. Betas are zero on a body of another shape space than the network's. Raises CheckpointError for a network
    that needs other inputs.
    """
    shape_space = body_of_betas(network)
    with _evaluating(network):
        chunk = CHUNK.get(_device(network).type, CHUNK["cpu"])
        parts = [
            _run(
                network, crops[at : at + chunk], None if centres is None else centres[at : at + chunk], exact
            )
            for at in range(0, len(crops), chunk)
        ]
    like = body.v_template
    predicted = SpinOutput(*(torch.cat(values).to(like) for values in zip(*parts, strict=True)))
    pose = matrix_to_axis_angle(predicted.rotations).flatten(1)
    betas = predicted.betas if body.shares_betas(shape_space) else torch.zeros_like(predicted.betas)
    scale = predicted.weak_camera[:, :1].clamp_min(SMALLEST_SCALE)
    cam_t = weak_camera_to_cam_t(torch.cat([scale, predicted.weak_camera[:, 1:]], dim=1))
    cam_t = cam_t + body.pelvis_shift(shape_space)
    pelvis = body.rest_pelvis(BodyParams.from_pose(pose, betas, cam_t))
    frame = (value.to(like) for value in (bbox_center, bbox_side, focal_length, camera_center))
    global_orient, cam_t = crop_to_full(pose[:, :3], cam_t, pelvis, *frame)
    return BodyParams(global_orient, pose[:, 3:], betas, cam_t)


def _guesses_of_image(
    image: np.ndarray, people: Sequence[Person], photo: Photo, network: nn.Module, body: Body, exact: bool
) -> dict[int, Guess]:
    """By place among the people: of those whose bbox overlaps the photo."""
    seen = [index for index, person in enumerate(people) if _in_view(image, person.bbox)]
    if not seen:
        return {}
    bboxes = [people[index].bbox for index in seen]
    crops = np.stack([crop_of(network, image, bbox) for bbox in bboxes])
    center = torch.from_numpy(np.stack([bbox.center for bbox in bboxes]))
    side = torch.tensor([bbox.side for bbox in bboxes])
    photos = [photo] * len(seen)
    centres = centres_for(network, [(people[index], photo) for index in seen])
    params = guess_crops(network, crops, center, side, *_cameras(photos), body, exact, centres)
    found = _records(params, photos, kind_of(network).kind, torch.ones(len(seen)), body)
    return dict(zip(seen, found, strict=True))


def centres_for(network: nn.Module, people: Sequence[tuple[Person, Photo]]) -> Tensor | None:
    """What `guess_crops` takes as centres (B, 8, 2): of each person and the nearest others in that person's photo, but
    for those that were rejected. None for a network that needs none."""
    if kind_of(network).shown != "centres":
        return None
    known: dict[int, tuple[np.ndarray, np.ndarray]] = {}  # by photo: everybody's ids and centres
    return torch.from_numpy(np.stack([_centres_in_crop(person, photo, known) for person, photo in people]))


def _centres_in_crop(
    person: Person, photo: Photo, known: dict[int, tuple[np.ndarray, np.ndarray]]
) -> np.ndarray:
    if id(photo) not in known:
        there = [one for one in photo.people if one.verdict != "rejected"]
        centers = np.stack([np.zeros(2), *(trunk_center(one) for one in there)])[1:]
        known[id(photo)] = np.array([one.id for one in there]), centers
    ids, centers = known[id(photo)]
    affine = crop_affine(person.bbox, CROP_SIZE)
    others = centers[ids != person.id] if len(ids) else centers
    return shown_centres(apply_affine(affine, trunk_center(person)), apply_affine(affine, others))


def _guesses_of_lifter(
    people: Sequence[Person], photo: Photo, lifter: nn.Module, body: Body
) -> dict[int, list[Guess]]:
    """By place among the people: of those with keypoints."""
    seen = [index for index, person in enumerate(people) if _has_keypoints(person)]
    found = guess_from_keypoints([(photo, people[index]) for index in seen], lifter, body)
    return dict(zip(seen, found, strict=True))


def guess_from_keypoints(
    people: Sequence[tuple[Photo, Person]], lifter: nn.Module, body: Body
) -> list[list[Guess]]:
    """Guesses of people of any photos at once, those of one layout together: each one's best first. lifter: any
    network that sees keypoints.

    Raises FitInputError for a person without a keypoint.
    """
    kind = kind_of(lifter)
    found: list[list[Guess]] = [[] for _ in people]
    for layout in sorted({person.keypoints.layout for _, person in people}):
        places = [place for place, (_, person) in enumerate(people) if person.keypoints.layout == layout]
        photos = [people[place][0] for place in places]
        keypoints = torch.from_numpy(np.stack([people[place][1].keypoints.array for place in places]))
        lifted = kind.forward(lifter, body, keypoints, layout, *_cameras(photos))
        count = lifted.probability.shape[1]
        each = [photo for photo in photos for _ in range(count)]
        guesses = _records(lifted.hypotheses, each, kind.kind, lifted.probability.flatten(), body)
        for row, place in enumerate(places):
            found[place] = guesses[row * count : (row + 1) * count]
    return found


def _records(
    params: BodyParams, photos: Sequence[Photo], network: str, probability: Tensor, body: Body
) -> list[Guess]:
    cameras = (part.numpy() for part in _cameras(photos))
    values = (part.detach().cpu().numpy() for part in (params.pose, params.betas, params.kid, params.cam_t))
    return [
        Guess(
            pose=pose, betas=betas, kid=float(kid), cam_t=cam_t, focal_length=float(focal), camera_center=center,
            network=network, probability=float(sure), body=body.fingerprint,
        )
        for pose, betas, kid, cam_t, focal, center, sure in zip(
            *values, *cameras, probability.tolist(), strict=True
        )
    ]  # fmt: skip


def _run(network: nn.Module, crops: np.ndarray | Tensor, centres: Tensor | None, exact: bool) -> SpinOutput:
    device = _device(network)
    pixels = torch.as_tensor(crops).to(device)
    with torch.autocast(device.type, dtype=torch.float16, enabled=device.type == "cuda" and not exact):
        return predicted(network, normalise(pixels), None if centres is None else centres.to(device))


def predicted(network: nn.Module, images: Tensor, centres: Tensor | None = None) -> SpinOutput:
    """What a network that sees crops returns of them, in the crop's frame. images, centres: as `NetworkKind` says.

    Raises CheckpointError for a network that needs other inputs.
    """
    row = kind_of(network)
    if row.shown == "keypoints" or (row.shown == "centres" and centres is None):
        needed = "keypoints" if row.shown == "keypoints" else "everybody's trunk centres"
        raise CheckpointError(
            f"a network of kind {row.kind!r} needs {needed}, and here are crops alone. Choose one that sees a crop."
        )
    output: SpinOutput = row.forward(network, images, *([centres] if row.shown == "centres" else []))
    return output


def _device(network: nn.Module) -> torch.device:
    return next(network.parameters()).device


@contextlib.contextmanager
def _evaluating(network: nn.Module) -> Iterator[None]:
    """Evaluation mode (no dropout, batch norms as learned), also in the middle of a training."""
    training = [module for module in network.modules() if module.training]
    network.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True


def _cameras(photos: Sequence[Photo]) -> tuple[Tensor, Tensor]:
    """Focal lengths (P,) and centres (P, 2) [px]."""
    focal_length, camera_center = [photo.camera[0] for photo in photos], [photo.camera[1] for photo in photos]
    return torch.tensor(focal_length, dtype=torch.float32), torch.tensor(camera_center, dtype=torch.float32)


def _has_keypoints(person: Person) -> bool:
    return bool((person.keypoints.confidence > 0).any())


def _in_view(image: np.ndarray | None, bbox: BBox) -> bool:
    """True if a bbox overlaps the photo."""
    if image is None:
        return False
    size = np.array([image.shape[1], image.shape[0]])
    return bool((bbox.center + bbox.side / 2 > 0).all() and (bbox.center - bbox.side / 2 < size).all())


def _check_image(image: np.ndarray | None, photo: Photo) -> None:
    if image is None:
        return
    if image.dtype != np.uint8 or image.shape != (photo.height, photo.width, 3):
        raise ImageError(
            f"{photo.path}: is {photo.width} × {photo.height} px in the project, but the image is {image.shape} of "
            f"{image.dtype}. Read it with read_image, or add the photo again."
        )
