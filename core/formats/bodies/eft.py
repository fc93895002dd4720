"""Reads and writes EFT's fits JSON: `{ver, data: [{parm_pose, parm_shape, parm_cam, bbox_scale, imageName, …}]}`.

In the file, parm_pose are 24 rotation matrices in the crop's frame; our records are in the photo's frame. parm_cam
(s, tx, ty) maps the body's points X to s X + t in the crop, whose sides are at -1 and 1; SPIN's weak camera means
s (X + t). gt_keypoint_2d (49, 3) are px of the photo, layout spin49. imageName is a bare file name, which is searched
for in the photos' folder. joint_validity_openpose18 are the annotated ones of OpenPose's 18, with LSP's neck: none
where only shoulders are annotated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.body.keypoints import layout
from core.body.model import Body
from core.files.json_parts import json_parts
from core.files.untrusted import finite, number, read_json
from core.files.unusable import Unusable
from core.files.whole_file import whole_file
from core.formats.bodies.spin_write import smpl_betas, spin_keypoints, with_truth
from core.formats.shared import people
from core.formats.shared.crop_frame import CropPeople, fit_of, fits_in_crop, placing_body, stand_in, to_photo
from core.formats.shared.glimpse import MAYBE, NO, SURE, Glimpse
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import Export, Import, LeftOut, Report
from core.geometry.camera import cam_t_to_weak_camera, weak_camera_to_cam_t
from core.geometry.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from core.records import Keypoints, Person, Photo

FORMAT = "EFT fits"
LAYOUT = "spin49"
VERSION = 0.1
_NOT_ROTATION = 1e-2  # largest entry of R Rᵀ - 1
_VALIDITY = layout("coco18").keypoints  # the order of joint_validity_openpose18


@dataclass(frozen=True, eq=False)
class _Entry:
    record: str
    person: Person
    photo: Photo
    pose: np.ndarray
    betas: np.ndarray
    eft_camera: np.ndarray


def recognise(seen: Glimpse) -> int:
    """By the keys of its JSON."""
    if seen.has_key("parm_pose"):
        return SURE
    return MAYBE if seen.has_key("data") else NO


def read(path: Path, photos: Path | None = None, body: Body | None = None) -> Import:
    """Read people with their fits. body: an SMPL body, for exact translations. Raises ReadError."""
    report = Report(path, FORMAT)
    data = read_json(path)
    entries = data.get("data") if isinstance(data, dict) else None
    if not isinstance(entries, list):
        raise report.error("no list 'data'", "Choose a fits file of EFT, with 'ver' and 'data'.")
    report.count_people(len(entries))
    folder = PhotoFolder(photos or path.parent, report)
    found: dict[str, Photo] = {}
    ids = people.Ids()
    read_entries: list[_Entry] = []
    for index, entry in enumerate(entries):
        record = f"entry {index}"
        with report.record(record):
            read_entries.append(_read_entry(entry, record, folder, found, ids, report))
    persons: dict[str, list[Person]] = {}
    for entry_, person in zip(read_entries, _with_fits(read_entries, body, report), strict=True):
        persons.setdefault(entry_.photo.path, []).append(person)
    return report.done(found[relative].with_(people=tuple(members)) for relative, members in persons.items())


def write(path: Path, photos: Iterable[Photo], body: Body | None = None) -> Export:
    """Write all people whose fit was not rejected. Raises FitsError if no body is available, and OSError.

    The body is needed to transform poses to the crop's frame.
    """
    left_out: list[LeftOut] = []
    everybody = [(photo, person) for photo in photos for person in photo.people]
    fitted = with_truth(everybody, left_out)
    data, ids = [], people.Ids()
    if fitted:
        pose, cam_t = fits_in_crop(fitted, placing_body(body))
        matrices = axis_angle_to_matrix(torch.from_numpy(pose.astype(np.float64)).reshape(-1, 24, 3)).tolist()
        weak = _eft_camera(cam_t_to_weak_camera(torch.from_numpy(cam_t.astype(np.float64)))).tolist()
        betas = smpl_betas(fitted, left_out).tolist()
        for (photo, person), *values in zip(fitted, matrices, betas, weak, strict=True):
            keypoints = spin_keypoints(photo, person, left_out)
            own = person.with_(id=ids.take(person.id))
            data.append(_entry(photo, own, keypoints, values))
    left_out += _same_names({photo.path for photo, _ in fitted})
    with whole_file(path) as stream:
        stream.writelines(json_parts({"ver": VERSION, "data": data}))
    return Export(len(data), tuple(left_out))


def _read_entry(
    entry: Any, record: str, folder: PhotoFolder, found: dict[str, Photo], ids: people.Ids, report: Report
) -> _Entry:
    if not isinstance(entry, dict):
        raise Unusable("it is not an entry")
    if entry.get("smpltype", "smpl") != "smpl":
        raise Unusable("its pose is not one of SMPL")
    name = entry.get("imageName")
    relative = folder.relative(name)
    if folder.size(relative) is None and "/" not in relative:
        relative = folder.named(Path(relative).stem)
    if relative not in found:
        found[relative] = Photo(relative, *folder.known_size(relative))
    box = people.box_from_center(finite(entry.get("bbox_center"), 2), number(entry.get("bbox_scale")))
    if "gt_keypoint_2d" in entry:
        keypoints = people.make_keypoints(LAYOUT, finite(entry["gt_keypoint_2d"], 49, 3), report, record)
    else:
        keypoints = Keypoints(LAYOUT, np.zeros((49, 2)), np.zeros(49))
        report.note(
            "entries without gt_keypoint_2d have no keypoints; read the keypoints of their data set as well"
        )
    matrices = finite(entry.get("parm_pose"), 24, 3, 3)
    if (
        np.abs(matrices @ matrices.transpose(0, 2, 1) - np.eye(3)).max() > _NOT_ROTATION
        or np.linalg.det(matrices).min() < 0
    ):
        raise Unusable("its parm_pose are not rotations")
    eft_camera = finite(entry.get("parm_cam"), 3)
    if eft_camera[0] <= 0:
        raise Unusable("the scale of its camera is not positive")
    betas = finite(entry.get("parm_shape"), 10)
    wanted = entry.get("annotId")
    id = ids.take(wanted)
    return _Entry(record, people.person(id, box, keypoints), found[relative], matrices, betas, eft_camera)


def _with_fits(entries: list[_Entry], body: Body | None, report: Report) -> list[Person]:
    placer = body or stand_in()
    if placer is None or not entries:
        if entries:
            report.leave_out(
                f"{len(entries)} poses", "no body is installed to place them with; choose an SMPL file"
            )
        return [entry.person for entry in entries]
    if not placer.is_smpl:
        report.note(
            "poses are placed with the open body's mean adult; choose an SMPL file for exact translations"
        )
    pose = matrix_to_axis_angle(torch.from_numpy(np.stack([entry.pose for entry in entries]))).numpy()
    betas = np.stack([entry.betas for entry in entries])
    rows = CropPeople.of_file(
        pose, betas, [entry.person.bbox for entry in entries], [entry.photo for entry in entries], placer
    )
    cameras = torch.from_numpy(np.stack([entry.eft_camera for entry in entries]))
    cam_t = weak_camera_to_cam_t(_weak_camera(cameras))
    pose_photo, cam_t_photo = to_photo(rows, cam_t, placer)
    persons = [entry.person for entry in entries]
    for index, entry in enumerate(entries):
        with report.record(f"{entry.record}, pose"):
            fit = fit_of(pose_photo[index], betas[index], cam_t_photo[index], entry.photo, body, "fit")
            persons[index] = entry.person.with_(fit=fit)
    return persons


def _entry(photo: Photo, person: Person, keypoints: Keypoints, values: list[list[Any]]) -> dict[str, Any]:
    """One entry of the file. keypoints: layout spin49. values: matrices, betas and EFT's camera, crop's frame."""
    matrices, betas, eft_camera = values
    names = layout(LAYOUT).keypoints
    there = {name for name, confidence in zip(names, keypoints.confidence, strict=True) if confidence > 0}
    validity = [int(name in there or (name != "neck" and f"openpose_{name}" in there)) for name in _VALIDITY]
    return {
        "parm_pose": matrices, "parm_shape": betas, "parm_cam": eft_camera,
        "bbox_scale": person.bbox.scale, "bbox_center": person.bbox.center.tolist(),
        "joint_validity_openpose18": validity,
        "gt_keypoint_2d": keypoints.array.tolist(), "smpltype": "smpl",
        "annotId": person.id, "imageName": PurePosixPath(photo.path).name,
    }  # fmt: skip


def _same_names(paths: Collection[str]) -> list[LeftOut]:
    """The folders of photos that share a name: the file holds names alone."""
    names = Counter(PurePosixPath(path).name for path in paths)
    reason = "another photo has this name, and the file tells no folders: give each photo its own name"
    return [
        LeftOut(f"{path}, folder", reason) for path in sorted(paths) if names[PurePosixPath(path).name] > 1
    ]


def _weak_camera(cameras: Tensor) -> Tensor:
    """SPIN's weak cameras (N, 3) of EFT's: s (X + t/s) = s X + t."""
    return torch.cat([cameras[:, :1], cameras[:, 1:] / cameras[:, :1]], dim=1)


def _eft_camera(weak_cameras: Tensor) -> Tensor:
    """EFT's cameras (N, 3) of SPIN's weak cameras."""
    return torch.cat([weak_cameras[:, :1], weak_cameras[:, 1:] * weak_cameras[:, :1]], dim=1)
