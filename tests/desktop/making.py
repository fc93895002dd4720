"""What tests of the window work on: photos drawn on the spot, with people whose keypoints a body projects to."""

import json
from functools import cache

import cv2
import numpy as np
import torch

from core.body.keypoints import layout
from core.body.model import BodyParams, load_body
from core.geometry.camera import project

WIDTH, HEIGHT = 320, 240
LAYOUT = "coco17"
PEOPLE_A_PHOTO = 2
TURN_TO_CAMERA = np.pi  # about x: SMPL's y up becomes the camera's y down

open_body = cache(load_body)


def keypoints_of(seed: int, x: float) -> np.ndarray:
    """(17, 3) of a standing person at x [m], a little different for each seed."""
    return _projected(seed, x).copy()


@cache
def _projected(seed: int, x: float) -> np.ndarray:
    """Posing four bodies for each test that opens a project would take a tenth of a second."""
    generator = torch.Generator().manual_seed(seed)
    pose = 0.15 * torch.randn(1, 72, generator=generator)
    pose[:, :3] = torch.tensor([TURN_TO_CAMERA, 0.0, 0.0])
    pose[:, 3 * 16 + 2], pose[:, 3 * 17 + 2] = -1.0, 1.0  # arms down
    params = BodyParams.from_pose(pose, torch.zeros(1, 10), torch.tensor([[x, 0.2, 3.2]]))
    focal_length = torch.tensor([float(np.hypot(WIDTH, HEIGHT))])
    with torch.no_grad():
        points = project(
            open_body().keypoints(params, LAYOUT), focal_length, torch.tensor([[WIDTH / 2, HEIGHT / 2]])
        )
    return np.column_stack([points[0].numpy(), np.ones(layout(LAYOUT).k)])


def write_photo(path, seed):
    """A grey picture with soft noise, so that it compresses to little."""
    noise = np.random.default_rng(seed).integers(60, 200, (HEIGHT // 20, WIDTH // 20, 3), np.uint8)
    assert cv2.imwrite(str(path), cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC))


def write_coco(folder, photos=2):
    """A folder of photos with a COCO file of their people. Returns the file."""
    names = layout(LAYOUT).keypoints
    images, annotations = [], []
    for number in range(photos):
        name = f"photo_{number}.jpg"
        write_photo(folder / name, number)
        images.append({"id": number, "file_name": name, "width": WIDTH, "height": HEIGHT})
        for place in range(PEOPLE_A_PHOTO):
            keypoints = keypoints_of(10 * number + place, -0.6 + 1.2 * place)
            low, high = keypoints[:, :2].min(axis=0), keypoints[:, :2].max(axis=0)
            keypoints[:, 2] = 2
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": 1,
                    "bbox": [*low.tolist(), *(high - low).tolist()],
                    "keypoints": keypoints.ravel().tolist(),
                    "num_keypoints": len(names),
                }
            )
    file = folder / "people.json"
    category = {"id": 1, "name": "person", "keypoints": list(names), "skeleton": []}
    file.write_text(json.dumps({"images": images, "annotations": annotations, "categories": [category]}))
    return file


def same_people(one, other):
    """Whether two photos hold the same people, value by value."""
    return len(one.people) == len(other.people) and all(
        same_person(a, b) for a, b in zip(one.people, other.people, strict=True)
    )


def same_person(one, other):
    """Whether every value a curator can change is the same."""
    arrays = (
        np.array_equal(one.keypoints.array, other.keypoints.array)
        and np.array_equal(one.keypoints.occluded, other.keypoints.occluded)
        and np.array_equal(one.bbox.center, other.bbox.center)
        and one.bbox.scale == other.bbox.scale
    )
    plain = ("id", "verdict", "locked", "note", "tags", "wishes", "track", "trunk", "origin")
    return (
        arrays
        and all(getattr(one, name) == getattr(other, name) for name in plain)
        and same_fit(one.fit, other.fit)
    )


def same_fit(one, other):
    """Whether both are the same body, or neither is there."""
    if one is None or other is None:
        return one is other
    names = ("pose", "betas", "kid", "cam_t", "focal_length", "camera_center", "score", "source", "weak")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)
