"""What is on show, as one frozen record a change: views draw it, and commands are handed it."""

from dataclasses import dataclass
from typing import TypeVar

from core.records import Fit, Person, Photo
from core.store import Project
from desktop.state.posed_body import PosedBody

Value = TypeVar("Value")


@dataclass(frozen=True, eq=False)
class Shown:
    """photo: with its people, previewed or committed; person: the one selected; posed: what that one's fit looks like.

    the_…: the same for a command, whose needs say that it is there. LookupError names the need that a row forgot.
    """

    project: Project | None = None
    photo: Photo | None = None
    person: Person | None = None
    posed: PosedBody | None = None

    @property
    def fit(self) -> Fit | None:
        """The fit of the person on show."""
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
