"""Fits of many people in batches. Each starts from the person's own fit, else from a guess."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from core.errors import FitInputError
from core.records import Fit, Guess, Keypoints, Person, Photo
from core.wishes import Wish
from desktop.jobs.device import Device
from desktop.jobs.fitting import configs_of, steps_of, wishes_of_fit
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
class FittedBatch:
    """A batch of people and its results: person id -> fit, and guess if the fit started from one."""

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
    """Fit people, the first one alone: its body shows at once. Locked or unseen people stay unchanged.

    Guesses come from `network`, else from the lifter.
    """
    ids = [int(person_id) for person_id in person_ids]
    device = device or Device(body)
    starts = [0, *range(1, len(ids), device.at_once), len(ids)] if ids else []
    for first, end in pairwise(starts):
        rows = project.queue_rows(ids[first:end])  # without people deleted meanwhile
        photos = {row.photo_id: project.photo(row.photo_id) for row in rows}
        wanted = {row.id for row in rows}
        people = [(photo, p) for photo in photos.values() for p in photo.people if p.id in wanted]
        fitted = fit_batch(body, people, project.folder, options, network, device)
        yield from _in_small_steps(fitted, first, len(ids))


def fit_batch(
    body: "Body",
    people: list[tuple[Photo, Person]],
    folder: Path,
    options: FitOptions,
    network: "nn.Module | None",
    device: Device,
) -> FittedBatch:
    """Fit people of any photos together. folder: of the photos. Locked or unseen people get no fit."""
    batch = FittedBatch(people)
    free = [pair for pair in people if not to_leave_out(pair[1])]
    unguessed = [pair for pair in free if _start(body, pair[1], batch) is None]
    batch.guesses, batch.faults = guess_people(unguessed, folder, network, device)
    alike: dict[tuple[str, tuple[Wish, ...]], list[tuple[Photo, Person]]] = defaultdict(list)
    for photo, person in free:
        if (start := _start(body, person, batch)) is not None:
            alike[person.keypoints.layout, wishes_of_fit(body, person, start)].append((photo, person))
    for (_, wishes), some in alike.items():
        _fit(body, some, options, batch, device, wishes)
    return batch


def unfitted(project: "Project", person_ids: Iterable[int]) -> list[int]:
    """Those of the people without a fit that may get one by themselves: unlocked, and without a verdict."""
    ids = [int(person_id) for person_id in person_ids]
    rows = {row.id: row for row in project.queue_rows(ids)}
    free = (rows[one] for one in ids if one in rows)
    return [row.id for row in free if not row.fitted and not row.locked and row.verdict == "todo"]


def to_leave_out(person: Person) -> LeftOut | None:
    """The reason to leave out a person. None if the person can be fitted or guessed."""
    if person.locked:
        return "locked"
    return None if (person.keypoints.confidence > 0).any() else "unseen"


def _start(body: "Body", person: Person, batch: FittedBatch) -> Fit | Guess | None:
    """The start of a person's fit. Fits of another body are not used, because their betas mean another shape."""
    own = person.fit if person.fit is not None and person.fit.body == body.fingerprint else None
    return own or batch.guesses.get(person.id)


def _fit(
    body: "Body",
    some: list[tuple[Photo, Person]],
    options: FitOptions,
    batch: FittedBatch,
    device: Device,
    wishes: tuple[Wish, ...],
) -> None:
    """Fit people of one layout with the same wishes in one batch."""
    import torch

    inputs = [fit_inputs(photo, person) for photo, person in some]
    keypoints, focal_length, center = (torch.cat([one[part] for one in inputs]) for part in (0, 2, 3))
    starts = [start for _, person in some if (start := _start(body, person, batch)) is not None]
    guess = params_of_all(starts, body)
    guessed = any(person.id in batch.guesses for _, person in some)
    configs = configs_of(options, guessed, wishes)

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
        batch.faults.append(str(error))
        return
    finally:
        batch.faults += device.news()
    batch.faults += step.faults.values()
    for row, (photo, person) in enumerate(some):
        if row not in step.faults:
            batch.fits[person.id] = fit_of_step(step, row, photo, body)


def _in_small_steps(batch: FittedBatch, done: int, total: int) -> Iterator[FittedPeople]:
    for first in range(0, len(batch.people), PEOPLE_A_STEP):
        part = [person for _, person in batch.people[first : first + PEOPLE_A_STEP]]
        yield FittedPeople(
            done=min(total, done + first + len(part)),
            total=total,
            fits={person.id: batch.fits[person.id] for person in part if person.id in batch.fits},
            guesses={person.id: batch.guesses[person.id] for person in part if person.id in batch.guesses},
            keypoints={person.id: person.keypoints for person in part},
            faults=tuple(batch.faults) if first == 0 else (),
            left_out=tuple(to_leave_out(one) or "failed" for one in part if one.id not in batch.fits),
        )
