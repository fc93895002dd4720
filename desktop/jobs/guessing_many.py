"""Guesses of many people, for example with the checkpoint of a training run."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.records import Guess, Person, Photo
from desktop.jobs.device import Device
from desktop.jobs.fitting_many import PEOPLE_A_STEP, LeftOut, to_leave_out
from desktop.jobs.guessing import guess_people, sees_photos

if TYPE_CHECKING:
    from torch import nn

    from core.body.model import Body
    from core.store import Project


ROWS_AT_ONCE = 100


@dataclass(frozen=True, eq=False)
class Guessed:
    """Guessed people: person id -> guess. network: the loaded network, in one step only; faults: errors.

    left_out: the reason for each person without a guess.
    """

    done: int
    total: int
    guesses: dict[int, Guess] = field(default_factory=dict)
    network: "nn.Module | None" = None
    faults: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def guess_many_steps(
    body: "Body",
    project: "Project",
    person_ids: Iterable[int],
    network: "nn.Module | None" = None,
    checkpoint: Path | None = None,
    device: Device | None = None,
) -> Iterator[Guessed]:
    """Guess people with a network, with the network of a checkpoint, or with the lifter. Raises CheckpointError.

    Locked people, people without keypoints and people of unreadable photos stay unchanged.
    """
    ids = [int(person_id) for person_id in person_ids]
    yield Guessed(0, len(ids))
    if checkpoint is not None:
        from core.networks.load import load_network

        network = load_network(checkpoint)
        yield Guessed(0, len(ids), network=network)
    device, done = device or Device(body), 0
    fewest = device.at_once if network is None or not sees_photos(network) else 1
    for batch in batches_of(project, ids, fewest):
        free = [pair for pair in batch if not to_leave_out(pair[1])]
        found, faults = guess_people(free, project.folder, network, device)
        for first in range(0, len(batch), PEOPLE_A_STEP):
            part = [person for _, person in batch[first : first + PEOPLE_A_STEP]]
            done += len(part)
            guesses = {person.id: found[person.id] for person in part if person.id in found}
            left_out = tuple(to_leave_out(person) or "failed" for person in part if person.id not in found)
            told = tuple(faults) if first == 0 else ()
            yield Guessed(done, len(ids), guesses, faults=told, left_out=left_out)


def batches_of(project: "Project", ids: list[int], fewest: int) -> Iterator[list[tuple[Photo, Person]]]:
    """Batches of at least `fewest` people. All people of a photo are in the same batch."""
    wanted, seen = set(ids), set[int]()
    batch: list[tuple[Photo, Person]] = []
    for first in range(0, len(ids), ROWS_AT_ONCE):
        rows = project.queue_rows(ids[first : first + ROWS_AT_ONCE])  # without people deleted meanwhile
        for photo_id in dict.fromkeys(row.photo_id for row in rows if row.photo_id not in seen):
            seen.add(photo_id)
            photo = project.photo(photo_id)
            batch += [(photo, person) for person in photo.people if person.id in wanted]
            if len(batch) >= fewest:
                yield batch
                batch = []
    if batch:
        yield batch
