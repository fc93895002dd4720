"""The person menu: verdicts, steps through the queue, boxes, new people."""

from core.records import Verdict
from desktop.commands.command import PERSON, PHOTO, PROJECT, UNLOCKED, WRITABLE, Command, Run, tick
from desktop.commands.finding_people import FINDING
from desktop.commands.neighbours import photo_beside
from desktop.commands.window_api import Asks
from desktop.model.workbench import Workbench
from desktop.state import person_edits
from desktop.state.shown import Shown
from desktop.text.translate import QT_TR_NOOP, tr


def judge(verdict: Verdict, label: str) -> Run:
    """Give the selected person a verdict, and select the next person if the view says so."""

    def act(workbench: Workbench, window: Asks, shown: Shown) -> None:
        if verdict == "accepted" and workbench.fits.running:
            workbench.fits.when_ended(lambda: act(workbench, window, workbench.shown))
            return
        workbench.cancel()
        person = workbench.shown.the_person
        workbench.apply(tr(label).format(id=person.id), person_edits.with_verdict(person, verdict))
        if workbench.view.advance and verdict != "todo":
            next_worst(workbench, window, workbench.shown)

    return act


def next_worst(workbench: Workbench, window: Asks, shown: Shown) -> None:
    person_id = workbench.queue.next_undecided()
    if person_id is None:
        workbench.told.emit(tr("All other people in the queue have a verdict."))
    else:
        workbench.select(person_id)


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


def delete_person(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Delete the selected person. A new person in preview is dropped."""
    photo, person = shown.the_photo, shown.the_person
    people = tuple(other for other in photo.people if other.id != person.id)
    label = tr("Delete person {id}").format(id=person.id)
    workbench.apply_photo(label, photo.with_(people=people), people[0].id if people else None)


def _verdict(name: str, verdict: Verdict, text: str, shortcut: str, label: str) -> Command:
    return Command(f"person.{name}", text, shortcut, judge(verdict, label), PERSON | WRITABLE)


PERSON_MENU = (
    _verdict("accept", "accepted", QT_TR_NOOP("&Accept"), "A", QT_TR_NOOP("Accept person {id}")),
    _verdict("reject", "rejected", QT_TR_NOOP("&Reject"), "R", QT_TR_NOOP("Reject person {id}")),
    _verdict("later", "later", QT_TR_NOOP("&Later"), "L", QT_TR_NOOP("Person {id} is for later")),
    _verdict("todo", "todo", QT_TR_NOOP("&Undecided, unlocked"), "U", QT_TR_NOOP("Person {id} is undecided")),
    Command("person.next_worst", QT_TR_NOOP("Next &worst"), "Space", next_worst, PROJECT),
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
    *FINDING,
    Command("person.delete", QT_TR_NOOP("D&elete person"), "Ctrl+Del", delete_person, UNLOCKED, cancels=True),
    tick("person.advance", QT_TR_NOOP("&Go on after a verdict"), "", "advance"),
)
