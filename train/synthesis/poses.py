"""Poses to photograph: from a file of motion capture, or by lot from the pose prior that ships."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from core.body.keypoint_body import KeypointBody
from core.body.model import Body, BodyParams
from core.body.tree import flip_pose, joint_index
from core.fitting.prior import PRIOR_FILE
from train.learning.poses import read_poses

Floats = NDArray[np.float32]
CANDIDATES = 6  # poses drawn at once; the first that does not run through itself is taken
TEMPERATURE = 0.75  # of the prior's spread: a mixture of Gaussians is wider than people are
UPRIGHT_TILT = 0.12  # [rad] the prior tells no global orientation; a standing body leans this much
SPINE_RADIUS, HEAD_RADIUS, LEG_RADIUS = 0.14, 0.12, 0.09  # [m]


class PoseSource:
    """Draws poses (72,) of a y-up world, any heading, half of them mirrored."""

    def __init__(self, body: Body, file: Path | None = None) -> None:
        """file: motion capture as train/learning/poses.py reads it. Raises FitloopError if it is none."""
        self._poses = None if file is None else read_poses(file, "train")
        self._skeleton = KeypointBody.from_body(body, "smpl24")
        with np.load(PRIOR_FILE, allow_pickle=False) as prior:
            self._means, self._shares = prior["means"], prior["weights"] / prior["weights"].sum()
            self._roots = np.linalg.cholesky(prior["covars"].astype(np.float64))
            self._limits = prior["lower"], prior["upper"]

    def draw(self, rng: np.random.Generator) -> Floats:
        if self._poses is not None:
            return self._poses.sample(1, rng)[0]
        candidates = self._from_prior(rng)
        through = self._runs_through_itself(candidates)
        return candidates[int(through.argmin())]

    def _from_prior(self, rng: np.random.Generator) -> Floats:
        """(CANDIDATES, 72)."""
        chosen = rng.choice(len(self._shares), CANDIDATES, p=self._shares)
        noise = rng.standard_normal((CANDIDATES, self._means.shape[1])) * TEMPERATURE
        body_pose = self._means[chosen] + np.einsum("nij,nj->ni", self._roots[chosen], noise)
        upright = rng.standard_normal((CANDIDATES, 3)) * (UPRIGHT_TILT, 0, UPRIGHT_TILT)
        pose = np.concatenate([upright, body_pose.clip(*self._limits)], axis=1).astype(np.float32)
        return np.where(rng.random((CANDIDATES, 1)) < 0.5, flip_pose(pose), pose)

    def _runs_through_itself(self, pose: Floats) -> NDArray[np.bool_]:
        """(N,): whether a forearm is in the trunk or the head, or one leg in the other, by the joints alone."""
        params = BodyParams.zeros(len(pose))
        params = BodyParams.from_pose(torch.from_numpy(pose), params.betas, params.cam_t)
        joints = self._skeleton.keypoints(params).numpy()

        def at(name: str) -> Floats:
            return joints[:, joint_index(name)]

        through = np.zeros(len(pose), dtype=bool)
        for side in ("left", "right"):
            for part in ("elbow", "wrist", "hand"):
                point = at(f"{side}_{part}")
                through |= _distance(point, point, at("pelvis"), at("neck")) < SPINE_RADIUS
                through |= _distance(point, point, at("neck"), at("head")) < HEAD_RADIUS
        shins = [(at(f"{side}_knee"), at(f"{side}_ankle")) for side in ("left", "right")]
        through |= _distance(*shins[0], *shins[1]) < LEG_RADIUS
        hands = [(at(f"{side}_elbow"), at(f"{side}_hand")) for side in ("left", "right")]
        return through | (_distance(*hands[0], *hands[1]) < LEG_RADIUS / 2)


def _distance(start: Floats, end: Floats, other_start: Floats, other_end: Floats) -> Floats:
    """(N,) least distance of two bones [m], each sampled at nine points (N, 3)."""
    along = np.linspace(0, 1, 9, dtype=np.float32)[:, None, None]
    points, others = start + along * (end - start), other_start + along * (other_end - other_start)
    return np.linalg.norm(points[:, None] - others[None], axis=-1).min(axis=(0, 1))
