"""Commands of the person menu that act on one person, or on people selected together as one undoable step."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from core.records import Person, Photo, Verdict
from desktop.commands.command import PERSON, PROJECT, UNLOCKED, WRITABLE, Command, Run
from desktop.commands.window_api import Asks
from desktop.model.workbench import Workbench
from desktop.state import person_edits
from desktop.state.history import Change
from desktop.state.shown import Shown
from desktop.text.translate import QT_TR_NOOP, tr

AT_ONCE = 32  # people whose photos are read and written without a gap in the window

Edit = Callable[[Photo, Person], Photo]  # the photo with a person of it edited


@dataclass(frozen=True, eq=False)
class PartOfAnAct:
    """Some of the people of an act."""

    ids: np.ndarray
    done: int
    total: int


def parts(ids: np.ndarray) -> Iterator[PartOfAnAct]:
    """People (P,) in parts that are written at once."""
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]
        yield PartOfAnAct(part, start + len(part), len(ids))


def write_people(
    workbench: Workbench, label: str, ids: Iterable[int], edit: Edit, locked_too: bool = False
) -> int:
    """Edit people, and write them. Those deleted meanwhile are left out. Returns the number of locked ones left out."""
    project, left_out = workbench.project, 0
    changes: dict[str, Change] = {}
    for row in project.queue_rows(ids) if project is not None else ():
        before, photo = changes.get(row.path, (None, None))
        if before is None or photo is None:
            before = photo = workbench.shown.the_project.photo(row.photo_id)
        person = next(person for person in photo.people if person.id == row.id)
        if person.locked and not locked_too:
            left_out += 1
        else:
            changes[row.path] = (before, edit(photo, person))
    workbench.write(label, list(changes.values()))
    workbench.project_changed.emit()
    return left_out


def change_together(
    workbench: Workbench, label: str, edit: Edit, end: Callable[[], object], locked_too: bool = False
) -> None:
    """Edit all people selected together, as one entry of the history; many of them by a job. end: called at the end."""
    workbench.cancel()
    ids, left_out = workbench.queue.together, [0]

    def take(part: PartOfAnAct) -> None:
        left_out[0] += write_people(workbench, label, part.ids, edit, locked_too)

    def finish() -> None:
        workbench.remember()
        if left_out[0]:
            workbench.told.emit(tr("%n locked people stay as they were", "", left_out[0]))
        end()

    if len(ids) > AT_ONCE:
        workbench.job.start(label, parts(ids), take, finish)
        return
    workbench.remember()  # what a running job has written is an entry of its own
    for part in parts(ids):
        take(part)
    finish()


def judge(verdict: Verdict, label: str, label_of_many: str) -> Run:
    """Give the selected people a verdict, and select the next person if the view says so."""

    def judged(photo: Photo, person: Person) -> Photo:
        return photo.with_person(person_edits.with_verdict(person, verdict))

    def act(workbench: Workbench, window: Asks, shown: Shown) -> None:
        if verdict == "accepted" and workbench.fits.running:
            workbench.fits.when_ended(lambda: act(workbench, window, workbench.shown))
            return
        workbench.cancel()
        person, together = workbench.shown.the_person, len(workbench.queue.together)

        def go_on() -> None:
            if workbench.view.advance and verdict != "todo":
                next_worst(workbench, window, workbench.shown)

        if together > 1:
            words = tr(label_of_many).format(people=together)
            change_together(workbench, words, judged, go_on, locked_too=True)
        else:
            workbench.apply(tr(label).format(id=person.id), person_edits.with_verdict(person, verdict))
            go_on()

    return act


def next_worst(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Select the worst person without a verdict, and bring the list into the order of the scores as they are now."""
    person_id = workbench.queue.next_undecided()
    if person_id is None:
        workbench.told.emit(tr("All other people in the queue have a verdict."))
    else:
        workbench.select(person_id)
        workbench.queue.sort()


def delete_person(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Delete the selected people. A new person in preview is dropped."""
    together = len(workbench.queue.together)
    if together > 1:
        label = tr("Delete {people} people").format(people=together)
        change_together(workbench, label, _without, lambda: _show_those_left(workbench))
        return
    photo, person = shown.the_photo, shown.the_person
    people = _without(photo, person).people
    label = tr("Delete person {id}").format(id=person.id)
    workbench.apply_photo(label, photo.with_(people=people), people[0].id if people else None)


def _show_those_left(workbench: Workbench) -> None:
    workbench.read_anew()
    if workbench.person is None:
        workbench.show_first()


def _without(photo: Photo, person: Person) -> Photo:
    return photo.with_(people=tuple(other for other in photo.people if other.id != person.id))


def _verdict(
    name: str, verdict: Verdict, text: str, shortcut: str, label: str, label_of_many: str
) -> Command:
    return Command(f"person.{name}", text, shortcut, judge(verdict, label, label_of_many), PERSON | WRITABLE)


VERDICT_ROWS = (
    _verdict(
        *("accept", "accepted", QT_TR_NOOP("&Accept"), "A"),
        QT_TR_NOOP("Accept person {id}"),
        QT_TR_NOOP("Accept {people} people"),
    ),
    _verdict(
        *("reject", "rejected", QT_TR_NOOP("&Reject"), "R"),
        QT_TR_NOOP("Reject person {id}"),
        QT_TR_NOOP("Reject {people} people"),
    ),
    _verdict(
        *("later", "later", QT_TR_NOOP("&Later"), "L"),
        QT_TR_NOOP("Person {id} is for later"),
        QT_TR_NOOP("{people} people are for later"),
    ),
    _verdict(
        *("todo", "todo", QT_TR_NOOP("&Undecided, unlocked"), "U"),
        QT_TR_NOOP("Person {id} is undecided"),
        QT_TR_NOOP("{people} people are undecided"),
    ),
    Command("person.next_worst", QT_TR_NOOP("Next &worst"), "Space", next_worst, PROJECT),
    Command(
        "person.sort",
        QT_TR_NOOP("Sort the list b&y its scores now"),
        "F5",
        lambda workbench, window, shown: workbench.queue.sort(),
        PROJECT,
    ),
)
DELETE_ROW = Command(
    "person.delete",
    QT_TR_NOOP("D&elete person"),
    "Ctrl+Del",
    delete_person,
    UNLOCKED,
    cancels=True,
    several=QT_TR_NOOP("D&elete people"),
)
