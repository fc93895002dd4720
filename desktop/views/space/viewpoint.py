"""The camera that several 3D views share."""

from PySide6.QtCore import QObject, Signal

from desktop.views.gl.cameras import Orbit


class Viewpoint(QObject):
    """Holds the orbit camera of 3D views. Views that share a viewpoint move together."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.orbit = Orbit()

    def turn(self, orbit: Orbit) -> None:
        """Change the camera."""
        self.orbit = orbit
        self.changed.emit()
