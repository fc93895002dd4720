"""The people of one track as a fit over time takes them, and its bodies as records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from core.body.keypoint_body import (
    UNKNOWNS,
    KeypointBody,
    params_to_vector,
    vector_to_params,
)
from core.body.model import Body
from core.errors import FitInputError
from core.fitting.fit_record import fit_record, params_of_record
from core.fitting.sequence.choice import choose_over_time
from core.fitting.sequence.track_config import TrackConfig
from core.fitting.sequence.track_fit import SHAPE, SeenTracks, TrackStep, fit_tracks
from core.records import Fit, Guess, Person, Photo

PIECE, OVERLAP = 300, 2  # frames that are fitted together; an acceleration links a frame to two before it


@dataclass(frozen=True, eq=False)
class Sighting:
    """A person in one photo of its track. seconds: when the photo was taken."""

    photo: Photo
    person: Person
    seconds: float

    @property
    def is_seen(self) -> bool:
        """Whether a keypoint is there."""
        return bool((self.person.keypoints.confidence > 0).any())


@dataclass(frozen=True, eq=False)
class OverTimeStep:
    """Progress of a fit over time. frames: of the track so far, those of an unfinished piece by its share of tries;
    fits: of a finished piece's photos in their order, else empty."""

    frames: int
    fits: list[Fit]


def fit_over_time(
    body: Body, sightings: Sequence[Sighting], config: TrackConfig | None = None
) -> Iterator[OverTimeStep]:
    """Fit one track, with a step after each try of the solver. A caller may stop at any step.

    sightings: in the order of time, of one layout, each with a guess or a fit of this body. A locked person keeps its
    fit. A long track is fitted in pieces, so that memory is bounded: the last frames of a piece are constants of the
    next one, and the first piece's shape is that of all. Raises FitInputError where the track cannot be fitted.
    """
    _check(body, sightings)
    start, config = _start(body, sightings), config or TrackConfig()
    held = torch.tensor([sighting.person.locked for sighting in sightings])
    shape = start[0, SHAPE]
    for first in range(0, len(sightings), PIECE):
        before = max(0, first - OVERLAP)
        end = min(first + PIECE, len(sightings))
        piece = slice(before, end)
        locked = held[piece].clone()
        locked[: first - before] = True
        if first:
            start[piece, SHAPE] = torch.where(held[piece, None], start[piece, SHAPE], shape)
            config = replace(config, frame=replace(config.frame, free_betas=False, free_kid=False))
        seen = _seen(sightings[piece], locked)
        for step in fit_tracks(body, seen, vector_to_params(start[piece]), config):
            yield OverTimeStep(first + (end - first) * step.iteration // (config.iterations + 1), [])
        found = params_to_vector(step.params)
        start[piece] = found
        if not first:
            shape = found[int((~locked).int().argmax()), SHAPE]
        yield OverTimeStep(end, _fits(step, sightings[piece], body)[first - before :])


def _check(body: Body, sightings: Sequence[Sighting]) -> None:
    if not sightings:
        raise FitInputError("the track has no person with keypoints. Choose another track.")
    layouts = {sighting.person.keypoints.layout for sighting in sightings}
    if len(layouts) != 1:
        raise FitInputError(
            f"the track's people have {len(layouts)} layouts: {', '.join(sorted(layouts))}. Fit people of one layout."
        )
    for sighting in sightings:
        if not _bodies(body, sighting.person):
            raise FitInputError(
                f"{sighting.photo.path}, person {sighting.person.id}: no guess and no fit of this body. Guess first."
            )


def _bodies(body: Body, person: Person) -> list[Fit | Guess]:
    """What may start a person: a locked fit alone; else the guess with its alternatives, else the fit."""
    own = [person.fit] if person.fit is not None and person.fit.body == body.fingerprint else []
    if person.locked or person.guess is None:
        return [*own]
    return [person.guess, *person.guess.alternatives]


def _start(body: Body, sightings: Sequence[Sighting]) -> Tensor:
    """Unknowns (T, 86): of each frame's bodies the one that time makes likeliest."""
    bodies = [_bodies(body, sighting.person) for sighting in sightings]
    most = max(map(len, bodies))
    rows = torch.zeros(len(bodies), most, UNKNOWNS)
    probability, there = torch.zeros(len(bodies), most), torch.zeros(len(bodies), most, dtype=torch.bool)
    for frame, some in enumerate(bodies):
        for place, one in enumerate(some):
            rows[frame, place] = params_to_vector(params_of_record(one, body))[0]
            probability[frame, place] = one.probability if isinstance(one, Guess) else 1.0
            there[frame, place] = True
    table = KeypointBody.from_body(body, "smpl24")
    joints = table.joints(rows.flatten(0, 1).to(body.v_template))[1].cpu().unflatten(0, (len(bodies), most))
    chosen = choose_over_time(joints, probability, _seconds(sightings), there)
    return rows[torch.arange(len(rows)), chosen]


def _seconds(sightings: Sequence[Sighting]) -> Tensor:
    """(T,) since the first photo, subtracted before they lose digits as float32."""
    return torch.tensor([sighting.seconds - sightings[0].seconds for sighting in sightings])


def _seen(sightings: Sequence[Sighting], locked: Tensor) -> SeenTracks:
    lenses = [sighting.photo.camera for sighting in sightings]
    return SeenTracks(
        keypoints=torch.from_numpy(np.stack([one.person.keypoints.array for one in sightings]))[None],
        layout=sightings[0].person.keypoints.layout,
        focal_length=torch.tensor([[focal for focal, _ in lenses]]).float(),
        camera_center=torch.tensor(np.array([centre for _, centre in lenses]))[None].float(),
        seconds=_seconds(sightings)[None],
        there=torch.ones(1, len(locked), dtype=torch.bool),
        locked=locked[None],
    )


def _fits(step: TrackStep, sightings: Sequence[Sighting], body: Body) -> list[Fit]:
    found = []
    for row, sighting in enumerate(sightings):
        fit = sighting.person.fit
        if fit is None or not sighting.person.locked:
            score, weak = float(step.score[0, row]), bool(step.weak[0, row])
            fit = fit_record(step.params, row, score, weak, sighting.photo, body)
        found.append(fit)
    return found
