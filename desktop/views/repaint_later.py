"""When a view that is beside the photo is drawn anew: the body in the photo comes first, there the eye is."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from desktop.model.workbench import Workbench

LIVE_MS = 60  # between two pictures while a keypoint is dragged in the photo
NEXT_MS = 1  # else: after the photo, not in one go with it


class Unhurried(QTimer):
    """Updates its view soon after it is asked to, once for all that asked."""

    def __init__(self, view: QWidget, workbench: Workbench) -> None:
        super().__init__(view)
        self._fits = workbench.fits
        self.setSingleShot(True)
        self.timeout.connect(view.update)

    def ask(self) -> None:
        """Something else is to be seen."""
        if not self.isActive():
            self.start(LIVE_MS if self._fits.following else NEXT_MS)
