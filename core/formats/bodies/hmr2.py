"""Reads data sets of ProHMR and 4D-Humans (.npz): SPIN's columns under other names.

The arrays are imgname, center, scale (N,) or (N, 2) [px; SPIN uses units of 200 px], body_keypoints_2d (N, 25, 3),
extra_keypoints_2d (N, 19 or 24, 3), body_pose (N, 72), betas (N, 10), has_body_pose (N,) and has_betas (N,). A shape
whose has_betas is 0 is not known: its pose is read as a fit, not as truth. body_pose may be (N, 69) beside
global_orient (N, 3). The frame of poses is found as for SPIN's; with cam_t (N, 3) and focal_length (N,) or cam_int
(N, 3, 3) they are in the photo's. `gender` (N,), as in ProHMR's file of 3DPW, is that of the shapes' body.
A scale (N,) is a side: ProHMR crops this square, 4D-Humans one that is a third larger, as it first makes the side a
width. Either program reads the other's files; columns and keypoints tell the one that a file is of.
Training shards (.tar) are not read.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.body.model import Body
from core.errors import Undecided, Way
from core.files.untrusted import array_names, read_arrays
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
_PADDING = 1.2  # of ProHMR's boxes round their keypoints
_FEWEST_SEEN = 4
_FEWEST_ROWS = 20  # whose boxes are evidence: a few may be 1.2 times their keypoints by chance
_SAME_SHARE = 0.02  # of the extent
BOXES = (
    Way("square", "ProHMR's: a square of this side"),
    Way("tall", "4D-Humans': a square a third larger, as the box is made 192 : 256"),
)
_TALLER = 256 / 192  # 4D-Humans widens or heightens boxes to its network's 192 × 256


@dataclass(frozen=True)
class _Told:
    """names: of all arrays in the file; box: the user's word for what a scale of one number is."""

    names: Collection[str]
    box: str | None


def recognise(seen: Glimpse) -> int:
    """By the arrays that SPIN's data sets do not have."""
    own = {"body_keypoints_2d", "extra_keypoints_2d", "body_pose"}
    return LIKELY if "imgname" in seen.arrays and seen.arrays & own else NO


def read(
    path: Path,
    photos: Path | None = None,
    body: Body | None = None,
    frame: str | None = None,
    box: str | None = None,
) -> Import:
    """Read photos, people and fits. Rows of missing photos are left out: the format holds no sizes.

    body: an SMPL body, for exact translations. frame: as for SPIN's data sets; box: 'square' or 'tall', what a scale of
    one number is. Raises ReadError, and Undecided without them where nothing tells.
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
    if "body_keypoints_2d" in arrays:
        shape = (OPENPOSE, 3)
        columns["openpose"] = checked(arrays["body_keypoints_2d"], "body_keypoints_2d", count, shape, report)
    if "extra_keypoints_2d" in arrays:
        columns["part"] = _extra(arrays["extra_keypoints_2d"], count, report)
    columns["scale"] = _scale(arrays["scale"], columns, _Told(array_names(path), box), report)
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


def _scale(array: np.ndarray, columns: dict[str, np.ndarray], told: _Told, report: Report) -> np.ndarray:
    """(N,) the box's side in units of 200 px; a width and a height grow to 192 : 256 first, as 4D-Humans does."""
    count = len(columns["center"])
    if array.ndim == 2 and array.shape[1] == 2:
        width, height = checked(array, "scale", count, (2,), report).T
        return np.maximum(width * _TALLER, height) / BBOX_UNIT
    side = checked(array.reshape(-1) if array.shape == (count, 1) else array, "scale", count, (), report)
    return (side * _TALLER if _box(side, columns, told, report) == "tall" else side) / BBOX_UNIT


def _box(side: np.ndarray, columns: dict[str, np.ndarray], told: _Told, report: Report) -> str:
    """What a scale of one number is, and a note of it: 'square' or 'tall'. Raises Undecided."""
    square = "boxes are the squares of their scale, as ProHMR takes them"
    tall = "boxes are a third larger than their scale, as 4D-Humans makes them 192 : 256"
    if told.box is not None:
        box, why = told.box, "as was asked for"
    elif "extra_info" in told.names:
        box, why = "tall", "its column extra_info is 4D-Humans'"
    elif GENDER in told.names:
        box, why = "square", "its column gender is that of ProHMR's scripts"
    elif _is_padded(side, columns):
        box, why = "square", f"they are {_PADDING} times their keypoints, as ProHMR's scripts write them"
    else:
        raise Undecided(
            f"{report.path}: its boxes have one number, which ProHMR and 4D-Humans take differently, and neither its "
            "columns nor its keypoints tell which program it is of.",
            "box",
            BOXES,
        )
    report.note(f"{square if box == 'square' else tall}: {why}")
    return box


def _is_padded(side: np.ndarray, columns: dict[str, np.ndarray]) -> bool:
    """Whether most boxes, of _FEWEST_ROWS or more, are as ProHMR's scripts make them: side (N,) [px] is _PADDING times
    the longer extent of the keypoints that are seen."""
    halves = [columns[name] for name in ("openpose", "part") if name in columns]
    if not halves:
        return False
    points = np.concatenate(halves, axis=1)
    seen = points[..., 2] > 0
    usable = (seen.sum(axis=1) >= _FEWEST_SEEN) & np.isfinite(points).all(axis=(1, 2))
    low = np.where(seen[..., None], points[..., :2], np.inf).min(axis=1)[usable]
    high = np.where(seen[..., None], points[..., :2], -np.inf).max(axis=1)[usable]
    extent = (high - low).max(axis=1)
    padded = np.abs(side[usable] - _PADDING * extent) <= _SAME_SHARE * extent
    return bool(usable.sum() >= _FEWEST_ROWS and padded.mean() > 0.5)


def _extra(array: np.ndarray, count: int, report: Report) -> np.ndarray:
    """(N, 24, 3) keypoints; with 19 in the file, the last five (SPIN's points of the face) are absent."""
    points = array.shape[1] if array.ndim == 3 else 0
    if points not in _EXTRA_COUNTS:
        problem = f"its shape is {array.shape}, but must be (N, 19, 3) or (N, 24, 3)"
        raise report.error(problem, "Export the data set again.", "extra_keypoints_2d")
    given = checked(array, "extra_keypoints_2d", count, (points, 3), report)
    return np.concatenate([given, np.zeros((count, PART - points, 3))], axis=1)
