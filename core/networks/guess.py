"""One way to ask any network: a photo and its people in, guesses in the photo's camera frame out.

The image network sees crops and answers in the crop's frame; here is where its answers leave it. The lifter sees
keypoints and answers in the photo's frame already.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from core.body.model import Body, BodyParams
from core.errors import FitInputError, ImageError
from core.geometry.camera import CROP_SIZE, crop_to_full, weak_camera_to_cam_t
from core.geometry.image import crop_affine, normalise, warp
from core.geometry.rotation import matrix_to_axis_angle
from core.networks.lifter.lift import lift
from core.networks.lifter.network import Lifter
from core.networks.spin import NETWORK, SpinNetwork, SpinOutput
from core.records import BBox, Guess, Person, Photo

LIFTER = "lifter"  # as NETWORK, what a guess says of where it comes from
CHUNK = {"cpu": 32, "cuda": 128}  # crops that go through the network together
SMALLEST_SCALE = (
    0.05  # of a weak camera: a person a twentieth of the crop; below it a camera flips or is lost
)


def guess(
    image: np.ndarray | None,
    people: Sequence[Person],
    photo: Photo,
    network: SpinNetwork | Lifter,
    body: Body,
    lifter: Lifter | None = None,
    exact: bool = False,
) -> list[Guess]:
    """A guess for each of a photo's people, in the photo's camera frame.

    image (H, W, 3) uint8 RGB as `read_image` gives it, None where only keypoints are known. The answers of a person
    are the image network's, where its bbox shows some of the photo, then the lifter's as it ranks them, where it has
    keypoints: the first is the guess, the others are its alternatives. exact: as for `guess_crops`. Raises
    FitInputError naming the people of whom there is nothing to guess from (`unguessable` tells beforehand), ImageError
    for an image that is not the photo's.
    """
    _check_image(image, photo)
    faults = unguessable(image, people, network, lifter)
    if faults:
        raise FitInputError(f"{photo.path}: {' '.join(faults.values())}")
    answers: list[list[Guess]] = [[] for _ in people]
    if isinstance(network, SpinNetwork):
        if image is not None:
            _ask_image_network(image, people, photo, network, body, answers, exact)
    else:
        lifter = network
    if lifter is not None:
        _ask_lifter(people, photo, lifter, body, answers)
    return [replace(first, alternatives=tuple(others)) for first, *others in answers]


def unguessable(
    image: np.ndarray | None,
    people: Sequence[Person],
    network: SpinNetwork | Lifter,
    lifter: Lifter | None = None,
) -> dict[int, str]:
    """Place among the people -> why there is nothing to guess that person from, and what to do."""
    faults: dict[int, str] = {}
    for index, person in enumerate(people):
        if lifter is not None and _has_keypoints(person):
            continue
        if not isinstance(network, SpinNetwork):
            why = "no keypoint is visible, and the lifter sees nothing else. Mark or detect keypoints, or choose "
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
    network: SpinNetwork,
    crops: np.ndarray | Tensor,
    bbox_center: Tensor,
    bbox_side: Tensor,
    focal_length: Tensor,
    camera_center: Tensor,
    body: Body,
    exact: bool = False,
) -> BodyParams:
    """The image network's guesses of crops from any photos, each in its own photo's camera frame, on body's device.

    crops (B, 224, 224, 3) uint8 RGB; bbox_center (B, 2), bbox_side (B,), focal_length (B,), camera_center (B, 2) [px
    of the photo]. Half precision on a GPU, unless `exact`. Betas are zero on a body whose shapes the network does not
    know.
    """
    with _evaluating(network):
        chunk = CHUNK.get(network.init_pose.device.type, CHUNK["cpu"])
        parts = [_run(network, crops[at : at + chunk], exact) for at in range(0, len(crops), chunk)]
    like = body.v_template
    said = SpinOutput(*(torch.cat(values).to(like) for values in zip(*parts, strict=True)))
    pose = matrix_to_axis_angle(said.rotations).flatten(1)
    betas = said.betas if body.shares_betas(network.config.body) else torch.zeros_like(said.betas)
    scale = said.weak_camera[:, :1].clamp_min(SMALLEST_SCALE)
    cam_t = weak_camera_to_cam_t(torch.cat([scale, said.weak_camera[:, 1:]], dim=1))
    cam_t = cam_t + body.pelvis_shift(network.config.body)
    pelvis = body.rest_pelvis(BodyParams.from_pose(pose, betas, cam_t))
    frame = (value.to(like) for value in (bbox_center, bbox_side, focal_length, camera_center))
    global_orient, cam_t = crop_to_full(pose[:, :3], cam_t, pelvis, *frame)
    return BodyParams(global_orient, pose[:, 3:], betas, cam_t)


def _ask_image_network(
    image: np.ndarray,
    people: Sequence[Person],
    photo: Photo,
    network: SpinNetwork,
    body: Body,
    answers: list[list[Guess]],
    exact: bool,
) -> None:
    seen = [index for index, person in enumerate(people) if _in_view(image, person.bbox)]
    if not seen:
        return
    bboxes = [people[index].bbox for index in seen]
    crops = np.stack([warp(image, crop_affine(bbox, CROP_SIZE), CROP_SIZE) for bbox in bboxes])
    center = torch.from_numpy(np.stack([bbox.center for bbox in bboxes]))
    side = torch.tensor([bbox.side for bbox in bboxes])
    photos = [photo] * len(seen)
    params = guess_crops(network, crops, center, side, *_cameras(photos), body, exact)
    for index, answer in zip(
        seen, _records(params, photos, NETWORK, torch.ones(len(seen)), body), strict=True
    ):
        answers[index].append(answer)


def _ask_lifter(
    people: Sequence[Person], photo: Photo, lifter: Lifter, body: Body, answers: list[list[Guess]]
) -> None:
    seen = [index for index, person in enumerate(people) if _has_keypoints(person)]
    found = guess_from_keypoints([(photo, people[index]) for index in seen], lifter, body)
    for index, guesses in zip(seen, found, strict=True):
        answers[index] += guesses


def guess_from_keypoints(
    people: Sequence[tuple[Photo, Person]], lifter: Lifter, body: Body
) -> list[list[Guess]]:
    """The lifter's guesses of people of any photos at once, those of one layout together: each one's best first.

    Raises FitInputError for somebody without a keypoint.
    """
    found: list[list[Guess]] = [[] for _ in people]
    for layout in sorted({person.keypoints.layout for _, person in people}):
        places = [place for place, (_, person) in enumerate(people) if person.keypoints.layout == layout]
        photos = [people[place][0] for place in places]
        keypoints = torch.from_numpy(np.stack([people[place][1].keypoints.array for place in places]))
        lifted = lift(lifter, body, keypoints, layout, *_cameras(photos))
        count = lifted.probability.shape[1]
        each = [photo for photo in photos for _ in range(count)]
        guesses = _records(lifted.hypotheses, each, LIFTER, lifted.probability.flatten(), body)
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


def _run(network: SpinNetwork, crops: np.ndarray | Tensor, exact: bool) -> SpinOutput:
    device = network.init_pose.device
    pixels = torch.as_tensor(crops).to(device)
    with torch.autocast(device.type, dtype=torch.float16, enabled=device.type == "cuda" and not exact):
        output: SpinOutput = network(normalise(pixels))
    return output


@contextlib.contextmanager
def _evaluating(network: SpinNetwork) -> Iterator[None]:
    """Without dropout and with the batch norms as learned, also when asked in the middle of a training."""
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
    """Whether a bbox shows any of the photo."""
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
