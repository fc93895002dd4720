"""The people of a composite, with their truth: each has a camera of its own, so that its body projects exactly.

A person that is turned, scaled, moved and mirrored in the image stays a body before a pinhole camera: the turn goes to
the body, scale to the focal length, the shift to the camera's centre. The conventions are those of train/data/augment.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from core.body.keypoint_body import KeypointBody
from core.body.keypoints import layout
from core.body.model import Body, BodyParams
from core.geometry.camera import project
from core.geometry.image import apply_affine
from core.store.fits.augmented import augment

Floats = NDArray[np.float32]
LAYOUT = "spin49"
_FLIP = np.array(layout(LAYOUT).flip)
BEYOND_POINTS = (
    0.06  # of a box round its keypoints: skin, hands and feet reach so far, as a share of its larger side
)


@dataclass(frozen=True)
class Similarity:
    """A map of pixels: turned counter-clockwise by rotation_deg about the origin, mirrored where flipped, scaled, then
    shifted by shift (2,) [px]."""

    rotation_deg: float = 0.0
    scale: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)
    flipped: bool = False

    @property
    def affine(self) -> NDArray[np.float64]:
        """(2, 3): as `crop_affine`, but for the shift."""
        angle = np.deg2rad(-self.rotation_deg)
        cosine, sine = self.scale * np.cos(angle), self.scale * np.sin(angle)
        linear = np.array([[cosine, -sine], [sine, cosine]])
        if self.flipped:
            linear[0] = -linear[0]
        return np.column_stack([linear, self.shift])

    def about(self, start: NDArray[np.floating], end: NDArray[np.floating]) -> Similarity:
        """The same turn, scale and mirror, shifted so that the pixel `start` (2,) comes to `end` (2,)."""
        shift = end - self.affine[:, :2] @ start
        return Similarity(self.rotation_deg, self.scale, (float(shift[0]), float(shift[1])), self.flipped)


@dataclass(frozen=True, eq=False)
class StagedPeople:
    """P people of one photo. pose (P, 72) [rad], betas (P, 10), kid (P,), cam_t (P, 3) [m] in the frame of each one's
    own camera of focal_length (P,), camera_center (P, 2) [px]; keypoints (P, 49, 3) [px], confidence 0 outside the
    photo; occluded (P, 49) bool; points (P, 49, 2) [px]: projections of the bodies, also beyond it; of_row (P,): the
    row of the source."""

    pose: Floats
    betas: Floats
    kid: Floats
    cam_t: Floats
    focal_length: Floats
    camera_center: Floats
    keypoints: Floats
    occluded: NDArray[np.bool_]
    points: Floats
    of_row: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.pose)

    def __getitem__(self, chosen: slice | NDArray[np.generic] | list[int]) -> StagedPeople:
        return StagedPeople(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    @classmethod
    def joined(cls, parts: list[StagedPeople]) -> StagedPeople:
        """One after the other."""
        names = cls.__dataclass_fields__
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    @property
    def seen(self) -> NDArray[np.int64]:
        """(P,) how many keypoints are inside the photo and not hidden."""
        return ((self.keypoints[..., 2] > 0) & ~self.occluded).sum(axis=1)

    @property
    def box(self) -> Floats:
        """(P, 4) = left, top, width, height [px] of each whole person, also beyond the photo."""
        low, high = self.points.min(axis=1), self.points.max(axis=1)
        beyond = BEYOND_POINTS * (high - low).max(axis=1, keepdims=True)
        return np.concatenate([low - beyond, high - low + 2 * beyond], axis=1)

    @property
    def feet(self) -> Floats:
        """(P,) the lowest pixel row of each."""
        return self.points[..., 1].max(axis=1)

    def box_in(self, size: tuple[int, int]) -> Floats:
        """(P, 4) the part of each box inside a photo of width and height `size` [px]."""
        box = self.box
        low = box[:, :2].clip(0, size)
        high = (box[:, :2] + box[:, 2:]).clip(0, size)
        return np.concatenate([low, high - low], axis=1)

    def params(self) -> BodyParams:
        parts = (self.pose, self.betas, self.cam_t, self.kid)
        return BodyParams.from_pose(*(torch.from_numpy(np.asarray(part, np.float32)) for part in parts))


def moved(people: StagedPeople, by: Similarity, body: Body) -> StagedPeople:
    """People after a map of their photo's pixels. Keypoints are not yet cut to a photo (`cut_to`)."""
    pelvis = body.rest_pelvis(people.params()).numpy()
    count = len(people)
    turn, mirror = torch.full((count,), by.rotation_deg), torch.full((count,), by.flipped)
    angle = np.deg2rad(-by.rotation_deg)
    rotation = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    position = (pelvis + people.cam_t) @ rotation.T * (np.array([-1, 1, 1]) if by.flipped else 1)
    order = _FLIP if by.flipped else np.arange(len(_FLIP))
    xy = apply_affine(by.affine, people.keypoints[..., :2])[:, order]
    confidence = people.keypoints[:, order, 2:]
    return StagedPeople(
        pose=augment(torch.from_numpy(people.pose), turn, mirror).numpy(),
        betas=people.betas,
        kid=people.kid,
        cam_t=(position - pelvis).astype(np.float32),
        focal_length=(people.focal_length * by.scale).astype(np.float32),
        camera_center=apply_affine(by.affine, people.camera_center).astype(np.float32),
        keypoints=np.concatenate([xy, confidence], axis=2).astype(np.float32),
        occluded=people.occluded[:, order],
        points=apply_affine(by.affine, people.points)[:, order].astype(np.float32),
        of_row=people.of_row,
    )


def cut_to(people: StagedPeople, size: tuple[int, int]) -> StagedPeople:
    """People as a photo of width and height `size` [px] shows them: keypoints beyond it are absent."""
    xy = people.keypoints[..., :2]
    inside = np.logical_and.reduce((xy >= 0) & (xy < np.array(size)), axis=-1)
    keypoints = people.keypoints * inside[..., None]
    return replace(people, keypoints=keypoints.astype(np.float32), occluded=people.occluded & inside)


def projected(people: StagedPeople, collapsed: KeypointBody) -> Floats:
    """Keypoints (P, 49, 2) [px] of the bodies before their cameras."""
    points = collapsed.keypoints(people.params())
    camera = torch.from_numpy(people.focal_length), torch.from_numpy(people.camera_center)
    return np.asarray(project(points, *camera).numpy(), np.float32)


def with_points(people: StagedPeople, collapsed: KeypointBody) -> StagedPeople:
    """The same people with the projections of their bodies."""
    return replace(people, points=projected(people, collapsed))
