"""Fits of a SPIN data set's rows, placed in their photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.body.model import SMPL_NEUTRAL, Body
from core.formats.bodies.spin_table import Table
from core.formats.shared.crop_frame import fit_of, seen_by, stand_in
from core.formats.shared.genders import is_gendered
from core.formats.shared.pose_rows import Frame, PlacedRows, PoseRows, place_rows
from core.formats.shared.report import Report
from core.formats.shared.row_frame import frame_found, frame_told
from core.records import Fit, Person, Photo

MOST_PX = 1e7  # of a focal length
MOST_METRES = 1e5


@dataclass(frozen=True, eq=False)
class FitSource:
    """Fits from one file, N rows: pose (N, 72), betas (N, 10), valid (N,) bool, bodies (N,) fingerprints, locked (N,)
    bool. own: the data set's own, whose frame is to be found; fits beside it are in the crop's."""

    pose: np.ndarray
    betas: np.ndarray
    valid: np.ndarray
    bodies: np.ndarray
    locked: np.ndarray
    own: bool


@dataclass(frozen=True, eq=False)
class RowCameras:
    """Of N rows in the photo's frame: cam_t (N, 3) [m], focal_length (N,), center (N, 2) [px], nan for the photo's
    middle."""

    cam_t: np.ndarray
    focal_length: np.ndarray
    center: np.ndarray

    @classmethod
    def of(cls, arrays: dict[str, np.ndarray]) -> RowCameras | None:
        """From CLIFF's columns global_t and focal_l, or CamSMPLify's cam_t and cam_int; None without them."""
        if "global_t" in arrays and "focal_l" in arrays:
            middle = np.full((len(arrays["focal_l"]), 2), np.nan)
            return cls(arrays["global_t"], arrays["focal_l"], arrays.get("camera_center", middle))
        if "cam_t" in arrays and "cam_int" in arrays:
            matrix = arrays["cam_int"]
            return cls(arrays["cam_t"], (matrix[:, 0, 0] + matrix[:, 1, 1]) / 2, matrix[:, :2, 2])
        return None

    @property
    def usable(self) -> np.ndarray:
        """(N,) bool: rows with a body in front of a camera."""
        good = (self.focal_length > 0) & (self.focal_length < MOST_PX) & (self.cam_t[:, 2] > 0)
        return np.asarray(good & (np.abs(self.cam_t) < MOST_METRES).all(axis=1))

    def center_in(self, row: int, photo: Photo) -> np.ndarray:
        """(2,) [px]."""
        center = self.center[row]
        return center if (np.abs(center) < MOST_PX).all() else np.array(photo.middle)


def with_cameras(photo: Photo, row: int, cameras: RowCameras | None) -> Photo:
    """The photo with the camera of its first row, unless it has one."""
    if cameras is None or not cameras.usable[row] or photo.focal_length is not None:
        return photo
    return seen_by(photo, float(cameras.focal_length[row]), cameras.center_in(row, photo))


def with_fits(
    persons: Sequence[Person],
    rows: Sequence[tuple[int, Photo]],
    used: Sequence[int],
    source: FitSource,
    table: Table,
    told: str | None,
    body: Body | None,
    report: Report,
) -> list[Person]:
    """The people with the source's fits. rows: each one's row and photo; used: places of those with a usable fit.

    told: the frame that the user says. Raises Undecided if nothing tells it.
    """
    placer = body or stand_in()
    if placer is None and used:
        report.leave_out(f"{len(used)} poses", "no body is installed to place them with; choose an SMPL file")
    if placer is None or not used:
        return list(persons)
    of = [rows[place][0] for place in used]
    shown = [rows[place][1] for place in used]
    poses = PoseRows(
        source.pose[of],
        source.betas[of],
        _kid(table)[of],
        [persons[place].bbox for place in used],
        [persons[place].keypoints for place in used],
        shown,
        table.body,
    )
    frame = _frame(source, table, poses, of, told, placer, report)
    cameras = RowCameras.of(table.arrays) if source.own and frame == "photo" else None
    placed = _placed(poses, of, frame, cameras, placer, report)
    gendered = sum(map(is_gendered, source.bodies[of].tolist()))
    if gendered:
        report.note(f"{gendered} poses are of SMPL's male or female body; their shapes keep that body")
    changed = list(persons)
    for index, place in enumerate(used):
        row = of[index]
        with report.record(f"row {row}, pose"):
            fit = _fit(source, row, placed, index, shown[index], body)
            if source.bodies[row] != SMPL_NEUTRAL:
                fit = replace(fit, body=str(source.bodies[row]), kid=float(_kid(table)[row]))
            if cameras is not None and cameras.usable[row]:
                fit = replace(
                    fit,
                    focal_length=float(cameras.focal_length[row]),
                    camera_center=cameras.center_in(row, shown[index]),
                )
            changed[place] = _with_fit(persons[place], fit, bool(source.locked[row]))
    return changed


def _frame(
    source: FitSource,
    table: Table,
    poses: PoseRows,
    of: list[int],
    told: str | None,
    placer: Body,
    report: Report,
) -> Frame:
    if not source.own:
        return "crop"
    has_camera = RowCameras.of(table.arrays) is not None
    known = frame_told(told, table.frame, has_camera, table.body, report)
    return known or frame_found(poses, [table.imgname[row] for row in of], placer, report)


def _placed(
    poses: PoseRows,
    of: list[int],
    frame: Frame,
    cameras: RowCameras | None,
    placer: Body,
    report: Report,
) -> PlacedRows:
    """Where the file has translations, these; else by keypoints or box."""
    known = np.zeros(len(of), bool) if cameras is None else cameras.usable[of]
    if cameras is not None and known.all():
        return PlacedRows(poses.pose, cameras.cam_t[of], known)
    if not placer.shares_betas(poses.shaped):
        report.note(
            "poses are placed with the open body's mean adult; choose an SMPL file for exact translations"
        )
    placed = place_rows(poses, frame, placer)
    if cameras is not None:
        cam_t = np.where(known[:, None], cameras.cam_t[of], placed.cam_t)
        placed = PlacedRows(placed.pose, cam_t, placed.trusted | known)
    if not placed.trusted.all():
        words = "poses do not match their keypoints, or have too few: placed by their bbox and marked weak"
        report.note(f"{int((~placed.trusted).sum())} {words}")
    return placed


def _fit(source: FitSource, row: int, placed: PlacedRows, index: int, photo: Photo, body: Body | None) -> Fit:
    kind = "curated" if source.locked[row] else "fit"
    weak = not placed.trusted[index]
    return fit_of(placed.pose[index], source.betas[row], placed.cam_t[index], photo, body, kind, weak)


def _kid(table: Table) -> np.ndarray:
    return table.arrays.get("kid", np.zeros(len(table)))


def _with_fit(person: Person, fit: Fit, locked: bool) -> Person:
    changes: dict[str, Any] = {"fit": fit, "locked": locked}
    if person.fit is not None:
        changes["alternatives"] = (*person.alternatives, person.fit)
    return person.with_(**changes)
