"""Fits of one person as steps: a fit to the end, and a fit that follows a drag."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.body.tree import JOINT_NAMES
from core.errors import FitInputError
from core.fitting import FitConfig
from core.records import Fit, Guess, Person, Photo
from core.wishes import DepthOrder, Wish, shifted
from desktop.jobs.worker import Mailbox
from desktop.state.posed_body import PosedBody, fit_inputs, params_of, params_of_all, pose_fit, pose_step
from desktop.state.resting import resting_depth
from desktop.state.view import FitOptions

if TYPE_CHECKING:
    from core.body.model import Body, BodyParams
    from core.fitting import FitStep

FOLLOW_ITERATIONS = 3  # during a drag: few enough to finish before the next move
SETTLE_ITERATIONS = 10  # at the end of a drag
FLIP_KEPT = 0.6  # share of a flipped limb's depth that later fits keep


@dataclass(frozen=True, eq=False)
class FitReport:
    """A running fit: the current body, each term's loss at each iteration, and the guess at its start.

    news: notices about the device.
    """

    posed: PosedBody
    losses: dict[str, tuple[float, ...]]
    guess: Guess | None = None
    news: tuple[str, ...] = ()


def fit_steps(
    body: "Body", photo: Photo, person: Person, start: Fit | Guess | None, options: FitOptions
) -> Iterator[FitReport]:
    """Fit one person, from `start` or from scratch. Raises FitInputError.

    Only the first choice of a guess is a start: the network ranks depths better than the losses of five fits do. The
    other choices are starts of alternatives.
    """
    losses: dict[str, list[float]] = {}
    found = None if start is None else params_of(start, body)
    wishes = wishes_of_fit(body, person, start)
    for config in configs_of(options, isinstance(start, Guess), wishes):
        for step in steps_of(config)(body, *fit_inputs(photo, person), guess=found, config=config):
            for name, loss in step.loss_by_term.items():
                losses.setdefault(name, []).append(float(loss[0]))
            yield FitReport(
                pose_step(step, photo, person, body), {name: tuple(values) for name, values in losses.items()}
            )
        found = step.params


def best_start(
    body: "Body", photo: Photo, person: Person, guesses: Sequence[Guess], options: FitOptions
) -> Guess:
    """Of guesses of several networks the one whose fit has the lowest loss. Raises FitInputError."""
    if len(guesses) == 1:
        return guesses[0]
    from core.fitting import fit

    count = len(guesses)
    keypoints, layout, focal_length, center = fit_inputs(photo, person)
    inputs = keypoints.repeat(count, 1, 1), layout, focal_length.repeat(count), center.repeat(count, 1)
    config = options.config_from_guess(wishes=person.wishes)
    *_, step = fit(body, *inputs, guess=params_of_all(guesses, body), config=config)
    return guesses[int(step.loss.argmin())]


def configs_of(options: FitOptions, guessed: bool, wishes: tuple[Wish, ...]) -> list[FitConfig]:
    """The configs of successive fits, each from the end of the previous one. guessed: the first starts at a guess."""
    first = options.config_from_guess if guessed else options.config
    age = [options.config_of_age(wishes=wishes)] if options.told.free_kid else []
    return [first(wishes=wishes), *age]


def steps_of(config: FitConfig) -> "Callable[..., Iterator[FitStep]]":
    """The function that fits with a config: the age has one of its own."""
    from core.fitting import fit, fit_age

    return fit_age if config.free_kid else fit


def wishes_of_fit(body: "Body", person: Person, start: Fit | Guess | None) -> tuple[Wish, ...]:
    """The person's wishes for a fit from `start`. A body whose limbs are pinned keeps the depth of its last fit."""
    if not isinstance(start, Fit) or not person.wishes:
        return person.wishes
    params = params_of(start, body)
    pelvis_z = float((params.cam_t + body.rest_pelvis(params))[0, 2])
    return (*person.wishes, *resting_depth(pelvis_z, person.wishes))


def refine(
    body: "Body",
    photo: Photo,
    person: Person,
    options: FitOptions,
    iterations: int = SETTLE_ITERATIONS,
    moving: bool = False,
) -> PosedBody:
    """The body after a few more iterations from the person's own fit; moving as for pose_step. Raises FitInputError."""
    from core.fitting import fit

    assert person.fit is not None
    if not (person.keypoints.confidence > 0).any():
        return pose_fit(body, photo, person, person.fit)
    config = options.config(
        iterations=iterations,
        soft_iterations=0,
        placing_iterations=0,
        tolerance=0.0,
        wishes=wishes_of_fit(body, person, person.fit),
    )
    inputs = fit_inputs(photo, person)
    *_, step = fit(body, *inputs, guess=params_of(person.fit, body), config=config)
    return pose_step(step, photo, person, body, moving)


def flipped_start(body: "Body", person: Person, name: str) -> "tuple[BodyParams, Wish | None]":
    """The person's fit with a limb's depth flipped, and the wish that keeps it. name: one of FLIPS."""
    from core.body.keypoint_body import KeypointBody, params_to_vector, vector_to_params
    from core.fitting.starts.flips import FLIPS, flipped

    assert person.fit is not None
    keypoint_body = KeypointBody.from_body(body, person.keypoints.layout)
    start = flipped(keypoint_body, params_to_vector(params_of(person.fit, body))[0], [(name,)])
    if name == "heading":  # a depth order of the two hips constrains the heading too little
        return vector_to_params(start), None
    _, places = keypoint_body.joints(start)
    _, root, tip = FLIPS[name]
    apart = float(places[0, tip, 2] - places[0, root, 2])
    nearer, farther = (root, tip) if apart > 0 else (tip, root)
    wish = DepthOrder(JOINT_NAMES[nearer], JOINT_NAMES[farther], margin=FLIP_KEPT * abs(apart))
    return vector_to_params(start), wish


def fit_from(
    body: "Body", photo: Photo, person: Person, start: "BodyParams", options: FitOptions
) -> PosedBody:
    """Fit to the end from `start`, without the soft and placing stages. Raises FitInputError."""
    from core.fitting import fit

    config = options.config(soft_iterations=0, placing_iterations=0, wishes=person.wishes)
    *_, step = fit(body, *fit_inputs(photo, person), guess=start, config=config)
    return pose_step(step, photo, person, body)


def follow_steps(body: "Body", mailbox: Mailbox[tuple[Photo, Person, FitOptions]]) -> Iterator[PosedBody]:
    """Yield the refined body for each request, starting from the previous one, until the mailbox is closed."""
    fit: Fit | None = None
    while (request := mailbox.take()) is not None:
        photo, person, options = request
        try:
            warm = person.with_(fit=fit or person.fit)
            posed = refine(body, photo, warm, options, FOLLOW_ITERATIONS, moving=True)
        except FitInputError:
            continue  # these keypoints cannot be fitted; the drag goes on
        fit = posed.fit
        yield posed


def with_camera(photo: Photo, person: Person, focal_length: float) -> Person:
    """The person seen with another focal length [px]. Fit and wishes move in depth, so that the body keeps its size."""
    if person.fit is None:
        return person
    old, _ = photo.camera
    cam_t = person.fit.cam_t * np.array([1.0, 1.0, focal_length / old], dtype=np.float32)
    by = (0.0, 0.0, float(cam_t[2] - person.fit.cam_t[2]))
    return person.with_(
        fit=replace(person.fit, cam_t=cam_t, focal_length=focal_length),
        wishes=tuple(shifted(wish, by) for wish in person.wishes),
    )
