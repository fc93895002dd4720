"""Which people of a table can be learned from, and which photos are not there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import FitsError
from core.files.video.frame_names import file_of
from core.store.fits.dictionary import FitsDictionary
from train.data.samples import Samples

MISSING_SHARE = 0.05  # more photos that are not there are refused
SHOWN = 10  # of them are listed


@dataclass(frozen=True)
class Absent:
    """Photos that are not there, or `why` else: how many people they cost, and some of their paths."""

    people: int
    paths: tuple[str, ...]
    why: str = "are not there"

    def __str__(self) -> str:
        shown = ", ".join(self.paths[:SHOWN])
        more = f" and {len(self.paths) - SHOWN} more" if len(self.paths) > SHOWN else ""
        count = f"{len(self.paths)} photos with {self.people} people"
        return f"{count} {self.why} and are skipped: {shown}{more}"


def present(samples: Samples) -> tuple[NDArray[np.int64], Absent]:
    """Rows with a photo, and the photos that are missing. Raises FitsError when over 5 % are missing."""
    every = np.unique(samples.photo)
    missing = [path for path in every.tolist() if not file_of(path).is_file()]
    gone = np.isin(samples.photo, missing)
    absent = Absent(int(gone.sum()), tuple(missing))
    if len(missing) > MISSING_SHARE * len(every):
        shown = "\n  ".join(missing[:SHOWN])
        raise FitsError(
            f"{len(missing)} of {len(every)} photos are not there, more than {MISSING_SHARE:.0%}:\n  {shown}\n"
            "Give the folder that the photos' names start from: --photos FOLDER, or --data-photos NAME=FOLDER."
        )
    return np.flatnonzero(~gone), absent


def learnable(samples: Samples, fits: FitsDictionary) -> NDArray[np.bool_]:
    """(N,) rows with anything to learn from: a visible keypoint, 3D joints, or truth."""
    seen = (samples.keypoints[..., 2] > 0).any(axis=1)
    return seen | samples.has_joints | fits.locked.cpu().numpy()
