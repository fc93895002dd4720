"""Transforms poses between the crop's frame, which SPIN's and EFT's files use, and the photo's frame.

Both directions need the pelvis of the shaped body, about which SMPL turns. With the SMPL body they are exact. With
another body (the open one) the pose is exact, and the translation is that of SMPL's mean adult, whose pelvis is known
without SMPL's file (`Body.pelvis_shift`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from core.body.model import SMPL_NEUTRAL, Body, BodyParams, load_body
from core.errors import BodyFileError, FitsError
from core.geometry.camera import crop_to_full, full_to_crop
from core.records import BBox, Fit, Person, Photo

UNSCORED = float("nan")
SAME_PX = 0.5  # a camera that differs less from the assumed one counts as assumed


@dataclass(frozen=True, eq=False)
class CropPeople:
    """Poses of N people with their bboxes and cameras, to be placed with one body.

    pose (N, 72) [rad]; bbox_center (N, 2), bbox_side (N,), focal_length (N,), camera_center (N, 2) [px of the photo].
    betas (N, 10) and kid (N,) of the placing body, zeros where a person's are of another body. shift (N, 3) [m]: added
    to the cam_t of a person's own body, it gives the placing body's.
    """

    pose: Tensor
    betas: Tensor
    kid: Tensor
    bbox_center: Tensor
    bbox_side: Tensor
    focal_length: Tensor
    camera_center: Tensor
    shift: Tensor

    @classmethod
    def of_file(
        cls,
        pose: np.ndarray,
        betas: np.ndarray,
        bboxes: list[BBox],
        photos: list[Photo],
        body: Body,
        kid: np.ndarray | None = None,
        shaped: str = SMPL_NEUTRAL,
    ) -> CropPeople:
        """From a file: pose (N, 72), betas (N, 10) and kid (N,), with the bbox and photo of each person.

        body: the placing body. shaped: fingerprint of the body of betas and kid.
        """
        cameras = [photo.camera for photo in photos]
        shapes = _tensor(betas).reshape(-1, 10) * body.shares_betas(shaped)
        children = torch.zeros(len(shapes), dtype=shapes.dtype) if kid is None else _tensor(kid)
        return cls(
            _tensor(pose).reshape(-1, 72),
            shapes,
            children * (body.has_kid and body.shares_betas(shaped)),
            _tensor([bbox.center for bbox in bboxes]).reshape(-1, 2),
            _tensor([bbox.side for bbox in bboxes]),
            _tensor([focal for focal, _ in cameras]),
            _tensor([center for _, center in cameras]).reshape(-1, 2),
            _shift(body, shaped).expand(len(shapes), 3),
        )

    @classmethod
    def of_fits(cls, fits: list[Fit], bboxes: list[BBox], body: Body) -> CropPeople:
        """From fits, with their own cameras. body: the placing body."""
        _, others = betas_for_smpl(fits)
        own = [
            fit.body == body.fingerprint or (body.is_smpl and place not in others)
            for place, fit in enumerate(fits)
        ]
        kids = [fit.kid if same and body.has_kid else 0.0 for fit, same in zip(fits, own, strict=True)]
        return cls(
            _tensor([fit.pose for fit in fits]).reshape(-1, 72),
            _tensor([fit.betas * same for fit, same in zip(fits, own, strict=True)]).reshape(-1, 10),
            _tensor(kids),
            _tensor([bbox.center for bbox in bboxes]).reshape(-1, 2),
            _tensor([bbox.side for bbox in bboxes]),
            _tensor([fit.focal_length for fit in fits]),
            _tensor([fit.camera_center for fit in fits]).reshape(-1, 2),
            torch.stack([_shift(body, fit.body) for fit in fits]) if fits else torch.zeros(0, 3),
        )

    def __len__(self) -> int:
        return len(self.pose)


def seen_by(photo: Photo, focal_length: float, camera_center: np.ndarray) -> Photo:
    """The photo with the camera that a body in it was placed for: undoes `Photo.camera`; what is assumed stays None.

    camera_center (2,) [px]. A fit goes on from a body, and a window draws it, with the photo's camera.
    """
    assumed_focal_length, assumed_center = photo.camera
    if abs(focal_length - assumed_focal_length) > SAME_PX:
        photo = photo.with_(focal_length=focal_length)
    if np.allclose(camera_center, assumed_center, atol=SAME_PX):
        return photo
    return photo.with_(camera_center=tuple(map(float, camera_center)))


def stand_in() -> Body | None:
    """The open body, or None if it is not installed."""
    try:
        return _open_body()
    except BodyFileError:
        return None


@lru_cache(maxsize=1)
def _open_body() -> Body:
    """Loaded once: each file of a folder is placed with it, and what is computed of a body is kept with the object."""
    return load_body()


@lru_cache(maxsize=2)
def in_double(body: Body) -> Body:
    """The body as float64 on the CPU, the same object at each call, so that it is collapsed once for each layout."""
    return body.to("cpu", torch.float64)


def placing_body(body: Body | None) -> Body:
    """`body`, or else the open body. Raises FitsError if that is not installed."""
    found = body or stand_in()
    if found is None:
        raise FitsError("no body is installed, but poses in a crop's frame need one. Choose an SMPL file.")
    return found


def to_photo(rows: CropPeople, cam_t_crop: Tensor, body: Body) -> tuple[np.ndarray, np.ndarray]:
    """From the crop's frame to the photo's. cam_t_crop (N, 3) [m]. Returns pose (N, 72) [rad] and cam_t (N, 3) [m].

    Both translations are of the person's own body, not of the placing one.
    """
    pelvis = _pelvis(rows, body)
    orient, cam_t = crop_to_full(
        rows.pose[:, :3],
        cam_t_crop + rows.shift,
        pelvis,
        rows.bbox_center,
        rows.bbox_side,
        rows.focal_length,
        rows.camera_center,
    )
    return _array(torch.cat([orient, rows.pose[:, 3:]], 1)), _array(cam_t - rows.shift)


def to_crop(rows: CropPeople, cam_t: Tensor, body: Body) -> tuple[np.ndarray, np.ndarray]:
    """From the photo's frame to the crop's. cam_t (N, 3) [m], of the person's own body.

    Returns pose (N, 72) [rad] and cam_t (N, 3) [m] of SMPL.
    """
    pelvis = _pelvis(rows, body)
    orient, cam_t_crop = full_to_crop(
        rows.pose[:, :3],
        cam_t + rows.shift,
        pelvis,
        rows.bbox_center,
        rows.bbox_side,
        rows.focal_length,
        rows.camera_center,
    )
    return _array(torch.cat([orient, rows.pose[:, 3:]], 1)), _array(cam_t_crop - _shift(body, SMPL_NEUTRAL))


def fit_of(
    pose: np.ndarray,
    betas: np.ndarray,
    cam_t: np.ndarray,
    photo: Photo,
    body: Body | None,
    source: str,
    weak: bool = False,
) -> Fit:
    """A Fit in the photo's frame. pose (72,) [rad], betas (10,), cam_t (3,) [m]. body: the given SMPL body or None."""
    focal_length, camera_center = photo.camera
    fingerprint = body.fingerprint if body is not None and body.is_smpl else SMPL_NEUTRAL
    return Fit(
        pose=pose, betas=betas, kid=0.0, cam_t=cam_t, focal_length=focal_length,
        camera_center=np.array(camera_center), score=UNSCORED, body=fingerprint,
        source="curated" if source == "curated" else "fit", weak=weak,
    )  # fmt: skip


def fits_in_crop(people: list[tuple[Photo, Person]], body: Body) -> tuple[np.ndarray, np.ndarray]:
    """pose (N, 72) [rad] and cam_t (N, 3) [m] of SMPL in the crop's frame. people: N people, all with a fit."""
    fits = [person.fit for _, person in people if person.fit is not None]
    rows = CropPeople.of_fits(fits, [person.bbox for _, person in people], body)
    return to_crop(rows, _tensor([fit.cam_t for fit in fits]).reshape(-1, 3), body)


def betas_for_smpl(fits: list[Fit]) -> tuple[np.ndarray, list[int]]:
    """betas (N, 10) for a file of SMPL, and the indices of fits of the open body, whose betas are written as zeros."""
    open_body = stand_in()
    others = [open_body is not None and fit.body == open_body.fingerprint for fit in fits]
    betas = [
        np.zeros(10, np.float32) if other else fit.betas for fit, other in zip(fits, others, strict=True)
    ]
    return np.array(betas, dtype=np.float32).reshape(-1, 10), [
        place for place, other in enumerate(others) if other
    ]


def _pelvis(rows: CropPeople, body: Body) -> Tensor:
    params = BodyParams.from_pose(rows.pose, rows.betas, rows.pose.new_zeros(len(rows), 3), rows.kid)
    return in_double(body).rest_pelvis(params)


def _shift(body: Body, other: str) -> Tensor:
    """`Body.pelvis_shift` (3,) as float64 on the CPU."""
    return body.pelvis_shift(other).to("cpu", torch.float64)


def _tensor(values: object) -> Tensor:
    return torch.as_tensor(np.asarray(values, dtype=np.float64))


def _array(tensor: Tensor) -> np.ndarray:
    with np.errstate(over="ignore"):  # the record refuses infinite values with a message of its own
        return tensor.numpy().astype(np.float32)
