"""What begins by itself after opening: people are found in new photos, and people without a fit are fitted."""

import time
from collections.abc import Callable, Sequence

from desktop.commands.command import tick
from desktop.commands.people.finding_people import find_people
from desktop.commands.people.queue_menu import fit_people
from desktop.model.workbench import Workbench
from desktop.text.translate import QT_TR_NOOP, tr

AT_A_LOOK_S = 5.0  # later the user studies the person shown
MOST_FITTED = 3000  # people of one project, some seconds; a larger data set is fitted on demand


def begin_work(workbench: Workbench, added: Sequence[int] = ()) -> None:
    """Begin with the project just opened, once the body is loaded. added: ids of photos that are new in it.

    Photos of a project without anybody count as new: their search found no detector, or was stopped.
    """
    project = workbench.project
    if project is None or not workbench.writable or not workbench.view.at_opening:
        return

    def begin() -> None:
        if workbench.project is not project or workbench.job.running:
            return
        ids = workbench.queue.ids().tolist()
        photos = list(added) if ids else project.photo_ids()
        if photos:
            find_people(workbench, photos)
        elif workbench.fits.body is not None:
            first = _shown_first(workbench, ids)[:MOST_FITTED]
            fit_people(workbench, tr("Fit people"), first, True, _show_worst(workbench))

    _with_body(workbench, begin)


def _show_worst(workbench: Workbench) -> Callable[[], None]:
    """Shows the worst person at the end of short work, if the user has done nothing meanwhile."""
    person_id, edits, started = workbench.person_id, workbench.history.count(), time.monotonic()

    def show() -> None:
        short = time.monotonic() - started < AT_A_LOOK_S
        if short and workbench.person_id == person_id and workbench.history.count() == edits + 1:
            workbench.show_first()

    return show


def _shown_first(workbench: Workbench, ids: list[int]) -> list[int]:
    shown = workbench.person_id
    return ids if shown is None else [shown, *(one for one in ids if one != shown)]


def _with_body(workbench: Workbench, act: Callable[[], None]) -> None:
    """Call `act` once the body that is being loaded is there, or cannot be loaded."""
    fits = workbench.fits
    if fits.body is not None or not fits.loading:
        act()
        return

    def look() -> None:
        if fits.body is not None or not fits.loading:
            fits.changed.disconnect(look)
            act()

    fits.changed.connect(look)


AT_OPENING = tick("fit.at_opening", QT_TR_NOOP("Find and fit people after &opening"), "", "at_opening")
