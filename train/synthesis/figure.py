"""The body mesh of synthesis: float32 numpy, with fewer triangles for small pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.body.kinematics import offsets_between, world_transforms
from core.body.model import Body
from train.rendering.raster.moved_vertices import move_vertices
from train.synthesis.scene_cameras import rotation

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Figure:
    """A mesh of some of the body's vertices, which moves with the body.

    template [m] and normals (V, 3), shapedirs (3 V, 11) for betas and kid, skinning weights (V, 24), faces (F, 3);
    joints (24, 3) [m] at rest and their shape directions joint_dirs (72, 11). Pose blend shapes are left out: the open
    body has none.
    """

    template: Floats
    normals: Floats
    shapedirs: Floats
    weights: Floats
    faces: NDArray[np.int64]
    joints: Floats
    joint_dirs: Floats

    @classmethod
    def from_body(cls, body: Body, cell: float = 0.0) -> Figure:
        """The whole mesh, or for cell > 0 [m] one vertex per grid cell of that size and body part."""
        template, weights = body.v_template.numpy(), body.weights.numpy()
        normals = _vertex_normals(template, body.faces)
        chosen, faces = np.arange(len(template)), body.faces
        if cell > 0:
            chosen, faces = _cluster(template, weights, body.faces, cell)
        directions = body.shapedirs.numpy()
        if directions.shape[2] == 10:
            directions = np.concatenate([directions, np.zeros_like(directions[..., :1])], axis=2)
        regressor = body.J_regressor.numpy()
        joint_dirs = np.einsum("jv,vcs->jcs", regressor, directions)
        return cls(
            template=template[chosen],
            normals=normals[chosen],
            shapedirs=np.ascontiguousarray(directions[chosen].reshape(-1, 11)),
            weights=np.ascontiguousarray(weights[chosen]),
            faces=faces,
            joints=regressor @ template,
            joint_dirs=joint_dirs.reshape(-1, 11),
        )

    def posed(self, pose: Floats, betas: Floats, kid: float) -> tuple[Floats, Floats, Floats]:
        """Linear blend skinning of pose (72,) [rad], betas (10,), kid: vertices, normals (V, 3) and joints (24, 3) [m].

        Normals rotate with the skin; other changes of normals by shape and bending are neglected.
        """
        transforms, places = self.transforms(pose, betas, kid)
        return (*self.moved(transforms, betas, kid), places)

    def transforms(self, pose: Floats, betas: Floats, kid: float) -> tuple[Floats, Floats]:
        """Of each joint: rotation and translation (24, 12) from rest, and place (24, 3) [m]."""
        rest_joints = self.joints + (self.joint_dirs @ _shape(betas, kid)).reshape(-1, 3)
        local = np.stack([rotation(turn) for turn in pose.reshape(-1, 3)])[None].astype(np.float32)
        turns, places = (part[0] for part in world_transforms(local, offsets_between(rest_joints[None])))
        moves = places - np.einsum("jab,jb->ja", turns, rest_joints)
        return np.concatenate([turns, moves[..., None]], axis=2).reshape(-1, 12), places

    def moved(self, transforms: Floats, betas: Floats, kid: float) -> tuple[Floats, Floats]:
        """Vertices and normals (V, 3) of the body's transforms (24, 12), which its garments share."""
        vertices, normals = np.empty_like(self.template), np.empty_like(self.template)
        move_vertices(
            self.template, self.normals, self.shapedirs, self.weights, _shape(betas, kid),
            np.ascontiguousarray(transforms, np.float32), vertices, normals,
        )  # fmt: skip
        return vertices, normals

    def part(self, vertices: NDArray[np.int64], faces: NDArray[np.int64]) -> Figure:
        """The mesh of some vertices (N,), which may repeat, with faces (F, 3) between them."""
        rows = self.shapedirs.reshape(len(self.template), 3, -1)[vertices]
        return replace(
            self,
            template=self.template[vertices],
            normals=self.normals[vertices],
            shapedirs=np.ascontiguousarray(rows.reshape(-1, rows.shape[2])),
            weights=np.ascontiguousarray(self.weights[vertices]),
            faces=faces,
        )


def _shape(betas: Floats, kid: float) -> Floats:
    return np.append(betas, kid).astype(np.float32)


def _vertex_normals(vertices: Floats, faces: NDArray[np.int64]) -> Floats:
    """Unit normals (V, 3): the area-weighted mean over the faces around each vertex."""
    corners = vertices[faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, faces[:, corner], across)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


def _cluster(
    vertices: Floats, weights: Floats, faces: NDArray[np.int64], cell: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indices (N,) of one vertex per cell, and the faces (F, 3) between them that do not collapse."""
    key = np.column_stack([np.floor(vertices / cell).astype(np.int64), weights.argmax(axis=1)])
    return clusters(key, faces)


def clusters(key: NDArray[np.int64], faces: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indices (N,) of one vertex per key (V, K), and the faces (F, 3) between them that do not collapse."""
    _, first, cells = np.unique(_packed(key), return_index=True, return_inverse=True)
    kept = cells[faces]
    proper = (kept[:, 0] != kept[:, 1]) & (kept[:, 1] != kept[:, 2]) & (kept[:, 2] != kept[:, 0])
    smallest = kept[proper].argmin(axis=1)
    rolled = np.take_along_axis(kept[proper], (smallest[:, None] + np.arange(3)) % 3, axis=1)
    _, chosen = np.unique(_packed(rolled), return_index=True)
    return first, rolled[chosen]


def _packed(key: NDArray[np.int64]) -> NDArray[np.int64]:
    """One number (N,) a row (N, K), in the rows' order: numpy sorts numbers some ten times as fast as rows."""
    low = key.min(axis=0)
    spans = key.max(axis=0) - low + 1
    factors = np.append(np.cumprod(spans[::-1])[-2::-1], 1)
    return np.asarray((key - low) @ factors, dtype=np.int64)
