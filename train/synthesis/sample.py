"""Makes synthetic photos with simulated detections, as a curator meets them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.body.keypoints import convert, layout
from core.body.model import load_body
from core.records import BBox, Fit, Keypoints, Person, Photo
from train.synthesis.photo import Studio, StudioConfig, Truth
from train.synthesis.visibility import LAYOUT
from train.synthesis.writing import bbox_of, save_image

QUALITY = 92
PEOPLE = 1, 4  # least and most in a photo
SURE = 0.5  # confidence of a keypoint that is plainly seen
PLAIN_ERROR = 0.4  # of a person's size
SWAPPED_LIMBS = (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))


@dataclass(frozen=True)
class DetectionErrors:
    """Errors of a simulated detector: standard deviations in person sizes, and probabilities per keypoint or limb."""

    noise: float = 0.008
    hidden_noise: float = 0.03
    missing: float = 0.02
    hidden_missing: float = 0.3
    astray: float = 0.02  # probability of a keypoint far off with a high confidence
    astray_by: float = 0.12
    swapped: float = 0.05  # probability that both arms, or both legs, swap left and right
    bbox_noise: float = 0.02


def write_photos(
    folder: Path,
    count: int,
    seed: int,
    size: int = 640,
    layout_name: str = "coco17",
    people: tuple[int, int] = PEOPLE,
) -> list[Photo]:
    """Make and save photos. Returns their records: paths relative to the folder, ids from 1, no fits; each person's
    true body is among its alternatives. people: least and most in a photo.
    """
    made = photos_with_truth(folder, count, seed, size, layout_name, people=people)
    return [photo for photo, _ in made]


def with_plain_error(photos: list[Photo]) -> list[Photo]:
    """The photos with one wrist of the best seen person far astray: an error that anybody sees, and that a fit cannot
    follow."""

    def seen(place: tuple[int, int]) -> tuple[bool, int, float]:
        person = photos[place[0]].people[place[1]]
        sure = person.keypoints.confidence >= SURE
        return bool(sure[_wrist_of(person)]), int(sure.sum()), person.bbox.side

    p, q = max(((p, q) for p, photo in enumerate(photos) for q in range(len(photo.people))), key=seen)
    photo, person = photos[p], photos[p].people[q]
    x, y = person.keypoints.xy[_wrist_of(person)].tolist()
    by = PLAIN_ERROR * person.bbox.side
    astray = (x, y + by if y + by < photo.height - 1 else y - by)
    wrong = person.keypoints.with_keypoint("right_wrist", xy=astray)
    return [*photos[:p], photo.with_person(person.with_(keypoints=wrong)), *photos[p + 1 :]]


def _wrist_of(person: Person) -> int:
    return layout(person.keypoints.layout).index("right_wrist")


def photos_with_truth(
    folder: Path,
    count: int,
    seed: int,
    size: int = 640,
    layout_name: str = "coco17",
    errors: DetectionErrors | None = None,
    people: tuple[int, int] = PEOPLE,
) -> Iterator[tuple[Photo, Truth]]:
    """As `write_photos`, but yields photos one by one, each with the truth of its people in the same order."""
    folder.mkdir(parents=True, exist_ok=True)
    next_id, fingerprint = 1, load_body().fingerprint
    with closing(Studio(StudioConfig(size=size, people=people, seed=seed))) as studio:
        for index in range(count):
            made = studio.photo(index)
            name = f"synthetic_{index + 1:03d}.jpg"
            save_image(folder / name, made.image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
            rng = np.random.default_rng([seed, index, 1])  # independent of the stream that made the photo
            found = _people(made.truth, layout_name, errors or DetectionErrors(), next_id, rng)
            found = tuple(
                person.with_(alternatives=(true_fit(made.truth, p, fingerprint),))
                for p, person in enumerate(found)
            )
            next_id += len(found)
            focal_length, camera_center = made.truth.focal_length, made.truth.camera_center
            yield Photo(name, size, size, found, focal_length, camera_center), made.truth


def _people(
    truth: Truth, layout_name: str, errors: DetectionErrors, first_id: int, rng: np.random.Generator
) -> tuple[Person, ...]:
    people = []
    for p in range(len(truth)):
        exact = Keypoints(LAYOUT, truth.keypoints[p, :, :2], truth.keypoints[p, :, 2], truth.occluded[p])
        box = _detected_box(truth.box[p], errors, rng)
        size = float(truth.box[p, 2:].max())
        people.append(Person(first_id + p, box, detected(exact, size, layout_name, errors, rng)))
    return tuple(people)


def true_fit(truth: Truth, person: int, body: str) -> Fit:
    """The true body of person number `person`. body: fingerprint of the rendered body."""
    return Fit(
        truth.pose[person],
        truth.betas[person],
        float(truth.kid[person]),
        truth.cam_t[person],
        truth.focal_length,
        np.array(truth.camera_center),
        np.inf,
        body,
        "curated",
    )


def detected(
    exact: Keypoints, size: float, layout_name: str, errors: DetectionErrors, rng: np.random.Generator
) -> Keypoints:
    """Simulated detections of exact keypoints, with noise relative to the person's size [px]."""
    found = convert(exact, exact.layout, layout_name)
    hidden = found.occluded
    spread = np.where(hidden, errors.hidden_noise, errors.noise)
    astray = rng.random(found.k) < errors.astray
    spread = size * np.where(astray, errors.astray_by, spread)
    xy = found.xy + rng.standard_normal((found.k, 2)) * spread[:, None]
    sure = np.where(hidden, rng.uniform(0.2, 0.55, found.k), rng.uniform(0.6, 0.98, found.k))
    missing = rng.random(found.k) < np.where(hidden, errors.hidden_missing, errors.missing)
    confidence = np.where((found.confidence > 0) & ~missing, sure, 0)
    order = _swaps(layout_name, errors.swapped, rng)
    return Keypoints(layout_name, np.where(confidence[:, None] > 0, xy, 0)[order], confidence[order])


def _swaps(layout_name: str, share: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Indices (K,) that reorder keypoints with random swaps of left and right limbs."""
    chosen = layout(layout_name)
    order = np.arange(chosen.k)
    for limbs in SWAPPED_LIMBS:
        if rng.random() < share:
            for k, definition in enumerate(chosen.definitions):
                if any(limb in definition.split("_") for limb in limbs):
                    order[k] = chosen.flip[k]
    return order


def _detected_box(box: NDArray[np.float32], errors: DetectionErrors, rng: np.random.Generator) -> BBox:
    noise = rng.standard_normal(4) * errors.bbox_noise * box[2:].max()
    return bbox_of(np.concatenate([box[:2] + noise[:2], np.maximum(box[2:] + noise[2:], 1)]))
