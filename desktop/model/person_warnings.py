"""What the person on show is to be warned of, as previewed."""

from functools import lru_cache
from typing import TYPE_CHECKING

from core.body.warnings import Warned, depth_below, warnings_of
from core.records import Person
from core.wishes import GroundContact

if TYPE_CHECKING:
    from desktop.model.workbench import Workbench

BELOW_M = 0.06  # a foot's joint lies so far above its sole


def warned(workbench: "Workbench") -> tuple[Warned, ...]:
    """The names, in the order of `core.body.warnings.WARNINGS`."""
    photo, person = workbench.photo, workbench.person
    if photo is None or person is None:
        return ()
    names = _of_all(photo.people)[[other.id for other in photo.people].index(person.id)]
    told = "below_floor" in names or not _below_floor(workbench)
    return names if told else (*names, "below_floor")


@lru_cache(maxsize=1)
def _of_all(people: tuple[Person, ...]) -> list[tuple[Warned, ...]]:
    """Of a crowd it takes a while, and the same people are asked about again and again."""
    return warnings_of(people)


def _below_floor(workbench: "Workbench") -> bool:
    """Whether the mesh is below a plane that the curator put a foot on."""
    person = workbench.person
    wishes = person.wishes if person is not None else ()
    floors = [wish for wish in wishes if isinstance(wish, GroundContact)]
    posed = workbench.shown.posed if floors else None
    if posed is None:
        return False
    return any(depth_below(posed.vertices, wish.normal, wish.offset) > BELOW_M for wish in floors)
