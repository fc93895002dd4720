"""The picture of the photo on show, read in the background: until it is there, a notice and a button take its place."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from core.errors import ImageError
from desktop.jobs.files.photos import Photos
from desktop.model.workbench import Workbench
from desktop.views.photo.photo_notice import FindMoved, notice_of


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
