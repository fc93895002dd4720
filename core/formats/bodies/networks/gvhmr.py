"""Reads GVHMR's hmr4d_results.pt: one person, SMPL-X in the camera's frame, one row a frame of the video.

The poses in the world's frame are not read: they have no camera.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.body.mean_skeleton import SMPLX_NEUTRAL
from core.errors import CheckpointError, ReadError
from core.files.unusable import Unusable
from core.formats.bodies.networks.network_people import (
    NetworkCamera,
    NetworkPeople,
    row,
    smplx_pose,
    video_frames,
)
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import Import, Report
from core.networks.checkpoint import read_tensors

FORMAT = "GVHMR"
_PARAMETERS, _CAMERA = "smpl_params_incam", "K_fullimg"


def recognise(seen: Glimpse) -> int:
    """By the words in its pickle."""
    return SURE if seen.kind == "torch" and _PARAMETERS.encode() in seen.data else NO


def read(path: Path, photos: Path | None = None, first_frame: int | None = None) -> Import:
    """Read photos and the person's guesses. photos: the folder of the video's frames. Raises ReadError."""
    report = Report(path, FORMAT)
    try:
        data = read_tensors(path)
    except CheckpointError as error:
        raise ReadError(str(error)) from error
    data = _as_arrays(data)
    incam = data.get(_PARAMETERS) if isinstance(data, dict) else None
    try:
        body = row(incam, "body_pose", -1, 63)
        count = len(body)
        pose = smplx_pose(np.concatenate([row(incam, "global_orient", count, 3), body], axis=1))
        betas, transl = row(incam, "betas", count, 10), row(incam, "transl", count, 3)
        matrices = row(data, _CAMERA, count, 3, 3)
    except Unusable as reason:
        raise report.error(str(reason), "Choose the hmr4d_results.pt that GVHMR's demo wrote.") from reason
    report.count_people(count)
    folder = PhotoFolder(photos or path.parent, report)
    found = NetworkPeople(report, folder, FORMAT, SMPLX_NEUTRAL)
    numbered = video_frames(folder, path, range(count), report, first_frame)
    for frame in range(count):
        with report.record(f"frame {frame}"):
            relative, matrix = numbered.frame(frame), matrices[frame]
            camera = NetworkCamera.about(matrix[:2, 2], float(matrix[0, 0]), found.size(relative))
            found.add(relative, pose[frame], betas[frame], transl[frame], camera, 0)
    return found.done()


def _as_arrays(value: Any) -> Any:
    """Dictionaries of dictionaries of tensors, with numpy's arrays in their place."""
    if isinstance(value, torch.Tensor):
        return value.detach().double().numpy() if value.is_floating_point() else None
    return {key: _as_arrays(one) for key, one in value.items()} if isinstance(value, dict) else None
