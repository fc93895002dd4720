"""Part of the fit menu: fit or guess all people in the queue in the background. A job is one entry of the history."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.guesses import behind, beside
from core.records import Person
from core.store import Project
from desktop.commands.command import BODY, SEVERAL, TRACK, WRITABLE, Command
from desktop.commands.people.together import write_people
from desktop.commands.window_api import Asks
from desktop.jobs.fitting_many import FittedPeople, LeftOut, fit_many_steps, unfitted
from desktop.jobs.fitting_tracks import fit_track_steps
from desktop.jobs.guessing_many import Guessed, guess_many_steps
from desktop.jobs.training.teacher_guesses import teacher_of, teacher_steps
from desktop.model.guess_network import with_network
from desktop.model.workbench import Workbench
from desktop.state.shown import Shown
from desktop.text.translate import QT_TR_NOOP, tr

if TYPE_CHECKING:
    from torch import nn

TOLD = 6  # most lines of a job's report


def fit_queue(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Fit all people in the queue."""
    fit_people(workbench, tr("Fit everybody in the queue"), workbench.queue.ids())


def fit_selected(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Fit the people selected together."""
    fit_people(workbench, tr("Fit the selected people"), workbench.queue.together)


def fit_tracks_of_selected(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Fit the tracks of the selected people over time."""
    chosen = workbench.queue.together
    ids = chosen if len(chosen) > 1 else [shown.the_person.id]
    fit_people(workbench, tr("Fit tracks over time"), ids, over_time=True)


def fit_people(
    workbench: Workbench,
    label: str,
    ids: Sequence[int] | np.ndarray,
    without_fit: bool = False,
    after: Callable[[], None] = lambda: None,
    over_time: bool = False,
) -> None:
    """Fit people in the background. without_fit: only those who have none yet. after: called at the end, unless the
    work is stopped or fails. over_time: fit the people's whole tracks."""
    project, fits = workbench.shown.the_project, workbench.fits
    faults: list[str] = []
    done: list[int] = []
    total = 0 if without_fit else len(ids)
    left_out: Counter[LeftOut] = Counter()

    def take(step: FittedPeople) -> None:
        nonlocal total
        total = step.total
        faults.extend(step.faults)
        done.extend(step.fits)
        left_out.update(step.left_out)
        write_fits(workbench, label, step)

    body, options, device = fits.the_body, fits.options, fits.device()

    def steps(network: "nn.Module | None") -> Iterator[FittedPeople]:
        if over_time:
            return fit_track_steps(body, project, ids, network, device)
        chosen = unfitted(project, ids) if without_fit else ids
        return fit_many_steps(body, project, chosen, options, network, device)

    def end() -> None:
        if not done and (workbench.job.failed or without_fit):
            workbench.remember()
            return
        told = tr("{done} of %n people fitted", "", total).format(done=len(done))
        _end(workbench, [told + _others(left_out, total - len(done)), *faults])
        if not (workbench.job.failed or workbench.job.stopped):
            after()

    workbench.job.start(label, with_network(fits.network.load, steps), take, end)


def guess_queue(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Guess all people in the queue with the network in use. Their fits stay."""
    _guess(workbench, shown.the_project, workbench.queue.ids(), None)


def guess_selected(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Guess the people selected together. Their fits stay."""
    _guess(workbench, shown.the_project, workbench.queue.together, None)


def guess_with(workbench: Workbench, checkpoint: Path) -> None:
    """Guess all people with a run's checkpoint, make later guesses with it, and order the queue by disagreement.

    People with the largest disagreement between guess and fit come first: the network has most to learn there, or the
    fit is wrong.
    """
    project = workbench.project
    if project is not None and workbench.fits.body is not None:
        _guess(workbench, project, project.queue_ids(order="photo"), checkpoint)


def _guess(workbench: Workbench, project: Project, person_ids: np.ndarray, checkpoint: Path | None) -> None:
    label, network = tr("Guess everybody"), workbench.fits.network
    before = network.file
    faults: list[str] = []
    done: list[int] = []
    left_out: Counter[LeftOut] = Counter()

    def take(step: Guessed) -> None:
        faults.extend(step.faults)
        done.extend(step.guesses)
        left_out.update(step.left_out)
        if step.network is not None and workbench.project is project:
            network.choose(checkpoint, step.network)
        write(
            workbench,
            label,
            dict.fromkeys(
                step.guesses, lambda person: person.with_(guess=beside(person.guess, step.guesses[person.id]))
            ),
        )

    def end() -> None:
        if workbench.job.failed and not done:
            workbench.remember()
            return
        words = tr("{done} of %n people guessed", "", len(person_ids)).format(done=len(done))
        told = [words + _others(left_out, len(person_ids) - len(done))]
        if network.file != before and workbench.project is project:
            told.append(tr("Guesses of this project now come from: {name}.").format(name=network.title))
            workbench.queue.want(order="disagreement")
            told.append(tr("The queue now starts with the largest disagreement between guess and fit."))
        _end(workbench, [*told, *faults])

    fits = workbench.fits
    body, device = fits.the_body, fits.device()
    if checkpoint is not None:
        steps = guess_many_steps(body, project, person_ids, None, checkpoint, device)
    else:
        steps = with_network(
            network.load, lambda loaded: guess_many_steps(body, project, person_ids, loaded, None, device)
        )
    workbench.job.start(label, steps, take, end)


def compare_with_teacher(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Add the bodies that the teacher of the network in use sees to the guesses of the people in the queue."""
    label, fits, ids = tr("Compare fits with the teacher"), workbench.fits, workbench.queue.ids()
    file, done = teacher_of(fits.network.file), list[int]()
    left_out: Counter[LeftOut] = Counter()
    if file is None:
        words = tr("{name} has no teacher. Choose a run of PoseNet3D: Fit › Network of the guesses…")
        workbench.refused.emit(words.format(name=fits.network.title))
        return

    def take(step: Guessed) -> None:
        done.extend(step.guesses)
        left_out.update(step.left_out)
        write(
            workbench,
            label,
            dict.fromkeys(
                step.guesses, lambda person: person.with_(guess=behind(person.guess, step.guesses[person.id]))
            ),
        )

    def end() -> None:
        if workbench.job.failed and not done:
            workbench.remember()
            return
        words = tr("{done} of %n people compared", "", len(ids)).format(done=len(done))
        differ = shown.the_project.warned().get("teacher_differs", 0)
        found = tr(
            "%n fits differ: the queue's filter of warnings shows them, Shift+G both bodies", "", differ
        )
        _end(workbench, [words + _others(left_out, len(ids) - len(done)), found])

    workbench.job.start(label, teacher_steps(fits.the_body, shown.the_project, ids, file), take, end)


def write_fits(workbench: Workbench, label: str, step: FittedPeople) -> None:
    """Write fits, and the guesses that they started from. People whose keypoints changed meanwhile stay as they are."""

    def fitted(person: Person) -> Person:
        same = np.array_equal(person.keypoints.array, step.keypoints[person.id].array)
        guess = step.guesses.get(person.id, person.guess)
        return person.with_(fit=step.fits[person.id], guess=guess) if same else person

    write(workbench, label, dict.fromkeys(step.fits, fitted))


def write(workbench: Workbench, label: str, changed: Mapping[int, Callable[[Person], Person]]) -> None:
    """Change people by a function each, and write them. People deleted or locked meanwhile are left out."""
    if changed:
        write_people(workbench, label, changed, lambda photo, one: photo.with_person(changed[one.id](one)))


def _others(left_out: Counter[LeftOut], others: int) -> str:
    """The reasons why a job left `others` people unchanged, in words. Uncounted people were not reached."""
    why = (
        (left_out["locked"], tr("%n locked", "", left_out["locked"])),
        (left_out["unseen"], tr("%n without keypoints", "", left_out["unseen"])),
        (left_out["failed"], tr("%n failed", "", left_out["failed"])),
        (others - left_out.total(), tr("%n not reached", "", others - left_out.total())),
    )
    words = ", ".join(text for count, text in why if count > 0)
    return f"; {words}" if words else ""


def _end(workbench: Workbench, told: list[str]) -> None:
    workbench.remember()
    workbench.queue.sort()
    workbench.told.emit("\n".join(list(dict.fromkeys(told))[:TOLD]))


QUEUE = (
    Command(
        "fit.queue",
        QT_TR_NOOP("Fit everybody in the &queue"),
        "Ctrl+F",
        fit_queue,
        WRITABLE | BODY,
    ),
    Command(
        "fit.guess_queue",
        QT_TR_NOOP("G&uess everybody in the queue"),
        "Ctrl+G",
        guess_queue,
        WRITABLE | BODY,
    ),
    Command(
        "fit.teacher",
        QT_TR_NOOP("Co&mpare fits with the teacher"),
        "",
        compare_with_teacher,
        WRITABLE | BODY,
    ),
    Command(
        "fit.selected",
        QT_TR_NOOP("Fit t&he selected people"),
        "Ctrl+Shift+F",
        fit_selected,
        SEVERAL | WRITABLE | BODY,
    ),
    Command(
        "fit.over_time",
        QT_TR_NOOP("Fit the trac&k over time"),
        "Ctrl+Alt+K",
        fit_tracks_of_selected,
        TRACK | WRITABLE | BODY,
    ),
    Command(
        "fit.guess_selected",
        QT_TR_NOOP("Guess the selected &people"),
        "Ctrl+Shift+G",
        guess_selected,
        SEVERAL | WRITABLE | BODY,
    ),
)
