"""The project, photo, person and posed body shown, as one frozen record. Views draw it; commands receive it."""

from dataclasses import dataclass
from typing import TypeVar

from core.records import Fit, Person, Photo
from core.store import Project
from desktop.state.posed_body import PosedBody

Value = TypeVar("Value")


@dataclass(frozen=True, eq=False)
class Shown:
    """photo: with its people, previewed or committed; person: the selected person; posed: the posed body of their fit.

    the_…: the same values for commands, never None. LookupError names the need that the command's row lacks.
    """

    project: Project | None = None
    photo: Photo | None = None
    person: Person | None = None
    posed: PosedBody | None = None

    @property
    def fit(self) -> Fit | None:
        """The fit of the selected person."""
        return self.person.fit if self.person is not None else None

    @property
    def the_project(self) -> Project:
        return _there(self.project, "PROJECT")

    @property
    def the_photo(self) -> Photo:
        return _there(self.photo, "PHOTO")

    @property
    def the_person(self) -> Person:
        return _there(self.person, "PERSON")

    @property
    def the_fit(self) -> Fit:
        return _there(self.fit, "FIT")

    @property
    def the_posed(self) -> PosedBody:
        return _there(self.posed, "FIT | BODY")


def _there(value: Value | None, need: str) -> Value:
    if value is None:
        raise LookupError(f"needs={need}")
    return value
