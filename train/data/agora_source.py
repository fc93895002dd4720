"""AGORA as a data set for training: synthetic scenes with exact bodies, or the real frames with projected joints.

As in AGORA's released training code, people hidden for over 70 % teach nothing, nor those with fewer than eight of the
25 OpenPose joints inside the photo; boxes are 1.2 times the joints' (Patel et al., CVPR 2021). Frames carry joints and
no pose in a crop's frame, so their people teach by keypoints, and by fits where a dictionary has them.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.body.keypoints import OPENPOSE
from core.errors import ReadError
from core.files.untrusted import array_names, read_arrays
from core.formats.bodies.agora.agora_frames import AgoraPhoto, read_frames
from core.formats.bodies.agora.agora_pixels import FULL_SIZE, SMALL_SIZE
from core.geometry.image import image_header
from core.records import BBox
from train.data.samples import KEYPOINTS

SCENES = "synthetic.npz"  # as train.synthetic writes it
MOST_HIDDEN = 70.0  # %
FEWEST_INSIDE = 8
# OpenPose's 25 joints among the 45 of smplx's SMPL.
_OPENPOSE = [24, 12, 17, 19, 21, 16, 18, 20, 0, 2, 5, 8, 1, 4, 7, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34]
_SMALL = f"_{SMALL_SIZE[0]}x{SMALL_SIZE[1]}"  # AGORA's names of reduced photos end so


@contextlib.contextmanager
def dataset_file(path: Path, photos: Path) -> Iterator[Path]:
    """The .npz of a data set: the file itself, a folder's synthetic scenes, or a folder's frames as one, while needed.

    Raises ReadError for a folder that has neither.
    """
    if not path.is_dir():
        yield path
    elif (path / SCENES).is_file():
        yield path / SCENES
    elif any(path.glob("*.pkl")):
        with tempfile.TemporaryDirectory(prefix="fitloop-agora-") as folder:
            file = Path(folder) / "frames.npz"
            np.savez(file, allow_pickle=False, **_arrays(path, photos))
            yield file
    else:
        raise ReadError(
            f"{path}: holds no {SCENES} and no frames (.pkl). Give a folder of train.synthetic, or AGORA's."
        )


def teaching(path: Path, keypoints: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(N,) rows of a data set .npz that are not too hidden and inside the photo: all, where it has no `occlusion`.

    keypoints (N, 49, 3) of the rows; the annotated ones count where a row has no OpenPose joint. NaN occlusion, as of
    people beside the pasted ones of a composite, was not measured, and hides nobody. Raises ReadError.
    """
    if "occlusion" not in array_names(path):
        return np.ones(len(keypoints), dtype=bool)
    hidden = read_arrays(path, ("occlusion",))["occlusion"]
    if hidden.shape != (len(keypoints),) or hidden.dtype.kind not in "fiu":
        raise ReadError(
            f"{path}, occlusion: it is {hidden.shape}, but must be {(len(keypoints),)}. Make it again."
        )
    seen = keypoints[..., 2] > 0
    detected, annotated = seen[:, :OPENPOSE].sum(axis=1), seen[:, OPENPOSE:].sum(axis=1)
    inside = np.where(detected > 0, detected, annotated)
    measured_low = np.isnan(hidden) | ((hidden >= 0) & (hidden <= MOST_HIDDEN))
    return measured_low & (inside >= FEWEST_INSIDE)


def _arrays(folder: Path, photos: Path) -> dict[str, NDArray[np.generic]]:
    """The arrays of a SPIN data set of the frames' valid people."""
    files = {file.name: file for file in sorted(photos.rglob("*.png"))}
    rows = [row for photo in read_frames([folder]) for row in _rows(photo, files, photos)]
    if not rows:
        raise ReadError(f"{folder}: nobody in its frames can be learned from. Give AGORA's training frames.")
    names, boxes, keypoints, hidden = zip(*rows, strict=True)
    return {
        "imgname": np.array(names, dtype=np.str_),
        "center": np.stack([box.center for box in boxes]),
        "scale": np.array([box.scale for box in boxes]),
        "openpose": np.stack(keypoints),
        "part": np.zeros((len(rows), KEYPOINTS - OPENPOSE, 3), np.float32),
        "occlusion": np.array(hidden, np.float32),
    }


def _rows(
    photo: AgoraPhoto, files: dict[str, Path], photos: Path
) -> Iterator[tuple[str, BBox, NDArray[np.float32], float]]:
    stem, _, suffix = photo.name.rpartition(".")
    file = files.get(photo.name) or files.get(f"{stem}{_SMALL}.{suffix}")
    if file is None:
        name, (width, height) = photo.name, FULL_SIZE
    else:
        header = image_header(file)
        name, width, height = str(file.relative_to(photos)), header.width, header.height
    for person in photo.people:
        xy = person.joints[_OPENPOSE, :2] * (width / FULL_SIZE[0])
        inside = np.all((xy >= 0) & (xy < [width, height]), axis=1)
        if not person.is_valid or not inside.any():
            continue
        box = BBox.from_xywh([*xy.min(axis=0), *np.ptp(xy, axis=0)])
        points = np.concatenate([xy * inside[:, None], inside[:, None]], axis=1).astype(np.float32)
        yield name, box, points, person.occlusion
