"""People with 3D truth from the field's sample files: keypoints, cameras and joints of one layout."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.body.keypoints import layout as keypoint_layout
from core.errors import ReadError
from core.files.npz import faults_as, read_npz

# File stem -> the layout its joints are named by.
TRUTH_FILES = {"h36m_3d": "h36m17", "mpi_inf_3dhp_3d": "mpi_inf_3dhp17", "panoptic_3d_noimages": "panoptic19"}
WANTED = {"kp2d", "K", "joints3d_cam"}
OPTIONAL = {"vis", "conf", "dist", "dist_k", "dist_p", "image"}
LIMBS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")


@dataclass(frozen=True, eq=False)
class PhotoTruth:
    """keypoints (P, K, 3) [px, confidence] of an ideal pinhole, joints (P, K, 3) [m, camera frame]; a joint whose
    keypoint has confidence 0 was not measured, and its numbers are no truth;
    focal_length (P,), camera_center (P, 2) [px], images: file names or None where there is no picture."""

    source: str
    layout: str
    keypoints: NDArray[np.float32]
    joints: NDArray[np.float32]
    focal_length: NDArray[np.float32]
    camera_center: NDArray[np.float32]
    images: tuple[str | None, ...]

    @property
    def measured(self) -> NDArray[np.bool_]:
        """(P, 12) the limb joints that are truth."""
        return self.keypoints[:, self.limbs, 2] > 0

    @property
    def limbs(self) -> list[int]:
        """The twelve limb joints in this layout: both shoulders, elbows, wrists, hips, knees, ankles."""
        definitions = keypoint_layout(self.layout).definitions
        return [
            next(k for k, name in enumerate(definitions) if name.startswith(f"{side}_{limb}"))
            for side in ("left", "right")
            for limb in LIMBS
        ]


def read_truth(folder: Path) -> list[PhotoTruth]:
    """Every known truth file in the folder. Raises ReadError when there is none."""
    found = [
        _read(folder / f"{stem}.npz", layout)
        for stem, layout in TRUTH_FILES.items()
        if (folder / f"{stem}.npz").is_file()
    ]
    if not found:
        raise ReadError(f"{folder}: none of {', '.join(f'{stem}.npz' for stem in TRUTH_FILES)} is there.")
    return found


def _read(path: Path, layout: str) -> PhotoTruth:
    with faults_as(ReadError, path):
        held = read_npz(path, WANTED | OPTIONAL)
    if not held.keys() >= WANTED:
        raise ReadError(
            f"{path}: holds no truth. It needs {', '.join(sorted(WANTED))}, not only {sorted(held)}."
        )
    xy, matrix = held["kp2d"].astype(np.float64), held["K"].astype(np.float64)
    visible = held.get("vis", held.get("conf", np.ones(xy.shape[:2]))).astype(np.float64) > 0
    joints = held["joints3d_cam"].astype(np.float32)
    visible &= np.isfinite(joints).all(axis=-1)
    ideal = np.stack([_undistorted(xy[p], matrix[p], _distortion(held, p)) for p in range(len(xy))])
    names = held.get("image")
    return PhotoTruth(
        source=path.stem,
        layout=layout,
        keypoints=np.concatenate([ideal, visible[..., None]], axis=-1).astype(np.float32),
        joints=joints,
        focal_length=matrix[:, 0, 0].astype(np.float32),
        camera_center=matrix[:, :2, 2].astype(np.float32),
        images=tuple(names.tolist()) if names is not None else (None,) * len(xy),
    )


def _distortion(held: dict[str, NDArray[np.generic]], person: int) -> NDArray[np.float64]:
    """k1, k2, p1, p2, k3 as OpenCV orders them."""
    if "dist" in held:
        return held["dist"][person].astype(np.float64)
    if "dist_k" in held:
        (k1, k2, k3), (p1, p2) = held["dist_k"][person], held["dist_p"][person]
        return np.array([k1, k2, p1, p2, k3], dtype=np.float64)
    return np.zeros(5)


def _undistorted(
    xy: NDArray[np.float64], matrix: NDArray[np.float64], distortion: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Where a lens without distortion and with square pixels would show the points (K, 2)."""
    square = matrix.copy()
    square[1, 1] = square[0, 0]
    return cv2.undistortPoints(xy[:, None], matrix, distortion, P=square)[:, 0]
