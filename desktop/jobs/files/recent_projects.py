"""Looks at recent projects in the background: their numbers first, then a picture of each."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from core.errors import ImageError, ProjectError
from core.records import Photo
from core.store.glance import Glance, glance
from desktop.jobs.files.thumbnails import SIZES_PX, thumbnail
from desktop.jobs.worker import READER_S, Worker
from desktop.text.translate import tr

if TYPE_CHECKING:
    from core.body.model import Body


@dataclass(frozen=True, eq=False)
class RecentProject:
    """A recent project's file with what a glance saw; or else a fault in a few words, and the whole of it.

    picture: the person changed last, with the body; None until it is made, and where there is none.
    """

    path: str
    seen: Glance | None = None
    fault: str = ""
    whole_fault: str = ""
    picture: QImage | None = None


class RecentProjects(QObject):
    """Looks at one list of projects at a time."""

    arrived = Signal(object)  # a RecentProject

    def __init__(self, body: "Callable[[], Body | None]", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._body = body
        self._worker = Worker(self)
        self._worker.stepped.connect(self.arrived)

    @property
    def busy(self) -> bool:
        """Whether projects are being looked at."""
        return self._worker.running

    def look_at(self, paths: Sequence[str]) -> None:
        """Look at these projects. Pictures are made only once there is a body to draw in them."""
        self._worker.start(recent_steps(paths, self._body()), name="recents", every=True)

    def stop(self) -> None:
        """Nobody looks any more."""
        self._worker.stop()

    def close(self) -> None:
        """Stop, and wait until no thread is left, but not for a drive that does not answer."""
        self._worker.close(READER_S)


def recent_steps(paths: Sequence[str], body: "Body | None") -> Iterator[RecentProject]:
    """Each project twice at most: with its numbers, then with its picture."""
    found = []
    for path in paths:
        found.append(_look(path))
        yield found[-1]
    for project in found if body is not None else ():
        if project.seen is not None and project.seen.last is not None:
            picture = _picture(Path(project.path).parent, project.seen.last, body)
            if picture is not None:
                yield replace(project, picture=picture)


def _picture(folder: Path, photo: Photo, body: "Body | None") -> QImage | None:
    """The photo's first person; None if the photo cannot be read. folder: that the photo's path starts from."""
    from core.geometry.image import read_image_as  # here, as it imports torch

    try:
        image = read_image_as(folder / photo.path, (photo.width, photo.height))
    except ImageError:
        return None
    return thumbnail(image, photo.people[0], SIZES_PX[0], body)


def _look(path: str) -> RecentProject:
    try:
        if not Path(path).exists():
            words = tr("{file} is not there: moved, deleted, or on a drive that is not connected.")
            return RecentProject(path, fault=tr("not there"), whole_fault=words.format(file=path))
        return RecentProject(path, glance(Path(path)))
    except (ProjectError, OSError, ValueError) as error:  # ValueError: a path that no file can have
        return RecentProject(path, fault=tr("cannot be read"), whole_fault=str(error))
