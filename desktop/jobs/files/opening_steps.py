"""A step of opening, a new project, and what is said of an opened one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.files.lock import lock_file
from core.records import Guess, Photo
from core.store import Project
from core.store.project.opening import remove
from desktop.text.translate import tr

if TYPE_CHECKING:
    from core.formats.question import Question

PROJECT_SUFFIX = ".fitloop"


@dataclass(frozen=True, eq=False)
class Opening:
    """The progress. The last step has the project and notes for the user, or a question: then nothing was opened.

    added: the ids of photos that this opening added from a folder, and that nobody has looked at yet. guesses: of
    people that were there already, by id.
    """

    done: int
    total: int
    project: Project | None = None
    notes: str = ""
    question: "Question | None" = None
    added: tuple[int, ...] = ()
    guesses: Mapping[int, Guess] = field(default_factory=dict)


def opened(project: Project, notes: str = "", added: Iterable[int] = ()) -> Opening:
    """The last step, with the project's own notes before others."""
    words = project.notes or (why_read_only(project),)
    return Opening(1, 1, project, "\n".join(filter(None, (*words, notes))), added=tuple(added))


def created(file: Path, photos: Iterable[Photo], label: str) -> Project:
    """A new project of photos; none stays where they cannot be added. Raises ProjectError."""
    project = Project.create(file)
    try:
        project.add_photos(photos, label)
    except BaseException:
        project.close()
        remove(file)
        lock_file(file).unlink(missing_ok=True)
        raise
    return project


def why_read_only(project: Project) -> str:
    """The reason why a project is read-only, and a remedy. Empty for a writable project."""
    if not project.read_only:
        return ""
    words = (
        tr(
            "{name} is open for reading only: {writer} writes this project. Close it there and open it again here."
        )
        if project.writer
        else tr("{name} is open for reading only. Allow writing in its folder and open it again.")
    )
    return words.format(name=project.path.name, writer=project.writer)
