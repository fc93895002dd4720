"""Which frame a data set's poses are in, from what its file tells: its columns, its keypoints, its photos' names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import get_args

import numpy as np

from core.body.model import SMPL_NEUTRAL, Body
from core.errors import FitloopError, Undecided, Way
from core.formats.shared.pose_rows import Frame, PoseRows, angles_between_frames, frame_shown
from core.formats.shared.report import Report

COLUMN = "pose_frame"  # () text of our own files
_NAME_OF_3DPW = re.compile(r"(.*/)?imageFiles/[A-Za-z0-9_.-]+/image_\d{5}\.jpg")
_SAME_ANGLE = np.deg2rad(0.5)  # frames that differ less than this count as one
_WAYS = (
    Way("crop", "of each person's crop, as in SPIN's training data"),
    Way("photo", "of the whole photo's camera, as in SPIN's 3DPW and CLIFF's pseudo-truth"),
)


def frame_named(text: str, where: str = "--frame") -> Frame:
    """The frame of that name. Raises FitloopError."""
    for frame in get_args(Frame):
        if text == frame:
            return frame  # type: ignore[no-any-return]
    raise FitloopError(f"{where}: {text!r} is no frame. Choose 'photo' or 'crop'.")


def is_3dpw(names: Iterable[str | None]) -> bool:
    """True if all photos have names of 3DPW's: SPIN's script for it writes poses in the photo's frame."""
    known = [(name or "").replace("\\", "/") for name in names]
    return bool(known) and all(map(_NAME_OF_3DPW.fullmatch, known))


def frame_told(told: str | None, own: str, has_camera: bool, shaped: str, report: Report) -> Frame | None:
    """The frame that the user, the file's own column or its cameras give, in this order; None where none does.

    told: by the user; own: the file's `pose_frame`, '' without; has_camera: it has translations and focal lengths;
    shaped: the fingerprint of the body of its shapes, which only our files tell.
    """
    if told is not None:
        report.note(f"poses are read in the frame of the {frame_named(told)}, as was asked for")
        return frame_named(told)
    if own:
        return frame_named(own, f"{report.path}, {COLUMN}")
    if has_camera:
        report.note("poses are in the photo's frame: the file has their translations and focal lengths")
        return "photo"
    return "crop" if shaped != SMPL_NEUTRAL else None


def frame_found(rows: PoseRows, names: Iterable[str | None], body: Body, report: Report) -> Frame:
    """The frame that nobody tells, by the keypoints, then by names of photos. Raises Undecided."""
    shown = frame_shown(rows, body)
    if shown is not None:
        frame, words = shown
        report.note(f"poses are read in the frame of the {frame}: {words}")
        return frame
    if is_3dpw(names):
        report.note("poses are read in the frame of the photo, as SPIN's script for 3DPW writes them")
        return "photo"
    angle = float(angles_between_frames(rows).max(initial=0))
    if angle < _SAME_ANGLE:
        return "crop"
    raise Undecided(
        f"{report.path}: its poses can be in either of two frames, which differ by up to {np.rad2deg(angle):.0f}° "
        "here, and neither its columns nor its keypoints tell which.",
        "frame",
        _WAYS,
    )
