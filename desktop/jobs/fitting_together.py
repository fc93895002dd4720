"""Fits of everybody of a photo, moved out of each other, as steps."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.body.keypoints import FITS_LAYOUT, convert
from core.records import Fit, Person, Photo
from core.wishes import orders_of
from desktop.jobs.device import Device
from desktop.jobs.fitting_many import FittedPeople, LeftOut, fit_batch, to_leave_out
from desktop.state.posed_body import params_of_all, pose_changed
from desktop.state.view import FitOptions

if TYPE_CHECKING:
    from torch import nn

    from core.body.model import Body

FEWEST = 2


def fit_together_steps(
    body: "Body",
    photo: Photo,
    folder: Path,
    options: FitOptions,
    network: "nn.Module | None" = None,
    device: Device | None = None,
) -> Iterator[FittedPeople]:
    """Fit those of a photo who have no fit, then move all bodies out of each other. Locked people stay where they are,
    and rejected ones are left out.

    folder: of the photos. Raises FitInputError where nobody has a keypoint.
    """
    people = [person for person in photo.people if person.verdict != "rejected"]
    yield FittedPeople(0, len(people), {}, {}, {})
    unfitted = [(photo, person) for person in people if _own(person, body) is None]
    batch = fit_batch(body, unfitted, folder, options, network, device or Device(body))
    yield FittedPeople(len(unfitted), len(people), {}, {}, {})  # a stop before the second half
    fits = {one.id: fit for one in people if (fit := batch.fits.get(one.id) or _own(one, body)) is not None}
    fitted = [person for person in people if person.id in fits and (person.keypoints.confidence > 0).any()]
    found = dict(batch.fits)
    if len(fitted) >= FEWEST:
        found |= _apart(body, photo, fitted, fits)
    left_out: tuple[LeftOut, ...] = tuple(
        to_leave_out(one) or "failed" for one in people if one.id not in found
    )
    yield FittedPeople(
        done=len(people),
        total=len(people),
        fits=found,
        guesses=batch.guesses,
        keypoints={person.id: person.keypoints for person in people},
        faults=tuple(batch.faults),
        left_out=left_out,
    )


def _apart(body: "Body", photo: Photo, people: list[Person], fits: dict[int, Fit]) -> dict[int, Fit]:
    """The fits of unlocked people, moved out of each other, with the scores they have there."""
    import torch

    from core.fitting import fit_together

    keypoints = [convert(one.keypoints, one.keypoints.layout, FITS_LAYOUT).array for one in people]
    focal_length, center = photo.camera
    count = len(people)
    rows = {one.id: row for row, one in enumerate(people)}
    orders = orders_of({one.id: one.wishes for one in people})
    found = fit_together(
        body,
        torch.from_numpy(np.stack(keypoints)),
        FITS_LAYOUT,
        torch.full((count,), float(focal_length)),
        torch.tensor([center] * count, dtype=torch.float32),
        params_of_all([fits[one.id] for one in people], body),
        in_front=[(rows[nearer], rows[farther]) for nearer, farther in orders],
        fixed=torch.tensor([one.locked for one in people]),
    ).params
    moved = {}
    for row, person in enumerate(people):
        if person.locked:
            continue
        values = {
            "pose": found.pose[row].numpy(),
            "betas": found.betas[row].numpy(),
            "kid": float(found.kid[row]),
            "cam_t": found.cam_t[row].numpy(),
        }
        fit = replace(fits[person.id], **values, source="fit")
        moved[person.id] = pose_changed(body, photo, person, fit, moving=True).fit
    return moved


def _own(person: Person, body: "Body") -> Fit | None:
    """A person's fit, if it is of this body."""
    return person.fit if person.fit is not None and person.fit.body == body.fingerprint else None
