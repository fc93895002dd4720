"""Random poses for synthesis: from a file of motion capture, or from the pose prior."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.body.tree import flip_pose, joint_index
from core.files.npz import read_npz
from core.fitting.prior import PRIOR_FILE
from train.data.mocap import read_poses

Floats = NDArray[np.float32]
TEMPERATURE = 0.75  # factor on the prior's spread: a mixture of Gaussians is wider than real poses
UPRIGHT_TILT = 0.12  # [rad] tilt of a standing body; the prior has no global orientation
# Pairs of bones that must keep a distance: bone, other bone, least distance [m] in a mean adult.
TRUNK, HEAD, HIPS = ("pelvis", "neck"), ("neck", "head"), 0.22
APART: tuple[tuple[tuple[str, str], tuple[str, str], float], ...] = (
    *(((f"{side}_elbow", f"{side}_hand"), TRUNK, 0.14) for side in ("left", "right")),
    *(((f"{side}_wrist", f"{side}_hand"), HEAD, 0.12) for side in ("left", "right")),
    (("left_knee", "left_ankle"), ("right_knee", "right_ankle"), 0.09),
    (("left_elbow", "left_hand"), ("right_elbow", "right_hand"), 0.045),
)
_BONES = np.array([[[joint_index(end) for end in bone] for bone in pair[:2]] for pair in APART])  # (6, 2, 2)
_LEAST = np.array([pair[2] for pair in APART], dtype=np.float32)
_ALONG = np.linspace(0, 1, 9, dtype=np.float32)[:, None]  # sampled points along a bone


class PoseSource:
    """Draws random poses (72,) [rad] in a y-up world, of any heading, half of them mirrored.

    plausible: True for captured poses; poses of the prior may intersect themselves (`runs_through_itself`).
    """

    def __init__(self, file: Path | None = None) -> None:
        """file: motion capture that train/data/mocap.py can read. Raises FitloopError if it cannot be read."""
        self._captured = None if file is None else read_poses(file, "train")
        prior = read_npz(PRIOR_FILE)
        self._means, self._shares = prior["means"], prior["weights"] / prior["weights"].sum()
        self._roots = np.linalg.cholesky(prior["covars"].astype(np.float64))
        self._limits = prior["lower"], prior["upper"]

    @property
    def plausible(self) -> bool:
        return self._captured is not None

    def draw(self, rng: np.random.Generator) -> Floats:
        if self._captured is not None:
            return self._captured.sample(1, rng)[0]
        chosen = rng.choice(len(self._shares), p=self._shares)
        noise = rng.standard_normal(self._means.shape[1]) * TEMPERATURE
        body_pose = self._means[chosen] + self._roots[chosen] @ noise
        upright = rng.standard_normal(3) * (UPRIGHT_TILT, 0, UPRIGHT_TILT)
        pose = np.concatenate([upright, body_pose.clip(*self._limits)]).astype(np.float32)
        return flip_pose(pose) if rng.random() < 0.5 else pose


def runs_through_itself(joints: Floats) -> bool:
    """True if a forearm intersects trunk or head, or a limb intersects its counterpart. joints (24, 3) [m].

    Only bones are compared, each at nine points. Least distances are scaled by the distance of the hips.
    """
    ends = joints[_BONES]  # (6, 2, 2, 3)
    points = ends[:, :, :1] * (1 - _ALONG) + ends[:, :, 1:] * _ALONG  # (6, 2, 9, 3)
    away = points[:, 0, :, None] - points[:, 1, None]
    least = np.sqrt(np.einsum("npqc,npqc->npq", away, away).min(axis=(1, 2)))
    hips = np.linalg.norm(joints[joint_index("left_hip")] - joints[joint_index("right_hip")])
    return bool((least < _LEAST * hips / HIPS).any())
