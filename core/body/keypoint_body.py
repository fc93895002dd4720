"""The body collapsed onto its keypoints: their positions and Jacobian, computed without the mesh.

Linear blend skinning is linear in the joint rotations, so a keypoint that is a weighted mean of vertices and
joints is

    x_k = sum_j [ G_j a_kj + c_kj P_j ] + cam_t
    a_kj = sum_v r_kv w_vj (v_v - J_j),      c_kj = sum_v r_kv w_vj + q_kj

with G_j, P_j the world rotation and position of joint j, r and q the keypoint's weights of vertices and joints and
w the skinning weights. a is affine in the shape and, through pose blend shapes, in the joints' rotation matrices;
both are summed over the vertices once. A small world rotation of joint m moves keypoint k by omega x s_km, with the
lever arm s_km = sum over the subtree of m of [ G_j a_kj + c_kj (P_j - P_m) ], and
omega = G_parent(m) J_l(theta_m) dtheta_m.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from core.body.kinematics import batch_first, batch_last, offsets_between, transforms_down_the_tree
from core.body.model import BETAS, Body, BodyParams
from core.body.skinning import bends_of
from core.body.tree import JOINT_NAMES, PARENTS
from core.geometry.rotation import axis_angle_to_matrix_and_left_jacobian

JOINTS = len(JOINT_NAMES)
POSE = 3 * JOINTS
# The unknowns of a fit, in the order of the Jacobian's columns.
POSE_COLUMNS, BETAS_COLUMNS = slice(0, POSE), slice(POSE, POSE + BETAS)
KID_COLUMN, CAM_T_COLUMNS = POSE + BETAS, slice(POSE + BETAS + 1, POSE + BETAS + 4)
UNKNOWNS = POSE + BETAS + 4
SHAPES = BETAS + 1  # numbers of a shape: betas and the kid


def params_to_vector(params: BodyParams) -> Tensor:
    """(B, 86): pose 72, betas 10, kid 1, cam_t 3."""
    return torch.cat(
        [params.global_orient, params.body_pose, params.betas, params.kid[:, None], params.cam_t], dim=1
    )


def vector_to_params(vector: Tensor) -> BodyParams:
    """Inverse of params_to_vector; the parts are views of `vector` (B, 86)."""
    pose = vector[:, POSE_COLUMNS]
    return BodyParams(
        pose[:, :3], pose[:, 3:], vector[:, BETAS_COLUMNS], vector[:, CAM_T_COLUMNS], vector[:, KID_COLUMN]
    )


@dataclass(frozen=True, eq=False)
class KeypointBody:
    """A body's keypoints as few small tensors. S is 11: ten betas and the kid (zeros where a body has none).

    levers (24 K 4,) and levers_shape (S, 24 K 4): a_kj and c_kj, joint first, as homogeneous vectors;
    levers_pose (207, 24 K 4) or None: the part of pose blend shapes; levers_by_shape (72, K, S): levers_shape in the
    Jacobian's layout; offsets (72,), offsets_shape (S, 72): joint minus parent; subtree (24, 24), subtree_weights
    (24, K): sums over the subtree below a joint; parents (24,): index of a joint's parent, 24 for the pelvis.
    """

    layouts: tuple[str, ...]
    levers: Tensor
    levers_shape: Tensor
    levers_pose: Tensor | None
    levers_by_shape: Tensor
    offsets: Tensor
    offsets_shape: Tensor
    subtree: Tensor
    subtree_weights: Tensor
    parents: Tensor

    @property
    def k(self) -> int:
        return self.subtree_weights.shape[1]

    @classmethod
    def from_body(cls, body: Body, *layouts: str) -> KeypointBody:
        """The body on the keypoints of one or more layouts, in that order; cached for each."""
        return _collapse(body, layouts)

    def keypoints(self, params: BodyParams) -> Tensor:
        """The same points as `Body.keypoints` through the mesh: (B, K, 3) [m, camera frame]."""
        return self.posed(params_to_vector(params)).points

    def posed(self, unknowns: Tensor) -> PosedKeypoints:
        """Place the keypoints. unknowns (B, 86), as params_to_vector gives them."""
        batch = len(unknowns)
        rotations, jacobians = axis_angle_to_matrix_and_left_jacobian(
            unknowns[:, POSE_COLUMNS].view(batch, JOINTS, 3)
        )
        shape = unknowns[:, POSE : POSE + BETAS + 1]
        offsets = torch.addmm(self.offsets, shape, self.offsets_shape)
        world = self._world(rotations, offsets.view(batch, JOINTS, 3, 1))
        levers = torch.addmm(self.levers, shape, self.levers_shape)
        if self.levers_pose is not None:
            levers = torch.addmm(levers, bends_of(rotations), self.levers_pose)
        parts = levers.view(batch, JOINTS, self.k, 4) @ world[:, :JOINTS].transpose(-1, -2)
        points = parts.sum(dim=1) + unknowns[:, None, CAM_T_COLUMNS]
        return PosedKeypoints(self, unknowns, points, parts, world, rotations, jacobians)

    def joints(self, unknowns: Tensor) -> tuple[Tensor, Tensor]:
        """PosedKeypoints.joints of unknowns (B, 86)."""
        return self.posed(unknowns).joints()

    def _world(self, rotations: Tensor, offsets: Tensor) -> Tensor:
        """Rotation and place of each joint (B, 25, 3, 4) in the body's frame; the last is the identity."""
        local = torch.cat([rotations, offsets], dim=-1)
        world = batch_first(transforms_down_the_tree(batch_last(local)))
        identity = torch.eye(4, dtype=local.dtype, device=local.device)[:3]
        return torch.cat([world, identity.expand(len(local), 1, 3, 4)], dim=1)


@dataclass(frozen=True, eq=False)
class PosedKeypoints:
    """Posed keypoints, and the parts of their Jacobian. points (B, K, 3) [m, camera frame] at
    unknowns (B, 86)."""

    body: KeypointBody
    unknowns: Tensor
    points: Tensor
    _parts: Tensor
    _world: Tensor
    _rotations: Tensor
    _jacobians: Tensor

    def joints(self) -> tuple[Tensor, Tensor]:
        """World rotations (B, 24, 3, 3) and places (B, 24, 3) [m, camera frame] of the 24 joints."""
        world = self._world[:, :JOINTS]
        return world[..., :3], world[..., 3] + self.unknowns[:, None, CAM_T_COLUMNS]

    def jacobian(self) -> Tensor:
        """d points / d unknowns, (B, K, 3, 86)."""
        batch, count = self.points.shape[:2]
        axes = torch.eye(3, dtype=self.points.dtype, device=self.points.device).expand(batch, count, 3, 3)
        return self.jacobian_rows(axes).view(batch, count, 3, UNKNOWNS)

    def up(self) -> tuple[Tensor, Tensor]:
        """The pelvis' own y axis in the camera frame (B, 3), and its derivative by global_orient (B, 3, 3)."""
        up = self._rotations[:, 0, :, 1]
        return up, torch.linalg.cross(self._jacobians[:, 0], up[..., None].expand(-1, 3, 3), dim=1)

    def jacobian_rows(self, rows: Tensor, chosen: slice | None = None) -> Tensor:
        """Derivatives by the unknowns of n numbers per keypoint, each number a direction (3,) times the point.

        rows (B, K, n, 3), or (B, M, n, 3) for the `chosen` keypoints (M). Returns (B, M n, 86).
        """
        batch, count, n = rows.shape[:3]
        world_axes = _product(self._world[:, self.body.parents], self._jacobians)
        levers = self._lever_arms(chosen)
        turned = torch.linalg.cross(levers.unsqueeze(3), rows.unsqueeze(1), dim=-1)
        pose = turned.view(batch, JOINTS, count * n, 3) @ world_axes
        pose = pose.transpose(1, 2).reshape(batch, count * n, POSE)
        if self.body.levers_pose is not None:
            pose = pose + self._blend_rows(rows, chosen)
        shape = self._shape_rows(rows, chosen)
        return torch.cat([pose, shape, rows.reshape(batch, count * n, 3)], dim=2)

    def _lever_arms(self, chosen: slice | None) -> Tensor:
        """s_km, (B, 24, M, 3) [m]."""
        parts, weights = self._parts, self.body.subtree_weights
        if chosen is not None:
            parts, weights = parts[:, :, chosen], weights[:, chosen]
        below = self.body.subtree @ parts.flatten(2)
        places = self._world[:, :JOINTS, None, :, 3]
        return torch.addcmul(below.view_as(parts), weights[..., None], places, value=-1)

    def _shape_rows(self, rows: Tensor, chosen: slice | None) -> Tensor:
        """(B, M n, 11): sum_j G_j da_kj/dshape plus the shift of the joints along the chain of offsets."""
        batch, count, n = rows.shape[:3]
        by_shape, weights = self.body.levers_by_shape, self.body.subtree_weights
        if chosen is not None:
            by_shape, weights = by_shape[:, chosen], weights[:, chosen]
        turns = self._world[:, :JOINTS, :, :3]
        local = turns.permute(0, 2, 1, 3).reshape(batch, 3, POSE) @ by_shape.flatten(1)
        carried = self._world[:, self.body.parents, :, :3] @ self.body.offsets_shape.T.view(JOINTS, 3, -1)
        shifts = weights.T @ carried.view(batch, JOINTS, -1)
        moved = local.view(batch, 3, count, -1).transpose(1, 2) + shifts.view(batch, count, 3, -1)
        return (rows @ moved).view(batch, count * n, -1)

    def _blend_rows(self, rows: Tensor, chosen: slice | None) -> Tensor:
        """(B, M n, 72): the part of pose blend shapes, through d vec(R) = [J_l dtheta]x R."""
        assert self.body.levers_pose is not None
        batch, count, n = rows.shape[:3]
        axes = self._jacobians[:, 1:].transpose(-1, -2)  # (B, 23, axis of dtheta, 3)
        bends = torch.linalg.cross(
            axes.unsqueeze(-1), self._rotations[:, 1:].unsqueeze(2).expand(-1, -1, 3, -1, -1), dim=-2
        )
        blend = self.body.levers_pose.view(-1, JOINTS, self.body.k, 4)[..., :3]
        if chosen is not None:
            blend = blend[:, :, chosen]
        world = torch.einsum("bjxc,pjkc->bkxp", self._world[:, :JOINTS, :, :3], blend)
        along = (rows @ world).view(batch, count * n, JOINTS - 1, 9)
        turned = torch.einsum("brje,bjae->brja", along, bends.flatten(-2))
        root = along.new_zeros(batch, count * n, 3)
        return torch.cat([root, turned.flatten(2)], dim=2)


def _product(left: Tensor, right: Tensor) -> Tensor:
    """The first three columns of left (..., N, 3 or more) times right (..., 3, M), N and M small. Plain sums: a GPU's
    matrix kernels take longer at this size, and a compiler cannot fuse them with their surroundings."""
    first = left[..., :1] * right[..., :1, :]
    second = torch.addcmul(first, left[..., 1:2], right[..., 1:2, :])
    return torch.addcmul(second, left[..., 2:3], right[..., 2:3, :])


@lru_cache(maxsize=32)
def _collapse(body: Body, layouts: tuple[str, ...]) -> KeypointBody:
    """Sum over the vertices once."""
    rows = [body.keypoint_weights(name) for name in layouts]
    from_vertices, from_joints = torch.cat([r[0] for r in rows]), torch.cat([r[1] for r in rows])
    shapedirs = body.shapedirs
    if not body.has_kid:
        shapedirs = torch.cat([shapedirs, shapedirs.new_zeros(*shapedirs.shape[:2], 1)], dim=2)
    joints = body.J_regressor @ body.v_template
    joints_shape = torch.einsum("jv,vcs->jcs", body.J_regressor, shapedirs)
    shares = from_vertices[:, None, :] * body.weights.T  # (K, 24, V)
    mass = shares.sum(dim=2)
    levers = shares @ body.v_template - mass[..., None] * joints
    by_shape = (shares @ shapedirs.flatten(1)).unflatten(-1, (3, -1)) - mass[..., None, None] * joints_shape
    weights = (mass + from_joints).T.contiguous()  # (24, K)
    levers_pose = None
    if bool(body.posedirs.any()):
        by_vertex = body.posedirs.T.reshape(len(body.v_template), -1)
        levers_pose = _homogeneous((shares @ by_vertex).unflatten(-1, (3, -1)), fill=0.0)
    subtree = torch.from_numpy(_subtree()).to(levers)
    parents = torch.tensor([JOINTS, *PARENTS[1:]], device=levers.device)
    return KeypointBody(
        layouts=layouts,
        levers=torch.cat([levers.transpose(0, 1), weights[..., None]], dim=2).flatten(),
        levers_shape=_homogeneous(by_shape, fill=0.0),
        levers_pose=levers_pose,
        levers_by_shape=by_shape.permute(1, 2, 0, 3).flatten(0, 1).contiguous(),
        offsets=offsets_between(joints).flatten(),
        offsets_shape=offsets_between(joints_shape.permute(2, 0, 1)).flatten(1),
        subtree=subtree,
        subtree_weights=subtree @ weights,
        parents=parents,
    )


def _homogeneous(levers: Tensor, fill: float) -> Tensor:
    """(K, 24, 3, P) derivatives of the levers as (P, 24 K 4), the form that addmm takes."""
    padded = torch.nn.functional.pad(levers, (0, 0, 0, 1), value=fill)
    return padded.permute(3, 1, 0, 2).flatten(1).contiguous()


def _subtree() -> np.ndarray:
    """(24, 24): 1 if the column's joint is the row's or below it."""
    below = np.eye(JOINTS)
    for joint in range(JOINTS - 1, 0, -1):
        below[PARENTS[joint]] += below[joint]
    return below
