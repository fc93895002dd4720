"""Places poses of a data set's rows in their photos, from the frame of the crop's camera or of the photo's.

SPIN's training data, its fits and EFT are in the crop's frame; SPIN's 3DPW and CLIFF's pseudo-truth are in the photo's.
Off the photo's axis the two differ by the angle between that axis and the ray to the person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from core.body.keypoint_body import KeypointBody
from core.body.keypoints import layout as keypoint_layout
from core.body.model import Body, BodyParams
from core.formats.shared.crop_frame import CropPeople, in_double, to_photo
from core.formats.shared.translation import cam_t_by_box, cam_t_by_keypoints, error_px
from core.geometry.camera import CROP_FOCAL_LENGTH, CROP_SIZE, keypoints_to_crop
from core.records import BBox, Keypoints, Photo

Frame = Literal["crop", "photo"]
LAYOUT = "spin49"
# OpenPose's neck and middle of the hips are other points in SPIN's model than in OpenPose: neither tells a place.
_AMBIGUOUS = ("openpose_neck", "openpose_mid_hip")
BOX_LAYOUT = "coco18"  # 3DPW's keypoints, which SPIN's script makes boxes of
FEWEST_KEYPOINTS = 4
NEAREST_CROP_DEPTH = 5.0  # m; a body nearer than this would be ten times as large as its crop
_CHUNK = 256
# So many keypoints, and in one of the frames an error of at most so many px of the crop: this person tells the frame.
_TELLING_KEYPOINTS, _TELLING_PX = 6, 30.0
_MOST_TELLING = 2000  # people, evenly from the file: more would tell the same and take longer
_ANNOTATION_PX = 0.5  # of the crop: smaller differences are rounding
# How clear the mean logarithm of the errors' ratio must be: of many people, and more by the root of their number. Noisy
# fits of captured poses have 0.04 to 0.2, with a spread of 0.25 between people.
_CLEAR, _CLEAR_OF_ONE = 0.02, 0.8


@dataclass(frozen=True, eq=False)
class PoseRows:
    """N people of a file whose poses have no place yet. pose (N, 72) [rad], betas (N, 10), kid (N,), of the body
    `shaped`; bboxes, keypoints (layout spin49) and photos: one each."""

    pose: np.ndarray
    betas: np.ndarray
    kid: np.ndarray
    bboxes: list[BBox]
    keypoints: list[Keypoints]
    photos: list[Photo]
    shaped: str

    def __len__(self) -> int:
        return len(self.pose)

    def some(self, chosen: np.ndarray) -> PoseRows:
        """The people of these places (n,)."""
        return PoseRows(
            self.pose[chosen],
            self.betas[chosen],
            self.kid[chosen],
            [self.bboxes[place] for place in chosen],
            [self.keypoints[place] for place in chosen],
            [self.photos[place] for place in chosen],
            self.shaped,
        )

    def placed_with(self, body: Body) -> CropPeople:
        """The same with a placing body."""
        return CropPeople.of_file(
            self.pose, self.betas, self.bboxes, self.photos, body, self.kid, self.shaped
        )


@dataclass(frozen=True, eq=False)
class PlacedRows:
    """In the photo's frame: pose (N, 72) [rad], cam_t (N, 3) [m] of the person's own body. trusted (N,) bool: by
    keypoints, not by the box."""

    pose: np.ndarray
    cam_t: np.ndarray
    trusted: np.ndarray


@dataclass(frozen=True, eq=False)
class _Seen:
    """People in one camera: xy (N, K, 2) of keypoints, box_center (N, 2) [px from the camera's centre], box_side (N,),
    focal_length (N,) [px], confidence (N, K)."""

    xy: Tensor
    confidence: Tensor
    box_center: Tensor
    box_side: Tensor
    focal_length: Tensor


def place_rows(rows: PoseRows, frame: Frame, body: Body) -> PlacedRows:
    """Place people in their photos' cameras. Keypoints decide where; people with too few, or whose pose does not match
    them, fill their box."""
    people = rows.placed_with(body)
    seen = _seen(rows, people, frame)
    cam_t, trusted = _places(people, seen, body)
    if frame == "photo":
        return PlacedRows(_array(people.pose), _array(cam_t - people.shift), trusted)
    pose_photo, cam_t_photo = to_photo(people, cam_t - people.shift, body)
    return PlacedRows(pose_photo, cam_t_photo, trusted)


def angles_between_frames(rows: PoseRows) -> np.ndarray:
    """(N,) [rad] between the photo's axis and the ray through the middle of the box."""
    cameras = [photo.camera for photo in rows.photos]
    away = [
        np.linalg.norm(bbox.center - np.array(center)) / focal
        for bbox, (focal, center) in zip(rows.bboxes, cameras, strict=True)
    ]
    return np.asarray(np.arctan(np.array(away, dtype=np.float64)))


def frame_shown(rows: PoseRows, body: Body) -> tuple[Frame, str] | None:
    """The frame in which the bodies match their keypoints better, and by how much, in words; None if they do not tell.

    Each person has the logarithm of the ratio of the two errors, counted by the angle between the frames.
    """
    count = np.array([int((one.confidence > 0).sum()) for one in rows.keypoints])
    rich = np.flatnonzero(count >= _TELLING_KEYPOINTS)
    if not len(rich):
        return None
    rows = rows.some(rich[:: 1 + len(rich) // _MOST_TELLING])
    people = rows.placed_with(body)
    errors = {frame: _errors_px(rows, people, frame, body) for frame in ("crop", "photo")}
    crop, photo = errors["crop"], errors["photo"]
    telling = np.minimum(crop, photo) < _TELLING_PX
    weight = angles_between_frames(rows) * telling
    if weight.sum() <= 0:
        return None
    capped = [np.minimum(one, 10 * _TELLING_PX) + _ANNOTATION_PX for one in (crop, photo)]
    mean = float((weight * np.log(capped[0] / capped[1])).sum() / weight.sum())
    people_counted = float(weight.sum() ** 2 / (weight**2).sum())
    if abs(mean) < _CLEAR + _CLEAR_OF_ONE / np.sqrt(people_counted):
        return None
    found: Frame = "photo" if mean > 0 else "crop"
    near, far = sorted(float(np.median(one[telling])) for one in (crop, photo))
    words = (
        f"the keypoints of {int(telling.sum())} people lie {near:.1f} px from the body so, else {far:.1f} px"
    )
    return found, words


def _seen(rows: PoseRows, people: CropPeople, frame: Frame) -> _Seen:
    array = torch.from_numpy(np.stack([one.array for one in rows.keypoints]).astype(np.float64))
    array[:, [keypoint_layout(LAYOUT).index(name) for name in _AMBIGUOUS], 2] = 0
    confidence = array[..., 2]
    if frame == "crop":
        xy = keypoints_to_crop(array[..., :2], people.bbox_center, people.bbox_side) - CROP_SIZE / 2
        center, side = torch.zeros_like(people.bbox_center), torch.full_like(people.bbox_side, CROP_SIZE)
        return _Seen(xy, confidence, center, side, torch.full_like(side, CROP_FOCAL_LENGTH))
    xy = array[..., :2] - people.camera_center[:, None]
    center = people.bbox_center - people.camera_center
    return _Seen(xy, confidence, center, people.bbox_side, people.focal_length)


def _places(people: CropPeople, seen: _Seen, body: Body) -> tuple[Tensor, np.ndarray]:
    """cam_t (N, 3) [m] of the placing body in the camera of `seen`, and trusted (N,)."""
    parts = []
    for part in _slices(len(people)):
        of = seen.xy[part], seen.confidence[part], seen.focal_length[part]
        by_keypoints = cam_t_by_keypoints(_points(people, part, body, LAYOUT), *of)
        box = seen.box_center[part], seen.box_side[part], seen.focal_length[part]
        parts.append((by_keypoints, cam_t_by_box(_points(people, part, body, BOX_LAYOUT), *box)))
    by_keypoints, by_box = (torch.cat(column) for column in zip(*parts, strict=True))
    nearest = NEAREST_CROP_DEPTH * CROP_SIZE * seen.focal_length / (CROP_FOCAL_LENGTH * seen.box_side)
    trusted = (seen.confidence > 0).sum(1) >= FEWEST_KEYPOINTS
    trusted &= (by_keypoints[:, 2] > nearest) & by_keypoints.isfinite().all(1)
    return torch.where(trusted[:, None], by_keypoints, by_box), trusted.numpy()


def _errors_px(rows: PoseRows, people: CropPeople, frame: Frame, body: Body) -> np.ndarray:
    """(N,) [px of the crop] between the keypoints and the body where it matches them best."""
    seen, parts = _seen(rows, people, frame), []
    for part in _slices(len(people)):
        points = _points(people, part, body, LAYOUT)
        of = seen.xy[part], seen.confidence[part], seen.focal_length[part]
        parts.append(error_px(points, cam_t_by_keypoints(points, *of), *of))
    return np.asarray((torch.cat(parts) * CROP_SIZE / seen.box_side).numpy())


def _points(people: CropPeople, part: slice, body: Body, layout_name: str) -> Tensor:
    """Keypoints (n, K, 3) [m] of some of the people, at the origin."""
    pose = people.pose[part]
    params = BodyParams.from_pose(pose, people.betas[part], pose.new_zeros(len(pose), 3), people.kid[part])
    return KeypointBody.from_body(in_double(body), layout_name).keypoints(params)


def _slices(count: int) -> list[slice]:
    return [slice(start, start + _CHUNK) for start in range(0, count, _CHUNK)]


def _array(tensor: Tensor) -> np.ndarray:
    with np.errstate(over="ignore"):  # the record refuses infinite values with a message of its own
        return tensor.numpy().astype(np.float32)
