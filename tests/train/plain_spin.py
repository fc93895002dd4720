"""SPIN's training step as spin.md 1b tells it, one person and one number at a time: slow, obvious, and not our code."""

import math

import numpy as np
from scipy.spatial.transform import Rotation

FOCAL, CENTER, SIZE, KEYPOINTS = 5000.0, 112.0, 224, 49
IGNORED = (1, 9, 12, 27, 28)
J24_FLIP = [5, 4, 3, 2, 1, 0, 11, 10, 9, 8, 7, 6, 12, 13, 14, 15, 16, 17, 18, 19, 21, 20, 23, 22]
J49_FLIP = [
    *[0, 1, 5, 6, 7, 2, 3, 4, 8, 12, 13, 14, 9, 10, 11, 16, 15, 18, 17, 22, 23, 24, 19, 20, 21],
    *[25 + joint for joint in J24_FLIP],
]
SIGMA = 100.0


def camera(weak: np.ndarray) -> np.ndarray:
    """1b.7: (s, tx, ty) to a translation."""
    return np.array([weak[1], weak[2], 2 * FOCAL / (SIZE * weak[0] + 1e-9)])


def projected(points: np.ndarray, weak: np.ndarray) -> np.ndarray:
    """1b.7: from -1 to 1."""
    result = []
    for point in points:
        x, y, z = point + camera(weak)
        result.append([FOCAL * x / z / CENTER, FOCAL * y / z / CENTER])
    return np.array(result)


def keypoints_2d(points: np.ndarray, keypoints: np.ndarray, openpose: float, annotated: float) -> float:
    """points (B, 49, 2), keypoints (B, 49, 3), both from -1 to 1: mean over batch, points and coordinates."""
    total = 0.0
    for person, seen in zip(points, keypoints, strict=True):
        for k in range(KEYPOINTS):
            confidence = seen[k, 2] * (openpose if k < 25 else annotated)
            for axis in range(2):
                total += confidence * (person[k, axis] - seen[k, axis]) ** 2
    return total / (len(points) * KEYPOINTS * 2)


def keypoints_3d(points: np.ndarray, joints: np.ndarray, has: np.ndarray) -> float:
    """points (B, 24, 3), joints (B, 24, 4), of those who have any."""
    values = []
    for person, truth, known in zip(points, joints, has, strict=True):
        if known:
            ours, theirs = (
                person - (person[2] + person[3]) / 2,
                truth[:, :3] - (truth[2, :3] + truth[3, :3]) / 2,
            )
            values.append((truth[:, 3:] * (ours - theirs) ** 2).mean())
    return float(np.mean(values)) if values else 0.0


def mean_of_valid(values: list[float], valid: np.ndarray) -> float:
    chosen = [value for value, good in zip(values, valid, strict=True) if good]
    return float(np.mean(chosen)) if chosen else 0.0


def pose(rotations: np.ndarray, fits: np.ndarray, valid: np.ndarray) -> float:
    """rotations (B, 24, 3, 3) against axis-angle fits (B, 72)."""
    values = []
    for said, fit in zip(rotations, fits, strict=True):
        truth = np.stack([Rotation.from_rotvec(one).as_matrix() for one in fit.reshape(24, 3)])
        values.append(((said - truth) ** 2).mean())
    return mean_of_valid(values, valid)


def betas(said: np.ndarray, fits: np.ndarray, valid: np.ndarray) -> float:
    return mean_of_valid([((a - b) ** 2).mean() for a, b in zip(said, fits, strict=True)], valid)


def camera_prior(weak: np.ndarray) -> float:
    return float(np.mean([math.exp(-10 * one[0]) ** 2 for one in weak]))


def without_extremes(fits: np.ndarray) -> np.ndarray:
    """1b.9: a row with any beta beyond 3 is zeroed."""
    return np.array([np.zeros(10) if any(abs(beta) > 3 for beta in row) else row for row in fits])


def robust(x: float) -> float:
    return SIGMA**2 * x**2 / (SIGMA**2 + x**2)


def least_squares_camera(points: np.ndarray, keypoints: np.ndarray) -> np.ndarray:
    """1b.4: (tx, ty, tz) of one person's points (K, 3) under keypoints (K, 3) [px], weights sqrt(conf)."""
    rows, right = [], []
    for (x, y, z), (u, v, confidence) in zip(points, keypoints, strict=True):
        weight = math.sqrt(confidence)
        rows.append([weight * FOCAL, 0, weight * (CENTER - u)])
        right.append(weight * ((u - CENTER) * z - FOCAL * x))
        rows.append([0, weight * FOCAL, weight * (CENTER - v)])
        right.append(weight * ((v - CENTER) * z - FOCAL * y))
    return np.linalg.lstsq(np.array(rows), np.array(right), rcond=None)[0]
