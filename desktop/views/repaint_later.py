"""Delays repaints of views beside the photo. The body in the photo comes first, because the user looks there."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from desktop.model.workbench import Workbench

NEXT_MS = 1  # soon after the photo


class Unhurried(QTimer):
    """Repaints its view soon after each change of the photo, and at some moves of a drag."""

    def __init__(self, view: QWidget, workbench: Workbench) -> None:
        super().__init__(view)
        self.setSingleShot(True)
        self.setInterval(NEXT_MS)
        self.timeout.connect(view.update)
        workbench.previewed_beside.connect(view.update)
        workbench.photo_changed.connect(self.start)
