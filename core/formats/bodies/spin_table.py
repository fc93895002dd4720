"""The rows of a SPIN data set as one table of arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.body.keypoints import OPENPOSE
from core.body.model import SMPL_NEUTRAL
from core.formats.shared.genders import BODIES, genders_in

PART = 24


@dataclass(frozen=True, eq=False)
class Table:
    """A data set .npz: imgname, and its arrays (N, ...) by name.

    body: fingerprint of the body of its shapes. gender: the raw column; it is checked only where shapes are read.
    frame: of its own poses, '' where the file does not say. shaped (N,) bool: rows whose shape is known, None for all.
    """

    imgname: list[str | None]
    arrays: dict[str, np.ndarray]
    body: str = SMPL_NEUTRAL
    gender: np.ndarray | None = None
    frame: str = ""
    shaped: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.imgname)

    def truth_bodies(self, path: Path) -> np.ndarray:
        """(N,) fingerprint of the body of each row's own shape. Raises ReadError with the path."""
        if self.gender is None or self.body != SMPL_NEUTRAL:
            return np.full(len(self), self.body)
        return np.array([BODIES[gender] for gender in genders_in(self.gender, path, len(self))], np.str_)

    def keypoints(self) -> np.ndarray:
        """(N, 49, 3): openpose and part; zeros for arrays that the file lacks."""
        rows = np.zeros((len(self), OPENPOSE + PART, 3))
        for name, place in (("openpose", slice(0, OPENPOSE)), ("part", slice(OPENPOSE, None))):
            if name in self.arrays:
                rows[:, place] = self.arrays[name]
        return rows
