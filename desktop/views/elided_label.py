"""One line of text that is elided where it has no room."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel

from desktop.qt_override import qt_override

NARROW_PX = 60


class ElidedLabel(QLabel):
    """Its tool tip has the whole text while it is elided. muted: in the theme's quiet colour of text."""

    def __init__(
        self, text: str = "", elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight, muted: bool = False
    ) -> None:
        super().__init__(text)
        self._elide, self._muted = elide, muted

    @qt_override(QSize)
    def minimumSizeHint(self) -> QSize:
        return QSize(NARROW_PX, super().minimumSizeHint().height())

    @qt_override()
    def paintEvent(self, event: QPaintEvent) -> None:
        words = self.fontMetrics().elidedText(self.text(), self._elide, self.width())
        self.setToolTip(self.text() if words != self.text() else "")
        role = QPalette.ColorRole.PlaceholderText if self._muted else self.foregroundRole()
        with QPainter(self) as painter:
            painter.setPen(self.palette().color(role))
            painter.drawText(self.rect(), self.alignment(), words)
