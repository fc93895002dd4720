"""Fits for SPIN's own trainer, in the frame of its crops: as rows of a fits .npy, or locked into a data set
.npz.

SPIN scores a dictionary row against the keypoints of the data set and may replace it (spin.md 1a). So what a
human corrected goes into a copy of the data set too, where has_smpl = 1 makes SPIN take it as truth.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from core.errors import FitsError
from core.geometry.rotation import axis_angle_to_matrix, geodesic_angle
from core.records import BBOX_UNIT
from core.store.arrays_file import copy_with, read_array, read_arrays, write_array
from core.store.crop_frame import pose_in_crop
from core.store.fits import FitsDictionary

PARTS = {"openpose": slice(None, 25), "part": slice(25, None)}  # of spin49
SAME_ANGLE = 1e-4  # rad; into the crop's frame and back costs less, and no hand turns a body by so little
SAME_PLACE = 0.5  # of the bbox side; farther apart, two centres are of two people


@dataclass(frozen=True)
class Exported:
    """rows: how many of the data set were written. unmatched: how many of the fits are of nobody in it.

    body: whose betas they are. The files have no place for it, and SPIN takes them for those of neutral SMPL.
    """

    path: Path
    rows: int
    unmatched: int
    body: str


def export_fits_npy(
    fits: FitsDictionary, dataset_npz: Path, destination: Path, base: Path | None = None
) -> Exported:
    """Write `<dataset>_fits.npy` (N, 82) in the row order of a data set .npz.

    base: an older one, whose rows stay byte for byte but for those that the fits have otherwise; without it,
    rows without a fit are zeros. Raises FitsError when the data set's people are not those of the fits.
    """
    dataset = _read_dataset(dataset_npz)
    count = len(dataset["imgname"])
    table = np.zeros((count, 82), np.float32) if base is None else read_array(base).copy()
    if table.shape != (count, 82) or table.dtype.kind != "f":
        raise FitsError(
            f"{base} is {table.shape}, but {dataset_npz.name} has {count} rows. Use its own fits."
        )
    rows, people = _match(fits, dataset, dataset_npz)
    pose, betas = _in_crop(fits, people, dataset, rows)
    known = torch.isfinite(fits.score[people].cpu()).numpy()
    differ = known & ~_same(table[rows], pose, betas)
    table[rows[differ]] = np.concatenate([pose, betas], axis=1)[differ]
    write_array(destination, table)
    return Exported(destination, int(differ.sum()), len(fits) - len(people), fits.body)


def export_locked_npz(fits: FitsDictionary, dataset_npz: Path, destination: Path) -> Exported:
    """Write a copy of a data set .npz in which locked rows are truth: has_smpl = 1, pose, shape and
    keypoints.

    Other rows and other arrays stay byte for byte. Raises FitsError when its people are not those of the
    fits.
    """
    dataset = _read_dataset(dataset_npz)
    rows, people = _match(fits, dataset, dataset_npz)
    unmatched = len(fits) - len(people)
    locked = (fits.locked & torch.isfinite(fits.score))[people].cpu().numpy()
    rows, people = rows[locked], people[locked]
    changed = _with_truth(dataset, rows, *_in_crop(fits, people, dataset, rows))
    changed |= _with_keypoints(dataset, rows, fits.keypoints[people].cpu().numpy())
    edited = {
        name: array
        for name, array in changed.items()
        if name not in dataset or array.tobytes() != dataset[name].tobytes()
    }
    copy_with(dataset_npz, destination, edited)
    return Exported(destination, len(rows), unmatched, fits.body)


def _with_truth(
    dataset: dict[str, np.ndarray], rows: np.ndarray, pose: np.ndarray, betas: np.ndarray
) -> dict[str, np.ndarray]:
    """has_smpl, pose and shape with rows (M,) set to pose (M, 72) and betas (M, 10)."""
    count = len(dataset["imgname"])
    default: dict[str, np.ndarray] = {
        "has_smpl": np.full(count, "pose" in dataset, np.uint8),  # SPIN's own where the file does not say
        "pose": np.zeros((count, 72), np.float32),
        "shape": np.zeros((count, 10), np.float32),
    }
    truth = {name: dataset.get(name, array).copy() for name, array in default.items()}
    table = np.concatenate([truth["pose"], truth["shape"]], axis=1)
    differ = ~_same(table[rows], pose, betas)
    truth["pose"][rows[differ]] = pose[differ]
    truth["shape"][rows[differ]] = betas[differ]
    truth["has_smpl"][rows] = 1
    return truth


def _with_keypoints(
    dataset: dict[str, np.ndarray], rows: np.ndarray, keypoints: np.ndarray
) -> dict[str, np.ndarray]:
    """openpose and part with rows (M,) set to keypoints (M, 49, 3) where these differ."""
    changed = {}
    for name, part in PARTS.items():
        new = keypoints[:, part]
        if name in dataset or new[..., 2].any():
            whole = dataset.get(name, np.zeros((len(dataset["imgname"]), *new.shape[1:]), np.float32)).copy()
            whole[rows] = np.where(whole[rows].astype(np.float32) == new, whole[rows], new)
            changed[name] = whole
    return changed


def _read_dataset(path: Path) -> dict[str, np.ndarray]:
    shapes = {
        "imgname": (),
        "center": (2,),
        "scale": (),
        "part": (24, 3),
        "openpose": (25, 3),
        "pose": (72,),
        "shape": (10,),
        "has_smpl": (),
    }
    dataset = read_arrays(path, shapes)
    missing = {"imgname", "center", "scale"} - set(dataset)
    if missing:
        raise FitsError(f"{path} has no {', '.join(sorted(missing))}. Choose a data set .npz of SPIN.")
    for name, array in dataset.items():
        wanted = (len(dataset["imgname"]), *shapes[name])
        if array.shape != wanted:
            raise FitsError(f"{path}, {name}: it is {array.shape}, but must be {wanted}. Prepare it again.")
    return dataset


def _match(fits: FitsDictionary, dataset: dict[str, np.ndarray], path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Which row of the data set is which of the fits, by image and nearest centre: rows (M,), people (M,)."""
    people_of = defaultdict(list)
    for person, name in enumerate(fits.imgname):
        people_of[str(name)].append(person)
    centers = fits.center.cpu().numpy()
    pairs = []
    for row, name in enumerate(dataset["imgname"].astype(np.str_)):
        side = BBOX_UNIT * float(dataset["scale"][row])
        for person in people_of.get(str(name), ()):
            distance = float(np.abs(centers[person] - dataset["center"][row]).max())
            if distance <= SAME_PLACE * side:
                pairs.append((distance, row, person))
    matched: dict[int, int] = {}
    taken: set[int] = set()
    for _, row, person in sorted(pairs):
        if row not in matched and person not in taken:
            matched[row] = person
            taken.add(person)
    if len(fits) and not matched:
        raise FitsError(
            f"{path} has none of the people of the fits: its first image is {dataset['imgname'][:1]!s}, "
            f"that of the fits {str(fits.imgname[0])!r}. Choose the data set that they came from."
        )
    rows = np.array(sorted(matched), np.int64)
    return rows, np.array([matched[row] for row in rows.tolist()], np.int64)


def _in_crop(
    fits: FitsDictionary, people: np.ndarray, dataset: dict[str, np.ndarray], rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """pose (M, 72) and betas (M, 10) in the frame of the data set's crops."""
    center = torch.from_numpy(dataset["center"][rows].astype(np.float32))
    side = torch.from_numpy(BBOX_UNIT * dataset["scale"][rows].astype(np.float32))
    focal_length, camera_center, pose = (
        values[people].cpu() for values in (fits.focal_length, fits.camera_center, fits.pose)
    )
    in_crop = pose_in_crop(pose, center, side, focal_length, camera_center)
    return in_crop.numpy(), fits.betas[people].cpu().numpy()


def _same(table: np.ndarray, pose: np.ndarray, betas: np.ndarray) -> np.ndarray:
    """(M,) do rows (M, 82) say what pose and betas say, but for rounding?"""
    old = table.astype(np.float32)
    orients = [axis_angle_to_matrix(torch.from_numpy(rows[:, :3]).double()) for rows in (old, pose)]
    turned = geodesic_angle(*orients).numpy()
    others = np.concatenate([pose[:, 3:], betas], axis=1)
    return (turned < SAME_ANGLE) & (old[:, 3:] == others).all(axis=1)
