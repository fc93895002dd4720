"""Writes a posed body as a mesh: .obj, .ply or .glb.

x is the camera's right, y up, z towards the camera; the camera is at the origin, metres. Viewers expect y up.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import trimesh

from core.body.model import Body, BodyParams
from core.errors import FitsError
from core.files.whole_file import whole_file
from core.formats.shared.report import Export
from core.records import Fit

SUFFIXES = (".obj", ".ply", ".glb")
OBJ_DIGITS = 8
CAMERA_TO_Y_UP = np.array([1.0, -1.0, -1.0])


def write(path: Path, fit: Fit, body: Body) -> Export:
    """Write the body of a fit, in the format of the path's suffix. Raises FitsError for other suffixes, and OSError."""
    if path.suffix not in SUFFIXES:
        raise FitsError(f"{path.name}: meshes are written as {', '.join(SUFFIXES)}. Choose one of these.")
    mesh = trimesh.Trimesh(vertices(fit, body) * CAMERA_TO_Y_UP, body.faces, process=False)
    with whole_file(path) as stream:
        stream.write(_bytes(mesh, path.suffix))
    return Export(1, unit="mesh")


def _bytes(mesh: trimesh.Trimesh, suffix: str) -> bytes:
    if suffix == ".obj":
        return str(trimesh.exchange.obj.export_obj(mesh, digits=OBJ_DIGITS)).encode()
    if suffix == ".ply":
        return bytes(trimesh.exchange.ply.export_ply(mesh))
    return bytes(trimesh.exchange.gltf.export_glb(trimesh.Scene(mesh)))


def vertices(fit: Fit, body: Body) -> np.ndarray:
    """Vertices (V, 3) [m] of a fit in the photo's camera frame. A fit of another body keeps the place of its pelvis."""
    kid = torch.tensor([fit.kid if body.has_kid else 0.0])
    pose, betas, cam_t = (torch.tensor(values)[None] for values in (fit.pose, fit.betas, fit.cam_t))
    params = BodyParams.from_pose(pose, betas, cam_t, kid).to(body.v_template.dtype)
    params = replace(params, cam_t=params.cam_t + body.pelvis_shift(fit.body))
    return body.pose(params)[0][0].detach().cpu().numpy()
