"""AGORA's truth as its fits alone: a pickle a person, which the frames name. Posed, placed in the scene and projected.

As the official projection does: the neutral body, eleven betas for children and ten for adults, also where an adult's
file has eleven.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.body.model import Body, BodyParams
from core.files.pickles.reader import load_pickle
from core.files.unusable import Unusable
from core.formats.bodies.agora.agora_cameras import camera_of, in_camera, projected
from core.formats.bodies.agora.agora_prediction import pose_from

PHOTO_COLUMNS = ("camX", "camY", "camZ")
PERSON_COLUMNS = ("X", "Y", "Z", "gt_path_smpl")
_RENAMED = {"root_pose": "global_orient", "translation": "transl"}


@dataclass(frozen=True, eq=False)
class TruthFits:
    """folder: that the frames' paths start from; body: SMPL's neutral one, with the child's direction; size: width and
    height [px] of the photos."""

    folder: Path
    body: Body
    size: tuple[int, int]

    def cells(self, photo: str, row: dict[str, Any], person: dict[str, Any]) -> dict[str, np.ndarray]:
        """The columns that the projection adds, of one person. Raises FitloopError, TypeError and ValueError."""
        vertices, joints = self._posed(str(person["gt_path_smpl"]), bool(person["kid"]))
        camera = camera_of(photo)
        place = float(person["X"]), float(person["Y"]), float(person["Z"])
        own = float(row["camX"]), float(row["camY"]), float(row["camZ"])
        turns = place, float(person["Yaw"]), camera, own, float(row["camYaw"])
        joints = in_camera(joints, *turns)
        return {
            "gt_joints_2d": projected(joints, camera, *self.size),
            "gt_joints_3d": joints,
            "gt_verts": in_camera(vertices, *turns),
        }

    def _posed(self, name: str, is_child: bool) -> tuple[np.ndarray, np.ndarray]:
        """Vertices (V, 3) and joints (24, 3) [m] in the fit's own frame."""
        path = (self.folder / name).with_suffix(".pkl").resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise Unusable(f"its fit {name} lies outside the folder of fits")
        data = load_pickle(path)
        if not isinstance(data, dict):
            raise Unusable(f"its fit {name} is no dictionary")
        told = pose_from({_RENAMED.get(key, key): value for key, value in data.items()}, is_child)
        if is_child and not self.body.has_kid:
            raise Unusable("it is a child, which needs the child's template: give --kid-template")
        pose, betas, cam_t, kid = (
            torch.from_numpy(np.array(part, np.float32))[None]
            for part in (told.pose, told.betas, told.transl, told.kid)
        )
        vertices, joints = self.body.pose(BodyParams.from_pose(pose, betas, cam_t, kid))
        return vertices[0].numpy(), joints[0].numpy()
