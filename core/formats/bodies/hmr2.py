"""Reads data sets of ProHMR and 4D-Humans (.npz): SPIN's columns under other names, poses in the crop's frame.

The arrays are imgname, center, scale (N,) or (N, 2) [px; SPIN uses units of 200 px], body_keypoints_2d (N, 25, 3),
extra_keypoints_2d (N, 19 or 24, 3), body_pose (N, 72), betas (N, 10), has_body_pose (N,). Training shards (.tar)
are not read.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.body.model import Body
from core.files.untrusted import read_arrays
from core.formats.bodies.spin import BETAS, OPENPOSE, PART, POSE, Table, checked, people_of
from core.formats.shared import people
from core.formats.shared.glimpse import LIKELY, NO, Glimpse
from core.formats.shared.report import Import, Report
from core.records import BBOX_UNIT

FORMAT = "4D-Humans data set"
_EXTRA_COUNTS = (19, PART)
_NAMES = ("imgname", "center", "scale", "body_pose", "betas", "has_body_pose", "body_keypoints_2d")


def recognise(seen: Glimpse) -> int:
    """By the arrays that SPIN's data sets do not have."""
    own = {"body_keypoints_2d", "extra_keypoints_2d", "body_pose"}
    return LIKELY if "imgname" in seen.arrays and seen.arrays & own else NO


def read(path: Path, photos: Path | None = None, body: Body | None = None) -> Import:
    """Read photos, people and fits. Rows of missing photos are left out: the format holds no sizes.

    body: an SMPL body, for exact translations. Raises ReadError.
    """
    report = Report(path, FORMAT)
    arrays = read_arrays(path, (*_NAMES, "extra_keypoints_2d"))
    for name in ("imgname", "center", "scale"):
        if name not in arrays:
            raise report.error(f"no array '{name}'", "Choose a data set .npz with imgname, center and scale.")
    imgname = arrays["imgname"]
    if imgname.ndim != 1 or imgname.dtype.kind not in "US":
        raise report.error("it is not a list of names", "Save it again as text.", "imgname")
    count = len(imgname)
    report.count_people(count)
    columns = {"center": checked(arrays["center"], "center", count, (2,), report)}
    columns["scale"] = _scale(arrays["scale"], count, report)
    if "body_keypoints_2d" in arrays:
        shape = (OPENPOSE, 3)
        columns["openpose"] = checked(arrays["body_keypoints_2d"], "body_keypoints_2d", count, shape, report)
    if "extra_keypoints_2d" in arrays:
        columns["part"] = _extra(arrays["extra_keypoints_2d"], count, report)
    if "body_pose" in arrays and "betas" in arrays:
        columns["pose"] = checked(arrays["body_pose"], "body_pose", count, (POSE,), report)
        columns["shape"] = checked(arrays["betas"], "betas", count, (BETAS,), report)
    if "has_body_pose" in arrays:
        columns["has_smpl"] = checked(arrays["has_body_pose"], "has_body_pose", count, (), report)
    return people_of(
        Table(list(people.text_column(imgname)), columns), photos or path.parent, None, body, report
    )


def _scale(array: np.ndarray, count: int, report: Report) -> np.ndarray:
    """(N,) the box's side in units of 200 px; of a width and a height, the larger counts."""
    if array.ndim == 2 and array.shape[1] == 2:
        return checked(array, "scale", count, (2,), report).max(axis=1) / BBOX_UNIT
    return checked(array, "scale", count, (), report) / BBOX_UNIT


def _extra(array: np.ndarray, count: int, report: Report) -> np.ndarray:
    """(N, 24, 3) keypoints; with 19 in the file, the last five (SPIN's points of the face) are absent."""
    points = array.shape[1] if array.ndim == 3 else 0
    if points not in _EXTRA_COUNTS:
        problem = f"its shape is {array.shape}, but must be (N, 19, 3) or (N, 24, 3)"
        raise report.error(problem, "Export the data set again.", "extra_keypoints_2d")
    given = checked(array, "extra_keypoints_2d", count, (points, 3), report)
    return np.concatenate([given, np.zeros((count, PART - points, 3))], axis=1)
