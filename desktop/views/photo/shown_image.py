"""The picture of the photo on show, read in the background: until it is there, a notice and a button take its place."""

from contextlib import suppress
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from core.errors import ImageError, ProjectError
from core.files.video.frame_names import file_of
from desktop.jobs.files.photos import Photos
from desktop.model.workbench import Workbench
from desktop.text.translate import tr

LOOKED_AHEAD = 3  # people of the queue among whom the next photo is looked for
BELOW_PX = 70  # from the middle of the canvas, where the text is


class ShownImage(QObject):
    """Follows the workbench's photo when `look` is called."""

    changed = Signal()

    def __init__(self, canvas: QWidget, workbench: Workbench, photos: Photos) -> None:
        super().__init__(canvas)
        self._workbench, self._photos = workbench, photos
        self._path = ""
        self._found: np.ndarray | ImageError | None = None
        self.missing = FindMoved(canvas)
        photos.arrived.connect(self._take)

    @property
    def pixels(self) -> np.ndarray | None:
        """The picture (H, W, 3) uint8 RGB; None while it is read, or where it cannot be."""
        return self._found if isinstance(self._found, np.ndarray) else None

    @property
    def notice(self) -> str:
        """The text shown instead of a photo; empty if there is a photo."""
        return notice_of(self._workbench, self._path, self._found)

    def look(self) -> bool:
        """Turn to the photo on show. Returns whether it is another one."""
        photo, project = self._workbench.photo, self._workbench.project
        path = "" if photo is None or project is None else str(project.folder / photo.path)
        if path == self._path:
            return False
        self._path, self._found = path, None
        self.offer()
        if path:
            self._take(path)
        return True

    def offer(self) -> None:
        """Place the button that finds moved photos, where it helps."""
        self.missing.offer(self._workbench, self._path, self._found)

    def _take(self, path: str) -> None:
        photo = self._workbench.photo
        if path != self._path or photo is None:
            return
        found = self._photos.get(Path(path), (photo.width, photo.height))
        if found is not self._found:
            self._found = found
            self.offer()
            self.changed.emit()
        if found is not None and not self._workbench.view.playing:
            QTimer.singleShot(0, self, self._read_ahead)  # after this one is drawn

    def _read_ahead(self) -> None:
        """Read the photo that follows in the queue, so that it is there at once."""
        queue, project, photo = self._workbench.queue, self._workbench.project, self._workbench.photo
        if project is None or photo is None:
            return
        beside = dict.fromkeys(queue.beside(by) for by in range(1, LOOKED_AHEAD + 1))
        rows = project.queue_rows(one for one in beside if one is not None)
        other = next((row.photo_id for row in rows if row.path != photo.path), None)
        if other is not None:
            with suppress(ProjectError):  # it is told when the photo is asked for
                ahead = project.photo(other)
                self._photos.read_ahead(project.folder / ahead.path, (ahead.width, ahead.height))


def notice_of(workbench: Workbench, path: str, image: np.ndarray | ImageError | None) -> str:
    """The text for a photo's path and its picture or error; empty if there is a picture."""
    project = workbench.project
    if isinstance(image, ImageError):
        goes_on = tr("The work on its people goes on without it.")
        if not is_missing(path, image):
            return f"{image}\n{goes_on}"
        mend = tr("Was it moved? File › Find moved photos… finds it, and all others, in another folder.")
        return f"{image}\n{mend}\n{goes_on}"
    if workbench.photo is None:
        if project is not None and not project.photo_ids():
            return tr("There is no photo in this project.\nFile › Add annotations… brings some.")
        return tr("Nobody is selected.")
    return "" if image is not None else tr("Reading the photo…")


def is_missing(path: str, image: np.ndarray | ImageError | None) -> bool:
    """Whether a photo could not be read because no file is at its path."""
    return isinstance(image, ImageError) and bool(path) and not file_of(path).exists()


class FindMoved(QPushButton):
    """A button below the notice about a missing photo."""

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(tr("Find moved photos…"), canvas)
        self._canvas = canvas
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.hide()

    def offer(self, workbench: Workbench, path: str, image: np.ndarray | ImageError | None) -> None:
        """Show the button if the photo is missing and may be looked for, else hide it."""
        size, canvas = self.sizeHint(), self._canvas
        top = min(canvas.height() // 2 + BELOW_PX, canvas.height() - size.height())
        self.setGeometry((canvas.width() - size.width()) // 2, top, size.width(), size.height())
        self.setVisible(is_missing(path, image) and workbench.writable)
