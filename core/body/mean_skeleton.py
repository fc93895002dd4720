"""The mean body's joints in numpy, without torch: within a few centimetres of any adult's.

For questions about many bodies that need neither mesh nor shape, such as the warnings.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from core.body.keypoints import definition, layout
from core.body.kinematics import offsets_between, world_transforms
from core.body.smpl_file import read_body_file
from core.body.tree import JOINT_NAMES
from core.errors import BodyFileError
from core.files.npz import faults_as, read_npz
from core.records import Fit, Guess

SMPLX_NEUTRAL = "smplx-neutral"
# Rest position [m] of the mean adult's pelvis, from published code; SMPL's men and women are within 2 cm.
SMPL_PELVIS, SMPLX_PELVIS = (-0.0018, -0.2233, 0.0282), (0.0031, -0.3514, 0.0120)
OPEN_BODY_FILE = Path(__file__).parents[2] / "resources" / "body" / "open_body.npz"


@cache
def rest_joints() -> tuple[np.ndarray, np.ndarray]:
    """Joints (24, 3) [m] of the mean adult in the T-pose, and the shift (24, 3) [m] of each for a child."""
    names = ("J_regressor", "v_template", "kid_direction")
    with faults_as(BodyFileError, OPEN_BODY_FILE):
        arrays = read_npz(OPEN_BODY_FILE, names)
    regressor, adult, to_child = (arrays[name].astype(float) for name in names)
    return regressor @ adult, regressor @ to_child


@cache
def open_fingerprint() -> str:
    """Fingerprint of the open body; "" if it is not installed."""
    try:
        return read_body_file(OPEN_BODY_FILE).fingerprint
    except BodyFileError:
        return ""


def pelvis_of(body: str) -> np.ndarray:
    """Approximate rest position of a body's pelvis (3,) [m], by fingerprint or name; "" is the open body.

    Origins differ: the open body's is its pelvis, SMPL's lies 22 cm above it.
    """
    if not body or body == open_fingerprint():
        return np.zeros(3)
    return np.array(SMPLX_PELVIS if body == SMPLX_NEUTRAL else SMPL_PELVIS)


def joints_of(bodies: Sequence[Fit | Guess], of: Sequence[str] | None = None) -> np.ndarray:
    """Joints (P, 24, 3) [m] of fits or guesses in the camera frame, their betas left out.

    of: the body of each, as `pelvis_of` takes it; by default the one that each record names.
    """
    of = [body.body for body in bodies] if of is None else of
    adult, to_child = rest_joints()
    kid = np.array([body.kid for body in bodies])
    rest = adult + kid[:, None, None] * to_child
    turns = _matrices(np.stack([body.pose for body in bodies]).reshape(-1, len(JOINT_NAMES), 3).astype(float))
    _, places = world_transforms(turns, offsets_between(rest))
    origins = [body.cam_t + pelvis_of(name) for body, name in zip(bodies, of, strict=True)]
    return places + np.stack(origins)[:, None]


def project(joints: np.ndarray, bodies: Sequence[Fit | Guess]) -> np.ndarray:
    """Project joints (P, J, 3) [m] by the camera of each body: (P, J, 2) [px]; NaN behind the camera."""
    focal_length = np.array([body.focal_length for body in bodies])[:, None, None]
    center = np.stack([body.camera_center for body in bodies])[:, None]
    depth = np.where(joints[..., 2:] > 0, joints[..., 2:], np.nan)
    return focal_length * joints[..., :2] / depth + center


@cache
def keypoint_weights(layout_name: str) -> np.ndarray:
    """(K, 24): approximate keypoints as weighted means of joints."""
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
