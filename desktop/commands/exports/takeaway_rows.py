"""What curators send to colleagues: commands of the file menu that write pictures, films, sheets and a report."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from desktop.commands.command import BODY, FIT, PERSON, PHOTO, PROJECT, Command, Run
from desktop.commands.exports.written_report import show_report
from desktop.commands.window_api import Asks, FileKinds
from desktop.jobs.takeaways import contact_pages, data_report, turntable, view_picture
from desktop.jobs.takeaways.turntable import TurnStep
from desktop.model.workbench import Workbench
from desktop.state.shown import Shown
from desktop.text.translate import QT_TR_NOOP, tr

PNG, JPEG = (QT_TR_NOOP("PNG picture"), ".png"), (QT_TR_NOOP("JPEG picture"), ".jpg")
CLEAR = (QT_TR_NOOP("PNG picture with a transparent ground"), ".png")
FILMS = (
    (QT_TR_NOOP("GIF film"), ".gif"),
    (QT_TR_NOOP("MP4 film"), ".mp4"),
    (QT_TR_NOOP("WebP film"), ".webp"),
)
SHEETS = ((QT_TR_NOOP("PDF pages"), ".pdf"), (QT_TR_NOOP("PNG pictures"), ".png"))
PAGES = ((QT_TR_NOOP("Web page"), ".html"),)

# What writes a file: workbench, window, what is shown, the file, and the place of its kind among those offered.
Write = Callable[[Workbench, Asks, Shown, Path, int], Iterator[Any] | None]


def written(name: str, kinds: FileKinds, write: Write) -> Run:
    """Ask for a file and write it in the background. name: the end of the file name that is suggested."""

    def act(workbench: Workbench, window: Asks, shown: Shown) -> None:
        asked = window.ask_for_takeaway(name, kinds)
        if asked is None:
            return
        file, kind = asked
        steps = write(workbench, window, shown, file, kind)
        if steps is None:
            workbench.refused.emit(tr("There is no OpenGL here to draw a body with."))
            return
        label = tr("Write {name}").format(name=file.name)
        workbench.files.start(label, steps, partial(show_report, workbench), whole=True, file=file)

    return act


def picture_of_photo(
    workbench: Workbench, window: Asks, shown: Shown, file: Path, kind: int
) -> Iterator[Any] | None:
    return view_picture.picture_steps(window.takeaways.photo(), file)


def picture_of_body(
    workbench: Workbench, window: Asks, shown: Shown, file: Path, kind: int
) -> Iterator[Any] | None:
    picture = window.takeaways.body(clear=kind == 0)
    return None if picture is None else view_picture.picture_steps(picture, file)


def contact_sheet(
    workbench: Workbench, window: Asks, shown: Shown, file: Path, kind: int
) -> Iterator[Any] | None:
    ids = workbench.queue.ids().tolist()
    return contact_pages.sheet_steps(shown.the_project, ids, file, workbench.fits.body)


def data_set_report(
    workbench: Workbench, window: Asks, shown: Shown, file: Path, kind: int
) -> Iterator[Any] | None:
    network = workbench.fits.network.title
    return data_report.report_steps(shown.the_project, file, workbench.fits.body, network)


def turn_body(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Ask for a file, and write a turn of the body: the window draws each picture between two of its own."""
    asked, draw = window.ask_for_takeaway("turn", FILMS), window.takeaways.turning_body()
    if asked is None:
        return
    if draw is None:
        workbench.refused.emit(tr("There is no OpenGL here to draw a body with."))
        return
    pictures: list[np.ndarray] = []

    def take(step: TurnStep) -> None:
        if step.angle_deg is not None:
            pictures.append(draw(step.angle_deg))
        show_report(workbench, step)

    file, _ = asked
    label = tr("Write {name}").format(name=file.name)
    steps = turntable.turntable_steps(file, pictures)
    workbench.files.start(label, steps, take, whole=True, file=file)


TAKEAWAYS = (
    Command(
        "file.export_picture",
        QT_TR_NOOP("Picture of the photo &view…"),
        "",
        written("view", (PNG, JPEG), picture_of_photo),
        PHOTO,
    ),
    Command(
        "file.export_picture_3d",
        QT_TR_NOOP("Picture of the &3D view…"),
        "",
        written("3d", (CLEAR, PNG, JPEG), picture_of_body),
        FIT | BODY,
    ),
    Command(
        "file.export_turntable",
        QT_TR_NOOP("&Film of the turning body…"),
        "",
        turn_body,
        FIT | BODY,
    ),
    Command(
        "file.export_sheet",
        QT_TR_NOOP("Co&ntact sheet as pages…"),
        "",
        written("sheet", SHEETS, contact_sheet),
        PERSON,
    ),
    Command(
        "file.export_report",
        QT_TR_NOOP("&Report of the data set…"),
        "",
        written("report", PAGES, data_set_report),
        PROJECT,
    ),
)
