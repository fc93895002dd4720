"""A small valid project of SLEAP, .slp."""

from __future__ import annotations

import json

import numpy as np

from tests.core.files.hdf5_writing import hdf5_bytes
from tests.core.formats.keypoints.annotators.making_clips import XY
from tests.core.formats.making_keypoints import NAMES

POINT = [("x", "<f8"), ("y", "<f8"), ("visible", "u1"), ("complete", "u1")]
INSTANCE = [("instance_id", "<i8"), ("instance_type", "u1"), ("frame_id", "<u8"), ("track", "<i4"),
            ("point_id_start", "<u8"), ("point_id_end", "<u8")]  # fmt: skip


def project_arrays() -> dict[str, np.ndarray]:
    """A prediction in frames 2 and 3, and the first one corrected by hand 3 px to the right."""
    seen = [(x, y, 1, 1) for x, y in XY.tolist()]
    corrected = [(x + 3, y, int(place != 4), 1) for place, (x, y) in enumerate(XY.tolist())]
    predicted = np.array([(*point, 0.25) for point in seen * 2], dtype=[*POINT, ("score", "<f8")])
    return {
        "points": np.array(corrected, dtype=POINT), "pred_points": predicted,
        "instances": np.array([(0, 1, 0, 0, 0, 17), (1, 0, 0, 0, 0, 17), (2, 1, 1, 0, 17, 34)], dtype=INSTANCE),
        "frames": np.array([(0, 0, 2), (1, 0, 3)], dtype=[("frame_id", "<u8"), ("video", "<u4"), ("frame_idx", "<u8")]),
        "tracks_json": np.array([b'[0, "me"]']),
    }  # fmt: skip


def project_bytes(arrays: dict[str, np.ndarray], format_id: float = 1.2) -> bytes:
    """The project's file with these arrays."""
    names = [*NAMES[::-1], "tail"]
    places_of = [{"id": names.index(name)} for name in NAMES]
    metadata = {"nodes": [{"name": name} for name in names], "skeletons": [{"nodes": places_of}]}
    values = {"json": np.array(json.dumps(metadata).encode()), "format_id": np.array(format_id)}
    return hdf5_bytes({"metadata": None, **arrays}, {"metadata": values})
