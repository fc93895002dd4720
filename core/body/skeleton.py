"""The mean body's joints in numpy: good to a few centimetres for anybody, and there before torch is loaded.

For questions about many bodies that need no mesh and no shape, such as who is worth a second look.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from core.body.keypoints import definition, layout
from core.body.npy_file import read_npz
from core.body.tree import JOINT_NAMES, PARENTS
from core.records import Fit, Guess

BODY_FILE = Path(__file__).parents[2] / "resources" / "body" / "open_body.npz"


@cache
def rest_joints() -> tuple[np.ndarray, np.ndarray]:
    """Joints (24, 3) [m] of the mean adult in the T-pose, and how far each moves (24, 3) [m] for a child."""
    names = ("J_regressor", "v_template", "kid_direction")
    arrays = read_npz(BODY_FILE, names)
    regressor, adult, to_child = (arrays[name].astype(float) for name in names)
    return regressor @ adult, regressor @ to_child


def joints_of(bodies: Sequence[Fit | Guess]) -> np.ndarray:
    """Joints (P, 24, 3) [m] of fits or guesses in the camera frame, their betas left out."""
    adult, to_child = rest_joints()
    kid = np.array([body.kid for body in bodies])
    rest = adult + kid[:, None, None] * to_child
    turns = _matrices(np.stack([body.pose for body in bodies]).reshape(-1, len(PARENTS), 3).astype(float))
    turned, places = turns.copy(), rest.copy()
    for joint, parent in enumerate(PARENTS[1:], start=1):
        turned[:, joint] = turned[:, parent] @ turns[:, joint]
        bone = (rest[:, joint] - rest[:, parent])[..., None]
        places[:, joint] = places[:, parent] + (turned[:, parent] @ bone)[..., 0]
    return places + np.stack([body.cam_t for body in bodies])[:, None]


def project(joints: np.ndarray, bodies: Sequence[Fit | Guess]) -> np.ndarray:
    """Joints (P, J, 3) [m] as the camera of each body sees them, (P, J, 2) [px]; NaN behind it."""
    focal_length = np.array([body.focal_length for body in bodies])[:, None, None]
    center = np.stack([body.camera_center for body in bodies])[:, None]
    depth = np.where(joints[..., 2:] > 0, joints[..., 2:], np.nan)
    return focal_length * joints[..., :2] / depth + center


@cache
def keypoint_weights(layout_name: str) -> np.ndarray:
    """(K, 24): where about each keypoint is, as a mean of joints."""
    weights = np.zeros((layout(layout_name).k, len(JOINT_NAMES)))
    for row, name in zip(weights, layout(layout_name).definitions, strict=True):
        for joint, weight in definition(name).joints.items():
            row[JOINT_NAMES.index(joint)] = weight
    return weights


def _matrices(axis_angle: np.ndarray) -> np.ndarray:
    """Rotation matrices (..., 3, 3) of axis-angle (..., 3) [rad], by Rodrigues' formula."""
    angle = np.linalg.norm(axis_angle, axis=-1, keepdims=True)
    x, y, z = np.moveaxis(axis_angle / np.maximum(angle, 1e-12), -1, 0)
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(*x.shape, 3, 3)
    angle = angle[..., None]
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)
