"""Where a body is looked at from, as several views may share it."""

from PySide6.QtCore import QObject, Signal

from desktop.views.gl.cameras import Orbit


class Viewpoint(QObject):
    """Where views of a body look from; those that share one move in lock-step."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.orbit = Orbit()

    def turn(self, orbit: Orbit) -> None:
        """Look from there."""
        self.orbit = orbit
        self.changed.emit()
