"""Guesses of many people, photo by photo: after a training run, its checkpoint's in the place of older ones."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import FitloopError
from core.records import Guess
from desktop.jobs.guessing import lifter

if TYPE_CHECKING:
    from core.body.model import Body
    from core.guess.spin_network import SpinNetwork
    from core.store import Project


ROWS_AT_ONCE = 100


@dataclass(frozen=True, eq=False)
class Guessed:
    """One photo's people: person id -> guess. network: the one that was loaded, once; faults: what could not be."""

    done: int
    total: int
    guesses: dict[int, Guess] = field(default_factory=dict)
    network: "SpinNetwork | None" = None
    faults: tuple[str, ...] = ()


def guess_many_steps(
    body: "Body",
    project: "Project",
    person_ids: Iterable[int],
    network: "SpinNetwork | None" = None,
    checkpoint: Path | None = None,
) -> Iterator[Guessed]:
    """Guess people with a network, with that of a checkpoint, or with the lifter. Raises CheckpointError.

    Locked people stay as they are, and so do those whose photo cannot be read or who have nothing to go by.
    """
    ids = [int(person_id) for person_id in person_ids]
    yield Guessed(0, len(ids))
    if checkpoint is not None:
        from core.guess.spin_network import load_spin_network

        network = load_spin_network(checkpoint)
        yield Guessed(0, len(ids), network=network)
    wanted, seen, done = set(ids), set[int](), 0
    for first in range(0, len(ids), ROWS_AT_ONCE):
        rows = project.queue_rows(ids[first : first + ROWS_AT_ONCE])
        for photo_id in dict.fromkeys(row.photo_id for row in rows if row.photo_id not in seen):
            seen.add(photo_id)
            step = _guess_photo(body, project, photo_id, wanted, network)
            done += step.done
            yield Guessed(min(done, len(ids)), len(ids), step.guesses, faults=step.faults)


def _guess_photo(
    body: "Body", project: "Project", photo_id: int, wanted: set[int], network: "SpinNetwork | None"
) -> Guessed:
    from core.geometry.image import read_image
    from core.guess.guess import guess

    photo = project.photo(photo_id)
    people = [person for person in photo.people if person.id in wanted]
    free = [one for one in people if not one.locked and (one.keypoints.confidence > 0).any()]
    if not free:
        return Guessed(len(people), 0)
    try:
        image = read_image(project.folder / photo.path) if network is not None else None
        guesses = guess(image, free, photo, network or lifter(), body)
    except FitloopError as error:
        return Guessed(len(people), 0, faults=(str(error),))
    found = {person.id: one for person, one in zip(free, guesses, strict=True)}
    return Guessed(len(people), 0, found)
