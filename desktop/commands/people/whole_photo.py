"""Commands for people over each other: fits moved out of each other, and marks of trunks."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.body.trunk import trunk_center
from core.records import Person
from desktop.commands.command import BODY, PERSON, PHOTO, UNLOCKED, WRITABLE, Command
from desktop.commands.people.queue_menu import write_fits
from desktop.commands.window_api import Asks
from desktop.jobs.fitting_many import FittedPeople
from desktop.jobs.fitting_together import fit_together_steps
from desktop.model.guess_network import with_network
from desktop.model.workbench import Workbench
from desktop.state.person_edits import empty_keypoints
from desktop.state.shown import Shown
from desktop.text.translate import QT_TR_NOOP, tr

if TYPE_CHECKING:
    from torch import nn


def fit_together(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Fit everybody of the photo, and move their bodies out of each other: one entry of the history."""
    workbench.cancel()
    project, photo, fits = shown.the_project, workbench.shown.the_photo, workbench.fits
    label = tr("Fit everybody of the photo together")
    done: list[int] = []
    faults: list[str] = []

    def take(step: FittedPeople) -> None:
        done.extend(step.fits)
        faults.extend(step.faults)
        write_fits(workbench, label, step)

    def end() -> None:
        workbench.remember()
        if not (workbench.job.failed or workbench.job.stopped):
            told = tr("%n people of the photo stand beside each other", "", len(done))
            workbench.told.emit("\n".join([told, *faults]))

    body, options, device = fits.the_body, fits.options, fits.device()

    def steps(network: "nn.Module | None") -> Iterator[FittedPeople]:
        return fit_together_steps(body, photo, project.folder, options, network, device)

    workbench.job.start(label, with_network(fits.network.load, steps), take, end)


def another_in_this_box(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Add a person with the same box, its trunk opposite the selected person's: drag its ring to the hidden trunk."""
    photo, person = shown.the_photo, shown.the_person
    x, y = (2 * person.bbox.center - trunk_center(person)).tolist()
    new = Person(
        shown.the_project.new_person_id(), person.bbox, empty_keypoints(person.keypoints.layout), trunk=(x, y)
    )
    label = tr("Person {id} in the box of person {other}").format(id=new.id, other=person.id)
    workbench.apply_photo(label, photo.with_person(new), new.id)
    workbench.told.emit(tr("Drag the ring to this person's trunk, then guess: G."))


def reset_trunk(workbench: Workbench, window: Asks, shown: Shown) -> None:
    person = shown.the_person
    if person.trunk is None:
        workbench.told.emit(tr("The trunk was not marked: its place follows the keypoints."))
    else:
        label = tr("Reset the trunk of person {id}").format(id=person.id)
        workbench.apply(label, person.with_(trunk=None))


TOGETHER_ROW = Command(
    "fit.together",
    QT_TR_NOOP("Fit everybod&y of the photo together"),
    "Ctrl+Alt+F",
    fit_together,
    PHOTO | WRITABLE | BODY,
    cancels=True,
)
TRUNK_ROWS = (
    Command(
        "person.same_box",
        QT_TR_NOOP("Another person in this bo&x"),
        "Ctrl+Shift+N",
        another_in_this_box,
        PERSON | WRITABLE,
        cancels=True,
    ),
    Command(
        "person.reset_trunk",
        QT_TR_NOOP("Trunk's mark back to the &joints"),
        "",
        reset_trunk,
        UNLOCKED,
        cancels=True,
    ),
)
