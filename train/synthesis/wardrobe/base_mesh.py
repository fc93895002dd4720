"""MakeHuman's base mesh in the open body's shape space: what a garment of the community is bound to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.body.mean_skeleton import OPEN_BODY_FILE, open_fingerprint
from core.body.model import Body
from core.errors import FitloopError
from core.files.npz import faults_as, read_npz

Floats = NDArray[np.float32]

HELPERS_FILE = OPEN_BODY_FILE.with_name("open_helpers.npz")
VERTICES = 19158
DRAWN = "tights", "skirt", "hair"  # helper garments


@dataclass(frozen=True, eq=False)
class BaseMesh:
    """The 19 158 vertices in T-pose.

    template (V, 3) [m], directions (V, 3, 11) for betas and kid, skinning weights (V, 24); turns (24, 3, 3): rotation
    of each joint from MakeHuman's resting pose into T-pose; members (N,): the open body's vertices in its order; uv
    (T, 2) and uv_faces (F, 3): texture coordinates of the open body's faces; garments: name -> triangles (F, 3).
    """

    template: Floats
    directions: Floats
    weights: Floats
    turns: Floats
    members: NDArray[np.int64]
    uv: Floats
    uv_faces: NDArray[np.int64]
    garments: dict[str, NDArray[np.int64]]


def base_mesh(body: Body, path: Path = HELPERS_FILE) -> BaseMesh:
    """Raises FitloopError for a body that is not the open body, and for a file that is missing or damaged."""
    if body.fingerprint != open_fingerprint():
        raise FitloopError(
            f"clothes are fitted to the open body alone, not to {body.name}. Leave out --body."
        )
    with faults_as(FitloopError, path):
        file = read_npz(path)
    members, others = file["members"].astype(np.int64), file["others"].astype(np.int64)
    shaped = body.shapedirs.numpy()
    hung = np.zeros((len(others), body.weights.shape[1]), np.float32)
    np.put_along_axis(hung, file["owners"].astype(np.int64), file["shares"], axis=1)

    def joined(own: Floats, more: Floats) -> Floats:
        whole = np.zeros((VERTICES, *own.shape[1:]), np.float32)
        whole[members], whole[others] = own, more
        return whole

    return BaseMesh(
        template=joined(body.v_template.numpy(), file["template"]),
        directions=joined(shaped, file["directions"]),
        weights=joined(body.weights.numpy(), hung),
        turns=file["turns"],
        members=members,
        uv=file["uv"],
        uv_faces=file["uv_faces"].astype(np.int64),
        garments={name: file[f"faces_{name}"].astype(np.int64) for name in DRAWN},
    )
