"""The frame and the cameras of a SPIN data set that is written back."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.body.model import Body
from core.formats.bodies.spin_fits import RowCameras
from core.formats.bodies.spin_table import Table
from core.formats.bodies.spin_write import camera_columns, may_teach, poses_in, same_fit
from core.formats.shared.crop_frame import placing_body
from core.formats.shared.pose_rows import Frame, PoseRows
from core.formats.shared.report import Report
from core.formats.shared.row_frame import frame_found, frame_told
from core.records import Person, Photo

SAME_CAMERA = 1e-4  # m, or the share of a focal length

_People = Mapping[int, tuple[Photo, Person]]


def base_frame(table: Table, people: _People, told: str | None, body: Body | None, report: Report) -> Frame:
    """The frame of a data set's own poses: as it is told, else the one in which people are still as they were read,
    else as its keypoints tell. people: by row, those with a truth in the file. Raises Undecided."""
    known = frame_told(told, table.frame, RowCameras.of(table.arrays) is not None, table.body, report)
    rows = [row for row, (_, person) in people.items() if may_teach(person)]
    if known is not None or not rows:
        return known or "crop"
    pairs = [people[row] for row in rows]
    old = table.arrays["pose"][rows]
    same: dict[Frame, int] = {}
    for frame in ("crop", "photo"):
        pose = poses_in(frame, pairs, body)
        same[frame] = sum(same_fit(one, other) for one, other in zip(pose, old, strict=True))
    if same["crop"] != same["photo"]:
        return max(same, key=lambda frame: same[frame])
    kid = table.arrays.get("kid", np.zeros(len(table)))
    poses = PoseRows(
        old,
        table.arrays["shape"][rows],
        kid[rows],
        [person.bbox for _, person in pairs],
        [person.keypoints for _, person in pairs],
        [photo for photo, _ in pairs],
        table.body,
    )
    return frame_found(poses, [table.imgname[row] for row in rows], placing_body(body), report)


def same_camera(table: Table, row: int, pair: tuple[Photo, Person], body: Body | None) -> bool:
    """True if the row's translation and focal length are the fit's, or the file has none."""
    cameras = RowCameras.of(table.arrays)
    if cameras is None:
        return True
    new = camera_columns([pair], body)
    near = np.allclose(new["global_t"][0], cameras.cam_t[row], rtol=0, atol=SAME_CAMERA)
    return bool(near and np.isclose(new["focal_l"][0], cameras.focal_length[row], rtol=SAME_CAMERA))


def put_cameras(arrays: dict[str, np.ndarray], people: _People, body: Body | None) -> None:
    """Write translations and focal lengths of the fits that became truth, into the columns that the file has."""
    if not people or RowCameras.of(arrays) is None:
        return
    rows, new = list(people), camera_columns(list(people.values()), body)
    if "global_t" in arrays:
        for name, values in new.items():
            if name in arrays:
                arrays[name][rows] = values.reshape(arrays[name][rows].shape)
        return
    arrays["cam_t"][rows] = new["global_t"]
    arrays["cam_int"][rows, 0, 0] = arrays["cam_int"][rows, 1, 1] = new["focal_l"]
    middles = [photo.middle for photo, _ in people.values()]
    arrays["cam_int"][rows, :2, 2] = new.get("camera_center", np.array(middles))
