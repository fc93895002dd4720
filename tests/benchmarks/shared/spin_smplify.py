"""SPIN's SMPLify in our words, as the yardstick: two stages of 100 Adam iterations through the full mesh.

Frame: SPIN's crop, 224 px, focal length 5000 px, centre (112, 112). spec: camera and orientation first, on hips and
shoulders; then pose, shape and orientation with the camera fixed. Kept apart from core/, which does it otherwise.

Its camera stage knows no confidence. It takes OpenPose's hips and shoulders if all four are there, else the annotated
ones, whether these are there or not: an absent point is one at the crop's corner, which pulls the body there. On photos
whose hips only COCO annotates the fits then end far higher, as SPIN's own code does (7188 on our photos). In SPIN's
training it is worse: scoring the old fit clears OpenPose's hips before (spec/spin.md 1h.1), so the annotated ones are
always taken; in_training does so.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from core.body.keypoints import SPIN_MODEL_LAYOUT, layout
from core.body.model import Body, BodyParams
from core.fitting.prior import PosePrior
from core.fitting.terms.hinges import hinges
from core.fitting.terms.pose_prior import mixture
from core.geometry.camera import project

FOCAL, CENTER = 5000.0, 112.0
ITERATIONS, LEARNING_RATE = 100, 1e-2
ROBUST_PX, PRIOR_WEIGHT, ANGLE_WEIGHT, SHAPE_WEIGHT, DEPTH_WEIGHT = 100.0, 4.78, 15.2, 5.0, 100.0
IGNORED = ("openpose_neck", "openpose_right_hip", "openpose_left_hip", "right_hip", "left_hip")
TRUNK = ("right_hip", "left_hip", "right_shoulder", "left_shoulder")
OPENPOSE_TRUNK = tuple(f"openpose_{name}" for name in TRUNK)


def spin_confidence(keypoints: Tensor) -> Tensor:
    """Confidence (B, 49) without the joints that SPIN leaves out of its data term."""
    confidence = keypoints[..., 2].clone()
    confidence[:, [layout("spin49").index(name) for name in IGNORED]] = 0
    return confidence


def objective(points: Tensor, params: BodyParams, keypoints: Tensor, prior: PosePrior) -> Tensor:
    """SPIN's second stage's objective (B,), of keypoints (B, 49, 3) placed by the body at points (B, 49, 3)."""
    squared = (_project(points) - keypoints[..., :2]) ** 2
    robust = ROBUST_PX**2 * squared / (ROBUST_PX**2 + squared)
    data = (spin_confidence(keypoints) ** 2 * robust.sum(dim=-1)).sum(dim=-1)
    priors = (
        PRIOR_WEIGHT**2 * mixture(prior, params.body_pose).loss
        + ANGLE_WEIGHT**2 * hinges(params.body_pose).loss
    )
    return data + priors + SHAPE_WEIGHT**2 * params.betas.square().sum(dim=-1)


class MeshKeypoints:
    """SPIN's 49 keypoints through the mesh as SPIN takes them: pose every vertex, then read off the few that keypoints
    use."""

    def __init__(self, body: Body) -> None:
        self._body = body
        from_vertices, self._from_joints = body.keypoint_weights(SPIN_MODEL_LAYOUT)
        self._used = (from_vertices != 0).any(dim=0).nonzero()[:, 0]
        self._from_used = from_vertices[:, self._used].contiguous()

    def __call__(self, params: BodyParams) -> Tensor:
        vertices, joints = self._body.pose(params)
        return self._from_used @ vertices[:, self._used] + self._from_joints @ joints


def fit_as_spin(
    keypoints_of: MeshKeypoints,
    keypoints: Tensor,
    start: BodyParams,
    prior: PosePrior,
    in_training: bool = False,
) -> BodyParams:
    """keypoints (B, 49, 3) in the crop [px]. Returns the fitted bodies in the crop's camera frame."""
    orient, cam_t = start.global_orient.clone(), start.cam_t.clone()
    pose, betas = start.body_pose.clone(), start.betas.clone()
    trunk = trunk_of(keypoints, in_training)[..., None].expand(-1, -1, 2)
    depth = cam_t[:, 2].clone()

    def camera_loss() -> Tensor:
        shown = _project(keypoints_of(BodyParams(orient, pose, betas, cam_t))) - keypoints[..., :2]
        return shown.gather(1, trunk).square().sum() + DEPTH_WEIGHT**2 * (cam_t[:, 2] - depth).square().sum()

    def body_loss() -> Tensor:
        params = BodyParams(orient, pose, betas, cam_t)
        return objective(keypoints_of(params), params, keypoints, prior).sum()

    _adam([cam_t, orient], camera_loss)
    _adam([pose, betas, orient], body_loss)
    return BodyParams(orient, pose, betas, cam_t)


def trunk_of(keypoints: Tensor, in_training: bool = False) -> Tensor:
    """(B, 4) the places of the hips and shoulders that SPIN's camera stage takes, of keypoints (B, 49, 3)."""
    names = layout("spin49")
    openpose, annotated = (
        torch.tensor([names.index(name) for name in chosen], device=keypoints.device)
        for chosen in (OPENPOSE_TRUNK, TRUNK)
    )
    whole = (keypoints[:, openpose, 2] > 0).all(dim=1, keepdim=True) & (not in_training)
    return torch.where(whole, openpose, annotated)


def _adam(unknowns: list[Tensor], loss_of: Callable[[], Tensor]) -> None:
    for unknown in unknowns:
        unknown.requires_grad_(True)
    optimiser = torch.optim.Adam(unknowns, lr=LEARNING_RATE, betas=(0.9, 0.999))
    for _ in range(ITERATIONS):
        loss = loss_of()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    for unknown in unknowns:
        unknown.requires_grad_(False)


def _project(points: Tensor) -> Tensor:
    focal = points.new_full((len(points),), FOCAL)
    return project(points, focal, points.new_full((len(points), 2), CENTER))
