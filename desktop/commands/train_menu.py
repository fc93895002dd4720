"""The train menu: composites where a network fails, and the queue by the loss that is expected of each person."""

import time
from functools import partial
from pathlib import Path

from core.errors import FitloopError
from desktop.commands.command import BODY, PROJECT, WRITABLE, Command
from desktop.commands.window_api import Asks
from desktop.jobs.files.save_files import fits_file_of
from desktop.jobs.training.practising import (
    FOLDER,
    PracticeChoice,
    Practised,
    newest_report,
    practice_steps,
    read_failures,
    settle_steps,
    worst_expected,
)
from desktop.model.workbench import Workbench
from desktop.state.shown import Shown
from desktop.state.view import Chosen
from desktop.text.translate import QT_TR_NOOP, tr


def practise(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Ask for kinds and count, make composites where the network fails, and show them."""
    fits = fits_file_of(shown.the_project)
    if not fits.is_file():
        words = tr("{name} is not there yet. Save the fits first: Ctrl+S.")
        workbench.told.emit(words.format(name=fits.name))
        return
    window.ask_for_practice(partial(_practise, workbench, window, fits))


def _practise(workbench: Workbench, window: Asks, fits: Path, choice: PracticeChoice) -> None:
    project = workbench.shown.the_project
    folder = project.folder / "runs" / time.strftime(f"{FOLDER}-%Y-%m-%d-%H%M%S")
    done: list[Path] = []

    def take(step: Practised) -> None:
        if step.folder is not None:
            done.append(step.folder)

    def end() -> None:
        if done and workbench.project is project:
            workbench.told.emit(tr("Composites are ready in {folder}").format(folder=folder.name))
            window.show_practice(folder, partial(settle, workbench, folder))

    steps = practice_steps(fits, folder, choice)
    workbench.files.start(tr("Practise what fails"), steps, take, end, file=folder)


def settle(workbench: Workbench, folder: Path, refused: list[str]) -> None:
    """Leave refused composites out of the data set."""

    def take(step: Practised) -> None:
        if step.folder is not None:
            told = tr("Refused: {count}. The other composites are in {folder}.")
            workbench.told.emit(told.format(count=len(refused), folder=folder.name))

    steps = settle_steps(folder, refused)
    workbench.files.start(tr("Keep the accepted composites"), steps, take, whole=True, file=folder)


def order_by_expected_loss(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Show undecided people in the queue, the largest expected loss of the network first."""
    project = shown.the_project
    file = newest_report(project)
    if file is None:
        workbench.told.emit(tr("There is no report yet. Choose Train › Practise what fails first."))
        return
    try:
        ids = worst_expected(project, read_failures(file))
    except FitloopError as error:
        workbench.refused.emit(str(error))
        return
    words = tr("Largest expected loss ({n})").format(n=len(ids))
    workbench.queue.want(chosen=Chosen(words, ids, ordered=True))
    workbench.show_first()


TRAIN_MENU = (
    Command("train.practise", QT_TR_NOOP("&Practise what fails…"), "", practise, WRITABLE | BODY),
    Command(
        "train.expected", QT_TR_NOOP("&Largest expected loss first"), "", order_by_expected_loss, PROJECT
    ),
)
