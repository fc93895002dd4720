"""A second opinion on fits: where the teacher, which no captured pose has biased, sees another body.

It reads fits, and teaches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.body import Body, BodyParams, KeypointBody
from core.body.warnings import DIFFERS_MM
from core.metrics import pa_mpjpe_mm
from core.networks.teacher.teacher import Teacher
from core.records import Fit, Person, Photo

AT_ONCE = 4096


@dataclass(frozen=True)
class Opinion:
    """A person whose fit and teacher differ by so much [mm], over the limb joints after alignment."""

    photo: str
    person: int
    apart_mm: float


def opinions(photos: Iterable[Photo], teacher: Teacher, body: Body) -> list[Opinion]:
    """Of everybody with a fit and all of the teacher's points, the largest difference first."""
    points = teacher.points
    people = [
        (photo, person, person.fit)
        for photo in photos
        for person in photo.people
        if person.fit is not None and _is_whole(person, teacher)
    ]
    found: list[Opinion] = []
    for start in range(0, len(people), AT_ONCE):
        some = people[start : start + AT_ONCE]
        cameras = [photo.camera for photo, _, _ in some]
        lifted = teacher.lift(
            torch.from_numpy(np.stack([person.keypoints.array for _, person, _ in some])),
            torch.tensor([focal_length for focal_length, _ in cameras]),
            torch.tensor([center for _, center in cameras]),
        )
        fitted = KeypointBody.from_body(body, points.layout).keypoints(
            _params([fit for *_, fit in some], body)
        )
        limbs = list(points.limbs)
        columns = [points.columns[place] for place in limbs]
        apart = pa_mpjpe_mm(lifted[:, limbs], fitted[:, columns]).tolist()
        found += [
            Opinion(photo.path, person.id, mm) for (photo, person, _), mm in zip(some, apart, strict=True)
        ]
    return sorted(found, key=lambda one: -one.apart_mm)


def told(found: list[Opinion]) -> str:
    """Lines for the terminal: people whose fit and teacher differ much."""
    far = [one for one in found if one.apart_mm > DIFFERS_MM]
    lines = [f"{one.photo}, person {one.person}: {one.apart_mm:.0f} mm" for one in far]
    return "\n".join(
        [*lines, f"{len(far)} of {len(found)} fits differ from the teacher by more than {DIFFERS_MM:.0f} mm"]
    )


def _is_whole(person: Person, teacher: Teacher) -> bool:
    keypoints = person.keypoints
    return keypoints.layout == teacher.points.layout and bool(
        (keypoints.confidence[list(teacher.points.columns)] > 0).all()
    )


def _params(fits: list[Fit], body: Body) -> BodyParams:
    """Betas of another body are left out: they mean something else."""

    def stacked(name: str) -> Tensor:
        return torch.from_numpy(np.stack([getattr(fit, name) for fit in fits])).float()

    own = torch.tensor([float(fit.body == body.fingerprint) for fit in fits])
    return BodyParams.from_pose(stacked("pose"), stacked("betas") * own[:, None], stacked("cam_t"))
