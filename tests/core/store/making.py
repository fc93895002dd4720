"""Photos, people and fits to keep, made from a seed."""

import numpy as np

from core.records import BBox, Fit, Guess, Keypoints, Person, Photo
from core.wishes import DepthOrder, Pin

BODY = "toy body 1234"


def random_fit(random: np.random.Generator, **changes) -> Fit:
    return Fit(
        **{
            "pose": random.normal(0, 0.5, 72),
            "betas": random.normal(0, 1, 10),
            "kid": float(random.random()),
            "cam_t": random.normal((0, 0, 5), 1),
            "focal_length": 1000 + random.random(),
            "camera_center": random.normal(300, 10, 2),
            "score": float(random.gamma(2, 3)),
            "body": BODY,
            "source": "fit",
            **changes,
        }
    )


def random_guess(random: np.random.Generator, alternatives: tuple[Guess, ...] = ()) -> Guess:
    fit = random_fit(random)
    return Guess(
        fit.pose,
        fit.betas,
        fit.kid,
        fit.cam_t,
        fit.focal_length,
        fit.camera_center,
        "lifter é",
        float(random.random()),
        alternatives,
        BODY,
    )


def random_person(random: np.random.Generator, person_id: int = 0, **changes) -> Person:
    array = np.concatenate([random.normal(300, 100, (25, 2)), random.random((25, 1))], axis=1)
    keypoints = Keypoints("openpose25", array[:, :2], array[:, 2], random.random(25) < 0.2)
    fields = {
        "bbox": BBox(random.normal(300, 50, 2), 1 + random.random()),
        "keypoints": keypoints,
        "fit": random_fit(random),
    }
    return Person(person_id, **{**fields, **changes})


def full_person(random: np.random.Generator, person_id: int = 0) -> Person:
    """Nothing of this person is empty."""
    person = random_person(random, person_id)
    return person.with_(
        bbox=BBox.from_xywh(random.uniform(50, 300, 4)),
        original_keypoints=person.keypoints.with_keypoint(3, xy=(1.5, 2.25), confidence=0.5),
        fit=random_fit(random, weak=True),
        guess=random_guess(random, (random_guess(random), random_guess(random, (random_guess(random),)))),
        alternatives=tuple(random_fit(random) for _ in range(4)),
        verdict="later",
        locked=True,
        note="left wrist behind the back\nñ 左",
        tags=("occluded", "crowd, 'quoted'"),
        wishes=(Pin("left_wrist", (0.1, 0.2, 1 / 3)), DepthOrder("left_knee", "left_hip", margin=0.1)),
        track=2**40,
        trunk=(12.5, 1 / 3),
        origin='{"iscrowd": 0, "name": "ñ 左"}',
    )


def random_photo(random: np.random.Generator, path: str, people: int = 2, **changes) -> Photo:
    return Photo(path, 640, 480, tuple(random_person(random, number) for number in range(people)), **changes)


def same(first: object, second: object) -> bool:
    """Are two records equal, bit for bit?"""
    if type(first) is not type(second):
        return False
    if isinstance(first, np.ndarray):
        return first.dtype == second.dtype and first.tobytes() == second.tobytes()
    if isinstance(first, tuple):
        return len(first) == len(second) and all(map(same, first, second))
    if hasattr(first, "__dataclass_fields__"):
        return all(same(getattr(first, name), getattr(second, name)) for name in first.__dataclass_fields__)
    return first == second
