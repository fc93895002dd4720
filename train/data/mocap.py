"""Poses to learn from: a file of SMPL poses, mirrored, weighted, split by subject."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.body.tree import flip_pose, joint_index
from core.errors import FitloopError
from core.files.npz import ArrayFault, read_npz

GIRDLE = tuple(joint_index(f"{side}_{part}") for part in ("collar", "shoulder") for side in ("left", "right"))


@dataclass(frozen=True, eq=False)
class Poses:
    """pose (N, 72) axis-angle [rad], y-up world, any heading; weight (N,), which evens out the subjects."""

    pose: NDArray[np.float32]
    weight: NDArray[np.float64]
    acknowledgement: str

    def sample(self, count: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """count poses drawn by weight, half of them mirrored."""
        chosen = self.pose[rng.choice(len(self.pose), count, p=self.weight)]
        return np.where(rng.random((count, 1)) < 0.5, flip_pose(chosen), chosen)


def read_poses(path: Path, *splits: str) -> Poses:
    """The poses of some splits ("train", "val", "test") of a .npz with `poses`, and if there `split`, `weight`,
    `girdle` (N, 4, 3) [replaces collars and shoulders: the captured collars never move] and `license`.

    Raises FitloopError when the file is no such thing.
    """
    try:
        held = read_npz(path, ("poses", "girdle", "split", "weight", "license"))
    except ArrayFault as error:
        raise FitloopError(
            f"{path}: cannot be read as poses ({error}). Give an .npz with poses (N, 72)."
        ) from None
    if "poses" not in held or held["poses"].shape[1:] != (72,):
        raise FitloopError(f"{path}: holds no poses (N, 72).")
    pose = held["poses"].astype(np.float32).reshape(-1, 24, 3)
    if "girdle" in held:
        pose[:, GIRDLE] = held["girdle"]
    chosen = np.isin(held["split"], splits) if "split" in held else np.ones(len(pose), dtype=bool)
    weight = held.get("weight", np.ones(len(pose))).astype(np.float64)[chosen]
    if not chosen.any():
        raise FitloopError(f"{path}: has no poses of split {' or '.join(map(repr, splits))}.")
    return Poses(pose[chosen].reshape(-1, 72), weight / weight.sum(), str(held.get("license", "")))
