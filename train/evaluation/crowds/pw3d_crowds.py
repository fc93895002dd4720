"""3DPW-PC: the frames of 3DPW in which people stand over each other, as ROMP's authors chose them (Sun et al., ICCV
2021), from all three splits: a network that learned from any of them is not measured fairly."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

# Sequence -> its first frame, and the one behind its last.
CROWDED = {
    "courtyard_basketball_00": (200, 280),
    "courtyard_captureSelfies_00": (500, 600),
    "courtyard_dancing_00": (60, 370),
    "courtyard_dancing_01": (60, 270),
    "courtyard_hug_00": (100, 500),
    "downtown_bus_00": (1620, 1900),
}
_FRAME = re.compile(r"([A-Za-z]+_[A-Za-z]+_\d\d)[/\\]image_(\d+)\.\w+$")


def is_crowded(photos: NDArray[np.str_]) -> NDArray[np.bool_]:
    """(N,): whether each path (N,), …/SEQUENCE/image_00123.jpg, is one of these frames."""
    found = np.zeros(len(photos), bool)
    for row, path in enumerate(photos.tolist()):
        if (match := _FRAME.search(path)) is not None:
            first, end = CROWDED.get(match[1], (0, 0))
            found[row] = first <= int(match[2]) < end
    return found
