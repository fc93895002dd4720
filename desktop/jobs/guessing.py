"""Guesses and alternatives of a person, as steps. torch and the networks are imported on first use."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import FitloopError
from core.guesses import beside, of_networks
from core.networks.table import kind_of, sees_keypoints_alone
from core.records import Fit, Guess, Person, Photo
from desktop.jobs.device import CPU, Device, lifter_on, network_on
from desktop.jobs.fitting import FitReport, best_start, fit_steps
from desktop.jobs.worker import is_stopped
from desktop.state.posed_body import PosedBody, fit_inputs, params_of_all, pose_step
from desktop.state.view import FitOptions

if TYPE_CHECKING:
    from torch import nn

    from core.body.model import Body

ALTERNATIVES = 5
Found = tuple[dict[int, Guess], list[str]]  # person id -> guess, and errors


def guess_steps(
    body: "Body",
    photo: Photo,
    person: Person,
    options: FitOptions,
    network: "nn.Module | None" = None,
    file: Path | None = None,
    device: Device | None = None,
) -> Iterator[FitReport]:
    """Guess a body and fit it. The input is the photo (file) or the keypoints, as the network needs. Where the person
    has guesses of other networks too, the fit starts from the one whose fit has the lowest loss.

    Raises FitInputError without input for a guess, ImageError if the photo cannot be read.
    """
    device = device or Device(body)
    if network is not None and file is not None and sees_photos(network):
        (first,) = guess_photo(photo, [person], file, network, device)
    else:  # the processor finishes one person before a card would start
        (first,) = lift_people([(photo, person)], Device(body, CPU), network)
    news, guess = device.news(), beside(person.guess, first)
    start = best_start(body, photo, person, of_networks(guess), options)
    for step in fit_steps(body, photo, person, start, options):
        yield replace(step, guess=guess, news=news)


def load_lifter_steps() -> Iterator[None]:
    """Load the lifter, so that the first guess of a person need not wait for it."""
    lifter_on(CPU)
    yield


def guess_photo(
    photo: Photo, people: Sequence[Person], file: Path, network: "nn.Module", device: Device
) -> list[Guess]:
    """Guess people with a network that sees photos. On a graphics card it uses half precision.

    Raises ImageError and FitInputError.
    """
    from core.geometry.image import read_image_as
    from core.networks.guess import guess

    image = read_image_as(file, (photo.width, photo.height))
    return device.run(lambda there, where: guess(image, people, photo, network_on(network, where), there))


def lift_people(
    people: Sequence[tuple[Photo, Person]], device: Device, network: "nn.Module | None" = None
) -> list[Guess]:
    """Guess people of any photos from their keypoints, with the network if it sees keypoints, else with the lifter.

    Raises FitInputError.
    """
    from core.networks.guess import guess_from_keypoints

    def guess(there: "Body", where: str) -> list[list[Guess]]:
        chosen = lifter_on(where) if network is None or sees_photos(network) else network_on(network, where)
        return guess_from_keypoints(people, chosen, there)

    found = device.run(guess)
    return [replace(first, alternatives=tuple(others)) for first, *others in found]


def guess_people(
    people: Sequence[tuple[Photo, Person]], folder: Path, network: "nn.Module | None", device: Device
) -> Found:
    """Guess many people: one photo at a time if the network sees photos, else all at once. A stop of the work leaves
    out the photos that follow."""
    by_photo: dict[str, list[tuple[Photo, Person]]] = defaultdict(list)
    for photo, person in people:
        by_photo[photo.path].append((photo, person))
    at_once = network is None or not sees_photos(network)
    batches = [list(people)] if at_once else list(by_photo.values())
    found: dict[int, Guess] = {}
    faults: list[str] = []
    for batch in filter(None, batches):
        if is_stopped():
            break
        photo, asked = batch[0][0], [person for _, person in batch]
        try:
            guesses = (
                lift_people(batch, device, network)
                if network is None or at_once
                else guess_photo(photo, asked, folder / photo.path, network, device)
            )
        except FitloopError as error:
            faults.append(str(error))
            continue
        found |= {person.id: one for person, one in zip(asked, guesses, strict=True)}
    return found, [*device.news(), *faults]


def sees_photos(network: "nn.Module") -> bool:
    """Whether a network guesses from photos, not from keypoints alone."""
    return not sees_keypoints_alone(kind_of(network).kind)


def alternative_steps(
    body: "Body", photo: Photo, person: Person, options: FitOptions
) -> Iterator[tuple[PosedBody, ...]]:
    """Alternatives for the person's keypoints in a single step, the likeliest first. Raises FitInputError.

    The lifter guesses again, because the stored guess may be of uncorrected keypoints. Stored guesses from the photo
    are starts too, one of each network.
    """
    from core.fitting import alternatives

    (lifted,) = lift_people([(photo, person)], Device(body, CPU))
    first: list[Fit | Guess] = [] if person.fit is None else [person.fit]
    first += [one for one in of_networks(person.guess) if not sees_keypoints_alone(one.network)]
    guess = params_of_all([*first, lifted, *lifted.alternatives], body)
    config = options.config_from_guess(wishes=person.wishes)
    found = alternatives(body, *fit_inputs(photo, person), guess=guess, count=ALTERNATIVES, config=config)
    yield tuple(pose_step(step, photo, person, body) for step in found)
