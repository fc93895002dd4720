"""A view that is used by mouse and keyboard, and on which small controls lie, such as a strip of tools or a card."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.qt_override import qt_override


class SizedView(QWidget):
    """Announces each new size. An event filter of each control would run at every event of a drag."""

    sized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @qt_override()
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.sized.emit()

    @qt_override()
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.sized.emit()
