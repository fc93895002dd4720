"""Guesses and other bodies of the person on show, as steps: torch and the networks are imported on first use."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from core.records import Fit, Guess, Person, Photo
from desktop.jobs.fitting import FitReport, fit_steps
from desktop.posing import PosedBody, fit_inputs, params_of_all, pose_step
from desktop.view import FitOptions

if TYPE_CHECKING:
    from core.body.model import Body
    from core.guess import Lifter
    from core.guess.spin_network import SpinNetwork

ALTERNATIVES = 5


def guess_steps(
    body: "Body",
    photo: Photo,
    person: Person,
    options: FitOptions,
    network: "SpinNetwork | None" = None,
    file: Path | None = None,
) -> Iterator[FitReport]:
    """Guess a body, and fit it: from the photo (file) by an image network, or from the keypoints by the lifter.

    Raises FitInputError where there is nothing to guess from, ImageError where the photo cannot be read.
    """
    from core.geometry.image import read_image
    from core.guess.guess import guess

    image = read_image(file) if network is not None and file is not None else None
    (first,) = guess(image, [person], photo, network or lifter(), body)
    for step in fit_steps(body, photo, person, first, options):
        yield replace(step, guess=first)


def alternative_steps(
    body: "Body", photo: Photo, person: Person, options: FitOptions
) -> Iterator[tuple[PosedBody, ...]]:
    """Other bodies for the same keypoints, the likeliest first, as the only step. Raises FitInputError."""
    from core.fitting import alternatives

    starts: list[Fit | Guess] = [start for start in (person.fit, person.guess) if start is not None]
    if person.guess is not None:
        starts += person.guess.alternatives
    guess = params_of_all(starts) if starts else None
    told = options.config if person.guess is None else options.config_from_guess
    config = told(wishes=person.wishes)
    found = alternatives(body, *fit_inputs(photo, person), guess=guess, count=ALTERNATIVES, config=config)
    yield tuple(pose_step(step, photo, person, body) for step in found)


@lru_cache(maxsize=1)
def lifter() -> "Lifter":
    """The network that guesses from keypoints alone; it comes with the program. Raises CheckpointError."""
    from core.guess import load_lifter

    return load_lifter()
