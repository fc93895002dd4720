"""Writes the fits dictionary by itself, once nothing was changed for a while; off unless the view says so."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from desktop.jobs.files.save_files import save_fits_steps
from desktop.text.translate import tr

if TYPE_CHECKING:
    from desktop.model.workbench import Workbench

QUIET_MS = 30_000  # after the last change


class Autosave(QObject):
    """Begins to count anew at every entry of the history. A project that can only be read is left alone."""

    def __init__(self, workbench: "Workbench") -> None:
        super().__init__(workbench)
        self._workbench = workbench
        self._count = QTimer(self)
        self._count.setSingleShot(True)
        self._count.setInterval(QUIET_MS)
        self._count.timeout.connect(self.write)
        workbench.history.indexChanged.connect(self._begin)

    @property
    def due(self) -> bool:
        """Whether something changed that is not in the file yet."""
        return self._count.isActive()

    def forget(self) -> None:
        """Another project is opened: nothing of it has changed yet."""
        self._count.stop()

    def write_due(self) -> None:
        """Write now what is due: the project is about to be closed."""
        if self.due:
            self.write()

    def write(self) -> None:
        """Write the file in the background, without a notice."""
        self._count.stop()
        workbench = self._workbench
        if workbench.project is not None and workbench.fits.body is not None:
            steps = save_fits_steps(workbench.project, workbench.fits.body.fingerprint)
            workbench.files.start(tr("Save the fits dictionary"), steps, whole=True)

    def _begin(self) -> None:
        if self._workbench.view.autosave and self._workbench.writable and self._workbench.history.count():
            self._count.start()
