"""The person menu: verdicts, steps through the queue, boxes, new people."""

from dataclasses import replace

from desktop.commands.command import PERSON, PHOTO, PROJECT, UNLOCKED, WRITABLE, Command, Run, tick
from desktop.commands.neighbours import photo_beside
from desktop.commands.people.finding_people import FINDING
from desktop.commands.people.order_of_people import ORDER_ROWS
from desktop.commands.people.photo_file import PHOTO_FILE
from desktop.commands.people.together import DELETE_ROW, VERDICT_ROWS
from desktop.commands.people.whole_photo import TRUNK_ROWS
from desktop.commands.window_api import Asks
from desktop.model.workbench import Workbench
from desktop.state import person_edits
from desktop.state.shown import Shown
from desktop.state.view import Wanted
from desktop.text.translate import QT_TR_NOOP, tr


def show_everybody(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Take all filters off the queue. Its order stays."""
    workbench.queue.want(**vars(replace(Wanted(), order=workbench.queue.wanted.order)))


def step_person(by: int) -> Run:
    """Select the next or the previous person of the queue."""

    def act(workbench: Workbench, window: Asks, shown: Shown) -> None:
        beside = workbench.queue.beside(by)
        if beside is not None:
            workbench.select(beside)

    return act


def step_person_here(by: int) -> Run:
    """Select the next or the previous person of the photo, in a circle. A new person in preview is dropped."""

    def act(workbench: Workbench, window: Asks, shown: Shown) -> None:
        ids = [person.id for person in shown.the_photo.people]
        workbench.select(ids[(ids.index(shown.the_person.id) + by) % len(ids)])

    return act


def step_photo(by: int) -> Run:
    """Show the next or the previous photo in import order, with people or without."""

    def act(workbench: Workbench, window: Asks, shown: Shown) -> None:
        beside = photo_beside(workbench, by)
        if beside is not None:
            workbench.show_photo(beside)

    return act


def box_around(workbench: Workbench, window: Asks, shown: Shown) -> None:
    box = person_edits.box_around(shown.the_person)
    if box is None:
        workbench.told.emit(tr("Too few keypoints for a box: place some first (P)."))
    else:
        workbench.apply(tr("Box around the keypoints"), shown.the_person.with_(bbox=box))


PERSON_MENU = (
    *VERDICT_ROWS,
    Command("person.everybody", QT_TR_NOOP("&Show everybody in the queue"), "", show_everybody, PROJECT),
    Command("person.next", QT_TR_NOOP("&Next in the queue"), "PgDown", step_person(1), PROJECT),
    Command("person.last", QT_TR_NOOP("&Back in the queue"), "PgUp", step_person(-1), PROJECT),
    Command(
        "person.next_here",
        QT_TR_NOOP("Next &in this photo"),
        "Shift+PgDown",
        step_person_here(1),
        PERSON,
        cancels=True,
    ),
    Command(
        "person.last_here",
        QT_TR_NOOP("Ba&ck in this photo"),
        "Shift+PgUp",
        step_person_here(-1),
        PERSON,
        cancels=True,
    ),
    Command("person.next_photo", QT_TR_NOOP("Next &photo"), "Ctrl+PgDown", step_photo(1), PROJECT),
    Command("person.last_photo", QT_TR_NOOP("Previous p&hoto"), "Ctrl+PgUp", step_photo(-1), PROJECT),
    Command(
        "person.draw",
        QT_TR_NOOP("&Draw a new person"),
        "N",
        lambda workbench, window, shown: window.draw_person(),
        PHOTO | WRITABLE,
    ),
    Command(
        "person.adjust_box",
        QT_TR_NOOP("Mo&ve and size the box"),
        "W",
        lambda workbench, window, shown: window.adjust_box(),
        UNLOCKED,
    ),
    Command("person.box", QT_TR_NOOP("Box around the &keypoints"), "Shift+B", box_around, UNLOCKED),
    *TRUNK_ROWS,
    *ORDER_ROWS,
    *FINDING,
    DELETE_ROW,
    *PHOTO_FILE,
    tick("person.advance", QT_TR_NOOP("&Go on after a verdict"), "", "advance"),
)
