"""Guesses and other bodies of the person on show, as steps: torch and the networks are imported on first use."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import FitloopError
from core.records import Fit, Guess, Person, Photo
from desktop.jobs.device import CPU, Device, lifter_on, network_on
from desktop.jobs.fitting import FitReport, fit_steps
from desktop.state.posed_body import PosedBody, fit_inputs, params_of_all, pose_step
from desktop.state.view import FitOptions

if TYPE_CHECKING:
    from core.body.model import Body
    from core.networks.spin import SpinNetwork

ALTERNATIVES = 5
Found = tuple[dict[int, Guess], list[str]]  # person id -> guess, and why others have none


def guess_steps(
    body: "Body",
    photo: Photo,
    person: Person,
    options: FitOptions,
    network: "SpinNetwork | None" = None,
    file: Path | None = None,
    device: Device | None = None,
) -> Iterator[FitReport]:
    """Guess a body, and fit it: from the photo (file) by an image network, or from the keypoints by the lifter.

    Raises FitInputError where there is nothing to guess from, ImageError where the photo cannot be read.
    """
    device = device or Device(body)
    if network is not None and file is not None:
        (first,) = guess_photo(photo, [person], file, network, device)
    else:
        (first,) = lift_people([(photo, person)], Device(body, CPU))  # sooner there than a card could begin
    news = device.news()
    for step in fit_steps(body, photo, person, first, options):
        yield replace(step, guess=first, news=news)


def guess_photo(
    photo: Photo, people: Sequence[Person], file: Path, network: "SpinNetwork", device: Device
) -> list[Guess]:
    """By the image network, in half precision on a graphics card. Raises ImageError and FitInputError."""
    from core.geometry.image import read_image
    from core.networks.guess import guess

    image = read_image(file)
    return device.run(lambda there, where: guess(image, people, photo, network_on(network, where), there))


def lift_people(people: Sequence[tuple[Photo, Person]], device: Device) -> list[Guess]:
    """By the lifter, from the keypoints of people of any photos at once. Raises FitInputError."""
    from core.networks.guess import guess_from_keypoints

    found = device.run(lambda there, where: guess_from_keypoints(people, lifter_on(where), there))
    return [replace(first, alternatives=tuple(others)) for first, *others in found]


def guess_people(
    people: Sequence[tuple[Photo, Person]], folder: Path, network: "SpinNetwork | None", device: Device
) -> Found:
    """Guesses of many: by the image network photo by photo, by the lifter all at once."""
    by_photo: dict[str, list[tuple[Photo, Person]]] = defaultdict(list)
    for photo, person in people:
        by_photo[photo.path].append((photo, person))
    batches = list(by_photo.values()) if network is not None else [list(people)]
    found: dict[int, Guess] = {}
    faults: list[str] = []
    for batch in filter(None, batches):
        photo, asked = batch[0][0], [person for _, person in batch]
        try:
            guesses = (
                lift_people(batch, device)
                if network is None
                else guess_photo(photo, asked, folder / photo.path, network, device)
            )
        except FitloopError as error:
            faults.append(str(error))
            continue
        found |= {person.id: one for person, one in zip(asked, guesses, strict=True)}
    return found, [*device.news(), *faults]


def alternative_steps(
    body: "Body", photo: Photo, person: Person, options: FitOptions
) -> Iterator[tuple[PosedBody, ...]]:
    """Other bodies for the same keypoints, the likeliest first, as the only step. Raises FitInputError.

    The lifter is asked anew: what it said of keypoints before they were corrected would mislead. An image network saw
    the photo, which is as it was.
    """
    from core.fitting import alternatives
    from core.networks.guess import LIFTER

    (lifted,) = lift_people([(photo, person)], Device(body, CPU))
    first: list[Fit | Guess] = [] if person.fit is None else [person.fit]
    if person.guess is not None and person.guess.network != LIFTER:
        first.append(person.guess)
    guess = params_of_all([*first, lifted, *lifted.alternatives], body)
    config = options.config_from_guess(wishes=person.wishes)
    found = alternatives(body, *fit_inputs(photo, person), guess=guess, count=ALTERNATIVES, config=config)
    yield tuple(pose_step(step, photo, person, body) for step in found)
