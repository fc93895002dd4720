"""Warnings about the selected person, as previewed."""

from functools import lru_cache

from core.body.warnings import Warned, depth_below, warnings_of
from core.records import Person
from core.wishes import GroundContact
from desktop.state.posed_body import PosedBody
from desktop.state.shown import Shown

BELOW_M = 0.06  # depth of a vertex below the floor that gives a warning


def warned(shown: Shown) -> tuple[Warned, ...]:
    """Names of the warnings, in the order of `core.body.warnings.WARNINGS`."""
    if shown.photo is None or shown.person is None:
        return ()
    people = shown.photo.people
    names = _of_all(people)[[other.id for other in people].index(shown.person.id)]
    told = "below_floor" in names or not _below_floor(shown.person, shown.posed)
    return names if told else (*names, "below_floor")


@lru_cache(maxsize=1)
def _of_all(people: tuple[Person, ...]) -> list[tuple[Warned, ...]]:
    """The warnings of all people of a photo. Cached: a crowd takes a while, and views ask often."""
    return warnings_of(people)


def _below_floor(person: Person, posed: PosedBody | None) -> bool:
    """Whether the mesh reaches below a floor that a foot was put on."""
    floors = [wish for wish in person.wishes if isinstance(wish, GroundContact)]
    return posed is not None and any(
        depth_below(posed.vertices, wish.normal, wish.offset) > BELOW_M for wish in floors
    )
