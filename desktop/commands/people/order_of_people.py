"""Commands for the depth order of two people who overlap: which body stands in front when bodies are moved apart."""

import numpy as np

from core.geometry.iou import corners_of, iou
from core.records import Person, Photo
from core.wishes import PersonOrder, kind_and_names, with_wish
from desktop.commands.command import PERSON, WRITABLE, Command, Run
from desktop.commands.window_api import Asks
from desktop.model.workbench import Workbench
from desktop.state.shown import Shown
from desktop.text.translate import QT_TR_NOOP, tr


def order_people(nearer: bool) -> Run:
    """Put the selected person in front of the person whose box overlaps its own most, or behind.

    Where this order is known already, the person with the next smaller overlap follows.
    """

    def act(workbench: Workbench, window: Asks, shown: Shown) -> None:
        photo, person = shown.the_photo, shown.the_person
        known = [one.other for one in person.wishes if isinstance(one, PersonOrder) and one.nearer == nearer]
        over = overlapping(photo, person)
        other = next((one for one in over if one.id not in known), None)
        if other is None:
            words = tr("No other person's box overlaps the box of this person.")
            workbench.told.emit(tr("The order is known already.") if over else words)
            return
        words = (
            tr("Person {id} in front of person {other}")
            if nearer
            else tr("Person {id} behind person {other}")
        )
        label = words.format(id=person.id, other=other.id)
        workbench.apply_photo(label, ordered(photo, person, other, nearer), person.id)
        workbench.told.emit("\n".join([label, tr("Fit everybody of the photo together to move the bodies.")]))

    return act


def overlapping(photo: Photo, person: Person) -> list[Person]:
    """The people whose boxes overlap a person's, the most overlapping first. Rejected people are left out."""
    others = [one for one in photo.people if one.id != person.id and one.verdict != "rejected"]
    boxes = corners_of(np.array([one.bbox.xywh for one in (person, *others)], float))
    overlap = iou(boxes[:1], boxes[1:])
    return [others[row] for row in np.argsort(-overlap, kind="stable") if overlap[row] > 0]


def ordered(photo: Photo, person: Person, other: Person, nearer: bool) -> Photo:
    """The photo with the order of two people kept with the first. What the other one had on both is removed."""
    order = PersonOrder(other.id, nearer)
    back = kind_and_names(PersonOrder(person.id))
    wishes = tuple(wish for wish in other.wishes if kind_and_names(wish) != back)
    changed = photo.with_person(person.with_(wishes=with_wish(person.wishes, order)))
    return changed if wishes == other.wishes else changed.with_person(other.with_(wishes=wishes))


ORDER_ROWS = (
    Command(
        "person.in_front",
        QT_TR_NOOP("In &front of the person over it"),
        "",
        order_people(nearer=True),
        PERSON | WRITABLE,
        cancels=True,
    ),
    Command(
        "person.behind",
        QT_TR_NOOP("Be&hind the person over it"),
        "",
        order_people(nearer=False),
        PERSON | WRITABLE,
        cancels=True,
    ),
)
