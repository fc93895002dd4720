"""Fits of whole tracks over time. A track's people are guessed where they have neither guess nor fit."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from core.errors import FitInputError
from core.records import Fit, Guess
from desktop.jobs.device import Device
from desktop.jobs.fitting_many import FittedPeople, LeftOut, to_leave_out
from desktop.jobs.guessing import guess_people

if TYPE_CHECKING:
    from torch import nn

    from core.body.model import Body
    from core.fitting.sequence.sightings import Sighting
    from core.store import Project


def fit_track_steps(
    body: "Body",
    project: "Project",
    person_ids: Iterable[int],
    network: "nn.Module | None" = None,
    device: Device | None = None,
) -> Iterator[FittedPeople]:
    """Fit the tracks of people over time, one track after another, a step for each try of the solver. Locked people are
    constants."""
    from core.formats.motion.track_sightings import sightings_by_track

    wanted = {int(person_id) for person_id in person_ids}
    device = device or Device(body)
    tracks = [
        some
        for some in sightings_by_track(list(project.photos())).values()
        if wanted & {one.person.id for one in some}
    ]
    total, done = sum(map(len, tracks)), 0
    for some in tracks:
        yield FittedPeople(done, total, {}, {}, {})
        guesses, faults = _guessed(body, project, some, network, device)
        guessed = [
            replace(one, person=one.person.with_(guess=guesses.get(one.person.id, one.person.guess)))
            for one in some
        ]
        ready = [one for one in guessed if _starts(body, one)]
        others = [one.person for one in guessed if not _starts(body, one)]
        left_out: tuple[LeftOut, ...] = tuple(to_leave_out(person) or "failed" for person in others)
        yield FittedPeople(done, total, {}, {}, {}, tuple(faults), left_out)
        for step in _fitted(body, ready, guesses) if ready else ():
            yield replace(step, done=done + step.done, total=total)
        done += len(some)


def _starts(body: "Body", one: "Sighting") -> bool:
    own = one.person.fit is not None and one.person.fit.body == body.fingerprint
    return own or (not one.person.locked and one.person.guess is not None)


def _guessed(
    body: "Body",
    project: "Project",
    some: "list[Sighting]",
    network: "nn.Module | None",
    device: Device,
) -> tuple[dict[int, Guess], list[str]]:
    """Guesses of the people with neither guess nor fit, and what could not be guessed."""
    bare = [(one.photo, one.person) for one in some if not (one.person.locked or _starts(body, one))]
    return guess_people(bare, project.folder, network, device)


def _fitted(body: "Body", some: "list[Sighting]", guesses: dict[int, Guess]) -> Iterator[FittedPeople]:
    from core.fitting.sequence.sightings import fit_over_time

    first = 0
    try:
        for step in fit_over_time(body, some):
            part = some[first : first + len(step.fits)]
            first += len(part)
            yield replace(_as_people(part, step.fits, guesses), done=step.frames)
    except FitInputError as error:
        failed: list[LeftOut] = ["failed"] * len(some)
        yield FittedPeople(0, 0, {}, {}, {}, (str(error),), tuple(failed))


def _as_people(part: "list[Sighting]", fits: list[Fit], guesses: dict[int, Guess]) -> FittedPeople:
    free = [(one.person, fit) for one, fit in zip(part, fits, strict=True) if not one.person.locked]
    locked: list[LeftOut] = ["locked" for one in part if one.person.locked]
    return FittedPeople(
        done=0,
        total=0,
        fits={person.id: fit for person, fit in free},
        guesses={person.id: guesses[person.id] for person, _ in free if person.id in guesses},
        keypoints={one.person.id: one.person.keypoints for one in part},
        left_out=tuple(locked),
    )
