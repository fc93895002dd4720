"""Fits of many people in batches. Each starts from the person's own fit, else from a guess."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from core.errors import FitInputError
from core.records import Fit, Guess, Keypoints, Person, Photo
from desktop.jobs.device import Device
from desktop.jobs.fitting import configs_of, steps_of
from desktop.jobs.guessing import guess_people
from desktop.state.posed_body import fit_inputs, fit_of_step, params_of_all
from desktop.state.view import FitOptions

if TYPE_CHECKING:
    from torch import nn

    from core.body.model import Body
    from core.fitting import FitStep
    from core.store import Project

PEOPLE_A_STEP = 4  # people written between two redraws of the window


LeftOut = Literal["locked", "unseen", "failed"]


@dataclass(frozen=True, eq=False)
class FittedPeople:
    """Fitted people: person id -> fit, guess if the fit started from one, and keypoints used.

    left_out: the reason for each person without a fit.
    """

    done: int
    total: int
    fits: dict[int, Fit]
    guesses: dict[int, Guess]
    keypoints: dict[int, Keypoints]
    faults: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


@dataclass(eq=False)
class _Chunk:
    """A batch of people and its results."""

    people: list[tuple[Photo, Person]]
    fits: dict[int, Fit] = field(default_factory=dict)
    guesses: dict[int, Guess] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def fit_many_steps(
    body: "Body",
    project: "Project",
    person_ids: Iterable[int],
    options: FitOptions,
    network: "nn.Module | None" = None,
    device: Device | None = None,
) -> Iterator[FittedPeople]:
    """Fit people. Guesses come from `network`, else from the lifter. Locked or unseen people stay unchanged."""
    ids = [int(person_id) for person_id in person_ids]
    device = device or Device(body)
    at_once = device.at_once
    for first in range(0, len(ids), at_once):
        rows = project.queue_rows(ids[first : first + at_once])  # without people deleted meanwhile
        photos = {row.photo_id: project.photo(row.photo_id) for row in rows}
        wanted = {row.id for row in rows}
        chunk = _Chunk([(photo, p) for photo in photos.values() for p in photo.people if p.id in wanted])
        free = [pair for pair in chunk.people if not to_leave_out(pair[1])]
        unguessed = [pair for pair in free if _start(body, pair[1], chunk) is None]
        chunk.guesses, chunk.faults = guess_people(unguessed, project.folder, network, device)
        alike: dict[object, list[tuple[Photo, Person]]] = defaultdict(list)
        for photo, person in free:
            if _start(body, person, chunk) is not None:
                alike[person.keypoints.layout, person.wishes].append((photo, person))
        for batch in alike.values():
            _fit(body, batch, options, chunk, device)
        yield from _in_small_steps(chunk, first, len(ids))


def to_leave_out(person: Person) -> LeftOut | None:
    """The reason to leave out a person. None if the person can be fitted or guessed."""
    if person.locked:
        return "locked"
    return None if (person.keypoints.confidence > 0).any() else "unseen"


def _start(body: "Body", person: Person, chunk: _Chunk) -> Fit | Guess | None:
    """The start of a person's fit. Fits of another body are not used, because their betas mean another shape."""
    own = person.fit if person.fit is not None and person.fit.body == body.fingerprint else None
    return own or chunk.guesses.get(person.id)


def _fit(
    body: "Body", batch: list[tuple[Photo, Person]], options: FitOptions, chunk: _Chunk, device: Device
) -> None:
    """Fit people of one layout with the same wishes in one batch."""
    import torch

    inputs = [fit_inputs(photo, person) for photo, person in batch]
    keypoints, focal_length, center = (torch.cat([one[part] for one in inputs]) for part in (0, 2, 3))
    starts = [start for _, person in batch if (start := _start(body, person, chunk)) is not None]
    guess = params_of_all(starts, body)
    guessed = any(person.id in chunk.guesses for _, person in batch)
    configs = configs_of(options, guessed, batch[0][1].wishes)

    def solve(there: "Body", where: str) -> "FitStep":
        tensors = (keypoints.to(where), inputs[0][1], focal_length.to(where), center.to(where))
        found = guess
        for config in configs:
            *_, step = steps_of(config)(there, *tensors, guess=found.to(where), config=config)
            found = step.params
        return step

    try:
        step = device.run(solve)
    except FitInputError as error:
        chunk.faults.append(str(error))
        return
    finally:
        chunk.faults += device.news()
    chunk.faults += step.faults.values()
    for row, (photo, person) in enumerate(batch):
        if row not in step.faults:
            chunk.fits[person.id] = fit_of_step(step, row, photo, body)


def _in_small_steps(chunk: _Chunk, done: int, total: int) -> Iterator[FittedPeople]:
    for first in range(0, len(chunk.people), PEOPLE_A_STEP):
        part = [person for _, person in chunk.people[first : first + PEOPLE_A_STEP]]
        yield FittedPeople(
            done=min(total, done + first + len(part)),
            total=total,
            fits={person.id: chunk.fits[person.id] for person in part if person.id in chunk.fits},
            guesses={person.id: chunk.guesses[person.id] for person in part if person.id in chunk.guesses},
            keypoints={person.id: person.keypoints for person in part},
            faults=tuple(chunk.faults) if first == 0 else (),
            left_out=tuple(to_leave_out(one) or "failed" for one in part if one.id not in chunk.fits),
        )
