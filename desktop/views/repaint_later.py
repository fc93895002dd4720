"""Delays repaints of views beside the photo. The body in the photo comes first, because the user looks there."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from desktop.model.workbench import Workbench

LIVE_MS = 60  # between two repaints while a keypoint is dragged in the photo
NEXT_MS = 1  # otherwise: soon after the photo


class Unhurried(QTimer):
    """Repaints its view soon after a request, once for several requests."""

    def __init__(self, view: QWidget, workbench: Workbench) -> None:
        super().__init__(view)
        self._fits = workbench.fits
        self.setSingleShot(True)
        self.timeout.connect(view.update)

    def ask(self) -> None:
        """Request a repaint."""
        if not self.isActive():
            self.start(LIVE_MS if self._fits.following else NEXT_MS)
