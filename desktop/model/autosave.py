"""Writes the fits dictionary by itself, once nothing was changed for a while; off unless the view says so."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from desktop.jobs.files.save_files import Saving, save_fits_steps
from desktop.jobs.job import Job
from desktop.model.current_fit import Fits
from desktop.model.document import Document
from desktop.text.translate import tr

QUIET_MS = 30_000  # after the last change


class Autosave(QObject):
    """Begins to count anew at every entry of the history. A project that can only be read is left alone."""

    def __init__(self, document: Document, files: Job, fits: Fits, wanted: Callable[[], bool]) -> None:
        """files: the job that writes; wanted: whether the setting is on."""
        super().__init__(document)
        self._document, self._files, self._fits, self._wanted = document, files, fits, wanted
        self._reported = ""  # the last report of people left out: each autosave would repeat it
        self._count = QTimer(self)
        self._count.setSingleShot(True)
        self._count.setInterval(QUIET_MS)
        self._count.timeout.connect(self.write)
        document.history.indexChanged.connect(self._begin)

    @property
    def due(self) -> bool:
        """Whether something changed that is not in the file yet."""
        return self._count.isActive()

    def forget(self) -> None:
        """Nothing is due: another project is opened, or the user has just saved."""
        self._count.stop()

    def write_due(self) -> None:
        """Write now what is due: the project is about to be closed."""
        if self.due:
            self.write()

    def write(self) -> None:
        """Write the file in the background, without a notice. It stays due while the body is being loaded."""
        self._count.stop()
        project, body = self._document.project, self._fits.body
        if project is None or not self._wanted():
            return
        if body is None:
            self._count.start()
            return
        steps = save_fits_steps(project, body.fingerprint)
        self._files.start(tr("Autosave"), steps, self._take, whole=True)

    def _take(self, step: Saving) -> None:
        if step.lost and step.told != self._reported:
            self._reported = step.told
            self._document.reported.emit(step.told)
        elif step.told:
            self._document.noted.emit(step.told)

    def _begin(self) -> None:
        if self._wanted() and self._document.writable and self._document.history.count():
            self._count.start()
