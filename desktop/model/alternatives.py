"""Alternatives: other bodies for the keypoints of the selected person. One of them can become the fit."""

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.errors import FitloopError
from core.records import Keypoints
from desktop.jobs.guessing import alternative_steps
from desktop.jobs.worker import Worker
from desktop.model.current_fit import Fits
from desktop.model.document import Document
from desktop.state.posed_body import PosedBody
from desktop.text.translate import tr


class Alternatives(QObject):
    """Searches in a thread for alternatives of the selected person of a document."""

    changed = Signal()

    def __init__(self, document: Document, fits: Fits) -> None:
        super().__init__(document)
        self._document, self._fits = document, fits
        self.found: tuple[PosedBody, ...] = ()
        self._looked_at: Keypoints | None = None  # the keypoints of `found`
        self._worker = Worker(self)
        self._worker.stepped.connect(self._take_found)
        self._worker.finished.connect(self.changed)
        self._worker.failed.connect(self._refuse)
        document.project_changed.connect(self._drop_old)

    @property
    def searching(self) -> bool:
        """Whether a search runs."""
        return self._worker.running

    def search(self) -> None:
        """Find alternatives for the keypoints of the selected person."""
        self._document.cancel()
        body, photo, person = self._fits.body, self._document.photo, self._document.person
        if body is not None and photo is not None and person is not None:
            self.found, self._looked_at = (), person.keypoints
            steps = alternative_steps(body, photo, person, self._fits.options)
            self._worker.start(steps, name="alternatives")
            self.changed.emit()

    def take(self, place: int) -> None:
        """Make an alternative the fit: one entry of the history."""
        if self._document.editable and place < len(self.found):
            self._fits.take(tr("Take alternative {number}").format(number=place + 1), self.found[place])
            self.changed.emit()

    def forget(self) -> None:
        """Drop the alternatives: the person or the keypoints changed."""
        self._worker.stop()
        self.found, self._looked_at = (), None
        self.changed.emit()

    def close(self) -> None:
        """Stop, and wait until no thread is left."""
        self._worker.close()

    def _take_found(self, found: tuple[PosedBody, ...]) -> None:
        self.found = found
        self.changed.emit()

    def _drop_old(self) -> None:
        """Drop the alternatives once an edit of the keypoints is committed."""
        person, looked_at = self._document.person, self._looked_at
        if person is None or looked_at is None or self._document.previewing:
            return
        if not np.array_equal(person.keypoints.array, looked_at.array):
            self.forget()

    def _refuse(self, error: Exception) -> None:
        self._document.cancel()
        self.changed.emit()
        if not isinstance(error, FitloopError):
            raise error  # a bug, not bad input: `desktop.app.last_resort` shows it
        self._document.refused.emit(str(error))
