"""Fits dictionaries made from a seed, and SPIN's own reading of a row (spin.md 1a) in plain numpy."""

import numpy as np
import torch
from scipy.spatial.transform import Rotation

from core.store.fits.columns import NUMBERS
from core.store.fits.dictionary import FitsDictionary
from tests.core.store.making import BODY

FLIPPED_JOINTS = [0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 10, 12, 14, 13, 15, 17, 16, 19, 18, 21, 20, 23, 22]
TEXT_DEFAULTS = {"dataset": "project", "verdict": "todo", "source": "fit"}


def random_arrays(random: np.random.Generator, count: int, off_axis: bool = True) -> dict[str, np.ndarray]:
    arrays = {
        name: random.normal(0, 0.4, (count, *shape)).astype(np.float32) for name, shape in NUMBERS.items()
    }
    arrays["pose"][:, :3] = Rotation.random(count, random_state=random).as_rotvec()
    arrays["cam_t"] += np.float32([0, 0, 6])
    arrays["focal_length"] = random.uniform(900, 1500, count).astype(np.float32)
    arrays["camera_center"] = random.normal((640, 480), 10, (count, 2)).astype(np.float32)
    away = random.uniform((-500, -300), (500, 300), (count, 2)).astype(np.float32) if off_axis else 0
    arrays["center"] = arrays["camera_center"] + away
    arrays["scale"] = random.uniform(1, 2.5, count).astype(np.float32)
    arrays["score"] = random.gamma(2, 3, count).astype(np.float32)
    arrays["locked"] = np.zeros(count, bool)
    arrays["valid_fit"] = arrays["score"] < 10
    arrays["imgname"] = np.array([f"photos/{number // 2:06d}.jpg" for number in range(count)])
    arrays |= {name: np.full(count, value) for name, value in TEXT_DEFAULTS.items()}
    return {**arrays, "body": np.array(BODY), "format_version": np.array(1)}


def random_fits(random: np.random.Generator, count: int, off_axis: bool = True, **changes) -> FitsDictionary:
    return FitsDictionary.from_arrays({**random_arrays(random, count, off_axis), **changes})


def spin_get(pose: np.ndarray, rotation_deg: float, flipped: bool) -> np.ndarray:
    """How SPIN reads a row: turn the global orientation by -rotation about z, then mirror."""
    pose = pose.astype(np.float64).copy()
    angle = -rotation_deg * np.pi / 180
    cosine, sine = np.cos(angle), np.sin(angle)
    turn = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
    pose[:3] = Rotation.from_matrix(turn @ Rotation.from_rotvec(pose[:3]).as_matrix()).as_rotvec()
    if flipped:
        pose = pose.reshape(24, 3)[FLIPPED_JOINTS].reshape(72)
        pose[1::3] *= -1
        pose[2::3] *= -1
    return pose


def spin_set(pose: np.ndarray, rotation_deg: float, flipped: bool) -> np.ndarray:
    """How SPIN writes a row: undo the mirror, then turn by -rotation the other way."""
    return spin_get(spin_get(pose, 0, flipped), -rotation_deg, False)


def angles(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Angle [rad] between each joint's rotation of poses (N, 72), (N, 24)."""
    turns = [Rotation.from_rotvec(np.asarray(pose, np.float64).reshape(-1, 3)) for pose in (first, second)]
    return (turns[0].inv() * turns[1]).magnitude().reshape(-1, 24)


def random_augmentation(random: np.random.Generator, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    rotation_deg = random.uniform(-60, 60, count) * (random.random(count) < 0.7)
    return torch.from_numpy(rotation_deg.astype(np.float32)), torch.from_numpy(random.random(count) < 0.5)
