"""SMPL-form bodies: parameters in, vertices, joints and keypoints out.

This is the direct computation over all vertices; a fit uses core/body/keypoint_body.py instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.body.keypoints import definition, layout
from core.body.mean_skeleton import OPEN_BODY_FILE, SMPLX_NEUTRAL, open_fingerprint, pelvis_of
from core.body.skinning import bends_of, skinned
from core.body.smpl_file import BodyArrays, read_body_file
from core.body.tree import JOINT_NAMES, joint_index
from core.errors import BodyFileError
from core.geometry.rotation import axis_angle_to_matrix

SMPL_VERTICES = 6890  # size of the mesh that SMPL's vertex ids refer to
SMPL_NEUTRAL = "smpl-neutral"  # body of betas from files that name none; known without SMPL's own file
BETAS = 10


@dataclass(frozen=True, eq=False)
class BodyParams:
    """Pose, shape and translation of bodies, in the camera frame (x right, y down, z forward).

    global_orient (B, 3) and body_pose (B, 69): axis-angle [rad]; betas (B, 10) [standard deviations];
    cam_t (B, 3) [m]; kid (B,): 0 an adult, 1 a child of about six (zeros if not given).
    """

    global_orient: Tensor
    body_pose: Tensor
    betas: Tensor
    cam_t: Tensor
    kid: Tensor = field(default=None)  # type: ignore[assignment]  # filled in below

    def __post_init__(self) -> None:
        if self.kid is None:
            object.__setattr__(self, "kid", self.betas.new_zeros(len(self.betas)))

    @classmethod
    def from_pose(cls, pose: Tensor, betas: Tensor, cam_t: Tensor, kid: Tensor | None = None) -> BodyParams:
        """pose (B, 72) = global_orient and body_pose."""
        return cls(pose[:, :3], pose[:, 3:], betas, cam_t, kid)  # type: ignore[arg-type]

    @classmethod
    def zeros(cls, batch: int, like: Tensor | None = None) -> BodyParams:
        """The T-pose of the mean adult at the camera, with the dtype and device of `like`."""
        like = torch.zeros(0) if like is None else like
        return cls.from_pose(
            like.new_zeros(batch, 72), like.new_zeros(batch, BETAS), like.new_zeros(batch, 3)
        )

    @property
    def pose(self) -> Tensor:
        """(B, 72) axis-angle: global_orient, then body_pose."""
        return torch.cat([self.global_orient, self.body_pose], dim=1)

    def __len__(self) -> int:
        return len(self.betas)

    def __getitem__(self, index: Tensor | slice) -> BodyParams:
        """The chosen bodies of the batch."""
        return BodyParams(*(value[index] for value in self.tensors()))

    def tensors(self) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        return self.global_orient, self.body_pose, self.betas, self.cam_t, self.kid

    def to(self, *args: object, **kwargs: object) -> BodyParams:
        """As torch's `Tensor.to`, for every part."""
        return BodyParams(*(value.to(*args, **kwargs) for value in self.tensors()))  # type: ignore[call-overload]

    def frozen(self) -> BodyParams:
        """A copy on the CPU that shares no memory, safe to pass between threads."""
        return BodyParams(*(value.detach().cpu().clone() for value in self.tensors()))


@dataclass(frozen=True, eq=False)
class Body:
    """A body model on one device. `faces (F, 3)`; `fingerprint` tells two shape spaces apart."""

    arrays: BodyArrays
    v_template: Tensor
    shapedirs: Tensor
    posedirs: Tensor
    J_regressor: Tensor
    weights: Tensor
    _keypoint_weights: dict[str, tuple[Tensor, Tensor]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.arrays.name

    @property
    def fingerprint(self) -> str:
        return self.arrays.fingerprint

    @property
    def faces(self) -> NDArray[np.int64]:
        return self.arrays.faces

    @property
    def has_kid(self) -> bool:
        return self.arrays.kid_direction is not None

    def shares_betas(self, body: str) -> bool:
        """True if betas of the body of this fingerprint, or SMPL_NEUTRAL, mean the same for this body."""
        return body == self.fingerprint or (body == SMPL_NEUTRAL and self.is_smpl)

    @property
    def is_smpl(self) -> bool:
        """True for SMPL's mesh, of any gender."""
        return len(self.v_template) == SMPL_VERTICES

    def pelvis_shift(self, body: str) -> Tensor:
        """Shift (3,) [m] to add to the cam_t of another body, so that this body's pelvis is at the same place.

        body: the other's fingerprint, or its name if its file has none; "" is this body. Origins differ:
        SMPL's pelvis is 22 cm from its origin, the open body's at it. Zeros between bodies of SMPL.
        """
        if body in ("", self.fingerprint) or (
            self.is_smpl and body not in (SMPLX_NEUTRAL, open_fingerprint())
        ):
            return torch.zeros_like(self.pelvis[0])
        return self.pelvis[0].new_tensor(pelvis_of(body)) - self.pelvis[0]

    def to(self, device: torch.device | str, dtype: torch.dtype | None = None) -> Body:
        """The same body where nothing changes, so that what is computed once a body is not computed anew."""
        if self.v_template.device == torch.device(device) and dtype in (None, self.v_template.dtype):
            return self
        moved = {
            name: getattr(self, name).to(device, dtype)
            for name in ("v_template", "shapedirs", "posedirs", "J_regressor", "weights")
        }
        return replace(self, **moved, _keypoint_weights={})

    def shape_coefficients(self, betas: Tensor, kid: Tensor) -> Tensor:
        """betas (B, 10), kid (B,). Returns the coefficients of `shapedirs` (B, S).

        Raises BodyFileError if kid is not zero and the body has no child direction.
        """
        if self.has_kid:
            return torch.cat([betas, kid[:, None]], dim=1)
        if bool((kid != 0).any()):
            raise BodyFileError(f"{self.name} has no child direction: set kid to 0, or use the open body.")
        return betas

    def pose(self, params: BodyParams) -> tuple[Tensor, Tensor]:
        """Returns vertices (B, V, 3) and joints (B, 24, 3) [m, camera frame]."""
        rotations = axis_angle_to_matrix(params.pose.unflatten(1, (len(JOINT_NAMES), 3)))
        vertices, joints = self.turned(rotations, params.betas, params.kid)
        return vertices + params.cam_t[:, None], joints + params.cam_t[:, None]

    def turned(self, rotations: Tensor, betas: Tensor, kid: Tensor) -> tuple[Tensor, Tensor]:
        """Vertices (B, V, 3) and joints (B, 24, 3) [m] of rotations (B, 24, 3, 3), before any translation.

        The surface takes its shape (equation 8 of the paper that skinning.py cites), is bent (9) and skinned (2).
        """
        coefficients = self.shape_coefficients(betas, kid)
        directions = self.shapedirs[..., : coefficients.shape[1]].flatten(0, 1)
        vertices = torch.addmm(self.v_template.flatten(), coefficients, directions.T)
        if self.bends:
            vertices = torch.addmm(vertices, bends_of(rotations), self.posedirs)
        mean, moved = self.rest_joints
        joints = torch.addmm(mean.flatten(), coefficients, moved[: coefficients.shape[1]].flatten(1))
        return skinned(vertices.unflatten(1, (-1, 3)), joints.unflatten(1, (-1, 3)), rotations, self.weights)

    def keypoints(self, params: BodyParams, layout_name: str) -> Tensor:
        """The layout's keypoints (B, K, 3) [m, camera frame] of the full mesh; differentiable."""
        vertices, joints = self.pose(params)
        from_vertices, from_joints = self.keypoint_weights(layout_name)
        return from_vertices @ vertices + from_joints @ joints

    def rest_pelvis(self, params: BodyParams) -> Tensor:
        """Position of the pelvis joint (B, 3) [m] before cam_t: the point that global_orient turns about."""
        coefficients = self.shape_coefficients(params.betas, params.kid)
        mean, directions = self.pelvis
        return mean + coefficients @ directions[: coefficients.shape[1]]

    @property
    def pelvis(self) -> tuple[Tensor, Tensor]:
        """The mean body's pelvis (3,) and its derivative by each coefficient of the shape (S, 3)."""
        mean, directions = self.rest_joints
        return mean[0], directions[:, 0]

    @cached_property
    def rest_joints(self) -> tuple[Tensor, Tensor]:
        """The mean body's joints (24, 3) and their derivatives by each coefficient of the shape (S, 24, 3): equation
        10, evaluated once, as the regressor and the shape directions are both linear."""
        with torch.inference_mode(False):  # the cached tensors serve training too
            moved = torch.einsum("jv,vcs->sjc", self.J_regressor, self.shapedirs)
            return self.J_regressor @ self.v_template, moved.contiguous()

    @property
    def bends(self) -> bool:
        """True if the body has pose blend shapes; without them `posedirs` is one vertex of zeros."""
        return self.posedirs.shape[1] == 3 * len(self.v_template)

    def keypoint_weights(self, layout_name: str) -> tuple[Tensor, Tensor]:
        """Weights of the layout's keypoints over vertices (K, V) and joints (K, 24); rows sum to one."""
        if layout_name not in self._keypoint_weights:
            rows = [_weights_of(self.arrays, name) for name in layout(layout_name).definitions]
            like = self.v_template
            self._keypoint_weights[layout_name] = (
                torch.from_numpy(np.stack([r[0] for r in rows])).to(like),
                torch.from_numpy(np.stack([r[1] for r in rows])).to(like),
            )
        return self._keypoint_weights[layout_name]

    def keypoint_sources(self, layout_name: str) -> dict[str, str]:
        """Keypoint of the layout -> its source in this body, in words."""
        chosen = layout(layout_name)
        sources = [_weights_of(self.arrays, name)[2] for name in chosen.definitions]
        return dict(zip(chosen.keypoints, sources, strict=True))


def load_body(
    source: str | Path | None = None,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
    kid_template: Path | None = None,
) -> Body:
    """The open body, or an SMPL file (.pkl, .npz, or a folder with SMPL_NEUTRAL.*).

    kid_template: SMPL's body of a child (.npy), by default smpl_kid_template.npy beside the file.

    Raises BodyFileError with the file, its fault and the remedy.
    """
    path = OPEN_BODY_FILE if source is None else Path(source)
    return body_from_arrays(read_body_file(path, kid_template), device, dtype)


def body_from_arrays(
    arrays: BodyArrays, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32
) -> Body:
    """A body from arrays in memory (core/body/smpl_file.py), as load_body makes it from a file."""
    shapedirs = arrays.shapedirs[..., :BETAS]
    if arrays.kid_direction is not None:
        shapedirs = np.concatenate([shapedirs, arrays.kid_direction[..., None]], axis=-1)
    pose_terms = 9 * (len(JOINT_NAMES) - 1)
    posedirs = arrays.posedirs.reshape(-1, pose_terms).T if arrays.posedirs.shape[-1] else None

    def tensor(array: NDArray[np.generic]) -> Tensor:
        return torch.tensor(array, device=device, dtype=dtype)

    return Body(
        arrays=arrays,
        v_template=tensor(arrays.v_template),
        shapedirs=tensor(shapedirs),
        # without pose blend shapes one vertex of zeros in place of megabytes of them
        posedirs=tensor(np.zeros((pose_terms, 3)) if posedirs is None else posedirs),
        J_regressor=tensor(arrays.J_regressor),
        weights=tensor(arrays.weights),
    )


def _weights_of(arrays: BodyArrays, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64], str]:
    """A definition as weights of vertices (V,) and of joints (24,), and their source in words.

    The first source that this body has: its own surface keypoint, SPIN's extra and H36M regressors if they lie beside
    an SMPL file, SMPL's vertex ids on SMPL's own mesh, else the definition's stand-in from the 24 joints.
    """
    vertices, joints = np.zeros(len(arrays.v_template)), np.zeros(len(JOINT_NAMES))
    spot = definition(name)
    if name in arrays.surface:
        indices, weights = arrays.surface[name]
        both = np.concatenate([vertices, joints])
        both[indices] = weights / weights.sum(
            dtype=np.float64
        )  # normalised in float64: the error of a float32 sum would scale cam_t
        return both[: len(vertices)], both[len(vertices) :], "keypoint of the body's own file"
    for rows, row, file in (
        (arrays.extra_regressor, spot.extra, "J_regressor_extra.npy"),
        (arrays.h36m_regressor, spot.h36m, "J_regressor_h36m.npy"),
    ):
        if rows is not None and row is not None:
            exact = rows[row].astype(np.float64)
            return exact / exact.sum(), joints, f"row {row} of {file}"
    if spot.smpl_vertices and len(vertices) == SMPL_VERTICES:
        for vertex, weight in spot.smpl_vertices.items():
            vertices[vertex] = weight
        return vertices, joints, f"SMPL's vertices {sorted(spot.smpl_vertices)}"
    for joint, weight in spot.joints.items():
        joints[joint_index(joint)] = weight
    return (
        vertices,
        joints,
        "joints: " + ", ".join(f"{weight:g} {joint}" for joint, weight in spot.joints.items()),
    )
