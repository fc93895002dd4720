"""What is on show, as one frozen record a change: views draw it, and commands are handed it."""

from dataclasses import dataclass

from core.records import Fit, Person, Photo
from core.store import Project
from desktop.state.posed_body import PosedBody


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
        if self.project is None:
            raise LookupError("needs=PROJECT")
        return self.project

    @property
    def the_photo(self) -> Photo:
        if self.photo is None:
            raise LookupError("needs=PHOTO")
        return self.photo

    @property
    def the_person(self) -> Person:
        if self.person is None:
            raise LookupError("needs=PERSON")
        return self.person

    @property
    def the_fit(self) -> Fit:
        if self.the_person.fit is None:
            raise LookupError("needs=FIT")
        return self.the_person.fit

    @property
    def the_posed(self) -> PosedBody:
        if self.posed is None:
            raise LookupError("needs=FIT")
        return self.posed
