"""Reads data sets of ProHMR and 4D-Humans (.npz): SPIN's columns under other names.

The arrays are imgname, center, scale (N,) or (N, 2) [px; SPIN uses units of 200 px], body_keypoints_2d (N, 25, 3),
extra_keypoints_2d (N, 19 or 24, 3), body_pose (N, 72), betas (N, 10), has_body_pose (N,) and has_betas (N,). A shape
whose has_betas is 0 is not known: its pose is read as a fit, not as truth. body_pose may be (N, 69) beside
global_orient (N, 3). The frame of poses is found as for SPIN's; with cam_t (N, 3) and focal_length (N,) or cam_int
(N, 3, 3) they are in the photo's. `gender` (N,), as in ProHMR's file of 3DPW, is that of the shapes' body.
Training shards (.tar) are not read.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.body.model import Body
from core.files.untrusted import read_arrays
from core.formats.bodies.spin import BETAS, OPENPOSE, POSE, checked, people_of
from core.formats.bodies.spin_table import PART, Table
from core.formats.shared import people
from core.formats.shared.genders import COLUMN as GENDER
from core.formats.shared.glimpse import LIKELY, NO, Glimpse
from core.formats.shared.report import Import, Report
from core.records import BBOX_UNIT

FORMAT = "4D-Humans data set"
_EXTRA_COUNTS = (19, PART)
_NAMES = (
    "imgname",
    "center",
    "scale",
    "body_pose",
    "betas",
    "has_body_pose",
    "has_betas",
    "body_keypoints_2d",
)
_CAMERA = ("cam_t", "focal_length", "cam_int")
_TALLER = 256 / 192  # 4D-Humans widens or heightens boxes to its network's 192 × 256


def recognise(seen: Glimpse) -> int:
    """By the arrays that SPIN's data sets do not have."""
    own = {"body_keypoints_2d", "extra_keypoints_2d", "body_pose"}
    return LIKELY if "imgname" in seen.arrays and seen.arrays & own else NO


def read(
    path: Path, photos: Path | None = None, body: Body | None = None, frame: str | None = None
) -> Import:
    """Read photos, people and fits. Rows of missing photos are left out: the format holds no sizes.

    body: an SMPL body, for exact translations. frame: as for SPIN's data sets. Raises ReadError.
    """
    report = Report(path, FORMAT)
    arrays = read_arrays(path, (*_NAMES, "extra_keypoints_2d", "global_orient", GENDER, *_CAMERA))
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
        columns["pose"] = _pose(arrays, count, report)
        columns["shape"] = checked(arrays["betas"], "betas", count, (BETAS,), report)
    if "has_body_pose" in arrays:
        columns["has_smpl"] = checked(arrays["has_body_pose"], "has_body_pose", count, (), report)
    columns |= _cameras(arrays, count, report)
    shaped = np.zeros(count, bool)
    if "has_betas" in arrays:
        shaped = checked(arrays["has_betas"], "has_betas", count, (), report) > 0
    posed = columns.get("has_smpl", np.ones(count)) > 0
    unknown = int((posed & ~shaped).sum()) if "pose" in columns else 0
    if unknown:
        report.note(
            f"{unknown} poses have no known shape (has_betas): read with the mean shape, and not as truth"
        )
    table = Table(list(people.text_column(imgname)), columns, gender=arrays.get(GENDER), shaped=shaped)
    return people_of(table, photos or path.parent, None, body, report, frame)


def _pose(arrays: dict[str, np.ndarray], count: int, report: Report) -> np.ndarray:
    """(N, 72) of body_pose, or of global_orient and a body_pose without it."""
    if "global_orient" not in arrays or arrays["body_pose"].size == count * POSE:
        return checked(arrays["body_pose"], "body_pose", count, (POSE,), report)
    orient = checked(arrays["global_orient"], "global_orient", count, (3,), report)
    return np.concatenate([orient, checked(arrays["body_pose"], "body_pose", count, (POSE - 3,), report)], 1)


def _cameras(arrays: dict[str, np.ndarray], count: int, report: Report) -> dict[str, np.ndarray]:
    """The columns of `RowCameras`; none if the file lacks translations or focal lengths."""
    if "cam_t" not in arrays or not {"focal_length", "cam_int"} & arrays.keys():
        return {}
    cam_t = checked(arrays["cam_t"], "cam_t", count, (3,), report)
    if "cam_int" in arrays:
        return {"cam_t": cam_t, "cam_int": checked(arrays["cam_int"], "cam_int", count, (3, 3), report)}
    focal_length = arrays["focal_length"]
    if focal_length.ndim == 2 and focal_length.shape[1] == 2:
        focal_length = checked(focal_length, "focal_length", count, (2,), report).mean(axis=1)
    return {"global_t": cam_t, "focal_l": checked(focal_length, "focal_length", count, (), report)}


def _scale(array: np.ndarray, count: int, report: Report) -> np.ndarray:
    """(N,) the box's side in units of 200 px; a width and a height grow to 192 : 256 first, as 4D-Humans does."""
    if array.ndim == 2 and array.shape[1] == 2:
        width, height = checked(array, "scale", count, (2,), report).T
        return np.maximum(width * _TALLER, height) / BBOX_UNIT
    return checked(array, "scale", count, (), report) / BBOX_UNIT


def _extra(array: np.ndarray, count: int, report: Report) -> np.ndarray:
    """(N, 24, 3) keypoints; with 19 in the file, the last five (SPIN's points of the face) are absent."""
    points = array.shape[1] if array.ndim == 3 else 0
    if points not in _EXTRA_COUNTS:
        problem = f"its shape is {array.shape}, but must be (N, 19, 3) or (N, 24, 3)"
        raise report.error(problem, "Export the data set again.", "extra_keypoints_2d")
    given = checked(array, "extra_keypoints_2d", count, (points, 3), report)
    return np.concatenate([given, np.zeros((count, PART - points, 3))], axis=1)
